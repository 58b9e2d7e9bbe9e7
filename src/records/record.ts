/**
 * A record, and reading the records of a batch one by one.
 *
 * ```
 * length varint, attributes int8, timestampDelta varlong, offsetDelta varint,
 * keyLength varint (-1 null), key, valueLength varint (-1 null), value,
 * headerCount varint, then for each: keyLength varint, key, valueLength varint (-1 null), value
 * ```
 *
 * The deltas count from the batch's stored base fields, also when the base timestamp is a delete
 * horizon. For the way of every produced byte use `scanRecords`: this one makes an object a record.
 */
import type { Offset } from "../base/mod.ts";
import { BATCH_HEADER_BYTES, type BatchView } from "./batch_view.ts";
import { decompress } from "./codec.ts";
import { CorruptRecords } from "./corrupt_records.ts";

export interface RecordHeader {
  readonly key: string;
  readonly value: Uint8Array | null;
}

/**
 * What users write, as it is read back. Keys and values are views of the batch, or of what it
 * unpacked to.
 */
export interface Record {
  readonly offset: Offset;
  /** Milliseconds since 1970, -1 for none. */
  readonly timestamp: number;
  readonly key: Uint8Array | null;
  /** null deletes the key on a compacted topic. */
  readonly value: Uint8Array | null;
  readonly headers: RecordHeader[];
}

export interface ReadOptions {
  /** A batch that unpacks to more is refused as corrupt. */
  maxDecompressedBytes: number;
}

/** The batch's records as stored bytes, and where in them the first begins. */
export function recordBytes(
  batch: BatchView,
  { maxDecompressedBytes }: ReadOptions,
): { bytes: Uint8Array; start: number } {
  const codec = batch.compression;
  if (codec === "none") return { bytes: batch.bytes, start: BATCH_HEADER_BYTES };
  // The cleaner leaves batches without records, which have no payload to unpack whatever their
  // codec.
  if (batch.recordCount === 0 && batch.sizeInBytes === BATCH_HEADER_BYTES) {
    return { bytes: batch.bytes, start: BATCH_HEADER_BYTES };
  }
  return { bytes: decompress(codec, batch.payload, { maxBytes: maxDecompressedBytes }), start: 0 };
}

/**
 * The batch's records in order. The checksum is not looked at. Throws {@link CorruptRecords},
 * perhaps after some records: use `scanRecords` first where it is all or nothing.
 */
export function* recordsOf(
  batch: BatchView,
  options: ReadOptions,
): Generator<Record, void, undefined> {
  const { bytes, start } = recordBytes(batch, options);
  const reader = new RecordReader(bytes, start);
  const { baseOffset, baseTimestamp, recordCount } = batch;
  const appendTime = batch.isLogAppendTime ? batch.maxTimestamp : undefined;
  for (let i = 0; i < recordCount; i++) {
    yield reader.record(baseOffset, baseTimestamp, appendTime);
  }
  if (recordCount < 0 || reader.position !== bytes.length) throw wrongCount(recordCount);
}

export function wrongCount(recordCount: number): CorruptRecords {
  return new CorruptRecords(
    `Cannot read records: there are not ${recordCount}, as the batch says`,
    "records",
  );
}

export function brokenRecord(index: number): CorruptRecords {
  return new CorruptRecords(`Cannot read record ${index} of a batch: its lengths lie`, "records");
}

const utf8 = new TextDecoder();

class RecordReader {
  #count = 0;

  constructor(readonly bytes: Uint8Array, public position: number) {}

  record(baseOffset: Offset, baseTimestamp: number, appendTime: number | undefined): Record {
    const length = this.#varint();
    const end = this.position + length;
    if (length < 0 || end > this.bytes.length) throw brokenRecord(this.#count);
    this.position++; // attributes, always 0
    const timestamp = baseTimestamp + this.#varlong();
    const offset = baseOffset + this.#varint();
    const key = this.#blob(end);
    const value = this.#blob(end);
    const headers = this.#headers(end);
    if (this.position !== end) throw brokenRecord(this.#count);
    this.#count++;
    return { offset, timestamp: appendTime ?? timestamp, key, value, headers };
  }

  #headers(end: number): RecordHeader[] {
    const count = this.#varint();
    if (count < 0) throw brokenRecord(this.#count);
    const headers: RecordHeader[] = [];
    for (let i = 0; i < count; i++) {
      const key = this.#blob(end);
      if (key === null) throw brokenRecord(this.#count);
      headers.push({ key: utf8.decode(key), value: this.#blob(end) });
    }
    return headers;
  }

  #blob(end: number): Uint8Array | null {
    const length = this.#varint();
    if (length === -1) return null;
    const start = this.position;
    if (length < 0 || length > end - start) throw brokenRecord(this.#count);
    this.position = start + length;
    return this.bytes.subarray(start, start + length);
  }

  #varint(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      if (this.position >= this.bytes.length) throw brokenRecord(this.#count);
      const byte = this.bytes[this.position++];
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return (value >>> 1) ^ -(value & 1);
    }
    throw brokenRecord(this.#count);
  }

  #varlong(): number {
    const { value, position } = readVarlong(this.bytes, this.position, this.#count);
    this.position = position;
    return value;
  }
}

const MAX_ZIGZAG = 2 * Number.MAX_SAFE_INTEGER + 1;

/**
 * A zigzag number of up to 64 bits; one beyond 2^53 is corrupt to us, as no time is that far away.
 */
export function readVarlong(
  bytes: Uint8Array,
  at: number,
  index: number,
): { value: number; position: number } {
  let low = 0; // the first 28 bits
  let high = 0; // the 42 above
  for (let i = 0; i < 10; i++) {
    if (at >= bytes.length) throw brokenRecord(index);
    const byte = bytes[at++];
    if (i < 4) low |= (byte & 0x7f) << (7 * i);
    else high += (byte & 0x7f) * 2 ** (7 * (i - 4));
    if (byte < 0x80) return { value: unzigzag(low, high, index), position: at };
  }
  throw brokenRecord(index);
}

function unzigzag(low: number, high: number, index: number): number {
  // Halved by parts, since low and high together may have one bit more than a number holds.
  if (high > MAX_ZIGZAG / 2 ** 28) throw brokenRecord(index);
  const magnitude = high * 2 ** 27 + (low >>> 1);
  return low & 1 ? -magnitude - 1 : magnitude;
}
