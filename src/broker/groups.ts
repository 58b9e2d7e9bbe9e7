/**
 * All groups that this broker coordinates: the coordinators on the partitions of
 * `__consumer_offsets` that it leads, and what they may keep together.
 */
import type { LogEvent } from "../base/mod.ts";
import type { OnLimit } from "../config/mod.ts";
import type { GroupCoordinator, GroupRoom, Outcome } from "../coordinator/group/mod.ts";
import type { Clock } from "../platform/mod.ts";
import type { NO_ANSWER } from "./api.ts";
import {
  CoordinatorRuntime,
  CoordinatorShard,
  type Reply,
  type ShardReplica,
  type ShardStorage,
} from "./coordinators/mod.ts";
import { GroupMachine } from "./group_machine.ts";
import type { KeptRecords } from "./kept_records.ts";

export const OFFSETS_TOPIC = "__consumer_offsets";

export interface GroupsOptions {
  readonly clock: Clock;
  readonly log: LogEvent;
  readonly newCoordinator: (room: GroupRoom) => GroupCoordinator<Reply>;
  /** How much all of them may keep. */
  readonly limits: () => { readonly groups: number; readonly bytes: number };
  /** Tells of records that are not served. */
  readonly kept: KeptRecords;
  /** How a partition's records are read and written. */
  readonly storage: () => ShardStorage;
  /** How many partitions `__consumer_offsets` has; undefined as long as it isn't there. */
  readonly partitionCount: () => number | undefined;
  /** Makes `__consumer_offsets`; resolves once this broker knows of it. */
  readonly createTopic: () => Promise<void>;
  /** Told of all that happens to groups. */
  readonly onEvent?: (event: string) => void;
  readonly onLimit?: OnLimit;
}

/** How many there are, over all shards. */
export interface GroupFigures {
  readonly groups: number;
  readonly members: number;
  readonly offsets: number;
  /** Groups by state. */
  readonly states: ReadonlyMap<string, number>;
}

export class Groups {
  readonly #options: GroupsOptions;
  readonly #runtime: CoordinatorRuntime<GroupMachine>;
  readonly #room: GroupRoom = {
    groups: () => this.#options.limits().groups - this.count,
    bytes: () => this.#options.limits().bytes - this.bytes,
  };

  constructor(options: GroupsOptions) {
    this.#options = options;
    const { clock, kept, partitionCount, createTopic } = options;
    this.#runtime = new CoordinatorRuntime({
      clock,
      partitionCount,
      createTopic,
      newShard: (replica, onFailed) => this.#newShard(replica, onFailed),
      onLoaded: (shards) =>
        kept.onGroupsLoaded(OFFSETS_TOPIC, shards.map(({ machine }) => machine.kept)),
    });
  }

  #newShard(replica: ShardReplica, onFailed: () => void): CoordinatorShard<GroupMachine> {
    const { clock, log, newCoordinator, storage, onEvent, onLimit } = this.#options;
    return new CoordinatorShard({
      ...storage(),
      replica,
      machine: new GroupMachine(newCoordinator(this.#room)),
      clock,
      log,
      what: "groups",
      onEvent,
      onLimit,
      onFailed,
    });
  }

  /** See {@link CoordinatorRuntime.partitionFor}. */
  partitionFor(groupId: string): number {
    return this.#runtime.partitionFor(groupId);
  }

  /** Makes `__consumer_offsets` when it is missing. */
  ensureTopic(): Promise<void> {
    return this.#runtime.ensureTopic();
  }

  /** This broker leads a partition of the topic: reads it and serves its groups. */
  onLed(replica: ShardReplica): void {
    this.#runtime.onLed(replica);
  }

  /** The leadership is lost, or the partition is gone. */
  onLost(partition: number): void {
    this.#runtime.onLost(partition);
  }

  /**
   * Topics are gone from the cluster: what groups have read of them is forgotten. In a shard that is
   * loading, their offsets expire later.
   */
  onTopicsDeleted(topics: ReadonlySet<string>): void {
    const now = this.#options.clock.now();
    for (const shard of this.#runtime.shards()) {
      shard.tell(({ coordinator }) => coordinator.onTopicsDeleted(topics, now));
    }
  }

  /** Lets the coordinator of a group decide; resolves with its answer once that is committed. */
  run<Response>(
    groupId: string,
    decide: (coordinator: GroupCoordinator, reply: Reply) => Outcome<Reply>,
    signal?: AbortSignal,
  ): Promise<Response | typeof NO_ANSWER> {
    return this.#runtime.run<Response>(
      groupId,
      ({ coordinator }, reply) => decide(coordinator, reply),
      signal,
    );
  }

  /** Asks every shard, for what concerns all groups. */
  runAll<Response>(
    decide: (coordinator: GroupCoordinator, reply: Reply) => Outcome<Reply>,
  ): Promise<Response[]> {
    return this.#runtime.runAll<Response>(({ coordinator }, reply) => decide(coordinator, reply));
  }

  /** All that there are. */
  get count(): number {
    let count = 0;
    for (const { groups } of this.#coordinators()) count += groups.size;
    return count;
  }

  /** What clients make their coordinators keep. */
  get bytes(): number {
    let bytes = 0;
    for (const coordinator of this.#coordinators()) bytes += coordinator.bytes;
    return bytes;
  }

  figures(): GroupFigures {
    let members = 0, offsets = 0;
    const states = new Map<string, number>();
    for (const { groups, stored } of this.#coordinators()) {
      offsets += stored.offsets.size;
      for (const { state, size } of groups.values()) {
        members += size;
        states.set(state, (states.get(state) ?? 0) + 1);
      }
    }
    return { groups: this.count, members, offsets, states };
  }

  close(): void {
    this.#runtime.close();
  }

  *#coordinators(): Generator<GroupCoordinator<Reply>> {
    for (const { machine } of this.#runtime.shards()) yield machine.coordinator;
  }
}
