/**
 * The segments of a log in order of their base offsets; there is at least one, the last grows. Finds
 * and reads across them, and takes some out of the row in an order that a power cut at any moment
 * leaves without a hole.
 */
import type { Offset } from "../base/mod.ts";
import type { Clock, Disk } from "../platform/mod.ts";
import type { ReadLimits } from "./batch_cut.ts";
import { KafkaError } from "../protocol/mod.ts";
import { batchesOf } from "../records/mod.ts";
import type { EpochOfBatch } from "./epoch_check.ts";
import { DelayedDeletions } from "./delayed_deletions.ts";
import type { ReadResult } from "./partition_log_types.ts";
import type { RetainedSegment } from "./retention.ts";
import type { Segment, SegmentCut, Tell } from "./segment.ts";
import { removeReplaced, swapIn } from "./segment_swap.ts";
import type { AbortedTransaction } from "./transaction_index.ts";

export interface SegmentRowOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly folder: string;
  readonly segments: Segment[];
  /** Runs what is due later; its failures are for nobody else to see. */
  readonly attemptLater: (run: () => void) => void;
  /** Segments have left the row otherwise than by a cut. */
  readonly onGone: (segments: readonly Segment[]) => void;
  readonly tell: Tell;
  /** A segment was found to be damaged. */
  readonly onDamaged: () => void;
}

export interface RowCut extends SegmentCut {
  /** Of the segment that is cut, and is the last one then. */
  readonly index: number;
}

export class SegmentRow {
  readonly #options: SegmentRowOptions;
  readonly #deletions: DelayedDeletions;
  #folder: string;
  #segments: Segment[];

  constructor(options: SegmentRowOptions) {
    this.#options = options;
    this.#folder = options.folder;
    this.#segments = options.segments;
    this.#adopt(...options.segments);
    this.#deletions = new DelayedDeletions(
      options.clock,
      (segments) => options.attemptLater(() => segments.forEach((segment) => segment.remove())),
    );
  }

  #adopt(...segments: readonly Segment[]): void {
    for (const segment of segments) {
      segment.tell = this.#options.tell;
      segment.onDamaged = this.#options.onDamaged;
    }
  }

  get all(): readonly Segment[] {
    return this.#segments;
  }

  get first(): Segment {
    return this.#segments[0];
  }

  /** The one that grows. */
  get active(): Segment {
    return this.#segments[this.#segments.length - 1];
  }

  get sizeInBytes(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.sizeInBytes, 0);
  }

  /** The segment whose range holds the offset; the first one for any before it. */
  indexAt(offset: Offset): number {
    const segments = this.#segments;
    let low = 0;
    let high = segments.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (segments[middle].baseOffset <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** From the one that holds the offset to the last that begins before the other. */
  between(offset: Offset, to: Offset): readonly Segment[] {
    return this.#segments.slice(this.indexAt(offset), this.indexAt(to - 1) + 1);
  }

  /** From the one that holds the offset on. */
  from(offset: Offset): readonly Segment[] {
    return this.#segments.slice(this.indexAt(offset));
  }

  /** Those of which something can't be read or, where offsets leave no gaps, is missing behind. */
  damaged({ hasGaps }: { hasGaps: boolean }): Segment[] {
    return this.#segments.filter(({ isDamaged, nextOffset }, i) =>
      isDamaged || !hasGaps && nextOffset < (this.#segments[i + 1]?.baseOffset ?? 0)
    );
  }

  /** See `PartitionLog.read`: the offset lies in the log. */
  read(offset: Offset, limits: ReadLimits): ReadResult {
    for (let i = this.indexAt(offset); i < this.#segments.length; i++) {
      const endOffset = this.#segments[i + 1]?.baseOffset ?? limits.endOffset;
      const { bytes, nextOffset, isPastEnd } = this.#segments[i].read(offset, {
        ...limits,
        endOffset,
      });
      if (isPastEnd) continue;
      return { parts: bytes.length > 0 ? [bytes] : [], bytes: bytes.length, nextOffset };
    }
    return { parts: [], bytes: 0, nextOffset: offset };
  }

  /** What the first sound batch says of itself that holds the offset or lies behind it. */
  epochOfBatchAt(offset: Offset, endOffset: Offset): EpochOfBatch | undefined {
    const limits = { maxBytes: 1, upTo: Infinity, atLeastOneBatch: true, endOffset };
    try {
      for (const part of this.read(offset, limits).parts) {
        for (const { partitionLeaderEpoch: epoch, baseOffset, lastOffset } of batchesOf(part)) {
          return { epoch, baseOffset, lastOffset };
        }
      }
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error;
    }
    return undefined;
  }

  /** The aborted transactions that a read_committed reader of [from, upTo) must know. */
  abortedTransactions(from: Offset, upTo: Offset): AbortedTransaction[] {
    const found: AbortedTransaction[] = [];
    for (let i = this.indexAt(from); i < this.#segments.length; i++) {
      if (!this.#segments[i].transactions.collect(from, upTo, found)) break;
    }
    return found;
  }

  /** What retention goes by, for a log that ends at the offset. */
  retained(logEndOffset: Offset): RetainedSegment[] {
    return this.#segments.map((segment, i) => ({
      sizeInBytes: segment.sizeInBytes,
      endOffset: this.#segments[i + 1]?.baseOffset ?? logEndOffset,
      retentionTimestamp: segment.retentionTimestamp,
    }));
  }

  /** From now on this one grows. */
  push(segment: Segment): void {
    this.#adopt(segment);
    this.#segments.push(segment);
  }

  /** Where the log is cut; see `Segment.cutAt`. */
  cutAt(offset: Offset): RowCut {
    const index = this.indexAt(offset);
    return { index, ...this.#segments[index].cutAt(offset) };
  }

  /** What lies behind the cut is gone when it returns; its segment grows on. */
  cut(at: RowCut): void {
    this.#removeNow(this.#segments.splice(at.index + 1));
    this.active.truncateTo(at);
  }

  /** Ends all, and begins with another; `make` is called when they are gone. */
  restart(make: () => Segment): void {
    this.#removeNow(this.#segments);
    this.#segments = [];
    this.push(make());
  }

  /**
   * Gone when it returns, names too: a segment that came back after a crash would lie across the
   * new ones. From the end on and one by one, so that a power cut leaves no hole.
   */
  #removeNow(segments: readonly Segment[]): void {
    for (const segment of segments.toReversed()) {
      segment.markDeleted();
      segment.remove();
      this.#options.disk.syncDirectory(this.#folder);
    }
  }

  /** Ends the oldest ones by name at once, by file after the delay. Returns them. */
  deleteFirst(count: number, delayMs: number): readonly Segment[] {
    const deleted = this.#segments.splice(0, count);
    this.#options.onGone(deleted);
    for (const segment of deleted) {
      segment.markDeleted();
      this.#options.disk.syncDirectory(this.#folder); // one by one: a power cut leaves no hole
    }
    this.#deletions.add(deleted, delayMs);
    return deleted;
  }

  /** Those that are deleted by name go by file. */
  hurryDeletions(): void {
    this.#deletions.hurry();
  }

  /** See `PartitionLog.replaceSegments`. */
  replace(cleaned: Segment, old: readonly Segment[], delayMs: number): void {
    const place = { disk: this.#options.disk, folder: this.#folder };
    this.#adopt(cleaned);
    const replace = (made: readonly Segment[]) => (replaced: readonly Segment[]) => {
      this.#segments.splice(this.#segments.indexOf(replaced[0]), replaced.length, ...made);
      this.#options.onGone(replaced);
      this.#deletions.add(replaced, delayMs);
    };
    swapIn(place, cleaned, old, replace([cleaned]));
    removeReplaced(place, cleaned, old, replace([]));
  }

  get baseOffsets(): ReadonlySet<Offset> {
    return new Set(this.#segments.map((segment) => segment.baseOffset));
  }

  movedTo(folder: string): void {
    this.#folder = folder;
    for (const segment of this.#segments) segment.movedTo(folder);
    this.#deletions.each((segment) => segment.movedTo(folder));
  }

  /** Closes the files as they are; what was to be removed later is left to the next start. */
  close(): void {
    this.#deletions.cancel();
    for (const segment of this.#segments) segment.close();
  }
}
