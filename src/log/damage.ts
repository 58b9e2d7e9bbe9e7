/**
 * What to do where no sound batch lies and one should: how to find the next one, and whether it was
 * a crash that left it so.
 *
 * Two things spoil a log. A crash tears what was being written: pages of it reach the device and
 * others do not, so that behind the last sync anything may be missing, and nothing of it was
 * promised. Or the device changes a bit of what it had, sooner or later, anywhere. A torn end is
 * cut off, as in Apache Kafka. Rot must not be: behind the one batch that is lost lie others that
 * were acknowledged, and Apache Kafka, which cuts there too, loses them. Told apart they are by
 * this:
 *
 * - Below the recovery point, and anywhere after a clean stop, all was on the device: it is rot.
 * - With no sound batch behind it, it is the torn end.
 * - Else it is rot if one bit explains it, which the checksum tells (`crc32c_error.ts`): what is torn
 *   lacks half a block at least. Where more than a bit is wrong above the recovery point, after a
 *   crash, it is torn for all that anybody can tell.
 */
import type { Offset } from "../base/mod.ts";
import { crc32c, isOneBitOff } from "../bytes/mod.ts";
import type { DiskFile } from "../platform/mod.ts";
import {
  AT,
  BATCH_HEADER_BYTES,
  BatchView,
  CorruptRecords,
  LENGTH_OVERHEAD,
  SUMMED_FROM,
} from "../records/mod.ts";
import { HEAD_BYTES, headAt } from "./batch_cut.ts";
import { headOf } from "./batch_walk.ts";

/** So far is looked for the next sound batch. */
const SEARCH_BYTES = 64 * 1024 * 1024;
const CHUNK_BYTES = 1024 * 1024;

/** A part of a segment that can't be read. */
export interface Hole {
  readonly from: number;
  /** Of the next sound batch, or the end of what was looked at. */
  readonly to: number;
  /** Where that batch begins; undefined when there is none. */
  readonly nextBase: Offset | undefined;
}

export interface HolePlace {
  readonly from: number;
  /** The segment ends here. */
  readonly to: number;
  /** The batches behind begin here or later. */
  readonly next: Offset;
  /** No batch of the segment reaches here. */
  readonly endOffset: Offset;
}

/** How far the hole reaches that begins where no sound batch is. */
export function holeAt(file: DiskFile, place: HolePlace): Hole {
  const { from, to } = place;
  return search(file, place) ?? behindLength(file, place) ?? { from, to, nextBase: undefined };
}

/** Where the broken batch itself says that the next one is; it may be broken as well. */
function behindLength(file: DiskFile, place: HolePlace): Hole | undefined {
  const { from, to } = place;
  const head = new Uint8Array(HEAD_BYTES);
  if (from + HEAD_BYTES > to || file.read(head, from) < HEAD_BYTES) return undefined;
  const { size } = headAt(new DataView(head.buffer), 0, 0);
  if (size < HEAD_BYTES || from + size >= to) return undefined;
  const behind = soundAt(file, from + size, place);
  return behind && { from, to: from + size, nextBase: behind.baseOffset };
}

function search(file: DiskFile, place: HolePlace): Hole | undefined {
  const { from, to } = place;
  const chunk = new Uint8Array(CHUNK_BYTES + HEAD_BYTES);
  const end = Math.min(to, from + SEARCH_BYTES);
  for (let start = from + 1; start < end; start += CHUNK_BYTES) {
    const length = file.read(chunk.subarray(0, Math.min(chunk.length, to - start)), start);
    const view = new DataView(chunk.buffer);
    for (let at = 0; at < CHUNK_BYTES && at + HEAD_BYTES <= length; at++) {
      if (chunk[at + AT.magic] !== 2) continue;
      const { isBatch, baseOffset, lastOffset, size } = headAt(view, at, place.next);
      if (!isBatch || lastOffset >= place.endOffset || start + at + size > to) continue;
      const found = soundAt(file, start + at, place);
      if (found === undefined) continue;
      // A record may hold a batch of its own; behind a real one there is another, or the end.
      const behind = start + at + size;
      const following = headOf(file, behind, to);
      const isReal = behind === to ||
        following !== undefined && following.baseOffset >= found.nextOffset;
      if (isReal) return { from, to: start + at, nextBase: baseOffset };
    }
  }
  return undefined;
}

/** The batch at the position, when it is one that may lie there. */
function soundAt(file: DiskFile, position: number, place: HolePlace): BatchView | undefined {
  const head = new Uint8Array(HEAD_BYTES);
  if (file.read(head, position) < HEAD_BYTES) return undefined;
  const { isBatch, size, lastOffset } = headAt(new DataView(head.buffer), 0, place.next);
  if (!isBatch || lastOffset >= place.endOffset || position + size > place.to) return undefined;
  const bytes = new Uint8Array(size);
  if (file.read(bytes, position) < size) return undefined;
  try {
    const batch = new BatchView(bytes);
    return batch.isCrcValid() ? batch : undefined;
  } catch (error) {
    if (error instanceof CorruptRecords) return undefined;
    throw error;
  }
}

/**
 * Whether the bytes of the hole are those of one batch but for one bit; see above. The next batch
 * tells how long it is, so that its length may be what is wrong. A batch that is whole and of no
 * use there is one from before a cut, which the device kept, for all that anybody can tell.
 */
export function isOneBatchRotten(file: DiskFile, { from, to }: Hole): boolean {
  const size = to - from;
  if (size < BATCH_HEADER_BYTES || size > SEARCH_BYTES) return false;
  const bytes = new Uint8Array(size);
  if (file.read(bytes, from) < size) return false;
  const view = new DataView(bytes.buffer);
  const length = size - LENGTH_OVERHEAD;
  const wrongBits = bitsOf(view.getInt32(AT.batchLength) ^ length) + bitsOf(bytes[AT.magic] ^ 2);
  const difference = crc32c(bytes, SUMMED_FROM) ^ view.getUint32(AT.crc);
  if (difference === 0) return wrongBits === 1;
  return wrongBits === 0 && isOneBitOff(difference, size - SUMMED_FROM);
}

function bitsOf(value: number): number {
  let count = 0;
  for (let left = value; left !== 0; left &= left - 1) count++;
  return count;
}
