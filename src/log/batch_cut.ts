/**
 * Which batches of a buffer that was read from a segment answer a read: whole ones, from the one
 * that holds the offset on, within its limits.
 */
import type { Offset } from "../base/mod.ts";
import { AT, BATCH_HEADER_BYTES, LENGTH_OVERHEAD } from "../records/mod.ts";

/** The part of a header that tells where a batch ends, in offsets and in bytes. */
export const HEAD_BYTES = 27;
/** The largest offset that the int32 of the indexes holds, relative to the base. */
export const MAX_RELATIVE_OFFSET = 0x7fff_ffff;

export interface ReadLimits {
  /** Whole batches up to this many bytes. */
  maxBytes: number;
  /** Only batches that end before this offset. */
  upTo: Offset;
  /** The first batch comes even when it is larger than `maxBytes`. */
  atLeastOneBatch: boolean;
  /** The next segment or the log's end is here: a batch that reaches further is none. */
  endOffset: Offset;
  /** See `ReadOptions`. */
  allocate?: (size: number) => Uint8Array;
  /** What is wrong with a batch whose sum is right, by what the log knows of it. */
  objectionTo?: (leaderEpoch: number, baseOffset: Offset, lastOffset: Offset) => string | undefined;
}

export interface Cut {
  /** Bytes of batches that end before the offset. */
  skipped: number;
  /** Behind the last batch taken. */
  end: number;
  nextOffset: Offset;
  /** The next batch may not be taken: it is beyond `upTo`, or too large. */
  isBlocked: boolean;
  /** How many more bytes the first batch needs. */
  missing: number;
  /** What lies behind `end` is not a batch. */
  isBroken: boolean;
  /** Where the batch behind `skipped` begins, if none was removed before it; undefined: unknown. */
  expected: Offset | undefined;
  /** The place of the last batch that was skipped; -1 for none. */
  previousAt: number;
}

/** Where a batch ends, and whether it can be one of this segment at all. */
export function headAt(view: DataView, at: number, segmentBase: Offset) {
  const size = LENGTH_OVERHEAD + view.getInt32(at + AT.batchLength);
  const baseOffset = view.getInt32(at) * 2 ** 32 + view.getUint32(at + 4);
  const lastOffset = baseOffset + view.getInt32(at + AT.lastOffsetDelta);
  const isBatch = size >= BATCH_HEADER_BYTES && lastOffset >= baseOffset &&
    view.getUint8(at + AT.magic) === 2 &&
    baseOffset >= segmentBase && baseOffset - segmentBase <= MAX_RELATIVE_OFFSET;
  return { size, baseOffset, lastOffset, isBatch };
}

/**
 * Which batches of the buffer answer a read. Reads heads in place: this runs for every batch that
 * is fetched.
 */
export function cutBatches(
  buffer: Uint8Array,
  offset: Offset,
  limits: ReadLimits & { segmentBase: Offset; expected: Offset | undefined },
): Cut {
  const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
  const cut: Cut = {
    skipped: 0,
    end: 0,
    nextOffset: offset,
    isBlocked: false,
    missing: 0,
    isBroken: false,
    expected: limits.expected,
    previousAt: -1,
  };
  let least = limits.expected ?? limits.segmentBase;
  let at = 0;
  while (at + HEAD_BYTES <= buffer.length) {
    const { size, baseOffset, lastOffset, isBatch } = headAt(view, at, limits.segmentBase);
    if (!isBatch || lastOffset >= limits.endOffset || baseOffset < least) {
      cut.isBroken = cut.end === cut.skipped;
      break;
    }
    least = lastOffset + 1;
    if (lastOffset < offset) {
      cut.previousAt = at;
      at += size;
      cut.skipped = cut.end = at;
      cut.expected = least;
      continue;
    }
    const isFirst = cut.end === cut.skipped;
    const taken = at + size - cut.skipped;
    const isTooLarge = taken > limits.maxBytes && !(isFirst && limits.atLeastOneBatch);
    if (lastOffset >= limits.upTo || isTooLarge) {
      cut.isBlocked = true;
      break;
    }
    if (at + size > buffer.length) {
      if (isFirst) {
        cut.missing = at + size - buffer.length;
        cut.isBlocked = true;
      }
      break;
    }
    at += size;
    cut.end = at;
    cut.nextOffset = lastOffset + 1;
  }
  return cut;
}
