/**
 * One classic group as its coordinator sees it live.
 *
 *                      join                     all have joined, or time is up
 *     Empty ────────────────► PreparingRebalance ────────────────► CompletingRebalance
 *       ▲                        ▲   │                                │ the leader's SyncGroup
 *       └──── nobody is left ────┼───┘                                ▼ is written
 *                                └──────── join, leave, expiry ──── Stable
 *
 * `Empty` and `Stable` are what records say; a group gets there by {@link ClassicGroup.onStored},
 * that is by replay. The two states between, who has joined, and whose requests are parked live in
 * memory alone, as in Kafka: a coordinator that takes over finds the last stable generation, whose
 * members come back and rebalance. `Dead` is a group that isn't there.
 */
import { assert } from "../../base/mod.ts";
import { chooseProtocol, commonProtocols, type MemberProtocol } from "./protocol_choice.ts";
import type { StoredGroup } from "./records.ts";
import { CONSUMER_PROTOCOL_TYPE, subscribedTopics } from "./subscription.ts";
import { PENDING_MEMBER_BYTES, WeighedSet, Weight, weightOfMember } from "./weight.ts";

export type GroupState = "Empty" | "PreparingRebalance" | "CompletingRebalance" | "Stable";

/** A request that waits for its answer, and the version that it is to be answered in. */
export interface Parked<T> {
  readonly to: T;
  readonly version: number;
}

export interface Member<T> {
  readonly memberId: string;
  /** `group.instance.id`: a static member (KIP-345), which may be away without being missed. */
  readonly groupInstanceId: string | null;
  clientId: string;
  clientHost: string;
  sessionTimeoutMs: number;
  rebalanceTimeoutMs: number;
  /** What it can follow, its favourite first; changed by {@link ClassicGroup.setProtocols}. */
  protocols: readonly MemberProtocol[];
  assignment: Uint8Array;
  /** Its first JoinGroup has not been answered yet. */
  isNew: boolean;
}

const NO_BYTES = new Uint8Array(0);

export class ClassicGroup<T> {
  state: GroupState = "Empty";
  /** Durable while Empty or Stable; one ahead of the log between. */
  generationId = 0;
  /** Undefined for a simple group: offsets that someone commits without being a member. */
  protocolType: string | undefined;
  /** The protocol chosen for this generation. */
  protocolName: string | null = null;
  leaderId: string | null = null;
  /** When the group came into its state; -1 when very old records don't tell. */
  stateTimestamp: number;
  /**
   * While preparing from Empty: how much longer the wait for more members may become; else
   * undefined.
   */
  initialDelay: { readonly delayMs: number; readonly remainingMs: number } | undefined;
  /** Someone new has come since that wait was last set. */
  hasNewcomer = false;
  /** Members that have not sent their SyncGroup for this generation. */
  readonly awaitedSyncs = new Set<string>();
  /** Ids that were handed out with MEMBER_ID_REQUIRED and did not come back yet. */
  readonly pendingMembers: Set<string>;
  /** What this group's members make the coordinator keep; the sum over all its groups. */
  readonly #weight: Weight;
  readonly #members = new Map<string, Member<T>>();
  readonly #staticMembers = new Map<string, string>();
  readonly #joins = new Map<string, Parked<T>>();
  readonly #syncs = new Map<string, Parked<T>>();
  /** Undefined when it isn't known, and any topic may be subscribed to. */
  #subscribedTopics: ReadonlySet<string> | undefined;

  constructor(readonly groupId: string, now: number, weight = new Weight()) {
    this.stateTimestamp = now;
    this.#weight = weight;
    this.pendingMembers = new WeighedSet(weight, PENDING_MEMBER_BYTES);
  }

  /** A group as the log has it. */
  static restore<T>(groupId: string, stored: StoredGroup, weight?: Weight): ClassicGroup<T> {
    const group = new ClassicGroup<T>(groupId, stored.currentStateTimestamp, weight);
    group.generationId = stored.generation;
    group.protocolType = stored.protocolType === "" ? undefined : stored.protocolType;
    group.protocolName = stored.protocol;
    group.state = stored.members.length === 0 ? "Empty" : "Stable";
    for (const member of stored.members) {
      group.add({
        memberId: member.memberId,
        groupInstanceId: member.groupInstanceId,
        clientId: member.clientId,
        clientHost: member.clientHost,
        sessionTimeoutMs: member.sessionTimeout,
        // Version 0 of the record does not have it.
        rebalanceTimeoutMs: member.rebalanceTimeout === -1
          ? member.sessionTimeout
          : member.rebalanceTimeout,
        protocols: stored.protocol === null
          ? []
          : [{ name: stored.protocol, metadata: member.subscription }],
        assignment: member.assignment,
        isNew: false,
      });
    }
    group.leaderId = stored.leader;
    group.#learnSubscriptions();
    return group;
  }

  // --- members
  // -----------------------------------------------------------------------------------------------

  get members(): Iterable<Member<T>> {
    return this.#members.values();
  }

  get size(): number {
    return this.#members.size;
  }

  get isEmpty(): boolean {
    return this.#members.size === 0;
  }

  member(memberId: string): Member<T> | undefined {
    return this.#members.get(memberId);
  }

  /** The member that goes by an instance id at present. */
  staticMember(groupInstanceId: string): Member<T> | undefined {
    return this.#members.get(this.#staticMembers.get(groupInstanceId) ?? "");
  }

  add(member: Member<T>): void {
    assert(!this.#members.has(member.memberId), `member "${member.memberId}" is added twice`);
    this.pendingMembers.delete(member.memberId);
    this.#members.set(member.memberId, member);
    this.#weight.bytes += weightOfMember(member.protocols);
    if (member.groupInstanceId !== null) {
      this.#staticMembers.set(member.groupInstanceId, member.memberId);
    }
    this.leaderId ??= member.memberId;
  }

  /**
   * The first that joined leads when the leader goes. Whoever calls has answered what the member
   * has parked.
   */
  remove(memberId: string): void {
    const member = this.#members.get(memberId);
    if (member === undefined) return;
    assert(
      !this.isParked(memberId),
      `member "${memberId}" is removed while it waits for an answer`,
    );
    this.#members.delete(memberId);
    this.#weight.bytes -= weightOfMember(member.protocols);
    this.awaitedSyncs.delete(memberId);
    if (member.groupInstanceId !== null) this.#staticMembers.delete(member.groupInstanceId);
    if (this.leaderId === memberId) this.leaderId = this.#members.keys().next().value ?? null;
  }

  /**
   * A static member comes back under another member id (KIP-345): it keeps its place, and its lead.
   */
  replace(oldMemberId: string, member: Member<T>): void {
    const wasLeader = this.leaderId === oldMemberId;
    const wasAwaited = this.awaitedSyncs.has(oldMemberId);
    const order = [...this.members].map((each) => each.memberId === oldMemberId ? member : each);
    this.remove(oldMemberId);
    this.add(member);
    this.#members.clear();
    for (const each of order) this.#members.set(each.memberId, each);
    if (wasLeader) this.leaderId = member.memberId;
    if (wasAwaited) this.awaitedSyncs.add(member.memberId);
  }

  /** A member can follow others from now on, or says something else of itself. */
  setProtocols(member: Member<T>, protocols: readonly MemberProtocol[]): void {
    this.#weight.bytes += weightOfMember(protocols) - weightOfMember(member.protocols);
    member.protocols = protocols;
  }

  /** The group is gone, with whoever is still in it. */
  release(): void {
    for (const memberId of this.pendingMembers) this.pendingMembers.delete(memberId);
    for (const { protocols } of this.members) this.#weight.bytes -= weightOfMember(protocols);
    this.#members.clear();
  }

  /** The longest that any member asks for; 0 when there is none. */
  get rebalanceTimeoutMs(): number {
    let longest = 0;
    for (const { rebalanceTimeoutMs } of this.members) {
      longest = Math.max(longest, rebalanceTimeoutMs);
    }
    return longest;
  }

  // --- parked requests
  // ---------------------------------------------------------------------------------------

  /**
   * Parks a JoinGroup; gives back one that the member had parked before, which must still be
   * answered.
   */
  parkJoin(memberId: string, request: Parked<T>): Parked<T> | undefined {
    const before = this.#joins.get(memberId);
    this.#joins.set(memberId, request);
    return before;
  }

  parkSync(memberId: string, request: Parked<T>): Parked<T> | undefined {
    const before = this.#syncs.get(memberId);
    this.#syncs.set(memberId, request);
    return before;
  }

  takeJoin(memberId: string): Parked<T> | undefined {
    const parked = this.#joins.get(memberId);
    this.#joins.delete(memberId);
    return parked;
  }

  takeSync(memberId: string): Parked<T> | undefined {
    const parked = this.#syncs.get(memberId);
    this.#syncs.delete(memberId);
    return parked;
  }

  isAwaitingJoin(memberId: string): boolean {
    return this.#joins.has(memberId);
  }

  /** A member whose request we hold is alive, and its session does not run. */
  isParked(memberId: string): boolean {
    return this.#joins.has(memberId) || this.#syncs.has(memberId);
  }

  get awaitingJoinCount(): number {
    return this.#joins.size;
  }

  get hasAllJoined(): boolean {
    return this.#joins.size === this.#members.size && this.pendingMembers.size === 0;
  }

  // --- protocols
  // ---------------------------------------------------------------------------------------------

  /** Whether a member that speaks these may join: everyone must have one protocol in common. */
  supports(protocolType: string, protocols: readonly MemberProtocol[]): boolean {
    if (protocolType === "" || protocols.length === 0) return false;
    if (this.isEmpty) return true;
    return protocolType === this.protocolType &&
      commonProtocols(protocols, this.members).length > 0;
  }

  chooseProtocol(): string | null {
    return chooseProtocol([...this.members]) ?? null;
  }

  /** What a member said of itself under the protocol chosen. */
  metadataOf({ protocols }: Member<T>): Uint8Array {
    return protocols.find(({ name }) => name === this.protocolName)?.metadata ?? NO_BYTES;
  }

  isSubscribedTo(topic: string): boolean {
    if (this.protocolType !== CONSUMER_PROTOCOL_TYPE) return false;
    return this.#subscribedTopics?.has(topic) ?? true;
  }

  get knowsSubscriptions(): boolean {
    return this.protocolType === CONSUMER_PROTOCOL_TYPE && this.#subscribedTopics !== undefined;
  }

  #learnSubscriptions(): void {
    this.#subscribedTopics = this.protocolType !== CONSUMER_PROTOCOL_TYPE
      ? undefined
      : subscribedTopics([...this.members].map((member) => this.metadataOf(member)));
  }

  // --- generations
  // -------------------------------------------------------------------------------------------

  transitionTo(state: GroupState, now: number): void {
    this.state = state;
    this.stateTimestamp = now;
  }

  /**
   * Everyone who is to be there is there: the next generation, of which the log knows nothing yet.
   */
  startGeneration(now: number): void {
    this.generationId++;
    this.protocolName = this.chooseProtocol();
    this.initialDelay = undefined;
    this.#learnSubscriptions();
    this.awaitedSyncs.clear();
    for (const memberId of this.#members.keys()) this.awaitedSyncs.add(memberId);
    this.transitionTo("CompletingRebalance", now);
  }

  /** A present generation as its record has it. */
  toStored(
    assignmentOf: (member: Member<T>) => Uint8Array = ({ assignment }) => assignment,
  ): StoredGroup {
    return {
      protocolType: this.protocolType ?? "",
      generation: this.generationId,
      protocol: this.protocolName,
      leader: this.leaderId,
      currentStateTimestamp: this.stateTimestamp,
      members: [...this.members].map((member) => ({
        memberId: member.memberId,
        groupInstanceId: member.groupInstanceId,
        clientId: member.clientId,
        clientHost: member.clientHost,
        rebalanceTimeout: member.rebalanceTimeoutMs,
        sessionTimeout: member.sessionTimeoutMs,
        subscription: this.metadataOf(member),
        assignment: assignmentOf(member),
      })),
    };
  }

  /** The record that says that nobody is left. */
  toStoredEmpty(now: number): StoredGroup {
    return {
      protocolType: this.protocolType ?? "",
      generation: this.generationId + 1,
      protocol: null,
      leader: null,
      currentStateTimestamp: now,
      members: [],
    };
  }

  /** The log has taken a record of this group: what it says is so from now on. */
  onStored(stored: StoredGroup): void {
    if (stored.members.length === 0) {
      if (this.state === "PreparingRebalance" && this.isEmpty) this.becomeEmpty(stored);
      return; // else the record that a new group starts with; its first member is here already
    }
    for (const { memberId, assignment } of stored.members) {
      const member = this.#members.get(memberId);
      if (member !== undefined) member.assignment = assignment;
    }
    if (this.state === "CompletingRebalance" && stored.generation === this.generationId) {
      this.transitionTo("Stable", stored.currentStateTimestamp);
    }
  }

  becomeEmpty({ generation, currentStateTimestamp }: StoredGroup): void {
    this.generationId = generation;
    this.protocolName = null;
    this.leaderId = null;
    this.initialDelay = undefined;
    this.awaitedSyncs.clear();
    this.#learnSubscriptions();
    this.transitionTo("Empty", currentStateTimestamp);
  }

  /** All assignments are void: the generation did not come about. */
  forgetAssignments(): void {
    for (const member of this.members) member.assignment = NO_BYTES;
  }
}
