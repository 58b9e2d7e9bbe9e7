/**
 * One partition as this broker holds it: its log, who leads it, and how far what is written may be
 * believed.
 *
 *     logStartOffset <= lastStableOffset <= highWatermark <= localEnd <= logEndOffset
 *
 * `localEnd` is what this broker itself stands for: all that is synced when the topic's durability
 * is `disk`, all that is appended when it is `os`. The high watermark is the least of that and of
 * what every other in-sync replica has fetched; alone, it is `localEnd`. Consumers see up to the
 * high watermark, `acks=all` waits for it, and `acks=1` waits for `localEnd`.
 *
 * Syncing is a loop that runs while there is something to sync: what one turn of the event loop
 * appended shares one sync, what comes while the disk works shares the next. A failed sync is never
 * retried (the kernel may have dropped the pages): the replica goes offline.
 */
import type { BrokerId, Offset, TopicId, TopicPartition } from "../base/mod.ts";
import type { TopicConfig } from "../config/mod.ts";
import type { AppendOptions, AppendResult, PartitionLog } from "../log/mod.ts";
import { isDiskFull } from "../platform/mod.ts";
import { KafkaError } from "../protocol/mod.ts";
import { OffsetProgress } from "./offset_progress.ts";
import { Traffic } from "./traffic.ts";

/** What the cluster's metadata says of a partition. */
export interface PartitionState {
  /** A broker's id; -1 when there is none. */
  readonly leader: number;
  readonly leaderEpoch: number;
  readonly partitionEpoch: number;
  readonly replicas: readonly number[];
  readonly isr: readonly number[];
}

/**
 * Told when something a waiting fetch could care about has changed: offsets, leadership, existence.
 */
export interface ReplicaListener {
  onReplicaChange(replica: Replica): void;
}

export interface ReplicaOptions {
  readonly nodeId: BrokerId;
  readonly log: PartitionLog;
  readonly state: PartitionState;
  /** Of all partitions together; default: nobody wants to know. */
  readonly totals?: Traffic;
}

/** Of the topic's settings those that are asked at every append. */
interface ReplicaSettings {
  /** `durability=disk`: nothing counts before it is synced. */
  readonly isSynced: boolean;
  readonly minInSyncReplicas: number;
}

const settingsOf = (config: TopicConfig): ReplicaSettings => ({
  isSynced: config.get("durability") === "disk",
  minInSyncReplicas: config.get("min.insync.replicas"),
});

export class Replica {
  #log: PartitionLog;
  readonly #nodeId: BrokerId;
  #state: PartitionState;
  #settings: ReplicaSettings;
  readonly #localEnd: OffsetProgress;
  readonly #highWatermark: OffsetProgress;
  readonly #listeners = new Set<ReplicaListener>();
  #isSyncing = false;
  #offline: KafkaError | undefined;
  /** Since this replica was made. */
  readonly traffic = new Traffic();
  readonly #totals: Traffic;
  #appendedBytes = 0;
  #committedBytes = 0;

  constructor({ nodeId, log, state, totals = new Traffic() }: ReplicaOptions) {
    this.#log = log;
    this.#totals = totals;
    this.#nodeId = nodeId;
    this.#state = state;
    // What a crash left may be in the page cache only: it counts once it is synced, like anything
    // appended.
    this.#settings = settingsOf(log.config);
    const { isSynced } = this.#settings;
    this.#localEnd = new OffsetProgress(isSynced ? log.durableEndOffset : log.logEndOffset);
    this.#highWatermark = new OffsetProgress(Math.min(log.highWatermark, this.#localEnd.value));
    this.#lead();
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
    return this.#committedBytes;
  }

  /** How many in-sync replicas `acks=all` asks for: never more than there are replicas. */
  get minInSyncReplicas(): number {
    return Math.min(this.#settings.minInSyncReplicas, this.#state.replicas.length);
  }

  get inSyncReplicas(): number {
    return this.#state.isr.length;
  }

  /**
   * Appends as the leader. Synchronous: what was checked before still holds after. Throws
   * KafkaError NOT_LEADER_OR_FOLLOWER, KAFKA_STORAGE_ERROR (a full disk, too), or what the log
   * finds wrong with the batches; the bytes are written to (offsets, epoch) and not looked at again
   * after the return.
   */
  append(batches: Uint8Array, options: Omit<AppendOptions, "leaderEpoch">): AppendResult {
    if (this.#offline !== undefined) throw this.#offline;
    if (!this.isLeader) throw this.#notLeader("append to");
    const result = this.#append(batches, { ...options, leaderEpoch: this.#state.leaderEpoch });
    if (!result.duplicate) {
      this.#appendedBytes += batches.length;
      const records = result.lastOffset - result.baseOffset + 1;
      this.traffic.in(batches.length, records);
      this.#totals.in(batches.length, records);
      this.#afterAppend();
    }
    return result;
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
    return this.#localEnd.reaches(end);
  }

  /** Resolves when all below `end` is committed; undefined if it is already. */
  whenCommitted(end: Offset): Promise<void> | undefined {
    return this.#highWatermark.reaches(end);
  }

  /** Whoever listens is told of every change until it stops listening. */
  listen(listener: ReplicaListener): void {
    this.#listeners.add(listener);
  }

  stopListening(listener: ReplicaListener): void {
    this.#listeners.delete(listener);
  }

  get listenerCount(): number {
    return this.#listeners.size;
  }

  /** Takes on what metadata says now; a lost leadership refuses all who wait for it. */
  onState(state: PartitionState): void {
    const wasLeader = this.isLeader;
    const isNewEpoch = state.leaderEpoch !== this.#state.leaderEpoch;
    this.#state = state;
    if (wasLeader && (!this.isLeader || isNewEpoch)) {
      this.#refuseWaiters(this.#notLeader("wait for"));
    }
    this.#advance();
    this.#tell();
  }

  /**
   * The topic's settings have changed; another `durability` releases who waits, or begins to sync.
   */
  onConfig(config: TopicConfig): void {
    this.log.config = config;
    this.#settings = settingsOf(config);
    this.#afterAppend();
  }

  /** The log start moved (DeleteRecords, retention): the high watermark and readers follow. */
  onLogStartAdvanced(): void {
    this.#localEnd.advance(Math.min(this.log.logStartOffset, this.log.logEndOffset));
    this.#advance();
    this.#tell();
  }

  /**
   * The log has moved to another directory: the same records under the same offsets, all of them
   * synced.
   */
  onMoved(log: PartitionLog): void {
    this.#log = log;
    this.#localEnd.advance(log.durableEndOffset);
    this.#advance();
  }

  /** The partition is gone, or its disk is: everyone is refused with the reason, now and later. */
  goOffline(reason: KafkaError): void {
    if (this.#offline !== undefined) return;
    this.#offline = reason;
    this.#localEnd.fail(reason);
    this.#highWatermark.fail(reason);
    this.#tell();
  }

  /**
   * Begins to lead, if it is for us to lead. The epoch begins at the log's end also when nothing is
   * appended, so that a follower of the last epoch learns where that one ended; an empty log has
   * nothing to tell.
   */
  #lead(): void {
    if (!this.isLeader) return;
    const { latestEpoch = -1, logEndOffset } = this.log;
    if (logEndOffset > 0 && latestEpoch < this.leaderEpoch) this.log.beginEpoch(this.leaderEpoch);
    this.#afterAppend();
    this.#advance();
  }

  #notLeader(doing: string): KafkaError {
    const { topic, partition } = this.topicPartition;
    return new KafkaError(
      "NOT_LEADER_OR_FOLLOWER",
      `Cannot ${doing} "${topic}"-${partition}: its leader is ${this.#state.leader}`,
    );
  }

  #refuseWaiters(reason: KafkaError): void {
    for (const progress of [this.#localEnd, this.#highWatermark]) {
      progress.fail(reason);
      progress.recover();
    }
  }

  #afterAppend(): void {
    if (!this.#settings.isSynced) {
      this.#localEnd.advance(this.log.logEndOffset);
      this.#advance();
    } else if (!this.#isSyncing && this.log.durableEndOffset < this.log.logEndOffset) {
      this.#isSyncing = true;
      void this.#syncAll();
    }
  }

  async #syncAll(): Promise<void> {
    try {
      while (this.log.durableEndOffset < this.log.logEndOffset && this.#offline === undefined) {
        const { log } = this;
        const bytes = this.#appendedBytes;
        try {
          await log.sync();
        } catch (error) {
          if (log === this.log) throw error;
          continue; // it has moved meanwhile, with all that this sync was for
        }
        if (this.#offline !== undefined) return;
        const { durableEndOffset, logEndOffset } = this.log;
        this.#localEnd.advance(durableEndOffset);
        this.#advance(durableEndOffset === logEndOffset ? this.#appendedBytes : bytes);
      }
    } catch (cause) {
      const { topic, partition } = this.topicPartition;
      this.goOffline(
        new KafkaError("KAFKA_STORAGE_ERROR", `Cannot sync "${topic}"-${partition}`, { cause }),
      );
    } finally {
      this.#isSyncing = false;
    }
  }

  /** Moves the high watermark to what all in-sync replicas have, and tells whoever waits for it. */
  #advance(bytes = this.#appendedBytes): void {
    if (!this.isLeader) return;
    // With followers: the least of this and of the end offsets their fetches carried, over the ISR.
    if (!this.#highWatermark.advance(this.#localEnd.value)) return;
    this.#committedBytes = Math.max(this.#committedBytes, bytes);
    this.log.highWatermark = this.#highWatermark.value;
    this.#tell();
  }

  #tell(): void {
    if (this.#listeners.size === 0) return;
    for (const listener of [...this.#listeners]) listener.onReplicaChange(this);
  }
}
