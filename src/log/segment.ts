/**
 * One piece of a partition's log: a `.log` file of batches, and its indexes. The active segment,
 * the last one, grows; the others are sealed. A segment knows bytes, offsets and times; whose they
 * are and whether they may be appended was decided before.
 *
 * Files of a sealed segment are opened at first use.
 */
import type { Offset } from "../base/mod.ts";
import { type Disk, type DiskFile, isDiskFull, orRemove, StorageError } from "../platform/mod.ts";
import { KafkaError } from "../protocol/mod.ts";
import { AT, BATCH_HEADER_BYTES, batchesOf, type BatchView } from "../records/mod.ts";
import { walkBatches, type WalkEnd } from "./batch_walk.ts";
import { type Hole, holeAt } from "./damage.ts";
import { fileName, SEGMENT_SUFFIXES, type SegmentStage } from "./file_names.ts";
import { HEAD_BYTES, headAt, MAX_RELATIVE_OFFSET, type ReadLimits } from "./batch_cut.ts";
import { OffsetIndex } from "./offset_index.ts";
import type { Steps } from "./steps.ts";
import { type NamedPlace, type SegmentRead, SegmentReader } from "./segment_reader.ts";
import { type TimeEntry, TimeIndex } from "./time_index.ts";
import { TransactionIndex } from "./transaction_index.ts";

/** How far apart the entries of an index are that had to be built anew under the readers. */
const REBUILT_INTERVAL_BYTES = 4096;
const ONE_BATCH = { maxBytes: 1, upTo: Infinity, atLeastOneBatch: true };

/** Something that was found wrong in a file, and what was done. */
export type Tell = (event: string, fields: Record<string, string | number>) => void;

/** A place where no sound batch lies, and what is wrong there. */
export interface Broken extends WalkEnd {
  readonly problem: string;
  readonly hole: Hole;
}

/** How much is read before others may have a turn: some milliseconds' worth. */
const STEP_BYTES = 4 * 1024 * 1024;
const STEP_ENDS = "the step ends";

export interface Rebuilding {
  readonly indexIntervalBytes: number;
  /** The next segment begins here. */
  readonly endOffset: Offset | undefined;
  readonly visit: (batch: BatchView) => string | void;
  /** Where the log goes on, if the hole ends the segment. */
  readonly onBroken: (broken: Broken) => Offset | "cut";
}

export interface Rebuilt {
  readonly isCut: boolean;
}

/** Where a segment is cut. */
export interface SegmentCut {
  /** Behind the last batch that stays. */
  readonly position: number;
  /** Where the log ends then. */
  readonly endOffset: Offset;
}

export interface SegmentLimits {
  segmentBytes: number;
  segmentMs: number;
  segmentIndexBytes: number;
  indexIntervalBytes: number;
}

export class Segment {
  readonly baseOffset: Offset;
  #folder: string;
  readonly offsets: OffsetIndex;
  readonly times: TimeIndex;
  readonly transactions: TransactionIndex;
  readonly #disk: Disk;
  readonly #createdMs: number;
  #file: DiskFile | undefined;
  #size = 0;
  #nextOffset: Offset;
  #maxTimestamp: number | undefined = -1;
  #lastOffsetOfMaxTimestamp: Offset;
  /** The largest timestamp of the first batch: the segment's age is counted from it. */
  #firstTimestamp: number | undefined;
  #bytesSinceIndexEntry = 0;
  readonly #reader = new SegmentReader(this);
  /** Told of what is found wrong in a file; set by whoever has the segment. */
  tell: Tell = () => {};
  /** Told once when it is found to be damaged; set by whoever has the segment. */
  onDamaged: () => void = () => {};
  #isDamaged = false;
  /** The file is so long, whatever is in it; 0 when it is as long as that. */
  #preallocatedBytes = 0;
  /** Where its files are in their life. */
  #stage: SegmentStage = "";
  /**
   * Its index names the last batch as well: behind it there may be offsets without a batch, and by
   * nothing else it would be seen that the file was cut short.
   */
  #namesEnd = false;
  #lastBatchAt = 0;

  /**
   * A segment with the files it has in the folder; see {@link create}, {@link open}, and
   * `recovery.ts`.
   */
  constructor(disk: Disk, folder: string, baseOffset: Offset, createdMs: number) {
    this.#disk = disk;
    this.#folder = folder;
    this.baseOffset = baseOffset;
    this.#nextOffset = baseOffset;
    this.#createdMs = createdMs;
    this.#lastOffsetOfMaxTimestamp = baseOffset;
    this.offsets = new OffsetIndex(disk, this.pathOf("index"), baseOffset);
    this.times = new TimeIndex(disk, this.pathOf("timeindex"), baseOffset);
    this.transactions = new TransactionIndex(disk, (suffix) => this.pathOf(suffix));
  }

  /**
   * A new, empty segment that grows. Whatever lay there under its name is overwritten.
   *
   * @param preallocatedBytes how long its file is from the beginning, with zeros behind the last
   * batch until it is sealed (`preallocate`).
   */
  static create(
    disk: Disk,
    folder: string,
    baseOffset: Offset,
    { now, preallocatedBytes = 0 }: { now: number; preallocatedBytes?: number },
  ): Segment {
    const segment = new Segment(disk, folder, baseOffset, now);
    try {
      segment.#begin();
      if (preallocatedBytes > 0) segment.file.truncate(preallocatedBytes);
    } catch (error) {
      // One that is left would lie across the log if that went on growing without it.
      if (isDiskFull(error)) segment.remove();
      throw error;
    }
    segment.#preallocatedBytes = preallocatedBytes;
    return segment;
  }

  /** What a compaction makes of others: it grows beside them under names of its own. */
  static createCleaned(disk: Disk, folder: string, baseOffset: Offset, now: number): Segment {
    const segment = new Segment(disk, folder, baseOffset, now);
    segment.#namesEnd = true;
    segment.#name("cleaned");
    // An earlier run may have been cut short.
    for (const suffix of SEGMENT_SUFFIXES) disk.remove(segment.pathOf(suffix));
    return orRemove(disk, segment.pathOf("log"), () => (segment.#begin(), segment));
  }

  #begin(): void {
    this.#file = this.#disk.open(this.pathOf("log"), "create");
    this.#file.truncate(0);
    this.offsets.reset();
    this.times.reset();
  }

  pathOf(suffix: typeof SEGMENT_SUFFIXES[number]): string {
    return this.#pathAs(suffix, this.#stage);
  }

  #pathAs(suffix: typeof SEGMENT_SUFFIXES[number], stage: SegmentStage): string {
    const ending = stage === "" ? "" : `.${stage}`;
    return `${this.#folder}/${fileName(this.baseOffset, suffix)}${ending}`;
  }

  /** The folder has been renamed; files that are open stay so. */
  movedTo(folder: string): void {
    this.#folder = folder;
    this.#name(this.#stage);
  }

  #name(stage: SegmentStage): void {
    this.#stage = stage;
    this.offsets.path = this.pathOf("index");
    this.times.path = this.pathOf("timeindex");
  }

  /** Renames its files. Not lasting before the folder is synced. */
  moveTo(stage: SegmentStage): void {
    const before = SEGMENT_SUFFIXES.map((suffix) => this.pathOf(suffix));
    this.#name(stage);
    SEGMENT_SUFFIXES.forEach((suffix, i) => {
      if (this.#disk.exists(before[i])) this.#disk.rename(before[i], this.pathOf(suffix));
    });
  }

  get file(): DiskFile {
    if (this.#stage === "deleted") {
      // A sync that was under way must not bring the name back.
      throw new StorageError(
        `Cannot open ${this.pathOf("log")}: it is deleted`,
        this.pathOf("log"),
      );
    }
    return this.#file ??= this.#disk.open(this.pathOf("log"), "write");
  }

  get sizeInBytes(): number {
    return this.#size;
  }

  /** Behind the last batch. */
  get nextOffset(): Offset {
    return this.#nextOffset;
  }

  /** Some of what was written here can't be read: see `repair/`. */
  get isDamaged(): boolean {
    return this.#isDamaged;
  }

  noteDamage(): void {
    if (this.#isDamaged) return;
    this.#isDamaged = true;
    this.onDamaged();
  }

  /** -1 when no record has a timestamp. */
  get maxTimestamp(): number {
    this.#maxTimestamp ??= this.#loadMaxTimestamp();
    return this.#maxTimestamp;
  }

  /** Of the batch that has {@link maxTimestamp} first. */
  get lastOffsetOfMaxTimestamp(): Offset {
    this.#maxTimestamp ??= this.#loadMaxTimestamp();
    return this.#lastOffsetOfMaxTimestamp;
  }

  /** Retention goes by it, and may not be misled by an index. */
  #loadMaxTimestamp(): number {
    const { last } = this.times;
    this.times.release();
    if (last.timestamp >= 0 && this.times.isSealed && !this.#isOfBatch(last)) {
      this.mendIndexes(`${this.times.path}: no batch of ${last.timestamp} at ${last.lastOffset}`);
      return this.#maxTimestamp!;
    }
    this.#lastOffsetOfMaxTimestamp = last.lastOffset;
    return last.timestamp;
  }

  /**
   * What retention goes by: the largest timestamp, or when the file was last written if no record
   * has one.
   */
  get retentionTimestamp(): number {
    if (this.maxTimestamp >= 0) return this.maxTimestamp;
    return this.#disk.stat(this.pathOf("log")).modifiedMs;
  }

  /**
   * Appends batches that are in `bytes` one behind the other, in one write. The bytes are not
   * looked at again after the return. On a full disk nothing of them is left.
   */
  append(bytes: Uint8Array, batches: readonly BatchView[], indexIntervalBytes: number): void {
    const { file } = this;
    try {
      file.write(bytes, this.#size);
    } catch (error) {
      if (isDiskFull(error)) this.#undoWrite(file);
      throw error;
    }
    for (const batch of batches) this.index(batch, indexIntervalBytes);
  }

  /** What fitted is cut off again: whole batches of it would come back at a start. */
  #undoWrite(file: DiskFile): void {
    file.truncate(this.#size);
    if (this.#preallocatedBytes > this.#size) file.truncate(this.#preallocatedBytes);
  }

  /** The same for batches from many places, of a segment that nobody reads yet. */
  appendAll(batches: readonly BatchView[], indexIntervalBytes: number): void {
    this.file.writeAll(batches.map(({ bytes }) => bytes), this.#size);
    for (const batch of batches) this.index(batch, indexIntervalBytes);
  }

  /** Takes over what can't be read in another, with the place that it has there. */
  appendBroken(bytes: Uint8Array, nextOffset: Offset): void {
    this.file.write(bytes, this.#size);
    this.#goOnBehind({ from: this.#size, to: this.#size + bytes.length, nextBase: nextOffset });
    this.noteDamage();
  }

  #goOnBehind(hole: Hole, nextOffset = hole.nextBase!): void {
    this.#reader.addHole(hole);
    this.#size = hole.to;
    this.#nextOffset = nextOffset;
    this.#bytesSinceIndexEntry = Infinity; // what follows is found without passing here
  }

  /**
   * Takes note of a batch that lies at the end of the file: as a part of append, or when indexes
   * are rebuilt.
   */
  index(batch: BatchView, indexIntervalBytes: number): void {
    const { lastOffset, maxTimestamp, sizeInBytes } = batch;
    if (this.#size === 0) this.#firstTimestamp = maxTimestamp;
    if (maxTimestamp > this.maxTimestamp) {
      this.#maxTimestamp = maxTimestamp;
      this.#lastOffsetOfMaxTimestamp = lastOffset;
    }
    if (this.#bytesSinceIndexEntry > indexIntervalBytes) {
      this.offsets.add(lastOffset, this.#size);
      this.times.add(this.maxTimestamp, this.#lastOffsetOfMaxTimestamp);
      this.#bytesSinceIndexEntry = 0;
    }
    this.#nextOffset = lastOffset + 1;
    this.#lastBatchAt = this.#size;
    this.#size += sizeInBytes;
    this.#bytesSinceIndexEntry += sizeInBytes;
  }

  /** Whether a batch must go to a new segment. An empty one takes anything. */
  mustRollFor(
    { bytes, lastOffset, maxTimestamp, now }: {
      bytes: number;
      lastOffset: Offset;
      maxTimestamp: number;
      now: number;
    },
    limits: SegmentLimits,
  ): boolean {
    if (this.#size === 0) return lastOffset - this.baseOffset > MAX_RELATIVE_OFFSET;
    return this.#size + bytes > limits.segmentBytes ||
      this.ageMs(maxTimestamp, now) > limits.segmentMs ||
      lastOffset - this.baseOffset > MAX_RELATIVE_OFFSET ||
      this.offsets.sizeInBytes + OffsetIndex.ENTRY_BYTES > limits.segmentIndexBytes ||
      this.times.sizeInBytes + 2 * TimeIndex.ENTRY_BYTES > limits.segmentIndexBytes;
  }

  /**
   * By the records' own time where they have one, so that a replayed history rolls like the first
   * time.
   */
  ageMs(maxTimestamp: number, now: number): number {
    const first = this.#firstTimestamp ?? -1;
    return first >= 0 && maxTimestamp >= 0 ? maxTimestamp - first : now - this.#createdMs;
  }

  /** The largest timestamp of the first batch; -1 when there is none. */
  get firstTimestamp(): number {
    if (this.#size === 0) return -1;
    return this.#firstTimestamp ??= this.#readFirstTimestamp();
  }

  /** No more appends: indexes go to their files. Not synced, see {@link sync}. */
  seal(): void {
    this.save();
    this.endGrowth();
  }

  /** On a full disk its indexes stay in memory, and are built again at the next start. */
  sealIfRoom(): void {
    try {
      this.seal();
    } catch (error) {
      if (!isDiskFull(error)) throw error;
    }
  }

  /**
   * Indexes go to their files, and the file gets its own length. When the disk is too full for it,
   * the segment goes on growing as if nothing had been.
   */
  save(): void {
    if (this.#preallocatedBytes > 0) this.file.truncate(this.#size);
    this.#preallocatedBytes = 0;
    this.#completeTimes();
    this.#completeOffsets();
    this.offsets.save();
    this.times.save();
    this.transactions.save();
  }

  /** The second half of {@link seal}, which needs no room on the disk. */
  endGrowth(): void {
    this.offsets.seal();
    this.times.seal();
  }

  #completeTimes(): void {
    if (this.times.isSealed || this.maxTimestamp < 0) return;
    this.times.add(this.maxTimestamp, this.#lastOffsetOfMaxTimestamp);
  }

  #completeOffsets(): void {
    const isNamed = this.#lastBatchAt <= this.offsets.last.position;
    if (!this.#namesEnd || this.offsets.isSealed || isNamed) return;
    this.offsets.add(this.#nextOffset - 1, this.#lastBatchAt);
  }

  /** Everything of a sealed segment to the device; of a growing one, the batches. */
  async sync(): Promise<void> {
    await this.file.sync();
    if (!this.offsets.isSealed) return;
    await this.offsets.sync();
    await this.times.sync();
    await this.transactions.sync();
  }

  /**
   * The first batches that hold or follow the offset; see `SegmentReader.read`.
   */
  read(offset: Offset, limits: ReadLimits): SegmentRead {
    return this.#reader.read(offset, limits);
  }

  /** All batches from the offset on, as they are read; see {@link read}. */
  *batchesFrom(from: Offset, limits: ReadLimits): Generator<BatchView> {
    for (let offset = from;;) {
      const { bytes, nextOffset } = this.read(offset, limits);
      if (bytes.length === 0) return;
      yield* batchesOf(bytes);
      offset = nextOffset;
    }
  }

  get path(): string {
    return this.pathOf("log");
  }

  /** Where the index says to begin, to reach the offset. */
  placeOf(offset: Offset): NamedPlace {
    return this.offsets.lookup(offset);
  }

  /** An index has an entry that names no batch: both are built anew from the batches. */
  mendIndexes(why: string): void {
    this.tell("index is built anew", { file: this.offsets.path, reason: why });
    const { isSealed } = this.offsets;
    this.offsets.reset();
    this.times.reset();
    let bytes = 0;
    let maxTimestamp = -1;
    let lastOffsetOfMax = this.baseOffset;
    this.#walkPastHoles(0, (batch, position) => {
      const { lastOffset, sizeInBytes } = batch;
      if (batch.maxTimestamp > maxTimestamp) {
        maxTimestamp = batch.maxTimestamp;
        lastOffsetOfMax = lastOffset;
      }
      if (bytes > REBUILT_INTERVAL_BYTES) {
        this.offsets.add(lastOffset, position);
        this.times.add(maxTimestamp, lastOffsetOfMax);
        bytes = 0;
      }
      bytes += sizeInBytes;
    });
    this.#maxTimestamp = maxTimestamp;
    this.#lastOffsetOfMaxTimestamp = lastOffsetOfMax;
    if (isSealed) this.#sealRebuilt();
  }

  /** On a full disk they stay in memory, and are built again at the next start. */
  #sealRebuilt(): void {
    try {
      this.save();
      this.offsets.seal();
      this.times.seal();
    } catch (error) {
      if (!isDiskFull(error)) throw error;
    }
  }

  /** An offset before which no record is as young as the timestamp. */
  offsetBefore(timestamp: number): Offset {
    const entry = this.times.lookup(timestamp);
    if (entry === undefined) return this.baseOffset;
    if (this.#isOfBatch(entry)) return entry.lastOffset;
    this.mendIndexes(`${this.times.path}: no batch of ${entry.timestamp} at ${entry.lastOffset}`);
    return this.times.lookup(timestamp)?.lastOffset ?? this.baseOffset;
  }

  #isOfBatch({ timestamp, lastOffset }: TimeEntry): boolean {
    try {
      const [batch] = this.batchesFrom(lastOffset, { ...ONE_BATCH, endOffset: Infinity });
      return batch?.maxTimestamp === timestamp && batch.baseOffset <= lastOffset;
    } catch (error) {
      if (error instanceof KafkaError) return false;
      throw error;
    }
  }

  /** Visits the sound batches that begin at the offset or behind, past what can't be read. */
  visitFrom(from: Offset, visit: (batch: BatchView) => void): void {
    this.#walkPastHoles(this.#provenPlaceOf(from), (batch) => {
      if (batch.baseOffset >= from) visit(batch);
    });
  }

  /** As {@link placeOf}, of an index that was held against the batch that it names. */
  #provenPlaceOf(offset: Offset): number {
    const { position, lastOffset } = this.placeOf(offset);
    if (lastOffset === undefined || this.#lastOffsetAt(position) === lastOffset) return position;
    this.mendIndexes(`no batch at ${position} ends with offset ${lastOffset}`);
    return this.placeOf(offset).position;
  }

  #lastOffsetAt(position: number): Offset | undefined {
    const head = new Uint8Array(HEAD_BYTES);
    if (this.file.read(head, position) < HEAD_BYTES) return undefined;
    const { isBatch, lastOffset } = headAt(new DataView(head.buffer), 0, this.baseOffset);
    return isBatch ? lastOffset : undefined;
  }

  /**
   * Visits the sound batches from a position on, past what can't be read, until `visit` says that
   * it is enough.
   */
  #walkPastHoles(
    position: number,
    visit: (batch: BatchView, position: number) => "enough" | void,
  ): void {
    let from = position;
    let next = this.baseOffset;
    for (;;) {
      const to = this.#size;
      const end = walkBatches(this.file, { from, to, next }, (batch, at) => {
        const result = visit(batch, at);
        if (result === undefined) next = batch.nextOffset;
        return result;
      });
      if (end.problem === undefined || end.problem === "enough") return;
      const hole = holeAt(this.file, { from: end.position, to, next, endOffset: Infinity });
      this.#tellHole(end.position, end.problem);
      if (hole.nextBase === undefined) return;
      from = hole.to;
      next = hole.nextBase;
    }
  }

  #tellHole(position: number, reason: string): void {
    this.tell("broken batch", { file: this.path, position, reason });
    this.noteDamage();
  }

  /**
   * Where to cut so that nothing at or behind the offset is left: behind the last sound batch
   * before it. So a batch that reaches over the offset goes as a whole, and with it what can't be
   * read just before the offset: whoever cuts a log has another to get all that from again.
   */
  cutAt(offset: Offset): SegmentCut {
    const first = { position: 0, endOffset: this.baseOffset };
    if (offset <= this.baseOffset) return first;
    return this.#lastEnd(this.#provenPlaceOf(offset - 1), offset) ?? this.#lastEnd(0, offset) ??
      first;
  }

  /** Behind the last sound batch from the position on that ends before the offset. */
  #lastEnd(from: number, offset: Offset): SegmentCut | undefined {
    let end: SegmentCut | undefined;
    this.#walkPastHoles(from, (batch, position) => {
      if (batch.lastOffset >= offset) return "enough";
      end = { position: position + batch.sizeInBytes, endOffset: batch.nextOffset };
    });
    return end;
  }

  /**
   * Cuts off what lies behind, and grows on from there. What is cut off is gone on the device too,
   * when this returns: behind what is written in its place it would pass for a part of the log.
   */
  truncateTo({ position, endOffset }: SegmentCut): void {
    this.file.truncate(position);
    this.file.syncNow();
    this.#preallocatedBytes = 0;
    this.#size = position;
    this.#nextOffset = endOffset;
    this.#firstTimestamp = undefined;
    this.#reader.forgetHoles();
    this.offsets.unseal();
    this.times.unseal();
    this.offsets.truncateTo(endOffset);
    this.times.truncateTo(endOffset);
    this.transactions.truncateTo(endOffset);
    this.#loadMaxOfTail();
  }

  /** What the indexes say, and the batches behind the last one that they name. */
  #loadMaxOfTail(): void {
    const from = this.#provenPlaceOf(this.#nextOffset);
    const { last } = this.times;
    if (last.timestamp >= 0 && !this.#isOfBatch(last)) {
      this.mendIndexes(`${this.times.path}: no batch of ${last.timestamp} at ${last.lastOffset}`);
    }
    let { timestamp: maxTimestamp, lastOffset } = this.times.last;
    this.#walkPastHoles(from, (batch) => {
      if (batch.maxTimestamp <= maxTimestamp) return;
      maxTimestamp = batch.maxTimestamp;
      lastOffset = batch.lastOffset;
    });
    this.#maxTimestamp = maxTimestamp;
    this.#lastOffsetOfMaxTimestamp = lastOffset;
    this.#bytesSinceIndexEntry = this.#size - this.offsets.last.position;
  }

  /**
   * Opens the segment of a log that was closed properly, sealed. Returns the path of an index that
   * is missing or makes no sense: then `rebuild` it.
   */
  open(): string | undefined {
    this.#size = this.#disk.stat(this.pathOf("log")).size;
    this.#maxTimestamp = undefined;
    const hasIndex = this.#disk.exists(this.offsets.path) || this.#disk.exists(this.times.path);
    if (this.#size === 0 && !hasIndex) return undefined; // it was never written to
    if (!this.offsets.tryOpen() || !this.offsets.isSound(this.#size)) return this.offsets.path;
    if (!this.times.tryOpen() || !this.times.isSound()) return this.times.path;
    return this.transactions.isSound() ? this.#findEnd() : this.pathOf("txnindex");
  }

  /**
   * By the heads of the batches behind the last one that the index names. A file that was cut short
   * since, or has something else there, is damaged.
   */
  #findEnd(): string | undefined {
    const { position, lastOffset } = this.offsets.last;
    const file = this.#disk.open(this.pathOf("log"), "read");
    try {
      const head = new Uint8Array(HEAD_BYTES);
      let end = position;
      while (end + HEAD_BYTES <= this.#size && file.read(head, end) === HEAD_BYTES) {
        const batch = headAt(new DataView(head.buffer), 0, this.#nextOffset);
        if (!batch.isBatch || end + batch.size > this.#size) break;
        const isNamed = end === position && this.offsets.count > 0;
        if (isNamed && batch.lastOffset !== lastOffset) return this.offsets.path;
        this.#nextOffset = batch.lastOffset + 1;
        end += batch.size;
      }
      if (end < this.#size) this.noteDamage();
      return undefined;
    } finally {
      file.close();
      this.offsets.release();
    }
  }

  /**
   * Makes an opened segment grow on: its last batches, behind the last index entry, are read. What
   * the indexes say of them last is held against them.
   */
  unseal(): WalkEnd {
    this.offsets.unseal();
    this.times.unseal();
    const end = this.#loadTail(this.#size);
    if (end.problem !== undefined) return end;
    const { last } = this.times;
    if (last.timestamp < 0 || this.#isOfBatch(last)) return end;
    return { ...end, problem: "the time index names no batch" };
  }

  /** Sets size and what is only in memory from the indexes and the batches behind them. */
  #loadTail(size: number): WalkEnd {
    const { position, lastOffset } = this.offsets.last;
    this.#reader.forgetHoles();
    this.#maxTimestamp = undefined;
    this.#size = size;
    this.#nextOffset = this.baseOffset;
    this.#firstTimestamp = undefined;
    if (size > 0) this.#firstTimestamp = this.#readFirstTimestamp();
    let maxTimestamp = this.maxTimestamp;
    const range = { from: position, to: size, next: this.baseOffset };
    const end = walkBatches(this.file, range, (batch, at) => {
      if (at === position && position > 0 && batch.lastOffset !== lastOffset) {
        return "the index names another batch";
      }
      this.#nextOffset = batch.nextOffset;
      if (batch.maxTimestamp <= maxTimestamp) return;
      maxTimestamp = batch.maxTimestamp;
      this.#lastOffsetOfMaxTimestamp = batch.lastOffset;
    });
    this.#maxTimestamp = maxTimestamp;
    this.#size = end.position;
    this.#bytesSinceIndexEntry = this.#size - position;
    return end;
  }

  #readFirstTimestamp(): number {
    const header = new Uint8Array(BATCH_HEADER_BYTES);
    this.file.read(header, 0);
    const view = new DataView(header.buffer);
    return view.getInt32(AT.maxTimestamp) * 2 ** 32 + view.getUint32(AT.maxTimestamp + 4);
  }

  /**
   * Believes nothing but the batches: reads them all, checks each, and builds the indexes anew.
   * `visit` sees each batch and may object to it. Where no sound batch lies `onBroken` decides: to
   * cut the file there, or to leave the hole and go on behind it. It may throw, and then nothing is
   * cut. The segment grows on.
   */
  *rebuild({ indexIntervalBytes, endOffset, visit, onBroken }: Rebuilding): Steps<Rebuilt> {
    const size = this.file.size();
    this.#size = 0;
    this.#maxTimestamp = -1;
    this.#lastOffsetOfMaxTimestamp = this.baseOffset;
    this.#nextOffset = this.baseOffset;
    this.#bytesSinceIndexEntry = 0;
    this.#reader.forgetHoles();
    const named = endOffset === undefined ? undefined : this.#lastNamedBehind(size);
    this.offsets.reset();
    this.times.reset();
    let epoch = -1;
    for (;;) {
      const next = this.#nextOffset;
      const from = this.#size;
      const range = { from, to: size, next, endOffset, epoch };
      const { position, problem } = walkBatches(this.file, range, (batch) => {
        if (this.#size - from >= STEP_BYTES) return STEP_ENDS;
        const isFar = batch.lastOffset - this.baseOffset > MAX_RELATIVE_OFFSET;
        const objection = isFar ? "an offset is out of range" : visit(batch);
        if (objection === undefined) this.index(batch, indexIntervalBytes);
        if (objection === undefined) epoch = batch.partitionLeaderEpoch;
        return objection;
      });
      yield position - from;
      if (problem === STEP_ENDS) continue;
      epoch = -1;
      if (problem === undefined) {
        const isCutShort = named !== undefined && named >= this.#nextOffset && named < endOffset!;
        if (isCutShort) this.noteDamage();
        return { isCut: false };
      }
      const place = { to: size, next: this.#nextOffset, endOffset: endOffset ?? Infinity };
      const hole = holeAt(this.file, { from: position, ...place });
      const goOnAt = onBroken({ position, problem, hole });
      if (goOnAt === "cut") {
        this.file.truncate(position);
        this.file.syncNow();
        return { isCut: true };
      }
      this.#tellHole(position, problem);
      this.#goOnBehind(hole, hole.nextBase ?? goOnAt);
    }
  }

  /** The offset that the index knows of behind the end of a file that was cut short since. */
  #lastNamedBehind(size: number): Offset | undefined {
    if (!this.offsets.tryOpen() || this.offsets.count === 0) return undefined;
    const { position, lastOffset } = this.offsets.last;
    return position >= size ? lastOffset : undefined;
  }

  close(): void {
    this.#file?.close();
    this.#file = undefined;
    this.offsets.close();
    this.times.close();
  }

  /**
   * Closes it and renames its files, so that a crash leaves nothing half deleted; `remove` ends
   * them. On a disk too full for longer names they go at once.
   */
  markDeleted(): void {
    this.close();
    const before = this.#stage;
    try {
      this.moveTo("deleted");
    } catch (error) {
      if (!isDiskFull(error)) throw error;
      this.#removeAs(before);
      this.#removeAs("deleted");
    }
  }

  /** Removes the files of a segment that nobody reads any more. */
  remove(): void {
    this.close();
    this.#removeAs(this.#stage);
  }

  /** Removes one that was made to take others' place, however far that came. */
  discard(): void {
    this.close();
    this.#removeAs("swap");
    this.#removeAs("cleaned");
  }

  /** The log first: indexes without one are removed at the next start. */
  #removeAs(stage: SegmentStage): void {
    for (const suffix of SEGMENT_SUFFIXES) this.#disk.remove(this.#pathAs(suffix, stage));
  }
}
