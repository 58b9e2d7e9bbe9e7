/**
 * The log of one partition: a row of segments, the last of which grows.
 *
 *     logStartOffset <= highWatermark <= logEndOffset
 *     recoveryPoint <= durableEndOffset <= logEndOffset
 *
 * Appending is synchronous and one write: what was checked at its top still holds at its end, and
 * whoever reads after it sees it. The bytes that are given are changed in place (offsets, leader
 * epoch) and not kept, so their owner may use the buffer again at once. Reads give memory that
 * belongs to the caller, from the page cache: a positional read of 128 KiB takes some 10 µs, and so
 * the log keeps no tail of its own.
 *
 * An append is lasting once a `sync` that was asked for after it has resolved; many share one
 * (`GroupCommit`). A sync covers all that came before in the log, older segments and names
 * included, so what is lasting is always a prefix. A failure of the disk ends this log and, by
 * `onFailure`, its directory; a full disk refuses what does not fit, and nothing else (see
 * `LogHealth`). So each change does first what needs room, in such an order that it can be left
 * anywhere on the way.
 */
import {
  assert,
  type LogEvent,
  type Offset,
  type TopicId,
  type TopicPartition,
} from "../base/mod.ts";
import type { TopicConfig } from "../config/mod.ts";
import { type Clock, type Disk, isDiskFull, StorageError } from "../platform/mod.ts";
import { KafkaError } from "../protocol/mod.ts";
import { batchesOf, type BatchView } from "../records/mod.ts";
import { type CopiedRun, runsOf, validateCopiedBatches } from "./copied_batches.ts";
import { Durability } from "./durability.ts";
import type { ReadLimits } from "./batch_cut.ts";
import { EpochCheck } from "./epoch_check.ts";
import type { LeaderEpochs } from "./leader_epochs.ts";
import { LogHealth } from "./log_health.ts";
import { type LogFigures, noLogFigures } from "./log_figures.ts";
import { type LogSettings, logSettings } from "./log_settings.ts";
import type {
  AppendOptions,
  AppendResult,
  FollowerAppendOptions,
  LogRoom,
  PartitionLogOptions,
  ReadOptions,
  ReadResult,
} from "./partition_log_types.ts";
import { Overtaking } from "./overtaking.ts";
import { ProducerSnapshotFiles } from "./producer_snapshot_files.ts";
import type {
  ActiveProducer,
  CompletedTransaction,
  LastRecord,
  ProducerState,
} from "./producer_state.ts";
import { type LoadedLog, loadLog } from "./recovery.ts";
import { type KnownProducers, RecentProducers } from "./recent_producers.ts";
import { countDeletable } from "./retention.ts";
import { rollLimits } from "./roll_limits.ts";
import { Segment } from "./segment.ts";
import { type RowCut, SegmentRow } from "./segment_row.ts";
import { runToEnd, type Steps } from "./steps.ts";
import { findByTime, findMaxTimestamp, type FoundRecord } from "./time_search.ts";
import type { AbortedTransaction } from "./transaction_index.ts";
import { validateBatches } from "./validation.ts";

export class PartitionLog {
  readonly topicPartition: TopicPartition;
  /** All zeroes for a folder that does not say; its directory may learn it later. */
  topicId: TopicId;
  readonly #name: string;
  readonly #disk: Disk;
  readonly #clock: Clock;
  readonly #log: LogEvent;
  readonly #figures: LogFigures;
  readonly #health: LogHealth;
  readonly #beforeCut: (offset: Offset) => void;
  readonly #onTruncated: (activeOffset: Offset) => void;
  readonly #onDamaged: () => void;
  readonly #room: LogRoom | undefined;
  #folder: string;
  readonly #mustBeWhole: boolean;
  #config: TopicConfig;
  #settings: LogSettings;
  /** An index is as large as the settings said when its segment began. */
  #activeIndexBytes: number;
  readonly #segments: SegmentRow;
  readonly #epochs: LeaderEpochs;
  readonly #epochCheck: EpochCheck;
  readonly #producers: ProducerState;
  readonly #recentProducers = new RecentProducers();
  readonly #overtaking = new Overtaking();
  readonly #snapshots: ProducerSnapshotFiles;
  /** What producers did from here on was read past a damaged part, when the log was opened. */
  #producersLackFrom: Offset | undefined;
  #logStartOffset: Offset;
  #logEndOffset: Offset;
  #highWatermark: Offset;
  readonly #durability: Durability;
  /** Since it was opened. A log that was only looked at is closed without a word to the disk. */
  #hasChanged = false;
  /**
   * A copy is being made, batch by batch: were it cleaned meanwhile, the copy could have the
   * records and not what was cleaned away by them, a deletion, say, that a later cleaning forgets.
   */
  isHeld = false;

  /**
   * Opens the log in the folder, which exists; makes it when the folder holds none. Throws
   * StorageError.
   *
   * @param loading what {@link PartitionLog.openInSteps} has found; default: it is done here, in
   * one go.
   */
  constructor(options: PartitionLogOptions, loading: Loading = runToEnd(load(options))) {
    this.topicPartition = options.topicPartition;
    this.#name = nameOf(options);
    this.topicId = options.topicId;
    this.#disk = options.disk;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#figures = options.figures ?? noLogFigures;
    this.#health = new LogHealth({
      name: this.#name,
      log: options.log,
      onFailure: options.onFailure,
      onFull: (error) => options.room?.onFull(error),
    });
    this.#beforeCut = options.beforeCut ?? (() => {});
    this.#onTruncated = options.onTruncated ?? (() => {});
    this.#room = options.room;
    this.#folder = options.folder;
    this.#mustBeWhole = options.mustBeWhole ?? false;
    this.#config = options.config;
    this.#settings = logSettings(options.config);
    this.#activeIndexBytes = this.#settings.segmentIndexBytes;
    this.#snapshots = loading.snapshots;
    const { loaded } = loading;
    this.#segments = new SegmentRow({
      ...options,
      segments: loaded.segments,
      attemptLater: (run) => this.#attemptLater(run),
      onGone: (segments) => this.#durability.onDeleted(segments),
      tell: (event, fields) => this.#health.tell(event, fields),
      onDamaged: () => this.#onDamaged(),
    });
    this.#onDamaged = options.onDamaged ?? (() => {});
    this.#producersLackFrom = loaded.producersLackFrom;
    this.#epochs = loaded.epochs;
    this.#producers = loaded.producers;
    this.#logStartOffset = loaded.logStartOffset;
    this.#logEndOffset = loaded.logEndOffset;
    this.#highWatermark = clamp(options.highWatermark, this.#logStartOffset, this.#logEndOffset);
    this.#epochCheck = new EpochCheck({
      epochs: this.#epochs,
      batchAt: (offset) => this.#segments.epochOfBatchAt(offset, this.#logEndOffset),
      range: () => ({ from: this.#logStartOffset, to: this.#logEndOffset }),
      onWrong: (reason) => {
        const file = this.#epochs.path;
        this.#health.tell("leader epochs are built anew", { file, reason });
      },
    });
    this.#durability = new Durability({
      disk: options.disk,
      clock: options.clock,
      figures: this.#figures,
      folder: options.folder,
      log: {
        end: () => this.#logEndOffset,
        segments: () => this.#segments.all,
        isClosed: () => this.#health.isClosed,
        fail: (cause) => this.#fail(cause),
      },
    });
    try {
      this.#health.attempt(() => this.#epochCheck.mendIfIncomplete());
      this.#keepRecovered(loaded, options.recoveryPoint);
    } catch (error) {
      this.abandon();
      throw error;
    }
  }

  #keepRecovered({ segments, firstRecovered }: LoadedLog, recoveryPoint: Offset): void {
    const recovered = segments.slice(firstRecovered);
    if (recovered.length === 0 || this.sizeInBytes === 0) return;
    this.#hasChanged = true;
    // The active segment alone, with nothing new in it: it is all there already.
    if (recovered.length === 1 && this.#logEndOffset <= recoveryPoint) return;
    this.#health.attempt(() => this.#durability.keepRecovered(recovered));
  }

  /** The same bit by bit: a crash may leave gigabytes to read. */
  static *openInSteps(options: PartitionLogOptions): Steps<PartitionLog> {
    return new PartitionLog(options, yield* load(options));
  }

  #attemptLater(run: () => void): void {
    if (this.#health.failure) return; // the next start does it
    try {
      this.#health.attempt(run);
    } catch {
      // Told already, and nobody waits for this.
    }
  }

  get config(): TopicConfig {
    return this.#config;
  }

  set config(config: TopicConfig) {
    this.#config = config;
    this.#settings = logSettings(config);
  }

  get logStartOffset(): Offset {
    return this.#logStartOffset;
  }

  /** What the next record gets. */
  get logEndOffset(): Offset {
    return this.#logEndOffset;
  }

  /** All below is on the device. */
  get durableEndOffset(): Offset {
    return this.#durability.endOffset;
  }

  /**
   * After a crash nothing below it needs to be read again: durable, with indexes. For the
   * checkpoint.
   */
  get recoveryPoint(): Offset {
    return this.#durability.recoveryPoint;
  }

  /** Up to where all in-sync replicas have it, as the owner says. Kept within the log. */
  get highWatermark(): Offset {
    return this.#highWatermark;
  }

  set highWatermark(offset: Offset) {
    this.#highWatermark = clamp(offset, this.#logStartOffset, this.#logEndOffset);
  }

  /** Up to where no transaction is undecided; never above the high watermark. */
  get lastStableOffset(): Offset {
    const unstable = this.#producers.firstUnstableOffset(this.#highWatermark);
    return unstable === undefined ? this.#highWatermark : Math.min(unstable, this.#highWatermark);
  }

  /** The newest leader epoch that wrote here; undefined before the first. */
  get latestEpoch(): number | undefined {
    return this.#epochs.latest;
  }

  /** Where its files lie. */
  get folder(): string {
    return this.#folder;
  }

  get sizeInBytes(): number {
    return this.#segments.sizeInBytes;
  }

  get segmentCount(): number {
    return this.#segments.all.length;
  }

  /** Those who wrote here with a producer id and are remembered. */
  producers(): Iterable<ActiveProducer> {
    return this.#producers.active();
  }

  get #active(): Segment {
    return this.#segments.active;
  }

  /**
   * Appends as a leader: checks the batches as Kafka does (`validation.ts`, `producer_state.ts`),
   * gives them their offsets and writes them. Throws KafkaError when they are refused
   * (`InvalidRecords` lists the records) and StorageError when the disk is full or fails; then
   * nothing of them is visible.
   */
  append(bytes: Uint8Array, options: AppendOptions): AppendResult {
    this.#checkUsable();
    const { leaderEpoch, now } = options;
    const { batches, ...validated } = validateBatches(bytes, {
      ...options,
      name: this.#name,
      settings: this.#settings,
      nextOffset: this.#logEndOffset,
    });
    const repeated = this.#checkProducers(batches, options);
    if (repeated) return repeated;

    const { logAppendTime } = validated;
    const { segmentBytes } = this.#settings;
    if (validated.bytes.length > segmentBytes) {
      throw new KafkaError(
        "RECORD_LIST_TOO_LARGE",
        `Cannot append to ${this.#name}: ${validated.bytes.length} bytes are more than ` +
          `segment.bytes=${segmentBytes}`,
      );
    }
    const baseOffset = this.#logEndOffset;
    this.#room?.checkForRecords();
    this.#health.attempt(() => {
      this.#keepBeforeEpoch(leaderEpoch);
      this.#epochs.assign(leaderEpoch, baseOffset);
      this.#write(validated.bytes, batches, { maxTimestamp: validated.maxTimestamp, now });
    });
    return {
      baseOffset,
      lastOffset: this.#logEndOffset - 1,
      logAppendTime,
      duplicate: false,
      logStartOffset: this.#logStartOffset,
    };
  }

  #checkProducers(
    batches: readonly BatchView[],
    { origin, leaderEpoch, mayOvertake }: AppendOptions,
  ): AppendResult | undefined {
    if (origin === "raft") return undefined;
    for (const batch of batches) {
      if (!batch.hasProducerId) continue;
      if (mayOvertake && origin === "client") this.#checkOvertaking(batch, leaderEpoch);
      const appended = this.#producers.check(batch, origin);
      if (!appended) continue;
      return {
        baseOffset: appended.firstOffset,
        lastOffset: appended.lastOffset,
        logAppendTime: appended.timestamp, // as Kafka has it, also of times that producers set
        duplicate: true,
        logStartOffset: this.#logStartOffset,
      };
    }
    return undefined;
  }

  #checkOvertaking(batch: BatchView, leaderEpoch: number): void {
    const end = this.#producers.endOf(batch.producerId);
    const epochAt = (offset: Offset) => this.#epochs.epochAt(offset);
    if (!this.#overtaking.isDoubtful(batch, end, { leaderEpoch, epochAt })) return;
    throw new KafkaError(
      "NOT_ENOUGH_REPLICAS",
      `Cannot append to ${this.#name}: what producer ${batch.producerId} has sent before sequence ` +
        `${batch.baseSequence} may be on its way`,
    );
  }

  /**
   * Appends what another leader has written: offsets and epochs stay as they are, byte for byte.
   * Whole batches only, up to the first of a later epoch than the leader's. Throws KafkaError
   * CORRUPT_MESSAGE for batches that are broken or do not follow the log's end, and nothing is
   * written then; StorageError when the disk is full or fails, and those that went into an earlier
   * segment are there then.
   *
   * A log without records takes a first batch that begins before its end and reaches there: the
   * leader's log begins in the midst of it, and so does ours then.
   */
  appendAsFollower(bytes: Uint8Array, { leaderEpoch }: FollowerAppendOptions = {}): void {
    this.#checkUsable();
    const start = this.#logStartOffset;
    const end = this.#logEndOffset;
    const batches = validateCopiedBatches(bytes, {
      name: this.#name,
      nextOffset: end,
      isEmpty: start === end,
      latestEpoch: this.#epochs.epochAt(end - 1),
      leaderEpoch,
    });
    if (batches.length === 0) return;
    this.#room?.checkForRecords();
    const [{ baseOffset }] = batches;
    if (baseOffset < end) this.restartAt(baseOffset);
    this.#health.attempt(() => {
      for (const run of runsOf(bytes, batches, (first) => this.#roomFor(first))) {
        this.#appendRun(run);
      }
      if (baseOffset < end) this.#setLogStart(start);
    });
  }

  /** For a run of batches that begins with this one, in the active segment or the next. */
  #roomFor({ sizeInBytes: bytes, lastOffset, maxTimestamp }: BatchView): number {
    const facts = { bytes, lastOffset, maxTimestamp, now: this.#clock.now() };
    const { segmentBytes } = this.#settings;
    const mustRoll = this.#active.mustRollFor(facts, this.#rollLimits());
    return mustRoll ? segmentBytes : segmentBytes - this.#active.sizeInBytes;
  }

  #appendRun({ bytes, batches, maxTimestamp }: CopiedRun): void {
    try {
      this.#keepBeforeEpoch(batches[batches.length - 1].partitionLeaderEpoch);
      this.#epochs.assignBatches(batches, this.#logEndOffset);
      this.#write(bytes, batches, { maxTimestamp, now: this.#clock.now() });
    } catch (error) {
      if (isDiskFull(error)) this.#epochs.truncateFromEnd(this.#logEndOffset);
      throw error;
    }
  }

  /**
   * The file of epochs is on the device at once, and the records before an epoch may not be. In a
   * log that must be whole that would look as if they had been taken away: there they go first.
   */
  #keepBeforeEpoch(epoch: number): void {
    const isNew = epoch > (this.#epochs.latest ?? -1);
    if (isNew && this.#mustBeWhole && this.#durability.endOffset < this.#logEndOffset) {
      this.#durability.syncNow();
    }
  }

  #write(
    bytes: Uint8Array,
    batches: readonly BatchView[],
    { maxTimestamp, now }: { maxTimestamp: number; now: number },
  ): void {
    const { lastOffset } = batches[batches.length - 1];
    const facts = { bytes: bytes.length, lastOffset, maxTimestamp, now };
    if (this.#active.mustRollFor(facts, this.#rollLimits())) this.#roll(batches[0].baseOffset, now);
    this.#active.append(bytes, batches, this.#settings.indexIntervalBytes);
    for (const batch of batches) {
      if (!batch.hasProducerId) continue;
      const ended = this.#producers.onAppended(batch);
      if (ended?.isAborted) this.#noteAborted(ended);
    }
    if (this.#producers.size > this.#settings.maxProducerIds) this.#forgetProducers();
    this.#logEndOffset = lastOffset + 1;
    this.#recentProducers.onAppended(bytes.length, lastOffset + 1, this.#producers);
    this.#hasChanged = true;
  }

  /** A tenth at once, since the look at all of them costs more than the others' appends. */
  #forgetProducers(): void {
    this.#figures.limited("max.producer.ids.per.partition");
    this.#producers.keepNewest(Math.ceil(this.#settings.maxProducerIds * 0.9));
  }

  #noteAborted({ producerId, firstOffset, lastOffset }: CompletedTransaction): void {
    const lastStableOffset = this.#producers.firstOpenOffset() ?? lastOffset + 1;
    this.#active.transactions.add({ producerId, firstOffset, lastOffset, lastStableOffset });
  }

  #rollLimits() {
    const segment = `${this.#name}@${this.#active.baseOffset}`;
    return rollLimits(this.#settings, segment, this.#activeIndexBytes);
  }

  /** Begins a new segment at the log's end. Does nothing when the active one is empty. */
  roll(): void {
    this.#checkUsable();
    if (this.#active.sizeInBytes === 0) return;
    this.#health.attempt(() => this.#roll(this.#logEndOffset, this.#clock.now()));
  }

  #roll(baseOffset: Offset, now: number): void {
    const old = this.#active;
    if (old.baseOffset === baseOffset) return; // it is empty
    const { preallocatedBytes, syncsOnRoll } = this.#settings;
    if (syncsOnRoll) this.#durability.keepBeforeRoll(old);
    old.save();
    this.#snapshots.write(baseOffset, this.#producers.toSnapshot());
    this.#segments.push(
      Segment.create(this.#disk, this.#folder, baseOffset, { now, preallocatedBytes }),
    );
    old.endGrowth();
    this.#durability.onSealed(old);
    this.#activeIndexBytes = this.#settings.segmentIndexBytes;
    this.#durability.onNewNames();
    this.#hasChanged = true;
    // In the background: the recovery point moves up also where nobody asks for a sync.
    this.sync().catch(() => {});
  }

  /**
   * Resolves when all that was appended before the call is on the device. Rejects with StorageError
   * when that failed; the log is of no use then.
   */
  sync(): Promise<void> {
    const { failure } = this.#health;
    return failure ? Promise.reject(failure) : this.#durability.sync();
  }

  /**
   * Reads whole batches from the one that holds the offset on; none when the offset is at or behind
   * `upTo`. One read ends with its segment. Throws KafkaError OFFSET_OUT_OF_RANGE outside the log.
   */
  read(offset: Offset, { upTo, ...options }: ReadOptions): ReadResult {
    this.#checkUsable();
    if (offset < this.#logStartOffset || offset > this.#logEndOffset) {
      throw new KafkaError(
        "OFFSET_OUT_OF_RANGE",
        `Cannot read ${this.#name} at ${offset}: it goes from ${this.#logStartOffset} to ` +
          `${this.#logEndOffset}`,
      );
    }
    const logEndOffset = this.#logEndOffset;
    const limits = {
      ...options,
      upTo: Math.min(upTo, logEndOffset),
      endOffset: logEndOffset,
      objectionTo: this.#objectionTo,
    };
    if (offset >= limits.upTo) return { parts: [], bytes: 0, nextOffset: offset };
    const found = this.#health.attempt(() => this.#segments.read(offset, limits));
    if (this.#health.isBeingRepaired) this.#checkPassesNoDamage(offset, found);
    return found;
  }

  /** A part that is gone without a trace is passed over, and nobody may do that who can have it. */
  #checkPassesNoDamage(offset: Offset, { parts, nextOffset }: ReadResult): void {
    const [first] = parts.flatMap((part) => [...batchesOf(part)].slice(0, 1));
    const to = first?.baseOffset ?? nextOffset;
    if (to <= offset) return;
    const passed = this.#segments.between(offset, to);
    if (!this.damagedSegments.some((segment) => passed.includes(segment))) return;
    throw new KafkaError(
      "KAFKA_STORAGE_ERROR",
      `Cannot read ${this.#name} at ${offset}: records are missing there as yet`,
    );
  }

  /** The segments that are known to lack something of what was written: see `repair/`. */
  get damagedSegments(): Segment[] {
    if (this.#mustBeWhole) return [];
    return this.#segments.damaged({ hasGaps: this.#settings.isCompacted });
  }

  /** The same of a log of which it is known already whether offsets are left out in it. */
  isDamaged(gaps: { hasGaps: boolean }): boolean {
    return !this.#mustBeWhole && this.#segments.damaged(gaps).length > 0;
  }

  /** What is damaged is being fetched from another replica, and to be asked for again. */
  get isBeingRepaired(): boolean {
    return this.#health.isBeingRepaired;
  }

  set isBeingRepaired(isBeingRepaired: boolean) {
    this.#health.isBeingRepaired = isBeingRepaired;
  }

  /** Segments were put in the place of damaged ones: what was drawn from those is drawn anew. */
  onRepaired(): void {
    this.#hasChanged = true;
    const from = this.#producersLackFrom;
    if (from === undefined || this.damagedSegments.length > 0) return;
    this.#producersLackFrom = undefined;
    this.#health.attempt(() => {
      this.#snapshots.removeAfter(from);
      this.#recentProducers.truncateTo(-1);
      this.#loadProducers(this.#snapshots.newest(from));
    });
  }

  readonly #objectionTo: ReadLimits["objectionTo"] = (epoch, baseOffset, lastOffset) =>
    this.#epochCheck.objectionTo(epoch, baseOffset, lastOffset);

  /** The aborted transactions that a read_committed reader of [from, upTo) must know. */
  abortedTransactions(from: Offset, upTo: Offset): AbortedTransaction[] {
    return this.#segments.abortedTransactions(from, upTo);
  }

  /** The first record at or after the time, if it lies below `upTo`. */
  offsetForTime(timestamp: number, upTo: Offset = this.#logEndOffset): FoundRecord | undefined {
    this.#checkUsable();
    const from = this.#logStartOffset;
    return this.#health.attempt(() => findByTime(this.#segments.all, { timestamp, from, upTo }));
  }

  /** The record with the largest timestamp, the first of them if there are several. */
  offsetOfMaxTimestamp(): FoundRecord | undefined {
    this.#checkUsable();
    return this.#health.attempt(() => findMaxTimestamp(this.#segments.all, this.#logStartOffset));
  }

  /** See `LeaderEpochs.endOffsetFor`. */
  endOffsetFor(epoch: number): { epoch: number; endOffset: Offset } | undefined {
    this.#verifyEpochs();
    return this.#epochs.endOffsetFor(epoch, this.#logEndOffset);
  }

  /** Under which leader epoch the record at the offset was written. */
  epochAt(offset: Offset): number | undefined {
    this.#verifyEpochs();
    return this.#epochs.epochAt(offset);
  }

  #verifyEpochs(): void {
    if (this.isUsable) this.#health.attempt(() => this.#epochCheck.verify());
  }

  /** This leader's epoch begins at the log's end, also before it appends anything. */
  beginEpoch(leaderEpoch: number): void {
    this.#checkUsable();
    this.#epochs.begin(leaderEpoch, this.#logEndOffset);
  }

  /**
   * Cuts off the offset and all behind it: what another leader never had. The log ends behind the
   * last whole batch before it then, which may be earlier. Gone when it returns, also for a start
   * after a power cut: nothing of it comes back under what is written in its place.
   *
   * An epoch that was begun at the log's end goes in any case: no record tells of it, and a leader
   * who never heard of it would have us cut for ever.
   */
  truncateTo(offset: Offset): void {
    this.#checkUsable();
    if (offset < this.#segments.first.baseOffset) return this.restartAt(offset);
    this.#health.attempt(() => {
      if (offset < this.#logEndOffset) this.#cut(this.#segments.cutAt(offset));
      else this.#epochs.truncateFromEnd(this.#logEndOffset);
    });
  }

  #cut(at: RowCut): void {
    const { endOffset } = at;
    this.#prepareCut({ endOffset, lowest: endOffset });
    if (this.#snapshots.removeAfter(endOffset)) this.#disk.syncDirectory(this.#folder);
    this.#segments.cut(at);
    this.#logEndOffset = endOffset;
    this.#onShortened();
    this.#reloadProducers();
  }

  /**
   * Drops everything and begins anew, empty, at the offset: the leader's log begins behind the end
   * of ours.
   */
  restartAt(offset: Offset): void {
    this.#checkUsable();
    this.#health.attempt(() => {
      const lowest = Math.min(offset, this.#segments.first.baseOffset);
      this.#prepareCut({ endOffset: offset, lowest });
      if (this.#snapshots.removeAll()) this.#disk.syncDirectory(this.#folder);
      this.#producers.clear();
      this.#recentProducers.truncateTo(-1);
      const now = this.#clock.now();
      this.#segments.restart(() => Segment.create(this.#disk, this.#folder, offset, { now }));
      this.#logStartOffset = offset;
      this.#logEndOffset = offset;
      this.#epochs.clear();
      this.#onShortened();
    });
  }

  /**
   * What the next start goes by is lowered, on the device, before anything is cut: a recovery point
   * above the cut would have what is torn there pass for damage, a start above it would hide what
   * is written there. On a full disk all is as it was.
   *
   * @param lowest below it the log stays as it is.
   */
  #prepareCut({ endOffset, lowest }: { endOffset: Offset; lowest: Offset }): void {
    const before = { start: this.#logStartOffset, highWatermark: this.#highWatermark };
    this.#logStartOffset = Math.min(before.start, endOffset);
    this.#highWatermark = Math.min(before.highWatermark, endOffset);
    this.#durability.onTruncation(lowest);
    try {
      this.#beforeCut(lowest);
    } catch (error) {
      this.#logStartOffset = before.start;
      this.#highWatermark = before.highWatermark;
      throw error;
    }
    // Before the records, or they would be missed; what is read again names its epochs.
    this.#epochs.truncateFromEnd(lowest);
    if (this.#mustBeWhole) this.#epochs.save();
  }

  /**
   * Takes on from the log that this one is a copy of what batches do not tell: where it begins, how
   * far it is committed, epochs, and producers whose batches are gone. All of it is on the device
   * when it returns, batches included; nothing may be appended to either meanwhile.
   */
  completeFrom(original: PartitionLog): void {
    this.#checkUsable();
    assert(
      original.#logEndOffset === this.#logEndOffset,
      `the copy of ${this.#name} is incomplete`,
    );
    this.#health.attempt(() => {
      this.#epochs.replaceBy(original.#epochs.entries);
      this.#producers.restore(original.#producers.toSnapshot(), this.#logEndOffset);
      this.#recentProducers.truncateTo(-1);
      this.#saveProducers();
      this.#durability.syncNow();
    });
    this.#logStartOffset = original.#logStartOffset;
    this.#highWatermark = original.#highWatermark;
    this.#hasChanged = true;
  }

  /** Leaves a gap: the next batch begins here, or behind, in a segment of its own. */
  skipTo(offset: Offset): void {
    this.#checkUsable();
    if (offset <= this.#logEndOffset) return;
    this.#health.attempt(() => {
      this.#roll(offset, this.#clock.now());
      this.#logEndOffset = offset;
    });
  }

  /** Its folder has been renamed. Files that are open stay so. */
  movedTo(folder: string): void {
    this.#folder = folder;
    this.#epochs.movedTo(folder);
    this.#snapshots.movedTo(folder);
    this.#durability.movedTo(folder);
    this.#segments.movedTo(folder);
  }

  #onShortened(): void {
    const end = this.#logEndOffset;
    this.#epochs.truncateFromEnd(end);
    this.#highWatermark = clamp(this.#highWatermark, this.#logStartOffset, end);
    this.#durability.onShortened();
    this.#hasChanged = true;
    this.#onTruncated(this.#active.baseOffset);
  }

  /** From the newest snapshot that is left and the batches behind it, as at a start. */
  #reloadProducers(): void {
    const recent = this.#recentProducers.truncateTo(this.#logEndOffset);
    if (this.#producers.endOffset <= this.#logEndOffset) return; // it was nothing of theirs
    const saved = this.#snapshots.newest(this.#logEndOffset);
    this.#loadProducers((recent?.offset ?? -1) > (saved?.offset ?? -1) ? recent : saved);
  }

  #loadProducers(snapshot: KnownProducers | undefined): void {
    this.#producers.restore(snapshot?.entries ?? [], snapshot?.offset ?? 0);
    const from = snapshot?.offset ?? 0; // also what lies before the log's start
    for (const segment of this.#segments.from(from)) {
      segment.visitFrom(from, (batch) => void this.#producers.onAppended(batch));
    }
  }

  /** Records before the offset are gone for readers; their segments go with the next retention. */
  advanceLogStart(offset: Offset): void {
    this.#checkUsable();
    if (offset <= this.#logStartOffset) return;
    if (offset > this.#highWatermark) {
      throw new KafkaError(
        "OFFSET_OUT_OF_RANGE",
        `Cannot begin ${this.#name} at ${offset}: its high watermark is ${this.#highWatermark}`,
      );
    }
    this.#health.attempt(() => this.#setLogStart(offset));
  }

  #setLogStart(offset: Offset): void {
    this.#logStartOffset = offset;
    this.#highWatermark = Math.max(this.#highWatermark, offset);
    this.#epochs.truncateFromStart(offset);
  }

  /**
   * Only a log whose first segment begins earlier has a start that the checkpoint must remember.
   */
  get hasMovedStart(): boolean {
    return this.#logStartOffset > this.#segments.first.baseOffset;
  }

  /**
   * Deletes what is too old or too much, and forgets silent producers. Files keep a name for
   * `file.delete.delay.ms`. Returns how many segments went. On a full disk those go at least that
   * need no segment to follow them, before StorageError says that there is no room for that one.
   */
  applyRetention(now: number): number {
    this.#checkUsable();
    this.#producers.expire(now, this.#settings.producerIdExpirationMs);
    return this.#health.attempt(() => {
      const count = countDeletable(this.#segments.retained(this.#logEndOffset), {
        now,
        settings: this.#settings,
        highWatermark: this.#highWatermark,
        logStartOffset: this.#logStartOffset,
      });
      if (count === this.segmentCount) this.#rollToDelete(count, now);
      if (count > 0) this.#deleteFirst(count);
      return count;
    });
  }

  #rollToDelete(count: number, now: number): void {
    try {
      this.#roll(this.#logEndOffset, now);
    } catch (error) {
      if (isDiskFull(error) && count > 1) this.#deleteFirst(count - 1);
      throw error;
    }
  }

  /** On a full disk nobody is given time for second thoughts. */
  get #deleteDelayMs(): number {
    return this.#room?.isFull ? 0 : this.#settings.fileDeleteDelayMs;
  }

  #deleteFirst(count: number): void {
    this.#durability.keepNames(); // before the old ones go, or a power cut leaves none
    const deleted = this.#segments.deleteFirst(count, this.#deleteDelayMs);
    const { baseOffset } = this.#segments.first;
    if (baseOffset > this.#logStartOffset) this.#setLogStart(baseOffset);
    this.#snapshots.removeStray(this.#segments.baseOffsets);
    this.#log("info", "segments deleted", {
      topic: this.topicPartition.topic,
      partition: this.topicPartition.partition,
      segments: count,
      bytes: deleted.reduce((sum, segment) => sum + segment.sizeInBytes, 0),
      logStartOffset: this.#logStartOffset,
    });
  }

  /** The disk is full: files of deleted segments go at once. */
  hurryDeletions(): void {
    this.#segments.hurryDeletions();
  }

  /** What the cleaner goes by: `cleanup.policy` and all that it asks at every batch. */
  get settings(): LogSettings {
    return this.#settings;
  }

  /** How often its end was cut off since it was opened: what was sealed may have grown since. */
  get truncations(): number {
    return this.#durability.truncations;
  }

  /** For the cleaner. The last one grows. */
  get segments(): readonly Segment[] {
    return this.#segments.all;
  }

  /** Of each producer that is remembered, by its id. */
  lastRecords(): Map<number, LastRecord> {
    return this.#producers.lastRecords();
  }

  /**
   * Puts a segment in the place of sealed ones that lie side by side, from which it was made; its
   * files, named `.cleaned`, are on the device. Readers see either; so does a start after a crash.
   */
  replaceSegments(cleaned: Segment, old: readonly Segment[]): void {
    this.#checkUsable();
    this.#health.attempt(() => {
      this.#segments.replace(cleaned, old, this.#deleteDelayMs);
      this.#snapshots.removeStray(this.#segments.baseOffsets);
    });
  }

  /** What the disk has refused to whoever works on this log's files beside it. */
  failWith(error: StorageError): StorageError {
    if (!isDiskFull(error)) return this.#fail(error);
    this.#health.tellFull(error);
    return error;
  }

  get isUsable(): boolean {
    return this.#health.isUsable;
  }

  /**
   * Puts everything on the device, indexes and producers too, and closes the files. The folder's
   * own name is left to whoever closes many of them. When the disk is too full for indexes and
   * producers, rejects with what says so; all records are on the device.
   */
  async close(): Promise<void> {
    if (this.#health.isClosed) return;
    try {
      if (this.#health.failure) return;
      await this.sync();
      if (!this.#hasChanged) return;
      this.#active.seal();
      if (this.#saveProducers()) this.#durability.onNewNames();
      await this.#active.sync();
      // An index whose name a power cut takes is built anew; a snapshot would be missed by nobody.
      this.#durability.keepFolder();
    } catch (cause) {
      throw cause instanceof StorageError ? this.failWith(cause) : cause;
    } finally {
      this.abandon();
    }
  }

  /** True when there was something to write. */
  #saveProducers(): boolean {
    const offsets = this.#snapshots.offsets();
    const entries = this.#producers.toSnapshot();
    if (offsets.at(-1) === this.#logEndOffset && entries.length === 0) return false;
    // A log that never had a producer needs no file to say so.
    if (offsets.length === 0 && entries.length === 0) return false;
    this.#snapshots.write(this.#logEndOffset, entries);
    return true;
  }

  /** Closes the files as they are: the partition is deleted, or its directory lost. */
  abandon(): void {
    this.#health.close();
    this.#segments.close();
  }

  /** The disk has failed elsewhere in the directory: this log is of no use either. */
  fail(error: StorageError): void {
    this.#health.failWithout(error);
  }

  #checkUsable(): void {
    this.#health.check(this.#folder);
  }

  #fail(cause: unknown): StorageError {
    if (cause instanceof StorageError) return this.#health.fail(cause);
    const message = `Cannot use ${this.#name}: ${cause}`;
    return this.#health.fail(new StorageError(message, this.#folder, { cause }));
  }
}

/** What a log begins with. */
interface Loading {
  readonly snapshots: ProducerSnapshotFiles;
  readonly loaded: LoadedLog;
}

function* load(options: PartitionLogOptions): Steps<Loading> {
  const { disk, folder, clock, config } = options;
  const { indexIntervalBytes, preallocatedBytes } = logSettings(config);
  const snapshots = new ProducerSnapshotFiles(disk, folder);
  const loaded = yield* loadLog({
    ...options,
    snapshots,
    name: nameOf(options),
    now: clock.now(),
    indexIntervalBytes,
    preallocatedBytes,
  });
  return { snapshots, loaded };
}

const nameOf = ({ topicPartition: { topic, partition } }: PartitionLogOptions) =>
  `"${topic}"-${partition}`;

function clamp(offset: Offset, low: Offset, high: Offset): Offset {
  return Math.min(Math.max(offset, low), high);
}
