/**
 * The coordinator of the groups in one partition of `__consumer_offsets`. This file is the door to
 * the decisions: each request and each deadline opens a turn, is decided in a file of its own, and
 * becomes an outcome.
 */
import type {
  DeleteGroupsRequest,
  DescribeGroupsRequest,
  HeartbeatRequest,
  JoinGroupRequest,
  LeaveGroupRequest,
  ListGroupsRequest,
  OffsetCommitRequest,
  OffsetDeleteRequest,
  SyncGroupRequest,
} from "../../protocol/mod.ts";
import { assert } from "../../base/mod.ts";
import { DEFAULT_GROUP_CONFIG, type GroupConfig } from "./config.ts";
import type { Coordination, RequestContext } from "./coordination.ts";
import { deleteGroups, describeGroups, listGroups } from "./describe.ts";
import { expire } from "./expiry.ts";
import { ClassicGroup } from "./group.ts";
import { joinGroup } from "./join.ts";
import { heartbeat, leaveGroup } from "./membership.ts";
import {
  forgetTopics,
  offsetCommit,
  offsetDelete,
  offsetFetch,
  type OffsetFetchGroup,
  type TopicIdOf,
} from "./offsets.ts";
import type { RecordPosition } from "../outcome.ts";
import type { StateMachine } from "../state_machine.ts";
import { type GroupResponse, type Outcome, Turn } from "./outcome.ts";
import { Rebalance } from "./rebalance.ts";
import type { DecodedRecord, StoredGroup } from "./records.ts";
import { ENDLESS_ROOM, type GroupRoom } from "./room.ts";
import { StoredState } from "./stored_state.ts";
import { syncGroup } from "./sync.ts";
import { type GroupTimer, GroupTimers } from "./timers.ts";
import { Weight } from "./weight.ts";

export interface GroupCoordinatorOptions {
  /** Kafka's defaults where nothing is said. */
  readonly config?: Partial<GroupConfig>;
  /**
   * Makes a member id that was never given before, `<prefix>-<uuid>`, of a client id or an instance
   * id.
   */
  readonly newMemberId: (prefix: string) => string;
  /** Default: no end to it. */
  readonly room?: GroupRoom;
}

/** `T` is the token that comes with a request and goes with its answer. */
export class GroupCoordinator<T = any> implements Coordination<T>, StateMachine<T> {
  readonly config: GroupConfig;
  readonly stored = new StoredState();
  readonly groups = new Map<string, ClassicGroup<T>>();
  readonly weight = new Weight();
  readonly room: GroupRoom;
  readonly timers = new GroupTimers();
  readonly rebalance: Rebalance<T>;
  readonly newMemberId: (prefix: string) => string;
  #isLoaded = false;

  constructor({ config = {}, newMemberId, room = ENDLESS_ROOM }: GroupCoordinatorOptions) {
    this.room = room;
    this.config = { ...DEFAULT_GROUP_CONFIG, ...config };
    this.rebalance = new Rebalance(this.config, this.timers);
    this.newMemberId = newMemberId;
  }

  /** What clients make it keep; see `weight.ts`. */
  get bytes(): number {
    return this.weight.bytes + this.stored.bytes;
  }

  // --- records
  // -----------------------------------------------------------------------------------------------

  /**
   * Takes in a record of the log: while loading, and after each append. Throws `DecodeError` for a
   * damaged one.
   */
  replay(key: Uint8Array, value: Uint8Array | null, _at: RecordPosition): void {
    const record = this.stored.replay(key, value);
    if (this.#isLoaded) this.#adopt(record);
  }

  /**
   * All records are replayed: groups come to life, and their members have a whole session to be
   * heard of.
   */
  onLoaded(now: number): void {
    assert(!this.#isLoaded, "the coordinator is loaded twice");
    this.#isLoaded = true;
    for (const [groupId, stored] of this.stored.groups) this.#revive(groupId, stored, now);
    for (const groupId of this.stored.offsets.groupIds()) this.#addSimple(groupId);
    this.timers.setExpiry(now + this.config.offsetsRetentionCheckIntervalMs);
  }

  #revive(groupId: string, stored: StoredGroup, now: number): void {
    const group = ClassicGroup.restore<T>(groupId, stored, this.weight);
    this.groups.set(groupId, group);
    for (const member of group.members) this.timers.touch(group, member, now);
    if (group.size > this.config.maxSize) { // it was larger when this was written
      this.rebalance.begin(group, new Turn(now), "the group is over capacity");
    }
  }

  /** Offsets without a group: somebody commits them without being a member. */
  #addSimple(groupId: string): void {
    if (this.groups.has(groupId) || this.stored.others.has(groupId)) return;
    this.groups.set(groupId, new ClassicGroup(groupId, -1, this.weight));
  }

  /** Live groups follow what the log has taken. */
  #adopt(record: DecodedRecord): void {
    switch (record.type) {
      case "offset": {
        const { group: groupId } = record.key;
        if (record.value !== null) this.#addSimple(groupId);
        break;
      }
      case "group": {
        const group = this.groups.get(record.groupId);
        if (record.value !== null) {
          assert(group !== undefined, `group "${record.groupId}" is written and isn't there`);
          group.onStored(record.value);
        } else if (group !== undefined) {
          this.timers.forget(group);
          group.release();
          this.groups.delete(record.groupId);
        }
      }
    }
  }

  // --- requests
  // ----------------------------------------------------------------------------------------------

  joinGroup(
    request: JoinGroupRequest,
    version: number,
    context: RequestContext,
    to: T,
  ): Outcome<T> {
    return this.#decide(
      context.now,
      (turn) => joinGroup(this, request, context, { to, version }, turn),
    );
  }

  syncGroup(
    request: SyncGroupRequest,
    version: number,
    context: RequestContext,
    to: T,
  ): Outcome<T> {
    return this.#decide(context.now, (turn) => syncGroup(this, request, { to, version }, turn));
  }

  heartbeat(
    request: HeartbeatRequest,
    _version: number,
    context: RequestContext,
    to: T,
  ): Outcome<T> {
    return this.#decide(context.now, (turn) => heartbeat(this, request, to, turn));
  }

  leaveGroup(
    request: LeaveGroupRequest,
    version: number,
    context: RequestContext,
    to: T,
  ): Outcome<T> {
    return this.#decide(context.now, (turn) => leaveGroup(this, request, version, to, turn));
  }

  /**
   * Topics by name, with their ids where known; those that do not exist are left out by the caller.
   */
  offsetCommit(
    request: OffsetCommitRequest,
    version: number,
    context: RequestContext,
    to: T,
  ): Outcome<T> {
    return this.#decide(context.now, (turn) => offsetCommit(this, request, version, to, turn));
  }

  /**
   * One group of the request, topics by name. Nothing is ever unstable as long as there are no
   * transactions.
   */
  offsetFetch(
    group: OffsetFetchGroup,
    { topicIdOf = () => undefined }: {
      readonly requireStable: boolean;
      readonly topicIdOf?: TopicIdOf;
    },
    context: RequestContext,
    to: T,
  ): Outcome<T> {
    return this.#tell(context.now, to, offsetFetch(this, group, topicIdOf));
  }

  describeGroups(
    request: DescribeGroupsRequest,
    version: number,
    context: RequestContext,
    to: T,
  ): Outcome<T> {
    return this.#tell(context.now, to, describeGroups(this, request, version));
  }

  listGroups(
    request: ListGroupsRequest,
    _version: number,
    context: RequestContext,
    to: T,
  ): Outcome<T> {
    return this.#tell(context.now, to, listGroups(this, request));
  }

  deleteGroups(
    request: DeleteGroupsRequest,
    _version: number,
    context: RequestContext,
    to: T,
  ): Outcome<T> {
    return this.#decide(context.now, (turn) => deleteGroups(this, request, to, turn));
  }

  offsetDelete(
    request: OffsetDeleteRequest,
    _version: number,
    context: RequestContext,
    to: T,
  ): Outcome<T> {
    return this.#decide(context.now, (turn) => offsetDelete(this, request, to, turn));
  }

  /** Topics were deleted from the cluster: their offsets go too. */
  onTopicsDeleted(topics: ReadonlySet<string>, now: number): Outcome<T> {
    return this.#decide(now, (turn) => forgetTopics(this, topics, turn));
  }

  // --- time
  // --------------------------------------------------------------------------------------------------

  /** When {@link onTimer} is to be called next, in milliseconds since 1970. */
  nextDeadline(): number | undefined {
    return this.timers.next();
  }

  /**
   * Deals with one deadline that has passed, since the next may depend on the replay of what this
   * one writes: to be called again as long as {@link nextDeadline} has passed.
   */
  onTimer(now: number): Outcome<T> {
    return this.#decide(now, (turn) => {
      const timer = this.timers.takeDue(now);
      if (timer !== undefined) this.#onDue(timer, turn);
    });
  }

  #onDue(timer: GroupTimer, turn: Turn<T>): void {
    if (timer.due === "expiry") {
      const hasMore = expire(this, turn);
      const waitMs = hasMore ? 0 : this.config.offsetsRetentionCheckIntervalMs;
      turn.ifRefused(() =>
        this.timers.setExpiry(turn.now + this.config.offsetsRetentionCheckIntervalMs)
      );
      return this.timers.setExpiry(turn.now + waitMs);
    }
    const group = this.groups.get(timer.groupId);
    if (group === undefined) return;
    switch (timer.due) {
      case "session":
        return this.rebalance.onSessionDeadline(group, timer.memberId, turn);
      case "join":
        return this.rebalance.onJoinDeadline(group, turn);
      case "sync":
        return this.rebalance.onSyncDeadline(group, turn);
    }
  }

  #decide(now: number, decide: (turn: Turn<T>) => void): Outcome<T> {
    const turn = new Turn<T>(now);
    decide(turn);
    return turn.outcome();
  }

  #tell(now: number, to: T, response: GroupResponse): Outcome<T> {
    return this.#decide(now, (turn) => turn.answer(to, response, () => response));
  }
}
