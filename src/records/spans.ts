/**
 * Where each record of a batch lies: for whoever looks at every key of a log and takes records out
 * of batches (the cleaner). No object is made per record; the arrays are used again for the next
 * batch, so one {@link RecordSpans} serves a whole run.
 */
import type { Offset } from "../base/mod.ts";
import type { BatchView } from "./batch_view.ts";
import { brokenRecord, type ReadOptions, readVarlong, recordBytes, wrongCount } from "./record.ts";

const FIRST_ROOM = 256;

export class RecordSpans {
  /** What the batch unpacked to, or the batch itself. Good until the next `read`. */
  bytes = new Uint8Array(0);
  count = 0;
  /** Relative to the batch's base offset. */
  offsetDeltas = new Int32Array(FIRST_ROOM);
  /** Each record's time; the batch's own with LogAppendTime. */
  timestamps = new Float64Array(FIRST_ROOM);
  /** -1 for a record without a key. */
  keyStarts = new Int32Array(FIRST_ROOM);
  keyEnds = new Int32Array(FIRST_ROOM);
  /** 0 for a tombstone. */
  hasValues = new Uint8Array(FIRST_ROOM);
  /**
   * What follows the timestamp (offset, key, value, headers) stays as it is in a batch made anew.
   */
  restStarts = new Int32Array(FIRST_ROOM);
  ends = new Int32Array(FIRST_ROOM);
  #baseOffset: Offset = 0;

  offset(index: number): Offset {
    return this.#baseOffset + this.offsetDeltas[index];
  }

  /** Takes in a batch, in place of the one before. Throws `CorruptRecords`. */
  read(batch: BatchView, options: ReadOptions): void {
    const { bytes, start } = recordBytes(batch, options);
    const count = batch.recordCount;
    // A record takes seven bytes at least, so a count that lies can't take much memory.
    if (count < 0 || count > bytes.length) throw wrongCount(count);
    this.#makeRoom(count);
    this.bytes = bytes as Uint8Array<ArrayBuffer>;
    this.count = count;
    this.#baseOffset = batch.baseOffset;
    const { baseTimestamp } = batch;
    const appendTime = batch.isLogAppendTime ? batch.maxTimestamp : undefined;
    position = start;
    for (let i = 0; i < count; i++) {
      const length = varint(bytes, i);
      const end = position + length;
      if (length < 0 || end > bytes.length) throw brokenRecord(i);
      const delta = readVarlong(bytes, position + 1, i); // behind the attributes
      this.timestamps[i] = appendTime ?? baseTimestamp + delta.value;
      this.restStarts[i] = position = delta.position;
      this.ends[i] = end;
      this.offsetDeltas[i] = varint(bytes, i);
      const keyBytes = varint(bytes, i);
      this.keyStarts[i] = keyBytes < 0 ? -1 : position;
      if (keyBytes > 0) position += keyBytes;
      this.keyEnds[i] = position;
      if (position > end) throw brokenRecord(i);
      this.hasValues[i] = varint(bytes, i) < 0 ? 0 : 1;
      if (position > end) throw brokenRecord(i);
      position = end;
    }
    if (position !== bytes.length) throw wrongCount(count);
  }

  #makeRoom(count: number): void {
    if (count <= this.ends.length) return;
    const room = Math.max(count, 2 * this.ends.length);
    this.offsetDeltas = new Int32Array(room);
    this.timestamps = new Float64Array(room);
    this.keyStarts = new Int32Array(room);
    this.keyEnds = new Int32Array(room);
    this.hasValues = new Uint8Array(room);
    this.restStarts = new Int32Array(room);
    this.ends = new Int32Array(room);
  }
}

/** Where {@link varint} reads. Nothing that it serves is interrupted. */
let position = 0;

function varint(bytes: Uint8Array, index: number): number {
  let byte = bytes[position++];
  let raw = byte & 0x7f;
  for (let shift = 7; byte > 0x7f; shift += 7) {
    if (shift > 28) throw brokenRecord(index);
    byte = bytes[position++];
    raw |= (byte & 0x7f) << shift;
  }
  if (position > bytes.length) throw brokenRecord(index);
  return (raw >>> 1) ^ -(raw & 1);
}
