/**
 * A stored batch with fewer records: what the cleaner makes of one. Offsets, producer, sequence and
 * leader epoch stay as they were, so that nobody who remembers them is surprised; deltas of time
 * are counted anew, as the base timestamp is that of the first record that stayed, or the time from
 * which tombstones may go (KIP-534).
 */
import { crc32c } from "../bytes/mod.ts";
import { AT, ATTRIBUTE, BATCH_HEADER_BYTES, type BatchView } from "./batch_view.ts";
import { compress } from "./codec.ts";
import { setInt64, varintSize, varlongSize, writeVarint, writeVarlong } from "./encode.ts";
import type { RecordSpans } from "./spans.ts";

export interface RepackOptions {
  /** Indexes of the records that stay, rising; at least one. */
  kept: readonly number[];
  /** From when on tombstones (or a marker) in it may go; undefined for none. */
  deleteHorizonMs: number | undefined;
}

/** The batch with the kept records only, compressed as it was. `spans` has read the batch. */
export function repack(
  batch: BatchView,
  spans: RecordSpans,
  { kept, deleteHorizonMs }: RepackOptions,
): Uint8Array {
  const baseTimestamp = deleteHorizonMs ?? spans.timestamps[kept[0]];
  const plain = recordsOf(spans, kept, baseTimestamp);
  const payload = compress(batch.compression, plain);
  const bytes = new Uint8Array(BATCH_HEADER_BYTES + payload.length);
  bytes.set(payload, BATCH_HEADER_BYTES);
  let maxTimestamp = batch.maxTimestamp;
  if (!batch.isLogAppendTime) {
    maxTimestamp = -1;
    for (const i of kept) maxTimestamp = Math.max(maxTimestamp, spans.timestamps[i]);
  }
  const horizon = deleteHorizonMs === undefined ? 0 : ATTRIBUTE.deleteHorizon;
  const attributes = (batch.attributes & ~ATTRIBUTE.deleteHorizon) | horizon;
  writeHeader(bytes, batch, { attributes, baseTimestamp, maxTimestamp, count: kept.length });
  return bytes;
}

/** The batch without any record: a header that keeps offsets and a producer's place. */
export function emptied(batch: BatchView): Uint8Array {
  const bytes = new Uint8Array(BATCH_HEADER_BYTES);
  const { maxTimestamp } = batch;
  const attributes = batch.attributes & ~(ATTRIBUTE.codecMask | ATTRIBUTE.deleteHorizon);
  writeHeader(bytes, batch, { attributes, baseTimestamp: -1, maxTimestamp, count: 0 });
  return bytes;
}

function writeHeader(
  bytes: Uint8Array,
  batch: BatchView,
  { attributes, baseTimestamp, maxTimestamp, count }: {
    attributes: number;
    baseTimestamp: number;
    maxTimestamp: number;
    count: number;
  },
): void {
  bytes.set(batch.bytes.subarray(0, BATCH_HEADER_BYTES));
  const header = new DataView(bytes.buffer, bytes.byteOffset, BATCH_HEADER_BYTES);
  header.setInt32(AT.batchLength, bytes.length - 12);
  header.setInt16(AT.attributes, attributes);
  setInt64(header, AT.baseTimestamp, baseTimestamp);
  setInt64(header, AT.maxTimestamp, maxTimestamp);
  header.setInt32(AT.recordCount, count);
  header.setUint32(AT.crc, crc32c(bytes, AT.attributes));
}

function recordsOf(
  spans: RecordSpans,
  kept: readonly number[],
  baseTimestamp: number,
): Uint8Array {
  const { timestamps, restStarts, ends } = spans;
  const lengthOf = (i: number) =>
    1 + varlongSize(timestamps[i] - baseTimestamp) + ends[i] - restStarts[i];
  let size = 0;
  for (const i of kept) {
    const length = lengthOf(i);
    size += varintSize(length) + length;
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const i of kept) {
    at = writeVarint(bytes, at, lengthOf(i));
    bytes[at++] = 0; // attributes
    at = writeVarlong(bytes, at, timestamps[i] - baseTimestamp);
    bytes.set(spans.bytes.subarray(restStarts[i], ends[i]), at);
    at += ends[i] - restStarts[i];
  }
  return bytes;
}
