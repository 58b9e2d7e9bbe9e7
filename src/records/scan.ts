/**
 * The walk over every record that a producer sends: it proves that the records parse and finds what
 * appending needs to know of them. No object is made per record and numbers are read in place,
 * since this runs over millions of records a second.
 *
 * How it stays inside the batch without asking at every byte: reading past the end of the array
 * gives undefined, which counts as 0 and ends any number, and each record must end exactly where
 * its length says, which must be inside. So an overrun is noticed at the end of the record it
 * happens in.
 */
import type { Offset } from "../base/mod.ts";
import type { BatchView } from "./batch_view.ts";
import { brokenRecord, type ReadOptions, readVarlong, recordBytes, wrongCount } from "./record.ts";

export interface ScanOptions extends ReadOptions {
  /**
   * Collect the indexes of records without a key, which a compacted topic refuses. Default false.
   */
  findKeyless?: boolean;
  /** Timestamps before this are bad; -1 (none) never is. Default: no limit. */
  earliestTimestamp?: number;
  /** Timestamps after this are bad. Default: no limit. */
  latestTimestamp?: number;
}

export interface RecordScan {
  /** The same as the batch's `recordCount`, or the scan would have thrown. */
  count: number;
  /** Of all records, -1 when the batch has none; with LogAppendTime the batch's own. */
  maxTimestamp: number;
  /** Of the first record that has {@link maxTimestamp}; -1 when the batch is empty. */
  offsetOfMaxTimestamp: Offset;
  /** Indexes of records without a key; empty unless asked for. */
  keyless: number[];
  /** Indexes of records whose timestamp lies outside the limits. */
  badTimestamps: number[];
  /**
   * Offset deltas are 0, 1, 2 and so on. Otherwise a leader rebuilds the batch before it appends.
   */
  offsetsAreDense: boolean;
  /** Headers of all records. */
  headers: number;
  /** Of the records without the header. */
  unpackedBytes: number;
}

/**
 * Validates every record of the batch and sums them up. The checksum is not looked at. Throws
 * `CorruptRecords` when a record doesn't parse, the count is not as the header says, the payload
 * doesn't unpack, or unpacks to more than `maxDecompressedBytes`.
 */
export function scanRecords(batch: BatchView, options: ScanOptions): RecordScan {
  const { findKeyless = false, earliestTimestamp = -Infinity, latestTimestamp = Infinity } =
    options;
  const { bytes: b, start } = recordBytes(batch, options);
  const size = b.length;
  const count = batch.recordCount;
  const baseTimestamp = batch.baseTimestamp;
  const keyless: number[] = [];
  const badTimestamps: number[] = [];
  let maxTimestamp = -Infinity;
  let deltaOfMax = -1;
  let dense = true;
  let headers = 0;
  let at = start;

  // Every varint below: one byte in the common case, otherwise the rest of its bytes, then zigzag
  // undone.
  for (let i = 0; i < count; i++) {
    let byte = b[at++];
    let raw = byte & 0x7f;
    for (let shift = 7; byte > 0x7f && shift < 35; shift += 7) {
      raw |= ((byte = b[at++]) & 0x7f) << shift;
    }
    const length = (raw >>> 1) ^ -(raw & 1);
    const end = at + length;
    if (length < 0 || end > size || byte > 0x7f) throw brokenRecord(i);

    at++; // attributes, always 0

    const timestampAt = at;
    byte = b[at++];
    raw = byte & 0x7f;
    for (let shift = 7; byte > 0x7f && shift < 28; shift += 7) {
      raw |= ((byte = b[at++]) & 0x7f) << shift;
    }
    let timestamp = baseTimestamp;
    if (byte > 0x7f) {
      const long = readVarlong(b, timestampAt, i);
      timestamp += long.value;
      at = long.position;
    } else {
      timestamp += (raw >>> 1) ^ -(raw & 1);
    }

    byte = b[at++];
    raw = byte & 0x7f;
    for (let shift = 7; byte > 0x7f && shift < 35; shift += 7) {
      raw |= ((byte = b[at++]) & 0x7f) << shift;
    }
    if (byte > 0x7f) throw brokenRecord(i);
    const offsetDelta = (raw >>> 1) ^ -(raw & 1);
    if (offsetDelta !== i) dense = false;
    if (timestamp > maxTimestamp) {
      maxTimestamp = timestamp;
      deltaOfMax = offsetDelta;
    }
    if (timestamp > latestTimestamp || (timestamp < earliestTimestamp && timestamp !== -1)) {
      badTimestamps.push(i);
    }

    byte = b[at++];
    raw = byte & 0x7f;
    for (let shift = 7; byte > 0x7f && shift < 35; shift += 7) {
      raw |= ((byte = b[at++]) & 0x7f) << shift;
    }
    const keyLength = (raw >>> 1) ^ -(raw & 1);
    if (keyLength > 0) at += keyLength;
    else if (keyLength === -1) {
      if (findKeyless) keyless.push(i);
    } else if (keyLength < -1) throw brokenRecord(i);
    if (at > end || byte > 0x7f) throw brokenRecord(i);

    byte = b[at++];
    raw = byte & 0x7f;
    for (let shift = 7; byte > 0x7f && shift < 35; shift += 7) {
      raw |= ((byte = b[at++]) & 0x7f) << shift;
    }
    const valueLength = (raw >>> 1) ^ -(raw & 1);
    if (valueLength > 0) at += valueLength;
    else if (valueLength < -1) throw brokenRecord(i);
    if (at >= end || byte > 0x7f) throw brokenRecord(i);

    // Most records have no headers: one byte, 0, ends them.
    if (b[at] === 0) at++;
    else {
      const skipped = skipHeaders(b, at, end, i);
      at = skipped.at;
      headers += skipped.count;
    }
    if (at !== end) throw brokenRecord(i);
  }
  if (count < 0 || at !== size) throw wrongCount(count);

  const isAppendTime = batch.isLogAppendTime;
  if (count === 0 || isAppendTime) {
    maxTimestamp = isAppendTime ? batch.maxTimestamp : -1;
    deltaOfMax = 0;
  }
  return {
    count,
    maxTimestamp,
    offsetOfMaxTimestamp: count === 0 ? -1 : batch.baseOffset + deltaOfMax,
    keyless,
    badTimestamps: isAppendTime ? [] : badTimestamps,
    offsetsAreDense: dense,
    headers,
    unpackedBytes: size - start,
  };
}

/**
 * How many headers there are and where they end. Each turn reads at least two bytes before `end`,
 * so a count that lies ends soon.
 */
function skipHeaders(
  bytes: Uint8Array,
  start: number,
  end: number,
  index: number,
): { at: number; count: number } {
  let at = start;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      if (at >= end) break;
      const byte = bytes[at++];
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return (value >>> 1) ^ -(value & 1);
    }
    throw brokenRecord(index);
  };
  const count = varint();
  if (count < 0) throw brokenRecord(index);
  for (let i = 0; i < count; i++) {
    const keyLength = varint();
    if (keyLength < 0 || keyLength > end - at) throw brokenRecord(index);
    at += keyLength;
    const valueLength = varint();
    if (valueLength < -1 || valueLength > end - at) throw brokenRecord(index);
    if (valueLength > 0) at += valueLength;
  }
  return { at, count };
}
