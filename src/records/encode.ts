/** Making record batches, byte for byte as Kafka's own producer does for the same records. */
import { NO_PRODUCER_ID, type Offset } from "../base/mod.ts";
import { crc32c } from "../bytes/mod.ts";
import { AT, ATTRIBUTE, BATCH_HEADER_BYTES, type TimestampType } from "./batch_view.ts";
import { type Codec, CODECS, compress } from "./codec.ts";

/** A record to be put in a batch. */
export interface RecordInput {
  readonly key?: Uint8Array | null;
  readonly value?: Uint8Array | null;
  readonly headers?: readonly { readonly key: string; readonly value: Uint8Array | null }[];
  /** Milliseconds since 1970; -1 for none, which is also the default. */
  readonly timestamp?: number;
  /**
   * Default: the one after the record before, from `baseOffset`. Given when a batch is made anew.
   */
  readonly offset?: Offset;
}

export interface BatchOptions {
  /** Default 0, as producers send it; the leader writes its own. */
  baseOffset?: Offset;
  /** Default: the last record's. The cleaner gives the old one, so that no offset goes missing. */
  lastOffset?: Offset;
  /** Default none. */
  codec?: Codec;
  /** The codec's level; its own default otherwise. */
  level?: number;
  /** Default CreateTime. With LogAppendTime, `maxTimestamp` is every record's time. */
  timestampType?: TimestampType;
  /** Default: the records' largest. */
  maxTimestamp?: number;
  /** Default -1, unknown. */
  partitionLeaderEpoch?: number;
  producerId?: number;
  producerEpoch?: number;
  baseSequence?: number;
  isTransactional?: boolean;
  isControl?: boolean;
  /** Takes the place of the base timestamp, marked by a bit (KIP-534). */
  deleteHorizonMs?: number;
}

/**
 * A batch of these records, with its checksum. Without records it is a header that keeps its
 * offsets.
 */
export function encodeBatch(
  records: readonly RecordInput[],
  options: BatchOptions = {},
): Uint8Array {
  const { baseOffset = 0, codec = "none" } = options;
  const baseTimestamp = options.deleteHorizonMs ?? records[0]?.timestamp ?? -1;
  const sizes = new Int32Array(records.length);
  const size = measure(records, sizes, baseOffset, baseTimestamp);

  let batch: Uint8Array<ArrayBufferLike>;
  if (codec === "none" || records.length === 0) {
    batch = new Uint8Array(BATCH_HEADER_BYTES + size);
    writeRecords(batch, BATCH_HEADER_BYTES, records, sizes, baseOffset, baseTimestamp);
  } else {
    const plain = new Uint8Array(size);
    writeRecords(plain, 0, records, sizes, baseOffset, baseTimestamp);
    const packed = compress(codec, plain, options.level);
    batch = new Uint8Array(BATCH_HEADER_BYTES + packed.length);
    batch.set(packed, BATCH_HEADER_BYTES);
  }
  writeHeader(batch, records, baseTimestamp, options);
  return batch;
}

function writeHeader(
  batch: Uint8Array,
  records: readonly RecordInput[],
  baseTimestamp: number,
  options: BatchOptions,
): void {
  const { baseOffset = 0, producerId = NO_PRODUCER_ID } = options;
  const last = records.length - 1;
  const lastOffset = options.lastOffset ?? records[last]?.offset ?? baseOffset + Math.max(last, 0);
  const header = new DataView(batch.buffer, batch.byteOffset, BATCH_HEADER_BYTES);
  setInt64(header, AT.baseOffset, baseOffset);
  header.setInt32(AT.batchLength, batch.length - 12);
  header.setInt32(AT.partitionLeaderEpoch, options.partitionLeaderEpoch ?? -1);
  header.setInt8(AT.magic, 2);
  header.setInt16(AT.attributes, attributesOf(options));
  header.setInt32(AT.lastOffsetDelta, lastOffset - baseOffset);
  setInt64(header, AT.baseTimestamp, baseTimestamp);
  setInt64(header, AT.maxTimestamp, options.maxTimestamp ?? largestTimestamp(records));
  setInt64(header, AT.producerId, producerId);
  header.setInt16(AT.producerEpoch, options.producerEpoch ?? -1);
  header.setInt32(AT.baseSequence, options.baseSequence ?? -1);
  header.setInt32(AT.recordCount, records.length);
  header.setUint32(AT.crc, crc32c(batch, AT.attributes));
}

function attributesOf(options: BatchOptions): number {
  return CODECS.indexOf(options.codec ?? "none") |
    (options.timestampType === "LogAppendTime" ? ATTRIBUTE.logAppendTime : 0) |
    (options.isTransactional ? ATTRIBUTE.transactional : 0) |
    (options.isControl ? ATTRIBUTE.control : 0) |
    (options.deleteHorizonMs === undefined ? 0 : ATTRIBUTE.deleteHorizon);
}

function largestTimestamp(records: readonly RecordInput[]): number {
  let largest = -1;
  for (const { timestamp = -1 } of records) if (timestamp > largest) largest = timestamp;
  return largest;
}

export function setInt64(view: DataView, at: number, value: number): void {
  view.setInt32(at, Math.floor(value / 2 ** 32));
  view.setUint32(at + 4, value >>> 0);
}

/** Fills in each record's length (without the length itself) and returns what all take together. */
function measure(
  records: readonly RecordInput[],
  sizes: Int32Array,
  baseOffset: Offset,
  baseTimestamp: number,
): number {
  let total = 0;
  for (let i = 0; i < records.length; i++) {
    const { key, value, headers, timestamp = -1, offset = baseOffset + i } = records[i];
    let size = 1 + varlongSize(timestamp - baseTimestamp) + varintSize(offset - baseOffset) +
      blobSize(key) + blobSize(value);
    size += varintSize(headers?.length ?? 0);
    if (headers) { for (const h of headers) size += blobSize(utf8(h.key)) + blobSize(h.value); }
    sizes[i] = size;
    total += varintSize(size) + size;
  }
  return total;
}

function writeRecords(
  into: Uint8Array,
  start: number,
  records: readonly RecordInput[],
  sizes: Int32Array,
  baseOffset: Offset,
  baseTimestamp: number,
): void {
  let at = start;
  for (let i = 0; i < records.length; i++) {
    const { key, value, headers, timestamp = -1, offset = baseOffset + i } = records[i];
    at = writeVarint(into, at, sizes[i]);
    into[at++] = 0; // attributes
    at = writeVarlong(into, at, timestamp - baseTimestamp);
    at = writeVarint(into, at, offset - baseOffset);
    at = writeBlob(into, at, key);
    at = writeBlob(into, at, value);
    at = writeVarint(into, at, headers?.length ?? 0);
    if (!headers) continue;
    for (const header of headers) {
      at = writeBlob(into, at, utf8(header.key));
      at = writeBlob(into, at, header.value);
    }
  }
}

const encoder = new TextEncoder();
const headerKeys = new Map<string, Uint8Array>();
const HEADER_KEYS_KEPT = 256;

/** Header keys are few and come again in every record, so their bytes are kept, up to a bound. */
function utf8(text: string): Uint8Array {
  let bytes = headerKeys.get(text);
  if (bytes === undefined) {
    bytes = encoder.encode(text);
    if (headerKeys.size >= HEADER_KEYS_KEPT) headerKeys.clear();
    headerKeys.set(text, bytes);
  }
  return bytes;
}

function blobSize(bytes: Uint8Array | null | undefined): number {
  return bytes ? varintSize(bytes.length) + bytes.length : 1;
}

function writeBlob(into: Uint8Array, at: number, bytes: Uint8Array | null | undefined): number {
  if (!bytes) {
    into[at] = 1; // zigzag of -1
    return at + 1;
  }
  const start = writeVarint(into, at, bytes.length);
  into.set(bytes, start);
  return start + bytes.length;
}

export function varintSize(value: number): number {
  const raw = (value << 1) ^ (value >> 31);
  if (raw >= 0 && raw < 0x80) return 1;
  return raw === 0 ? 1 : Math.ceil((32 - Math.clz32(raw)) / 7);
}

export function writeVarint(into: Uint8Array, at: number, value: number): number {
  let raw = ((value << 1) ^ (value >> 31)) >>> 0;
  while (raw > 0x7f) {
    into[at++] = (raw & 0x7f) | 0x80;
    raw >>>= 7;
  }
  into[at++] = raw;
  return at;
}

const fitsInt32 = (value: number): boolean => value === (value | 0);

export function varlongSize(value: number): number {
  if (fitsInt32(value)) return varintSize(value);
  let size = 1;
  for (let raw = zigzag(value); raw > 0x7fn; raw >>= 7n) size++;
  return size;
}

/** Deltas beyond 24 days are rare; those go the slow way. */
export function writeVarlong(into: Uint8Array, at: number, value: number): number {
  if (fitsInt32(value)) return writeVarint(into, at, value);
  let raw = zigzag(value);
  for (; raw > 0x7fn; raw >>= 7n) into[at++] = Number(raw & 0x7fn) | 0x80;
  into[at++] = Number(raw);
  return at;
}

function zigzag(value: number): bigint {
  const big = BigInt(value);
  return big < 0n ? -2n * big - 1n : 2n * big;
}
