/**
 * One partition as this broker holds it: its log, who leads it, and how far what is written may be
 * believed.
 *
 *     logStartOffset <= lastStableOffset <= highWatermark <= logEndOffset
 *     localEnd <= logEndOffset
 *
 * `localEnd` is what this broker itself stands for: all that is synced when the topic's durability
 * is `disk`, all that is appended when it is `os`. The leader's high watermark is the least of that
 * and of what every other in-sync replica has fetched up to, which each says only of what it stands
 * for itself; alone, it is `localEnd`. A follower takes the leader's high watermark over. Consumers
 * see up to the high watermark, `acks=all` waits for it, and `acks=1` waits for `localEnd`.
 *
 * A leader's view of its followers is in `leadership.ts`, and begins anew with each leader epoch.
 */
import type { BrokerId, Offset, TopicId, TopicPartition } from "../base/mod.ts";
import type { TopicConfig } from "../config/mod.ts";
import type { AppendOptions, AppendResult, PartitionLog } from "../log/mod.ts";
import { isDiskFull } from "../platform/mod.ts";
import { KafkaError } from "../protocol/mod.ts";
import { CommittedBytes } from "./committed_bytes.ts";
import type { FollowerFetch } from "./follower_progress.ts";
import { isFinal, isGivenUpAt, type IsrAnswer } from "./isr_answer.ts";
import { type IsrProposal, Leadership, type Moment } from "./leadership.ts";
import { LocalEnd } from "./local_end.ts";
import { OffsetProgress } from "./offset_progress.ts";
import type { PartitionState } from "./partition_state.ts";
import { type ReplicaListener, ReplicaListeners } from "./replica_listeners.ts";
import { type ReplicaSettings, replicaSettings } from "./replica_settings.ts";
import type { ThrottledSide } from "./throttle.ts";
import { Traffic } from "./traffic.ts";

/** What a replica has to know of the cluster to lead others. */
export interface ReplicaSurroundings {
  /** Milliseconds that never go back. */
  readonly now: () => number;
  /** `replica.lag.time.max.ms` */
  readonly maxLagMs: () => number;
  /** The epoch of a broker that is neither fenced nor shutting down; undefined of any other. */
  readonly aliveEpochOf: (brokerId: number) => number | undefined;
  /** Asks the controller; what it says comes by {@link Replica.onIsrAnswer}. */
  readonly propose: (replica: Replica, proposal: IsrProposal) => void;
  /** The log was cut at the offset, or begins anew there. */
  readonly onTruncated: (replica: Replica, offset: Offset, isNewStart: boolean) => void;
}

/** Of a broker that is alone. */
const ALONE: ReplicaSurroundings = {
  now: () => 0,
  maxLagMs: () => Infinity,
  aliveEpochOf: () => undefined,
  propose: () => {},
  onTruncated: () => {},
};

export interface ReplicaOptions {
  readonly nodeId: BrokerId;
  readonly log: PartitionLog;
  readonly state: PartitionState;
  /** Of all partitions together; default: nobody wants to know. */
  readonly totals?: Traffic;
  /** Default: there is no other broker. */
  readonly surroundings?: ReplicaSurroundings;
}

export class Replica {
  #log: PartitionLog;
  readonly #nodeId: BrokerId;
  readonly #surroundings: ReplicaSurroundings;
  #state: PartitionState;
  #settings: ReplicaSettings;
  readonly #localEnd: LocalEnd;
  readonly #highWatermark: OffsetProgress;
  /** Where all replicas that live begin, for those who wait for it. */
  readonly #lowWatermark = new OffsetProgress(0);
  /** While this broker leads. */
  #leadership: Leadership | undefined;
  readonly #listeners = new ReplicaListeners();
  #offline: KafkaError | undefined;
  /** Since this replica was made. */
  readonly traffic = new Traffic();
  readonly #totals: Traffic;
  readonly #bytes = new CommittedBytes();

  constructor({ nodeId, log, state, totals = new Traffic(), surroundings }: ReplicaOptions) {
    this.#log = log;
    this.#totals = totals;
    this.#nodeId = nodeId;
    this.#state = state;
    this.#surroundings = surroundings ?? ALONE;
    this.#settings = replicaSettings(log.config, log.topicPartition, nodeId);
    this.#localEnd = new LocalEnd({
      log: () => this.#log,
      isSynced: this.#settings.isSynced,
      onAdvanced: () => this.#advance(),
      onFailure: (cause) => this.#failSync(cause),
    });
    this.#highWatermark = new OffsetProgress(Math.min(log.highWatermark, this.#localEnd.value));
    if (this.isLeader) this.#lead();
    else this.#localEnd.onAppended();
  }

  /** Another one after the partition has moved to another directory: not to be held on to. */
  get log(): PartitionLog {
    return this.#log;
  }

  get topicPartition(): TopicPartition {
    return this.log.topicPartition;
  }

  get topicId(): TopicId {
    return this.log.topicId;
  }

  get state(): PartitionState {
    return this.#state;
  }

  get leaderEpoch(): number {
    return this.#state.leaderEpoch;
  }

  get isLeader(): boolean {
    return this.#state.leader === this.#nodeId && this.#offline === undefined;
  }

  /** Why nothing can be read or written here; undefined while all is well. */
  get offline(): KafkaError | undefined {
    return this.#offline;
  }

  get logStartOffset(): Offset {
    return this.log.logStartOffset;
  }

  get logEndOffset(): Offset {
    return this.log.logEndOffset;
  }

  /** All below is as safe with this broker as the topic asks. */
  get localEndOffset(): Offset {
    return this.#localEnd.value;
  }

  get highWatermark(): Offset {
    return this.#highWatermark.value;
  }

  /**
   * Where read_committed ends: the high watermark, or the first offset of the oldest open
   * transaction.
   */
  get lastStableOffset(): Offset {
    return Math.min(this.log.lastStableOffset, this.#highWatermark.value);
  }

  /** What this broker knows of its followers while it leads. */
  get leadership(): Leadership | undefined {
    return this.#leadership;
  }

  /**
   * Whether the high watermark has reached the beginning of this leader's epoch. Before that it may
   * be behind what the leader before has told already (KIP-207).
   */
  get isHighWatermarkKnown(): boolean {
    return this.highWatermark >= (this.#leadership?.startOffset ?? 0);
  }

  /**
   * The largest known epoch that is not newer, and where it ended; undefined for an epoch that
   * never was. An empty log has noted no epoch, and all that were ended where it begins: a consumer
   * that stands there is not told that its log was cut off.
   */
  endOffsetFor(epoch: number): { epoch: number; endOffset: Offset } | undefined {
    const { latestEpoch, logEndOffset } = this.log;
    if (latestEpoch !== undefined) return this.log.endOffsetFor(epoch);
    return epoch >= 0 && epoch <= this.leaderEpoch ? { epoch, endOffset: logEndOffset } : undefined;
  }

  /**
   * All bytes committed since this replica was made: what has become readable since then is a
   * subtraction.
   */
  get committedBytes(): number {
    return this.#bytes.committed;
  }

  /** The same of what was appended, which followers may read. */
  get appendedBytes(): number {
    return this.#bytes.appended;
  }

  /** How many in-sync replicas `acks=all` asks for: never more than there are replicas. */
  get minInSyncReplicas(): number {
    return Math.min(this.#settings.minInSyncReplicas, this.#state.replicas.length);
  }

  get inSyncReplicas(): number {
    return this.#state.isr.length;
  }

  /** Whether it is one of those whose copying is limited while they are not in sync. */
  isThrottledAs(side: ThrottledSide): boolean {
    return this.#settings.isThrottled[side];
  }

  /**
   * Appends as the leader. Synchronous: what was checked before still holds after. Throws
   * KafkaError NOT_LEADER_OR_FOLLOWER, KAFKA_STORAGE_ERROR (a full disk, too), or what the log
   * finds wrong with the batches; the bytes are written to (offsets, epoch) and not looked at again
   * after the return.
   */
  append(
    batches: Uint8Array,
    options: Omit<AppendOptions, "leaderEpoch" | "mayOvertake">,
  ): AppendResult {
    if (this.#offline !== undefined) throw this.#offline;
    if (!this.isLeader) throw this.#notLeader("append to");
    const { leaderEpoch, replicas } = this.#state;
    const mayOvertake = replicas.length > 1 && leaderEpoch > 0;
    const result = this.#append(batches, { ...options, leaderEpoch, mayOvertake });
    if (!result.duplicate) {
      const records = result.lastOffset - result.baseOffset + 1;
      this.traffic.in(batches.length, records);
      this.#totals.in(batches.length, records);
      this.#onAppended(batches.length);
    }
    return result;
  }

  /**
   * Appends what the leader has written. Throws KafkaError CORRUPT_MESSAGE for batches that are
   * broken or do not follow on the log's end, StorageError when the disk is full or fails.
   */
  appendAsFollower(batches: Uint8Array): void {
    if (this.#offline !== undefined) throw this.#offline;
    this.log.appendAsFollower(batches);
    this.#onAppended(batches.length);
  }

  /** So much of it was sent to somebody. */
  countRead(bytes: number): void {
    this.traffic.out(bytes);
    this.#totals.out(bytes);
  }

  /** A full disk is nothing that this replica has to be given up for, unlike one that fails. */
  #append(batches: Uint8Array, options: AppendOptions): AppendResult {
    try {
      return this.log.append(batches, options);
    } catch (cause) {
      if (!isDiskFull(cause)) throw cause;
      throw new KafkaError("KAFKA_STORAGE_ERROR", cause.message, { cause });
    }
  }

  /**
   * Resolves when this broker's own copy of all below `end` is as safe as the topic asks; undefined
   * if it is.
   */
  whenLocal(end: Offset): Promise<void> | undefined {
    return this.#localEnd.progress.reaches(end);
  }

  /** Resolves when all below `end` is committed; undefined if it is already. */
  whenCommitted(end: Offset): Promise<void> | undefined {
    return this.#highWatermark.reaches(end);
  }

  /**
   * Where the log begins with all replicas that live: what is before that is deleted everywhere.
   */
  get lowWatermark(): Offset {
    let low = this.logStartOffset;
    for (const [id, { logStartOffset }] of this.#leadership?.followers() ?? []) {
      if (this.#surroundings.aliveEpochOf(id) !== undefined) low = Math.min(low, logStartOffset);
    }
    return Math.max(0, low);
  }

  /** Resolves when all replicas that live begin at the offset, or behind; undefined if they do. */
  whenDeleted(offset: Offset): Promise<void> | undefined {
    const { lowWatermark } = this;
    this.#lowWatermark.advance(lowWatermark);
    this.#lowWatermark.reset(lowWatermark); // it goes back when a replica comes that has more
    return this.#lowWatermark.reaches(offset);
  }

  /** Whoever listens is told of every change until it stops listening. */
  listen(listener: ReplicaListener): void {
    this.#listeners.add(listener, { hearsAppends: false });
  }

  /** The same, and of what is appended and not committed yet, which followers read. */
  listenToAppends(listener: ReplicaListener): void {
    this.#listeners.add(listener, { hearsAppends: true });
  }

  stopListening(listener: ReplicaListener): void {
    this.#listeners.delete(listener);
  }

  get listenerCount(): number {
    return this.#listeners.size;
  }

  /**
   * Takes on what metadata says now; a lost leadership refuses all who wait for it. Who leads on in
   * another epoch has all that they wait for. What an answer of the controller has told before is no
   * news, nor is what it has overtaken.
   */
  onState(state: PartitionState): void {
    const isNewEpoch = state.leaderEpoch !== this.#state.leaderEpoch;
    if (!isNewEpoch && state.partitionEpoch < this.#state.partitionEpoch) return;
    const wasLeader = this.isLeader;
    this.#state = state;
    if (isNewEpoch) this.#leadership = undefined;
    if (wasLeader && !this.isLeader) this.#refuseWaiters(this.#notLeader("wait for"));
    if (!this.isLeader) return this.#tell();
    if (this.#leadership === undefined) return this.#lead();
    this.#leadership.onState(state, this.#surroundings.now());
    this.#advance();
    this.#tell();
  }

  /**
   * A follower's fetch, which says how far the follower is and may move the high watermark or bring
   * it into the ISR. Throws KafkaError NOT_LEADER_OR_FOLLOWER for a broker of an incarnation that is
   * gone.
   */
  onFollowerFetch(brokerId: number, fetch: FollowerFetch): void {
    const leadership = this.#leadership;
    if (leadership === undefined) throw this.#notLeader("fetch from");
    const moment = this.#moment();
    const { brokerEpoch } = fetch;
    if (brokerEpoch !== -1 && (moment.aliveEpochOf(brokerId) ?? -1) > brokerEpoch) {
      throw new KafkaError(
        "NOT_LEADER_OR_FOLLOWER",
        `Cannot serve broker ${brokerId} of epoch ${brokerEpoch}: there is a newer one`,
      );
    }
    leadership.onFetch(brokerId, fetch, moment);
    if (this.#lowWatermark.waiting > 0) this.#lowWatermark.advance(this.lowWatermark);
    this.#propose(leadership.expand(brokerId, this.highWatermark, moment));
    this.#advance();
  }

  /** Asks to have those out of the ISR who lag; to be called from time to time. */
  checkInSync(): void {
    const leadership = this.#leadership;
    if (leadership === undefined || leadership.isAlone || !this.isLeader) return;
    this.#propose(leadership.shrink(this.#moment()));
    // Also past those who were waited for as long as they might have joined, and who have gone.
    this.#advance();
    if (this.#lowWatermark.waiting > 0) this.#lowWatermark.advance(this.lowWatermark);
  }

  #propose(proposal: IsrProposal | undefined): void {
    if (proposal !== undefined) this.#surroundings.propose(this, proposal);
  }

  /** Whether the proposal is still to be made. */
  isProposing(proposal: IsrProposal): boolean {
    return this.isLeader && this.#leadership?.proposal === proposal;
  }

  /** What the controller says to a proposal. True when it shall be asked again. */
  onIsrAnswer(proposal: IsrProposal, answer: IsrAnswer): boolean {
    if (!this.isProposing(proposal)) return false;
    const { error, leaderEpoch, partitionEpoch, isr } = answer;
    if (error === "NONE") {
      const isNew = leaderEpoch === this.leaderEpoch &&
        partitionEpoch >= this.#state.partitionEpoch;
      // Otherwise a newer state is on its way, and nobody may be left out before it is here.
      if (isNew) this.#onIsr({ ...this.#state, isr, partitionEpoch });
      return false;
    }
    if (!isGivenUpAt(error)) return !isFinal(error);
    this.#leadership!.giveUp(proposal);
    this.#advance();
    return false;
  }

  #onIsr(state: PartitionState): void {
    this.#state = state;
    this.#leadership!.onState(state, this.#surroundings.now());
    this.#advance();
    this.#tell();
  }

  /**
   * What a follower's leader has told with its records: taken over as far as the log goes. Returns
   * whether the log begins later now, in a place that only the directory's checkpoint knows of.
   */
  onLeaderOffsets({ highWatermark, logStartOffset }: {
    highWatermark: Offset;
    logStartOffset: Offset;
  }): boolean {
    const isNews = this.#setHighWatermark(Math.min(highWatermark, this.logEndOffset));
    const start = Math.min(logStartOffset, this.highWatermark);
    const isLater = start > this.logStartOffset;
    if (isLater) this.log.advanceLogStart(start);
    if (isNews || isLater) this.#tell();
    return isLater && this.log.hasMovedStart;
  }

  /** Cuts off what the leader never had. */
  truncateTo(offset: Offset): void {
    this.log.truncateTo(offset);
    this.#onTruncated({ isNewStart: false });
  }

  /** Drops everything: the leader's log begins behind the end of this one. */
  restartAt(offset: Offset): void {
    this.log.restartAt(offset);
    this.#onTruncated({ isNewStart: true });
  }

  #onTruncated({ isNewStart }: { isNewStart: boolean }): void {
    const { logEndOffset, highWatermark } = this.log;
    this.#localEnd.onTruncated();
    this.#localEnd.onAppended();
    if (isNewStart || highWatermark < this.highWatermark) this.#highWatermark.reset(highWatermark);
    this.#bytes.onTruncated(logEndOffset);
    this.#surroundings.onTruncated(this, logEndOffset, isNewStart);
    this.#tell();
  }

  /**
   * The topic's settings have changed; another `durability` releases who waits, or begins to sync.
   */
  onConfig(config: TopicConfig): void {
    this.log.config = config;
    this.#settings = replicaSettings(config, this.topicPartition, this.#nodeId);
    this.#localEnd.isSynced = this.#settings.isSynced;
    this.#advance();
  }

  /** The log start moved (DeleteRecords, retention): the high watermark and readers follow. */
  onLogStartAdvanced(): void {
    this.#localEnd.progress.advance(Math.min(this.log.logStartOffset, this.log.logEndOffset));
    this.#advance();
    this.#tell();
  }

  /**
   * The log has moved to another directory: the same records under the same offsets, all of them
   * synced.
   */
  onMoved(log: PartitionLog): void {
    this.#log = log;
    this.#localEnd.progress.advance(log.durableEndOffset);
    this.#advance();
  }

  /** The partition is gone, or its disk is: everyone is refused with the reason, now and later. */
  goOffline(reason: KafkaError): void {
    if (this.#offline !== undefined) return;
    this.#offline = reason;
    this.#localEnd.fail(reason);
    this.#highWatermark.fail(reason);
    this.#lowWatermark.fail(reason);
    this.#tell();
  }

  /**
   * Begins to lead. The epoch begins at the log's end also when nothing is appended, so that a
   * follower of the last epoch learns where that one ended; an empty log has nothing to tell.
   */
  #lead(): void {
    const { latestEpoch = -1, logEndOffset } = this.log;
    if (logEndOffset > 0 && latestEpoch < this.leaderEpoch) this.log.beginEpoch(this.leaderEpoch);
    this.#leadership = new Leadership({
      nodeId: this.#nodeId,
      state: this.#state,
      startOffset: logEndOffset,
      now: this.#surroundings.now(),
    });
    this.#localEnd.onAppended();
    this.#advance();
    this.#tell();
  }

  #notLeader(doing: string): KafkaError {
    const { topic, partition } = this.topicPartition;
    return new KafkaError(
      "NOT_LEADER_OR_FOLLOWER",
      `Cannot ${doing} "${topic}"-${partition}: its leader is ${this.#state.leader}`,
    );
  }

  #refuseWaiters(reason: KafkaError): void {
    for (const progress of [this.#localEnd.progress, this.#highWatermark, this.#lowWatermark]) {
      progress.fail(reason);
      progress.recover();
    }
  }

  #onAppended(bytes: number): void {
    this.#bytes.onAppended(bytes, this.log.logEndOffset);
    this.#localEnd.onAppended();
    this.#listeners.tellAppended(this);
  }

  #failSync(cause: unknown): void {
    const { topic, partition } = this.topicPartition;
    this.goOffline(
      new KafkaError("KAFKA_STORAGE_ERROR", `Cannot sync "${topic}"-${partition}`, { cause }),
    );
  }

  #moment(): Moment {
    const { now, maxLagMs, aliveEpochOf } = this.#surroundings;
    return { now: now(), maxLagMs: maxLagMs(), leaderEnd: this.logEndOffset, aliveEpochOf };
  }

  /** Moves the high watermark to what all in-sync replicas have, and tells whoever waits for it. */
  #advance(): void {
    const leadership = this.#leadership;
    if (leadership === undefined || !this.isLeader) return;
    const localEnd = this.#localEnd.value;
    const end = leadership.isAlone ? localEnd : leadership.committedEnd(localEnd, {
      minInSyncReplicas: this.minInSyncReplicas,
      moment: this.#moment(),
    });
    if (end !== undefined && this.#setHighWatermark(end)) this.#tell();
  }

  /** Never back; true when it has moved. */
  #setHighWatermark(offset: Offset): boolean {
    if (!this.#highWatermark.advance(offset)) return false;
    this.#bytes.onCommitted(offset);
    this.log.highWatermark = offset;
    return true;
  }

  #tell(): void {
    this.#listeners.tell(this);
  }
}
