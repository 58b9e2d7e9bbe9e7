/**
 * The metadata log as the node has it: drives the quorum core (`raft`) over the folder
 * `__cluster_metadata-0`, and makes the image of all that is committed.
 *
 *     append ─▶ PartitionLog ─▶ sync ─▶ RaftCore.onFlushed ─▶ high watermark ─▶ image ─▶ listeners ─▶ answers
 *
 * At the start the newest snapshot is loaded and the log behind it is replayed, but only once this
 * node leads: the first record of its own epoch commits everything before it (Raft 5.4.2), so that
 * a start takes the same road as any other commit. With a quorum of one that is one sync away.
 *
 * Records that are appended by one call are one batch, whole or not there. Kafka writes a record
 * that does nothing every 500 ms while a cluster is idle, so that followers can tell how far behind
 * they are; a quorum of one has no followers, and its idle disk may sleep.
 *
 * On a full disk the log directory's reserve is written into (`log/disk_room.ts`). When that is
 * used up as well, a change is refused and nothing of it is in the log; the node goes on.
 */
import {
  assert,
  type LogEvent,
  METADATA_TOPIC_ID,
  type Offset,
  type TopicId,
} from "../base/mod.ts";
import type { BrokerConfig } from "../config/mod.ts";
import { KeptCopies, type LogDirectory, type PartitionLog } from "../log/mod.ts";
import { type MetadataDelta, MetadataImage } from "../metadata/mod.ts";
import {
  type Clock,
  type Disk,
  isDiskFull,
  type Random,
  StorageError,
  type Timer,
} from "../platform/mod.ts";
import {
  encodeMetadataRecord,
  KafkaError,
  LeaderChangeMessage,
  type MetadataRecord,
} from "../protocol/mod.ts";
import {
  type Effects,
  type LeaderChange,
  type LogEnd,
  type QuorumStateData,
  RaftCore,
  type RaftLog,
  toPersist,
} from "../raft/mod.ts";
import { batchesOf, type BatchView, encodeBatch, encodeControlBatch } from "../records/mod.ts";
import {
  checkFeatureLevels,
  type InspectedMetadata,
  inspectMetadata,
  NotOurs,
} from "./metadata_inspection.ts";
import { checkIsThere, METADATA, metadataTopicConfig, votersOf } from "./metadata_place.ts";
import {
  BrokenSnapshot,
  MetadataSnapshots,
  readBatch,
  type Snapshot,
} from "./metadata_snapshots.ts";
import { QuorumStateFile } from "./quorum_state.ts";
import {
  encodeControlValue,
  type QuorumVoters,
  soleVoter,
  STATIC_VOTERS,
  type VoterEndpoint,
  votersAfter,
  votersRecords,
  whyNotAlone,
} from "./quorum_voters.ts";

const READ_BYTES = 1 << 20;
/** A fetch on the metadata log waits so long at the leader, as in Kafka. */
const FETCH_MAX_WAIT_MS = 500;
/** A snapshot that did not fit on the disk is tried again after this. */
const FULL_REST_MS = 60_000;

export interface MetadataLogOptions {
  /** Where the metadata log lies, mostly beside partitions. */
  readonly directory: LogDirectory;
  /** Partitions of the node, wherever they lie. Default: those of the directory. */
  readonly partitions?: () => Iterable<PartitionLog>;
  readonly nodeId: number;
  readonly config: BrokerConfig;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: LogEvent;
  /** What a look at the files has found before anything was opened. Default: it is done now. */
  readonly inspected?: InspectedMetadata;
  /**
   * Called once when nothing more can be written: the disk failed, or a record contradicts the
   * image.
   */
  readonly onFailure?: (error: Error) => void;
}

/**
 * Called with each new image and what is different in it; `offset` is that of the last record in
 * it.
 */
export type CommitListener = (image: MetadataImage, delta: MetadataDelta, offset: Offset) => void;

/** A batch of ours on its way to being committed. */
interface PendingBatch {
  readonly baseOffset: Offset;
  readonly lastOffset: Offset;
  readonly epoch: number;
  readonly timestamp: number;
  /** Empty for a control batch. */
  readonly records: readonly MetadataRecord[];
  /** Who votes after it, if it says. */
  readonly voters?: QuorumVoters;
}

interface Waiter {
  readonly offset: Offset;
  readonly resolve: (offset: Offset) => void;
  readonly reject: (error: Error) => void;
}

export class MetadataLog {
  readonly #options: MetadataLogOptions;
  readonly #voters: readonly number[];
  readonly #log: PartitionLog;
  readonly #folder: string;
  readonly #snapshots: MetadataSnapshots;
  readonly #quorumState: QuorumStateFile;
  readonly #listeners = new Set<CommitListener>();
  #core!: RaftCore;
  #image = MetadataImage.empty;
  /** Who votes, as of the image. */
  #quorum = STATIC_VOTERS;
  /**
   * The same as of the log's end; in the log or a snapshot of it, or only where it was formatted.
   */
  #latestQuorum = STATIC_VOTERS;
  #isQuorumInLog = false;
  /** Behind the record that last said who votes; 0 when none of this log does. */
  #votersOffset: Offset = 0;
  /** Of the last committed batch. */
  #lastTimestamp = -1;
  /** In order of offsets. Bounded by the requests under way, each of which waits for its own. */
  #pending: PendingBatch[] = [];
  #waiters: Waiter[] = [];
  #bytesSinceSnapshot = 0;
  #lastSnapshotAt: number;
  #noSnapshotBefore = -Infinity;
  #timer: Timer | undefined;
  #failure: Error | undefined;
  #isClosed = false;
  readonly #deletedTopics = new Set<TopicId>();

  /**
   * Opens the log, makes it when there is none, and resolves once this node leads and all that was
   * ever committed is in the image. Throws StorageError for files that cannot be used, ConfigError
   * for a quorum of several.
   */
  static async open(options: MetadataLogOptions): Promise<MetadataLog> {
    try {
      const opened = new MetadataLog(options);
      await opened.#start();
      return opened;
    } catch (cause) {
      if (!(cause instanceof KafkaError) || cause.error !== "CORRUPT_MESSAGE") throw cause;
      const folder = `${options.directory.path}/${METADATA.topic}-${METADATA.partition}`;
      throw new StorageError(
        `Cannot use ${folder}: ${cause.message}. Restore the folder from a backup, or put a newer ` +
          `snapshot of the metadata (.checkpoint) beside the log`,
        folder,
        { cause },
      );
    }
  }

  private constructor(options: MetadataLogOptions) {
    const { directory, disk, config, clock } = options;
    this.#options = options;
    this.#voters = votersOf(config, options.nodeId); // of kraft.version 0
    checkIsThere(directory, options.partitions?.() ?? directory.partitions());
    this.#log = directory.create(METADATA, METADATA_TOPIC_ID, metadataTopicConfig(config));
    this.#folder = `${directory.path}/${METADATA.topic}-${METADATA.partition}`;
    this.#snapshots = new MetadataSnapshots(disk, this.#folder);
    this.#quorumState = new QuorumStateFile(
      new KeptCopies(disk, this.#folder, options.log),
      this.#folder,
    );
    this.#lastSnapshotAt = clock.monotonic();
  }

  /**
   * Topics that the log deletes, behind the snapshot that was loaded; complete until the first
   * listener comes. What is left of one on disk may go; what belongs to a topic that was never
   * heard of tells that metadata was lost.
   */
  get deletedTopics(): ReadonlySet<TopicId> {
    return this.#deletedTopics;
  }

  /** All that is committed. A value: hold on to it as long as you like. */
  get image(): MetadataImage {
    return this.#image;
  }

  /** Where the next record will lie. */
  get endOffset(): Offset {
    return this.#log.logEndOffset;
  }

  /** Below it everything is committed. */
  get highWatermark(): Offset {
    return this.#core.highWatermark;
  }

  /** The quorum's. */
  get epoch(): number {
    return this.#core.epoch;
  }

  get isLeader(): boolean {
    return this.#core.isLeader;
  }

  /** Who votes, as far as the log says. */
  get quorum(): QuorumVoters {
    return this.#quorum;
  }

  /**
   * From kraft.version 0 to 1: writes the level and this node as the voter into the log. Resolves
   * once that is committed; there is no way back.
   */
  async writeVoters(endpoints: readonly VoterEndpoint[]): Promise<void> {
    this.#checkUsable();
    const { nodeId, directory, clock } = this.#options;
    const voters = soleVoter(nodeId, directory.directoryId, endpoints);
    const timestamp = clock.now();
    const batch = encodeControlBatch(votersRecords(voters), { timestamp });
    const written = this.#appendBatch(batch, { records: [], timestamp, voters });
    this.#latestQuorum = voters;
    await written;
    this.#attempt(() => this.#writeQuorumState(toPersist(this.#core.state, nodeId)));
  }

  /** Calls back after each commit, before whoever waits for it goes on. Returns how to end that. */
  onCommitted(listener: CommitListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Appends the records as one batch, from {@link endOffset} on, and resolves with the last one's
   * offset once it is committed and in the image. What can be told at once is thrown at once, and
   * then nothing was appended: KafkaError `NOT_CONTROLLER`, StorageError (also of a disk that is
   * only full). Rejects with StorageError when the disk fails later.
   */
  append(records: readonly MetadataRecord[]): Promise<Offset> {
    this.#checkUsable();
    assert(records.length > 0, "nothing was appended to the metadata log");
    if (!this.isLeader) throw new KafkaError("NOT_CONTROLLER");
    const timestamp = this.#options.clock.now();
    const inputs = records.map((record) => ({ value: encodeMetadataRecord(record), timestamp }));
    return this.#appendBatch(encodeBatch(inputs), { records, timestamp });
  }

  /** Resolves once everything below the offset is committed and in the image. */
  whenCommitted(endOffset: Offset): Promise<Offset> {
    const offset = endOffset - 1;
    if (this.#image.offset >= offset) return Promise.resolve(offset);
    if (this.#failure) return Promise.reject(this.#failure);
    if (this.#isClosed) return Promise.reject(this.#stopping);
    return new Promise((resolve, reject) => this.#waiters.push({ offset, resolve, reject }));
  }

  /**
   * Writes the image down; the log may forget what is in it, by `metadata.max.retention.*`. When the
   * disk is too full for that, the log goes on growing, and it is tried again later.
   */
  writeSnapshot(): void {
    this.#checkUsable();
    try {
      this.#writeSnapshot();
    } catch (error) {
      if (!isDiskFull(error)) throw error;
      const { log, clock } = this.#options;
      log("warn", "no room for a metadata snapshot", { reason: error.message });
      this.#noSnapshotBefore = clock.monotonic() + FULL_REST_MS;
    }
  }

  #writeSnapshot(): void {
    const { clock, log } = this.#options;
    if (this.#image.parts.openTransaction !== undefined) return; // half of something
    if (this.#snapshots.ids.at(-1)?.endOffset === this.#image.offset + 1) return;
    const begin = clock.monotonic();
    const times = { lastContainedLogTimestamp: this.#lastTimestamp, now: clock.now() };
    const { endOffset, epoch } = this.#attempt(() =>
      this.#snapshots.write(this.#image, this.#quorum, times)
    );
    this.#bytesSinceSnapshot = 0;
    this.#lastSnapshotAt = clock.monotonic();
    const ms = Math.round(clock.monotonic() - begin);
    log("info", "metadata snapshot written", { endOffset, epoch, ms });
    this.#attempt(() => this.#trim());
  }

  /**
   * Waits for what is under way. The files belong to the log directory, which is closed after this.
   */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#timer?.cancel();
    if (this.#failure === undefined) await this.#log.sync().catch((error) => this.#fail(error));
    this.#failWaiters(this.#stopping);
  }

  async #start(): Promise<void> {
    const { nodeId, config, random, clock } = this.#options;
    this.#loadSnapshot();
    this.#inspect();
    const saved = this.#quorumState.read(this.#voters);
    // What a crash left in the log may be in the page cache only, and the core takes it for
    // flushed.
    await this.#log.sync();
    this.#core = new RaftCore(
      {
        nodeId,
        electionTimeoutMs: config.get("controller.quorum.election.timeout.ms"),
        fetchTimeoutMs: config.get("controller.quorum.fetch.timeout.ms"),
        fetchMaxWaitMs: FETCH_MAX_WAIT_MS,
        electionBackoffMaxMs: config.get("controller.quorum.election.backoff.max.ms"),
      },
      this.#raftLog,
      random,
      saved,
      clock.monotonic(),
      this.#image.offset + 1,
    );
    this.#perform(this.#core.start(clock.monotonic()));
    await this.whenCommitted(this.endOffset);
    this.#options.log("info", "metadata log opened", {
      offset: this.#image.offset,
      epoch: this.epoch,
      topics: this.#image.topics.size,
    });
  }

  /** The newest snapshot that is whole and joins the log. */
  #loadSnapshot(): void {
    const { log } = this.#options;
    for (const id of this.#snapshots.ids.toReversed()) {
      try {
        this.#adopt(this.#snapshots.load(id));
        break;
      } catch (error) {
        if (!(error instanceof BrokenSnapshot)) throw error;
        log("error", "metadata snapshot skipped", { reason: error.message });
      }
    }
    const from = this.#image.offset + 1;
    if (from < this.#log.logStartOffset) {
      throw new StorageError(
        `Cannot load the metadata: the log begins at ${this.#log.logStartOffset}, and no snapshot reaches there`,
        this.#folder,
      );
    }
    // A snapshot that came without its log, as from a backup: the log goes on behind it.
    if (from > this.#log.logEndOffset) this.#log.restartAt(from);
  }

  #adopt({ id, records, voters, lastContainedLogTimestamp }: Snapshot): void {
    checkFeatureLevels(records, this.#folder);
    const position = { offset: id.endOffset - 1, epoch: id.epoch };
    this.#image = MetadataImage.empty.apply(records, position).image;
    this.#lastTimestamp = lastContainedLogTimestamp;
    this.#quorum = voters;
    this.#isQuorumInLog = id.endOffset > 0;
  }

  /**
   * Looks at all that is behind the snapshot before a byte is written: what this version does not
   * understand, or whose quorum is not ours to lead, stays as it is.
   */
  #inspect(): void {
    const { nodeId, directory } = this.#options;
    const { inspected = inspectMetadata(this.#options.disk, this.#folder) } = this.#options;
    if (inspected.areInLog) this.#isQuorumInLog = true;
    this.#latestQuorum = inspected.voters;
    const why = whyNotAlone(inspected.voters, { id: nodeId, directoryId: directory.directoryId });
    if (why === undefined) return;
    throw new NotOurs(`Cannot use ${this.#folder}: ${why}`, this.#folder);
  }

  get #voterIds(): readonly number[] {
    const { kraftVersion, voters } = this.#latestQuorum;
    return kraftVersion === 0 ? this.#voters : voters.map(({ voterId }) => voterId);
  }

  get #raftLog(): RaftLog {
    const log = this.#log;
    const { epoch: snapshotEpoch } = this.#image;
    const snapshots = this.#snapshots;
    const end = () => ({ epoch: log.latestEpoch ?? snapshotEpoch, endOffset: log.logEndOffset });
    const begins = ({ endOffset }: LogEnd) => endOffset > 0 && endOffset === log.logStartOffset;
    const voters = () => this.#voterIds;
    const votersOffset = () => this.#votersOffset;
    return {
      get end() {
        return end();
      },
      get start() {
        return snapshots.ids.find(begins) ?? { epoch: 0, endOffset: 0 };
      },
      get snapshot() {
        return snapshots.ids.findLast(({ endOffset }) => endOffset > 0);
      },
      get voters() {
        return voters();
      },
      get previousVoters() {
        return voters(); // of a quorum of one nobody else was a voter
      },
      get votersOffset() {
        return votersOffset();
      },
      endOf: (epoch) => {
        if (epoch >= end().epoch) return end();
        return log.endOffsetFor(epoch) ?? { epoch: 0, endOffset: 0 };
      },
    };
  }

  /**
   * Does what the core asks for, in its order: nothing leaves before what it stands on is on disk.
   */
  #perform(effects: Effects): void {
    const { log } = this.#options;
    for (const { to, epoch, leaderId, why } of effects.transitions) {
      log("info", "quorum state", { state: to, epoch, leader: leaderId ?? null, why });
    }
    const { persist, append, highWatermark } = effects;
    if (persist) this.#attempt(() => this.#writeQuorumState(persist));
    assert(effects.truncateTo === undefined, "a quorum of one was told to cut its log");
    if (append) {
      assert("leaderChange" in append, "a quorum of one was sent records");
      this.#openEpoch(append.leaderChange);
    }
    if (highWatermark !== undefined) this.#commit(highWatermark);
    assert(effects.send.length === 0, "a quorum of one has nobody to talk to");
    this.#planTimer();
  }

  #writeQuorumState(state: QuorumStateData): void {
    const { directoryId } = this.#options.directory;
    const { kraftVersion } = this.#latestQuorum;
    const quorum = kraftVersion === 0
      ? { voters: this.#voters }
      : { directoryOf: () => directoryId };
    this.#options.directory.withReserve(() => this.#quorumState.write(state, quorum));
  }

  /**
   * A directory that was formatted for a quorum in the log has the voters in its first snapshot
   * only; the first leader writes them into the log.
   */
  #openEpoch({ leaderId, voters, grantingVoters }: LeaderChange): void {
    const timestamp = this.#options.clock.now();
    const voterOf = (voterId: number) => ({ voterId });
    const value = encodeControlValue(LeaderChangeMessage, {
      leaderId,
      voters: voters.map(voterOf),
      grantingVoters: grantingVoters.map(voterOf),
    });
    const others = this.#isQuorumInLog ? [] : votersRecords(this.#latestQuorum);
    const batch = encodeControlBatch([{ type: "LEADER_CHANGE", value }, ...others], { timestamp });
    this.#isQuorumInLog = true;
    this.#appendBatch(batch, { records: [], timestamp }).catch(() => {}); // `open` waits for it
  }

  #appendBatch(
    bytes: Uint8Array,
    { records, timestamp, voters }: Pick<PendingBatch, "records" | "timestamp" | "voters">,
  ): Promise<Offset> {
    const { epoch } = this;
    const options = { leaderEpoch: epoch, now: timestamp, origin: "raft" } as const;
    const { baseOffset, lastOffset } = this.#attempt(() =>
      this.#options.directory.withReserve(() => this.#log.append(bytes, options))
    );
    this.#pending.push({ baseOffset, lastOffset, epoch, timestamp, records, voters });
    if (voters !== undefined) this.#votersOffset = lastOffset + 1;
    this.#bytesSinceSnapshot += bytes.length;
    const committed = this.whenCommitted(lastOffset + 1);
    this.#log.sync().then(() => this.#onSynced(), (error) => this.#fail(error));
    return committed;
  }

  #onSynced(): void {
    if (this.#isClosed && this.#waiters.length === 0) return;
    try {
      const { clock } = this.#options;
      this.#perform(this.#core.onFlushed(this.#log.durableEndOffset, clock.monotonic()));
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  /**
   * Brings the image up to the high watermark, batch by batch; then tells listeners, then those who
   * wait.
   */
  #commit(highWatermark: Offset): void {
    this.#log.highWatermark = highWatermark;
    while (this.#image.offset + 1 < highWatermark) {
      const next = this.#image.offset + 1;
      if (this.#pending[0]?.baseOffset === next) this.#apply(this.#pending.shift()!);
      else {this.#replayFrom(
          next,
          Math.min(highWatermark, this.#pending[0]?.baseOffset ?? Infinity),
        );}
    }
    const isDone = ({ offset }: Waiter) => offset <= this.#image.offset;
    const done = this.#waiters.filter(isDone);
    this.#waiters = this.#waiters.filter((waiter) => !isDone(waiter));
    for (const { offset, resolve } of done) resolve(offset);
    this.#maybeSnapshot();
  }

  /** Reads back what was written before this start, in batches that end before `upTo`. */
  #replayFrom(offset: Offset, upTo: Offset): void {
    const limits = { maxBytes: READ_BYTES, upTo, atLeastOneBatch: true };
    const { parts } = this.#log.read(offset, limits);
    let applied = 0;
    for (const part of parts) {
      for (const batch of batchesOf(part)) {
        if (batch.lastOffset < offset) continue;
        this.#apply(this.#readBack(batch, offset));
        this.#bytesSinceSnapshot += batch.sizeInBytes;
        applied++;
      }
    }
    assert(applied > 0, `the metadata log has nothing at offset ${offset}`);
  }

  #readBack(batch: BatchView, from: Offset): PendingBatch {
    const { baseOffset, lastOffset, partitionLeaderEpoch: epoch, maxTimestamp: timestamp } = batch;
    try {
      if (!batch.isCrcValid()) throw new Error("its checksum is wrong");
      const entries = readBatch(batch).filter(({ offset }) => offset >= from);
      const records = entries.flatMap(({ record }) => record ?? []);
      const voters = entries.reduce(
        (before, { control }) => control ? votersAfter(before, control) : before,
        this.#quorum,
      );
      return { baseOffset, lastOffset, epoch, timestamp, records, voters };
    } catch (cause) {
      throw new StorageError(
        `Cannot replay the metadata in ${this.#folder} at offset ${baseOffset}: ${
          (cause as Error).message
        }`,
        this.#folder,
        { cause },
      );
    }
  }

  #apply({ lastOffset, epoch, timestamp, records, voters }: PendingBatch): void {
    this.#quorum = voters ?? this.#quorum;
    const { image, delta } = this.#image.apply(records, { offset: lastOffset, epoch });
    this.#image = image;
    this.#lastTimestamp = timestamp;
    if (this.#listeners.size === 0) {
      for (const [id, { after }] of delta.topics) {
        if (after === undefined) this.#deletedTopics.add(id);
      }
    }
    for (const listener of this.#listeners) listener(image, delta, lastOffset);
  }

  #maybeSnapshot(): void {
    if (this.#listeners.size === 0) return; // see deletedTopics: a snapshot tells of none
    const { config, clock } = this.#options;
    if (clock.monotonic() < this.#noSnapshotBefore) return;
    const isLarge =
      this.#bytesSinceSnapshot >= config.get("metadata.log.max.record.bytes.between.snapshots");
    const intervalMs = config.get("metadata.log.max.snapshot.interval.ms");
    const isOld = intervalMs > 0 && clock.monotonic() - this.#lastSnapshotAt >= intervalMs;
    if (isLarge || isOld) this.writeSnapshot();
  }

  /**
   * Removes the oldest snapshots, and what of the log they need, while there is too much or it is
   * too old. The newest stays, and with it the log behind the one before.
   */
  #trim(): void {
    const { config, clock } = this.#options;
    const maxBytes = config.get("metadata.max.retention.bytes");
    const maxMs = config.get("metadata.max.retention.ms");
    const sizeInBytes = () =>
      this.#snapshots.ids.reduce(
        (sum, id) => sum + this.#snapshots.sizeOf(id),
        this.#log.sizeInBytes,
      );
    const ageOf = (id: { endOffset: Offset }) => {
      const found = this.#log.read(Math.max(id.endOffset - 1, this.#log.logStartOffset), {
        maxBytes: 1,
        upTo: this.highWatermark,
        atLeastOneBatch: true,
      });
      const [batch] = found.parts.flatMap((part) => [...batchesOf(part)]);
      return batch === undefined ? 0 : clock.now() - batch.maxTimestamp;
    };
    for (;;) {
      const [oldest, next] = this.#snapshots.ids;
      if (next === undefined) return;
      const isTooMuch = maxBytes >= 0 && sizeInBytes() > maxBytes;
      if (!isTooMuch && !(maxMs >= 0 && ageOf(oldest) > maxMs)) return;
      this.#log.advanceLogStart(next.endOffset);
      this.#log.roll(); // only whole segments go, and this one would grow to a gigabyte
      this.#log.applyRetention(clock.now());
      this.#snapshots.remove(oldest);
    }
  }

  #planTimer(): void {
    const { clock } = this.#options;
    this.#timer?.cancel();
    const deadline = this.#core.nextDeadline;
    if (deadline === undefined || this.#isClosed || this.#failure) return;
    this.#timer = clock.after(deadline - clock.monotonic(), () => {
      try {
        this.#perform(this.#core.onTimer(clock.monotonic()));
      } catch (error) {
        this.#fail(error as Error);
      }
    });
  }

  #attempt<T>(run: () => T): T {
    try {
      return run();
    } catch (error) {
      if (error instanceof StorageError && !isDiskFull(error)) this.#fail(error);
      throw error;
    }
  }

  /** Nothing more is written; whoever waits learns why. */
  #fail(error: Error): void {
    if (this.#failure) return;
    this.#failure = error;
    this.#timer?.cancel();
    this.#options.log("error", "metadata log failed", { reason: error.message });
    this.#failWaiters(error);
    this.#options.onFailure?.(error);
  }

  #failWaiters(error: Error): void {
    for (const { reject } of this.#waiters) reject(error);
    this.#waiters = [];
  }

  #checkUsable(): void {
    if (this.#failure) throw this.#failure;
    if (this.#isClosed) throw this.#stopping;
  }

  get #stopping(): StorageError {
    return new StorageError("Cannot write metadata: the node stops", this.#folder);
  }
}
