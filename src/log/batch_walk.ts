/**
 * Reads a segment's batches one after the other, through one buffer, and passes on only those that
 * are what was written: their sum is right, and their offsets follow one another. For recovery,
 * replay and rebuilding; a fetch does not come this way.
 *
 * The sum does not cover the base offset, since a leader writes it into a producer's batch without
 * summing again. But offsets leave no room: a batch may not begin before the last one's end, nor
 * reach into the next. Where the cleaner has left gaps a batch could be elsewhere in its gap, and
 * that alone would not be seen. Neither does it cover the leader's epoch, which only ever rises.
 */
import type { Offset } from "../base/mod.ts";
import type { DiskFile } from "../platform/mod.ts";
import { AT, batchSizeAt, BatchView, CorruptRecords, LENGTH_OVERHEAD } from "../records/mod.ts";
import { HEAD_BYTES, headAt } from "./batch_cut.ts";

const BUFFER_BYTES = 256 * 1024;

/** Where a walk stopped, and what kept it from going on; no problem means it came to the end. */
export interface WalkEnd {
  readonly position: number;
  readonly problem: string | undefined;
}

export interface WalkRange {
  readonly from: number;
  readonly to: number;
  /** No batch there begins before it. */
  readonly next: Offset;
  /** No batch reaches here: the next segment's base. Default: nothing is known to follow. */
  readonly endOffset?: Offset;
  /** Of the batch before, whose epoch no other goes below. Default: there is none. */
  readonly epoch?: number;
}

/**
 * Calls `visit` for each whole batch in [from, to), with its position. The batch is a view of a
 * buffer that is used again: good until `visit` returns. A `visit` that returns a text stops the
 * walk there, before the batch.
 */
export function walkBatches(
  file: DiskFile,
  range: WalkRange,
  visit: (batch: BatchView, position: number) => string | void,
): WalkEnd {
  const { from, to } = range;
  const neighbours = new Neighbours(file, range);
  let buffer = new Uint8Array(Math.min(BUFFER_BYTES, Math.max(to - from, 0)));
  let position = from; // of the first byte in the buffer that was not visited
  while (position < to) {
    const length = file.read(buffer.subarray(0, Math.min(buffer.length, to - position)), position);
    const bytes = buffer.subarray(0, length);
    let at = 0;
    for (;;) {
      let size: number | undefined;
      let problem: string | void;
      try {
        size = batchSizeAt(bytes, at);
        if (size === undefined) break;
        const batch = new BatchView(bytes, at);
        problem = neighbours.objectionTo(batch, position + at) ??
          (batch.isCrcValid() ? visit(batch, position + at) : "wrong checksum");
      } catch (error) {
        if (!(error instanceof CorruptRecords)) throw error;
        problem = error.message;
      }
      if (problem !== undefined) return { position: position + at, problem };
      at += size!;
    }
    position += at;
    if (at > 0 || position >= to) continue;
    // Not one whole batch in the buffer: the batch is larger, or the bytes end before it does.
    const wanted = sizeOfCut(bytes);
    if (position + wanted > to || length < buffer.length && length < to - position) {
      return { position, problem: "the last batch is cut short" };
    }
    buffer = new Uint8Array(wanted);
  }
  return { position, problem: undefined };
}

/** Whether offsets and epochs are as they were written, as far as the batches beside can tell. */
class Neighbours {
  readonly #file: DiskFile;
  readonly #range: WalkRange;
  #next: Offset;
  #epoch: number;

  constructor(file: DiskFile, range: WalkRange) {
    this.#epoch = range.epoch ?? -1;
    this.#file = file;
    this.#range = range;
    this.#next = range.next;
  }

  objectionTo(batch: BatchView, position: number): string | undefined {
    const { baseOffset, lastOffset, nextOffset, sizeInBytes, partitionLeaderEpoch: epoch } = batch;
    const { endOffset = Infinity } = this.#range;
    if (baseOffset < this.#next || lastOffset < baseOffset) return "offsets go back";
    if (lastOffset >= endOffset) return "its offsets reach into the next segment";
    if (epoch < this.#epoch) return "its leader epoch goes back";
    const isBehindGap = baseOffset > this.#next;
    if (isBehindGap || epoch > this.#epoch) {
      const following = headOf(this.#file, position + sizeInBytes, this.#range.to);
      if (isBehindGap && following !== undefined && following.baseOffset < nextOffset) {
        return "its offsets reach into the next batch";
      }
      if (following !== undefined && following.epoch < epoch) {
        return "its leader epoch is above the next one's";
      }
    }
    this.#next = nextOffset;
    this.#epoch = epoch;
    return undefined;
  }
}

/** The batch that begins at the position; undefined when none does. */
export function headOf(
  file: DiskFile,
  position: number,
  to: number,
): { baseOffset: Offset; epoch: number } | undefined {
  if (position + HEAD_BYTES > to) return undefined;
  const head = new Uint8Array(HEAD_BYTES);
  if (file.read(head, position) < HEAD_BYTES) return undefined;
  const view = new DataView(head.buffer);
  const { isBatch, baseOffset } = headAt(view, 0, 0);
  return isBatch ? { baseOffset, epoch: view.getInt32(AT.partitionLeaderEpoch) } : undefined;
}

/** How long the batch is that begins here and does not end here. */
function sizeOfCut(bytes: Uint8Array): number {
  if (bytes.length < LENGTH_OVERHEAD) return Infinity;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return LENGTH_OVERHEAD + view.getInt32(AT.batchLength);
}
