/**
 * Reads a segment's batches one after the other, through one buffer. For recovery, replay and
 * searches; a fetch does not come this way.
 */
import type { Offset } from "../base/mod.ts";
import type { DiskFile } from "../platform/mod.ts";
import { batchSizeAt, BatchView, CorruptRecords } from "../records/mod.ts";

const BUFFER_BYTES = 256 * 1024;

/** Where a walk stopped, and what kept it from going on; no problem means it came to the end. */
export interface WalkEnd {
  readonly position: number;
  readonly problem: string | undefined;
}

/**
 * Calls `visit` for each whole batch in [from, to), with its position. The batch is a view of a
 * buffer that is used again: good until `visit` returns. A `visit` that returns a text stops the
 * walk there, before the batch.
 */
export function walkBatches(
  file: DiskFile,
  { from, to }: { from: number; to: number },
  visit: (batch: BatchView, position: number) => string | void,
): WalkEnd {
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
        problem = visit(new BatchView(bytes, at), position + at);
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

/** Behind a broken batch no further is looked for a whole one. */
const SEARCH_BYTES = 16 * 1024 * 1024;
const MAGIC_AT = 16;

/**
 * Is there, behind the place where a walk stopped, a whole batch that belongs further back in this
 * log? Then what stopped the walk is no torn end: somebody, or the device, has changed what was
 * written.
 */
export function hasBatchBehind(
  file: DiskFile,
  { position, to, nextOffset }: { position: number; to: number; nextOffset: Offset },
): boolean {
  const bytes = new Uint8Array(Math.max(0, Math.min(to - position, SEARCH_BYTES)));
  const length = file.read(bytes, position);
  const found = bytes.subarray(0, length);
  for (let magic = MAGIC_AT + 1; magic < length; magic++) {
    if (found[magic] === 2 && isBatchOfLog(found, magic - MAGIC_AT, nextOffset)) return true;
  }
  return false;
}

function isBatchOfLog(bytes: Uint8Array, at: number, nextOffset: Offset): boolean {
  try {
    if (batchSizeAt(bytes, at) === undefined) return false;
    const batch = new BatchView(bytes, at);
    return batch.baseOffset >= nextOffset && batch.isCrcValid();
  } catch (error) {
    if (error instanceof CorruptRecords) return false;
    throw error;
  }
}

/** How long the batch is that begins here and does not end here. */
function sizeOfCut(bytes: Uint8Array): number {
  if (bytes.length < 12) return Infinity;
  return 12 + new DataView(bytes.buffer, bytes.byteOffset).getInt32(8);
}
