/**
 * A record batch, format 2 (KIP-98), read where it lies.
 *
 * ```
 *  0 baseOffset int64           21 attributes int16        43 producerId int64
 *  8 batchLength int32          23 lastOffsetDelta int32   51 producerEpoch int16
 * 12 partitionLeaderEpoch int32 27 baseTimestamp int64     53 baseSequence int32
 * 16 magic int8                 35 maxTimestamp int64      57 recordCount int32
 * 17 crc uint32                                            61 records
 * ```
 *
 * `batchLength` counts what follows it. The checksum covers offset 21 to the end, so the leader may
 * write base offset and leader epoch into a producer's bytes without summing them again. The
 * records are compressed as one block; the header never is.
 */
import { crc32c } from "../bytes/mod.ts";
import { NO_PRODUCER_ID, type Offset, type ProducerId, producerId } from "../base/mod.ts";
import { type Codec, CODECS } from "./codec.ts";
import { CorruptRecords } from "./corrupt_records.ts";

/** Bytes of the header: the smallest batch there is, one without records. */
export const BATCH_HEADER_BYTES = 61;
/** Base offset and length, which `batchLength` does not count. */
export const LENGTH_OVERHEAD = 12;

export const AT = {
  baseOffset: 0,
  batchLength: 8,
  partitionLeaderEpoch: 12,
  magic: 16,
  crc: 17,
  attributes: 21,
  lastOffsetDelta: 23,
  baseTimestamp: 27,
  maxTimestamp: 35,
  producerId: 43,
  producerEpoch: 51,
  baseSequence: 53,
  recordCount: 57,
} as const;

/** The checksum covers a batch from here to its end. */
export const SUMMED_FROM = AT.attributes;

export const ATTRIBUTE = {
  codecMask: 0x07,
  logAppendTime: 0x08,
  transactional: 0x10,
  control: 0x20,
  deleteHorizon: 0x40,
} as const;

/** Who set the timestamps: the producer, or the broker when it appended. */
export type TimestampType = "CreateTime" | "LogAppendTime";

const TWO_32 = 2 ** 32;

/**
 * One batch, not copied: getters read the header in place and setters write there. Making a view
 * checks that the batch is whole, of format 2, and that its 64-bit fields fit in a number; not the
 * checksum (see {@link isCrcValid}) and not the records (see `scanRecords`). Throws {@link
 * CorruptRecords}.
 */
export class BatchView {
  /** Exactly this batch, a view of the caller's bytes. */
  readonly bytes: Uint8Array;
  readonly #header: DataView;

  constructor(bytes: Uint8Array, at = 0) {
    const size = batchSizeAt(bytes, at);
    if (size === undefined) {
      throw new CorruptRecords(`Cannot read the batch at ${at}: it is cut short`, "size");
    }
    this.bytes = at === 0 && size === bytes.length ? bytes : bytes.subarray(at, at + size);
    this.#header = new DataView(this.bytes.buffer, this.bytes.byteOffset, BATCH_HEADER_BYTES);
    this.#checkInt64("base offset", AT.baseOffset);
    this.#checkInt64("base timestamp", AT.baseTimestamp);
    this.#checkInt64("max timestamp", AT.maxTimestamp);
    this.#checkInt64("producer id", AT.producerId);
  }

  get sizeInBytes(): number {
    return this.bytes.length;
  }
  get baseOffset(): Offset {
    return this.#int64(AT.baseOffset);
  }
  get partitionLeaderEpoch(): number {
    return this.#header.getInt32(AT.partitionLeaderEpoch);
  }
  get magic(): number {
    return this.#header.getInt8(AT.magic);
  }
  /** The checksum as stored; see {@link isCrcValid}. */
  get crc(): number {
    return this.#header.getUint32(AT.crc);
  }
  get attributes(): number {
    return this.#header.getInt16(AT.attributes);
  }
  /** Throws {@link CorruptRecords} for the three codec numbers that mean nothing. */
  get compression(): Codec {
    const codec = CODECS[this.attributes & ATTRIBUTE.codecMask];
    if (codec === undefined) {
      throw new CorruptRecords(
        `Cannot read the batch at offset ${this.baseOffset}: codec ${
          this.attributes & 7
        } is unknown`,
        "compression",
      );
    }
    return codec;
  }
  get isTransactional(): boolean {
    return (this.attributes & ATTRIBUTE.transactional) !== 0;
  }
  /** Made by brokers for brokers (transaction markers, quorum changes); consumers step over it. */
  get isControl(): boolean {
    return (this.attributes & ATTRIBUTE.control) !== 0;
  }
  get isLogAppendTime(): boolean {
    return (this.attributes & ATTRIBUTE.logAppendTime) !== 0;
  }
  get timestampType(): TimestampType {
    return this.isLogAppendTime ? "LogAppendTime" : "CreateTime";
  }
  /**
   * When true, {@link baseTimestamp} is the time from which the cleaner may drop tombstones
   * (KIP-534).
   */
  get hasDeleteHorizon(): boolean {
    return (this.attributes & ATTRIBUTE.deleteHorizon) !== 0;
  }
  get lastOffsetDelta(): number {
    return this.#header.getInt32(AT.lastOffsetDelta);
  }
  /** Survives compaction, so that offsets stay dense across batches. */
  get lastOffset(): Offset {
    return this.baseOffset + this.lastOffsetDelta;
  }
  get nextOffset(): Offset {
    return this.lastOffset + 1;
  }
  /** What the records' timestamps count from, also when it is a delete horizon. */
  get baseTimestamp(): number {
    return this.#int64(AT.baseTimestamp);
  }
  /** Of all records, -1 when none has one. With LogAppendTime, the time of every record. */
  get maxTimestamp(): number {
    return this.#int64(AT.maxTimestamp);
  }
  get producerId(): ProducerId {
    return producerId(this.#int64(AT.producerId));
  }
  get hasProducerId(): boolean {
    return this.producerId !== NO_PRODUCER_ID;
  }
  get producerEpoch(): number {
    return this.#header.getInt16(AT.producerEpoch);
  }
  /** -1 without a producer id and in control batches. */
  get baseSequence(): number {
    return this.#header.getInt32(AT.baseSequence);
  }
  /** Counts on from {@link baseSequence}, and from 2^31-1 to 0. */
  get lastSequence(): number {
    const base = this.baseSequence;
    return base < 0 ? -1 : (base + this.lastOffsetDelta) % 0x8000_0000;
  }
  /** As the header says; fewer than the offsets it spans once the cleaner has been here. */
  get recordCount(): number {
    return this.#header.getInt32(AT.recordCount);
  }
  /** The records as they are stored, compressed or not. */
  get payload(): Uint8Array {
    return this.bytes.subarray(BATCH_HEADER_BYTES);
  }

  isCrcValid(): boolean {
    return crc32c(this.bytes, SUMMED_FROM) === this.crc;
  }

  /** Not covered by the checksum. */
  setBaseOffset(offset: Offset): void {
    this.#setInt64(AT.baseOffset, offset);
  }

  /** Not covered by the checksum. */
  setPartitionLeaderEpoch(epoch: number): void {
    this.#header.setInt32(AT.partitionLeaderEpoch, epoch);
  }

  /**
   * Writes the timestamp and who set it, and sums the batch again; nothing is touched when it is so
   * already.
   */
  setMaxTimestamp(timestampMs: number, type: TimestampType): void {
    if (timestampMs === this.maxTimestamp && type === this.timestampType) return;
    const others = this.attributes & ~ATTRIBUTE.logAppendTime;
    const bit = type === "LogAppendTime" ? ATTRIBUTE.logAppendTime : 0;
    this.#header.setInt16(AT.attributes, others | bit);
    this.#setInt64(AT.maxTimestamp, timestampMs);
    this.#header.setUint32(AT.crc, crc32c(this.bytes, SUMMED_FROM));
  }

  #int64(at: number): number {
    return this.#header.getInt32(at) * TWO_32 + this.#header.getUint32(at + 4);
  }

  #setInt64(at: number, value: number): void {
    this.#header.setInt32(at, Math.floor(value / TWO_32));
    this.#header.setUint32(at + 4, value >>> 0);
  }

  #checkInt64(field: string, at: number): void {
    const high = this.#header.getInt32(at);
    if (high >= -0x20_0000 && high < 0x20_0000) return;
    throw new CorruptRecords(`Cannot read a batch: its ${field} is beyond 2^53`, "header");
  }
}

/**
 * How many bytes the batch that begins at `at` takes, or undefined when the bytes end before it
 * does (a torn write, or a fetch cut at its limit). Throws {@link CorruptRecords} for a length that
 * can't be and for a format other than 2. Reads lengths and magic only.
 */
export function batchSizeAt(bytes: Uint8Array, at: number): number | undefined {
  const available = bytes.length - at;
  if (available < LENGTH_OVERHEAD) return undefined;
  const length = int32At(bytes, at + AT.batchLength);
  if (length < BATCH_HEADER_BYTES - LENGTH_OVERHEAD) {
    throw new CorruptRecords(`Cannot read the batch at ${at}: its length is ${length}`, "size");
  }
  // Where the magic lies is the same in all formats.
  if (available > AT.magic && bytes[at + AT.magic] !== 2) {
    const magic = bytes[at + AT.magic];
    throw new CorruptRecords(
      `Cannot read the batch at ${at}: its format is ${magic}, not 2`,
      "magic",
    );
  }
  const size = LENGTH_OVERHEAD + length;
  return size > available ? undefined : size;
}

/**
 * The whole batches in the bytes, in order; a batch that is cut short ends it. Throws {@link
 * CorruptRecords}.
 */
export function* batchesOf(bytes: Uint8Array): Generator<BatchView, void, undefined> {
  let at = 0;
  for (;;) {
    const size = batchSizeAt(bytes, at);
    if (size === undefined) return;
    yield new BatchView(bytes, at);
    at += size;
  }
}

function int32At(bytes: Uint8Array, at: number): number {
  return (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
}
