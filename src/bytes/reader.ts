/**
 * Reads Kafka's primitive types from bytes that are never copied: what comes out of {@link
 * ByteReader.view} is a window on the same memory, and whoever keeps it longer than the buffer's
 * owner does copies it.
 *
 * Fixed-width numbers are big-endian. Varints come lowest seven bits first, signed ones zigzag
 * (KIP-482, and the record format). Nothing is read past `end`, whatever a length claims.
 */
import { DecodeError } from "./errors.ts";
import { uuidFromBytes } from "./uuid.ts";

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const float = new DataView(new ArrayBuffer(8));

/**
 * Texts up to here are read char by char when they are ASCII: the decoder's call costs more than
 * they do.
 */
const SHORT_TEXT = 96;

/** More array elements than this in one message is an attack on memory, not a request. */
const MAX_ELEMENTS = 1 << 20;

/**
 * A cursor over bytes. Every verb moves `position` by what it read, or throws {@link DecodeError}.
 */
export class ByteReader {
  /** The next byte to be read; `start <= position <= end`. */
  position: number;
  /** How many more array elements {@link elements} will grant. */
  elementBudget = MAX_ELEMENTS;

  constructor(
    readonly bytes: Uint8Array,
    start = 0,
    /** The first byte that is not ours. */
    readonly end: number = bytes.length,
  ) {
    if (start < 0 || start > end || end > bytes.length) {
      throw new RangeError(`Cannot read ${start} to ${end} of ${bytes.length} bytes`);
    }
    this.position = start;
  }

  get remaining(): number {
    return this.end - this.position;
  }

  /** Moves over `count` bytes and says where they began. */
  #take(count: number): number {
    const start = this.position;
    if (count > this.end - start || count < 0) this.#tooShort(count);
    this.position = start + count;
    return start;
  }

  #tooShort(count: number): never {
    throw new DecodeError(
      count < 0
        ? `Cannot read ${count} bytes`
        : `Cannot read ${count} bytes: only ${this.remaining} are left`,
      this.position,
    );
  }

  int8(): number {
    return this.bytes[this.#take(1)] << 24 >> 24;
  }

  uint8(): number {
    return this.bytes[this.#take(1)];
  }

  /** Any byte but 0 is true, as Kafka reads it. */
  bool(): boolean {
    return this.bytes[this.#take(1)] !== 0;
  }

  int16(): number {
    const at = this.#take(2);
    return (this.bytes[at] << 24 | this.bytes[at + 1] << 16) >> 16;
  }

  uint16(): number {
    const at = this.#take(2);
    return this.bytes[at] << 8 | this.bytes[at + 1];
  }

  int32(): number {
    const at = this.#take(4);
    const { bytes } = this;
    return bytes[at] << 24 | bytes[at + 1] << 16 | bytes[at + 2] << 8 | bytes[at + 3];
  }

  uint32(): number {
    return this.int32() >>> 0;
  }

  /**
   * 64 bits as a number. Beyond ±(2^53 - 1) it throws, but for Kafka's "no limit", which saturates.
   */
  int64(): number {
    const high = this.int32();
    return this.#number64(high, this.uint32());
  }

  /** 64 bits that are not counted with: hashes, bit sets. */
  bits64(): bigint {
    const high = this.int32();
    return BigInt(high) << 32n | BigInt(this.uint32());
  }

  float64(): number {
    const at = this.#take(8);
    for (let index = 0; index < 8; index++) float.setUint8(index, this.bytes[at + index]);
    return float.getFloat64(0);
  }

  #number64(high: number, low: number): number {
    if (high >= -0x20_0000 && high <= 0x1f_ffff) {
      const value = high * 0x1_0000_0000 + low;
      if (value >= Number.MIN_SAFE_INTEGER) return value;
    }
    if (high === 0x7fff_ffff && low === 0xffff_ffff) return Number.MAX_SAFE_INTEGER;
    if (high === -0x8000_0000 && low === 0) return Number.MIN_SAFE_INTEGER;
    throw new DecodeError("Cannot read a 64-bit integer: beyond 2^53", this.position);
  }

  /** At most five bytes; what does not fit into 32 bits throws. */
  uvarint(): number {
    const first = this.uint8();
    if (first < 0x80) return first;
    let value = first & 0x7f;
    for (let shift = 7; shift < 28; shift += 7) {
      const byte = this.uint8();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    const last = this.uint8();
    if (last > 0x0f) {
      throw new DecodeError("Cannot read a varint: longer than 32 bits", this.position);
    }
    return (value | last << 28) >>> 0;
  }

  varint(): number {
    const raw = this.uvarint();
    return raw >>> 1 ^ -(raw & 1);
  }

  /** At most ten bytes; the range is that of {@link int64}. */
  varlong(): number {
    const first = this.uint8();
    if (first < 0x80) return first >>> 1 ^ -(first & 1);
    // Collected as two halves of 32 bits, since zigzag of 2^53 needs 54.
    let low = first & 0x7f;
    let high = 0;
    for (let shift = 7;; shift += 7) {
      const byte = this.uint8();
      if (shift === 63 && byte > 1) {
        throw new DecodeError("Cannot read a varlong: longer than 64 bits", this.position);
      }
      const bits = byte & 0x7f;
      if (shift < 32) low |= bits << shift;
      if (shift > 25) high |= shift < 32 ? bits >>> 32 - shift : bits << shift - 32;
      if (byte < 0x80) break;
    }
    const sign = -(low & 1);
    return this.#number64(high >>> 1 ^ sign, ((low >>> 1 | high << 31) ^ sign) >>> 0);
  }

  /** 16 bytes as 22 characters. */
  uuid(): string {
    return uuidFromBytes(this.bytes, this.#take(16));
  }

  /** As lenient as Kafka: what is not UTF-8 becomes U+FFFD, and is refused later as a name. */
  utf8(length: number): string {
    const start = this.#take(length);
    const text = this.bytes.subarray(start, start + length);
    if (length > SHORT_TEXT) return decoder.decode(text);
    for (let index = 0; index < length; index++) {
      if (text[index] > 0x7f) return decoder.decode(text);
    }
    return String.fromCharCode.apply(null, text as unknown as number[]);
  }

  /** A window on the bytes themselves, not a copy. */
  view(length: number): Uint8Array {
    const start = this.#take(length);
    return this.bytes.subarray(start, start + length);
  }

  skip(length: number): void {
    this.#take(length);
  }

  /**
   * Grants the room for an array before it is made: `count` elements of at least `minBytes` each
   * must be able to follow, and all arrays read by this reader together stay within
   * `elementBudget`.
   */
  elements(count: number, minBytes: number): number {
    if (count * minBytes > this.remaining || count > this.elementBudget) {
      throw new DecodeError(
        `Cannot read ${count} elements: ${this.remaining} bytes are left, at most ${this.elementBudget} ` +
          "elements are allowed",
        this.position,
        undefined,
        count * minBytes <= this.remaining,
      );
    }
    this.elementBudget -= count;
    return count;
  }
}
