/**
 * One cleaning of one log (`kafka-behaviour` 20.6): first it notes the newest offset of each key in
 * the dirty part, as far as its memory reaches; then all segments up to there are written anew,
 * group by group, with what stays of them.
 *
 * The log lives on meanwhile: it grows, is read, loses its first segments, is cut, or deleted. The
 * cleaning only reads sealed segments, whose bytes never change unless the log is cut, and asks
 * before each step whether it was and whether they are the log's still; if not, it gives up
 * ({@link CleaningAborted}) and leaves nothing behind.
 */
import type { Offset } from "../../base/mod.ts";
import { type Clock, type Disk, StorageError } from "../../platform/mod.ts";
import { BatchView, RecordSpans } from "../../records/mod.ts";
import type { PartitionLog } from "../partition_log.ts";
import { Segment } from "../segment.ts";
import { BatchReader, ReadBuffer } from "./batch_reader.ts";
import { between, type CleaningPlan, groupBySize } from "./cleanable.ts";
import { KeyOffsets } from "./key_offsets.ts";
import type { Pace } from "./pace.ts";
import { retained, type Retention } from "./retained.ts";
import { PassedTransactions } from "./transactions.ts";

/** Nothing went wrong: what was being cleaned is not there any more, or the cleaner stops. */
export class CleaningAborted extends Error {
  override name = "CleaningAborted";
}

export interface CleaningOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly pace: Pace;
  /** For the newest offsets of keys. */
  readonly keyBytes: number;
  readonly keyLoadFactor: number;
  readonly readBytes: number;
}

export interface Cleaned {
  /** The next cleaning begins here. */
  readonly endOffset: Offset;
  readonly bytesBefore: number;
  readonly bytesAfter: number;
  readonly keys: number;
}

/**
 * Stored batches were validated when they came; this only keeps a damaged one from taking all
 * memory.
 */
const MAX_UNPACKED_BYTES = 1024 * 1024 * 1024;
/**
 * What was written goes to the device in parts, so that the last sync is as short as the others.
 */
const SYNC_BYTES = 8 * 1024 * 1024;
/** A batch of many small records takes longer than a moment. */
const RECORDS_A_STEP = 1024;

/**
 * Cleans as the plan says. Rejects with CleaningAborted, `CorruptRecords`, or StorageError: the log
 * is offline then, or the disk is full and the log is what it was.
 */
export async function cleanLog(
  log: PartitionLog,
  plan: CleaningPlan,
  options: CleaningOptions,
): Promise<Cleaned> {
  const cleaning = new Cleaning(log, plan, options);
  try {
    return await cleaning.run();
  } catch (error) {
    cleaning.discard();
    if (!(error instanceof StorageError)) throw error;
    if (!log.isUsable) throw new CleaningAborted("The log is gone", { cause: error });
    throw log.failWith(error);
  }
}

class Cleaning {
  readonly #log: PartitionLog;
  readonly #plan: CleaningPlan;
  readonly #options: CleaningOptions;
  readonly #folder: string;
  readonly #truncations: number;
  readonly #now: number;
  readonly #buffer: ReadBuffer;
  readonly #spans = new RecordSpans();
  /** Written, and not in the log as yet. */
  #cleaned: Segment | undefined;
  #bytesBefore = 0;
  #bytesAfter = 0;

  constructor(log: PartitionLog, plan: CleaningPlan, options: CleaningOptions) {
    this.#log = log;
    this.#plan = plan;
    this.#options = options;
    this.#folder = log.folder;
    this.#truncations = log.truncations;
    this.#now = options.clock.now();
    this.#buffer = new ReadBuffer(options.readBytes);
  }

  async run(): Promise<Cleaned> {
    const keys = await this.#newestOffsets();
    const endOffset = keys.latestOffset + 1;
    const transactions = new PassedTransactions((aborted) => {
      this.#cleaned!.transactions.add(aborted);
    });
    for (const group of this.#groups(endOffset)) {
      await this.#rewrite(group, { ...await this.#retention(keys), transactions });
    }
    this.#checkIsThere(); // or what is not clean any more would count as clean
    return {
      endOffset,
      bytesBefore: this.#bytesBefore,
      bytesAfter: this.#bytesAfter,
      keys: keys.size,
    };
  }

  /** After a failure: what was written is of no use. */
  discard(): void {
    const cleaned = this.#cleaned;
    this.#cleaned = undefined;
    if (cleaned === undefined) return;
    if (!this.#log.isUsable) return cleaned.close();
    try {
      cleaned.remove();
    } catch {
      cleaned.close(); // the failure is told already; the next start removes the files
    }
  }

  /** Reads the dirty part, to its end or until the memory is full. */
  async #newestOffsets(): Promise<KeyOffsets> {
    const { firstDirtyOffset: from, firstUncleanableOffset: upTo } = this.#plan;
    const { keyBytes, keyLoadFactor } = this.#options;
    const limits = { maxBytes: keyBytes, loadFactor: keyLoadFactor, maxKeys: upTo - from };
    const keys = new KeyOffsets(limits);
    const transactions = new PassedTransactions();
    transactions.expect(this.#log.abortedTransactions(from, upTo));
    const dirty = between(this.#log.segments, from, upTo);
    for (let i = 0; i < dirty.length; i++) {
      const isFull = await this.#noteKeys(dirty[i], { keys, transactions, from });
      if (isFull) break;
      // Offsets that no batch has any more were looked at as well.
      keys.latestOffset = (dirty[i + 1]?.baseOffset ?? upTo) - 1;
    }
    return keys;
  }

  async #noteKeys(
    segment: Segment,
    { keys, transactions, from }: {
      keys: KeyOffsets;
      transactions: PassedTransactions;
      from: Offset;
    },
  ): Promise<boolean> {
    this.#checkIsThere(segment);
    const reader = this.#readerOf(segment, from);
    for (;;) {
      this.#checkIsThere(segment);
      const batches = reader.next();
      if (batches.length === 0) return false;
      for (const batch of batches) {
        const isAborted = transactions.pass(batch);
        if (batch.lastOffset < from) continue;
        if (!batch.isControl && !isAborted) {
          if (await this.#noteBatch(batch, keys, from)) return true;
        }
        keys.latestOffset = batch.lastOffset;
        const rest = this.#step(batch.sizeInBytes);
        if (rest) await rest;
      }
    }
  }

  async #noteBatch(batch: BatchView, keys: KeyOffsets, from: Offset): Promise<boolean> {
    const spans = this.#spans;
    spans.read(batch, { maxDecompressedBytes: MAX_UNPACKED_BYTES });
    for (let i = 0; i < spans.count; i++) {
      const offset = spans.offset(i);
      if (spans.keyStarts[i] < 0 || offset < from) continue;
      if (keys.isFull) return true;
      keys.put(spans.bytes, spans.keyStarts[i], spans.keyEnds[i], offset);
      if (i % RECORDS_A_STEP === RECORDS_A_STEP - 1) await this.#step(0);
    }
    return false;
  }

  #readerOf(segment: Segment, from: Offset): BatchReader {
    const { segments } = this.#log;
    const { baseOffset: endOffset } = segments[segments.indexOf(segment) + 1];
    const start = Math.max(from, segment.baseOffset);
    return new BatchReader(segment, this.#buffer, { from: start, endOffset });
  }

  #groups(endOffset: Offset): Segment[][] {
    const { segmentBytes, segmentIndexBytes } = this.#log.settings;
    const segments = between(this.#log.segments, 0, endOffset).map((segment) => ({
      segment,
      baseOffset: segment.baseOffset,
      sizeInBytes: segment.sizeInBytes,
      offsetIndexBytes: segment.offsets.sizeInBytes,
      timeIndexBytes: segment.times.sizeInBytes,
    }));
    const limits = {
      segmentBytes,
      segmentIndexBytes,
      endOffset: this.#plan.firstUncleanableOffset,
    };
    return groupBySize(segments, limits).map((group) => group.map(({ segment }) => segment));
  }

  /**
   * A producer's last batch stays, so that it is known by it after a crash: the last one of those
   * that are on the device. A later one, which a power cut may take, does not stand for it.
   */
  async #retention(keys: KeyOffsets): Promise<Omit<Retention, "transactions">> {
    const lastRecords = this.#log.lastRecords();
    await this.#log.sync();
    return {
      keys,
      lastRecords,
      upTo: this.#plan.firstUncleanableOffset,
      now: this.#now,
      deleteRetentionMs: this.#log.settings.deleteRetentionMs,
      maxDecompressedBytes: MAX_UNPACKED_BYTES,
      spans: this.#spans,
    };
  }

  /** Makes one segment of the group, and puts it in its place. */
  async #rewrite(
    group: Segment[],
    retention: Retention & { transactions: PassedTransactions },
  ): Promise<void> {
    this.#checkIsThere(...group);
    const { disk } = this.#options;
    const cleaned = Segment.createCleaned(disk, this.#folder, group[0].baseOffset, this.#now);
    this.#cleaned = cleaned;
    const ends = [...group.slice(1).map(({ baseOffset }) => baseOffset), this.#endOf(group)];
    for (let i = 0; i < group.length; i++) {
      const { baseOffset } = group[i];
      retention.transactions.expect(this.#log.abortedTransactions(baseOffset, ends[i]));
      await this.#copy(group[i], cleaned, retention);
    }
    cleaned.seal();
    await this.#options.pace.during(cleaned.sync());
    this.#checkIsThere(...group);
    const { modifiedMs } = disk.stat(group[group.length - 1].pathOf("log"));
    disk.setModified(cleaned.pathOf("log"), modifiedMs);
    disk.syncDirectory(this.#folder);
    await this.#options.pace.rest();

    this.#checkIsThere(...group);
    const bytesBefore = group.reduce((sum, { sizeInBytes }) => sum + sizeInBytes, 0);
    this.#cleaned = undefined; // the log's, whatever becomes of it
    this.#log.replaceSegments(cleaned, group);
    this.#bytesBefore += bytesBefore;
    this.#bytesAfter += cleaned.sizeInBytes;
    await this.#options.pace.rest();
  }

  #endOf(group: readonly Segment[]): Offset {
    const { segments } = this.#log;
    return segments[segments.indexOf(group[group.length - 1]) + 1].baseOffset;
  }

  async #copy(segment: Segment, into: Segment, retention: Retention): Promise<void> {
    const { indexIntervalBytes } = this.#log.settings;
    const reader = this.#readerOf(segment, segment.baseOffset);
    let unsynced = 0;
    for (;;) {
      this.#checkIsThere(segment);
      const batches = reader.next();
      if (batches.length === 0) return;
      const kept: BatchView[] = [];
      for (const batch of batches) {
        const bytes = retained(batch, retention);
        if (bytes !== undefined) kept.push(bytes === batch.bytes ? batch : new BatchView(bytes));
        const rest = this.#step(batch.sizeInBytes);
        if (rest) await rest;
      }
      const written = kept.reduce((sum, { sizeInBytes }) => sum + sizeInBytes, 0);
      into.appendAll(kept, indexIntervalBytes);
      await this.#step(written);
      unsynced += written;
      if (unsynced < SYNC_BYTES) continue;
      await this.#options.pace.during(into.file.sync());
      unsynced = 0;
    }
  }

  #step(bytes: number): Promise<void> | undefined {
    return this.#options.pace.after(bytes);
  }

  /** Throws unless the segments lie in the log, side by side, and it is to be cleaned still. */
  #checkIsThere(...segments: Segment[]): void {
    const log = this.#log;
    if (!log.isUsable) throw new CleaningAborted("The log is closed or offline");
    if (log.isHeld) throw new CleaningAborted("The log is being copied");
    if (log.isBeingRepaired) throw new CleaningAborted("The log is being repaired");
    if (!log.settings.isCompacted) throw new CleaningAborted("The log is not compacted any more");
    if (log.truncations !== this.#truncations) throw new CleaningAborted("The log was cut");
    if (segments.length === 0) return;
    const first = log.segments.indexOf(segments[0]);
    if (first >= 0 && segments.every((segment, i) => log.segments[first + i] === segment)) return;
    throw new CleaningAborted("The log has lost segments that were being cleaned");
  }
}
