/**
 * Writes Kafka's primitive types into memory that grows by whole chunks: nothing that was written
 * is moved again, so that a place reserved for a length stays where it is. A large view (a record
 * batch on its way from the log to a socket) is not copied but becomes a segment of its own among
 * the chunks.
 */
import { EncodeError } from "./errors.ts";
import { writeUuid } from "./uuid.ts";

const encoder = new TextEncoder();
const float = new DataView(new ArrayBuffer(8));

/**
 * A view at least this long is kept by reference; below, the copy is cheaper than one more segment.
 */
const VIEW_BYTES = 4096;
const MAX_CHUNK_BYTES = 1 << 20;
/** Texts up to here are tried as ASCII first. */
const SHORT_TEXT = 96;

/** How many bytes the text takes as UTF-8; a lone surrogate counts as the three of U+FFFD. */
export function utf8Length(text: string): number {
  let length = text.length;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code < 0x80) continue;
    if (code < 0x800) length += 1;
    else {
      length += 2;
      const next = code >= 0xd800 && code < 0xdc00 ? text.charCodeAt(index + 1) : 0;
      if (next >= 0xdc00 && next < 0xe000) index++; // a pair: two units, four bytes
    }
  }
  return length;
}

function doesNotFit(value: number, type: string): never {
  throw new EncodeError(`Cannot write ${value} as ${type}`);
}

/** Collects bytes. A number that its type cannot hold throws {@link EncodeError}. */
export class ByteWriter {
  #chunk: Uint8Array;
  /** First byte of the chunk that is not in a segment yet. */
  #start = 0;
  /** Next free byte of the chunk. */
  #at = 0;
  #segments: Uint8Array[] = [];
  /** Bytes in all segments together. */
  #sealed = 0;

  constructor(initialCapacity = 256) {
    this.#chunk = new Uint8Array(initialCapacity);
  }

  /** Bytes written so far. */
  get size(): number {
    return this.#sealed + this.#at - this.#start;
  }

  /** Makes room for `count` bytes in one chunk and says where. */
  #room(count: number): number {
    if (this.#at + count > this.#chunk.length) this.#grow(count);
    const at = this.#at;
    this.#at = at + count;
    return at;
  }

  #grow(count: number): void {
    this.#seal();
    const doubled = Math.min(2 * this.#chunk.length, MAX_CHUNK_BYTES);
    this.#chunk = new Uint8Array(Math.max(doubled, count, 64));
    this.#start = this.#at = 0;
  }

  /** Ends the segment that is being written. */
  #seal(): void {
    if (this.#at === this.#start) return;
    this.#push(this.#chunk.subarray(this.#start, this.#at));
    this.#start = this.#at;
  }

  #push(segment: Uint8Array): void {
    this.#segments.push(segment);
    this.#sealed += segment.length;
  }

  int8(value: number): void {
    if (value << 24 >> 24 !== value) doesNotFit(value, "int8");
    const at = this.#room(1);
    this.#chunk[at] = value;
  }

  uint8(value: number): void {
    if ((value & 0xff) !== value) doesNotFit(value, "uint8");
    const at = this.#room(1);
    this.#chunk[at] = value;
  }

  bool(value: boolean): void {
    const at = this.#room(1);
    this.#chunk[at] = value ? 1 : 0;
  }

  int16(value: number): void {
    if (value << 16 >> 16 !== value) doesNotFit(value, "int16");
    this.#bits16(value);
  }

  uint16(value: number): void {
    if ((value & 0xffff) !== value) doesNotFit(value, "uint16");
    this.#bits16(value);
  }

  #bits16(value: number): void {
    const at = this.#room(2);
    this.#chunk[at] = value >> 8;
    this.#chunk[at + 1] = value;
  }

  int32(value: number): void {
    if ((value | 0) !== value) doesNotFit(value, "int32");
    this.#bits32(value);
  }

  uint32(value: number): void {
    if (value >>> 0 !== value) doesNotFit(value, "uint32");
    this.#bits32(value);
  }

  #bits32(value: number): void {
    const at = this.#room(4);
    put32(this.#chunk, at, value);
  }

  /**
   * `Number.MAX_SAFE_INTEGER` is written as Kafka's largest long, "no limit", and the smallest
   * likewise.
   */
  int64(value: number): void {
    if (!Number.isSafeInteger(value)) doesNotFit(value, "int64");
    const at = this.#room(8);
    const low = value | 0; // modulo 2^32, also of large and negative numbers
    let high = (value - (low >>> 0)) / 0x1_0000_0000;
    if (value === Number.MAX_SAFE_INTEGER) high = 0x7fff_ffff;
    if (value === Number.MIN_SAFE_INTEGER) high = -0x8000_0000;
    put32(this.#chunk, at, high);
    put32(this.#chunk, at + 4, value === Number.MIN_SAFE_INTEGER ? 0 : low);
  }

  bits64(value: bigint): void {
    if (BigInt.asIntN(64, value) !== value) {
      throw new EncodeError(`Cannot write ${value} as 64 bits`);
    }
    this.#bits32(Number(value >> 32n));
    this.#bits32(Number(BigInt.asIntN(32, value)));
  }

  float64(value: number): void {
    const at = this.#room(8);
    float.setFloat64(0, value);
    for (let index = 0; index < 8; index++) this.#chunk[at + index] = float.getUint8(index);
  }

  uvarint(value: number): void {
    if (value >>> 0 !== value) doesNotFit(value, "uvarint");
    this.#groups(value);
  }

  varint(value: number): void {
    if ((value | 0) !== value) doesNotFit(value, "varint");
    this.#groups(value << 1 ^ value >> 31);
  }

  /** Seven bits a byte of an unsigned 32-bit number, lowest first. */
  #groups(value: number): void {
    while (value & ~0x7f) {
      const at = this.#room(1);
      this.#chunk[at] = value & 0x7f | 0x80;
      value >>>= 7;
    }
    const at = this.#room(1);
    this.#chunk[at] = value;
  }

  varlong(value: number): void {
    if ((value | 0) === value) return this.#groups(value << 1 ^ value >> 31);
    if (!Number.isSafeInteger(value)) doesNotFit(value, "varlong");
    const low = value | 0;
    let high = (value - (low >>> 0)) / 0x1_0000_0000 | 0;
    const sign = high >> 31;
    let bits = low << 1 ^ sign;
    high = (high << 1 | low >>> 31) ^ sign;
    while (high !== 0) {
      const at = this.#room(1);
      this.#chunk[at] = bits & 0x7f | 0x80;
      bits = bits >>> 7 | high << 25;
      high >>>= 7;
    }
    this.#groups(bits);
  }

  /** 22 characters as 16 bytes. */
  uuid(text: string): void {
    const at = this.#room(16);
    writeUuid(text, this.#chunk, at);
  }

  /** The bytes of the text, without a length. */
  utf8(text: string): void {
    const { length } = text;
    if (length <= SHORT_TEXT) {
      const at = this.#room(length);
      const chunk = this.#chunk;
      let index = 0;
      for (; index < length; index++) {
        const code = text.charCodeAt(index);
        if (code > 0x7f) break;
        chunk[at + index] = code;
      }
      if (index === length) return;
      this.#at = at; // not ASCII after all
    }
    const at = this.#room(3 * length);
    this.#at = at + encoder.encodeInto(text, this.#chunk.subarray(at)).written;
  }

  /** Copies the bytes in. */
  bytes(bytes: Uint8Array): void {
    const at = this.#room(bytes.length);
    this.#chunk.set(bytes, at);
  }

  /**
   * Keeps a large view by reference, so its bytes must stay as they are until all is sent; copies a
   * small one.
   */
  view(bytes: Uint8Array): void {
    if (bytes.length < VIEW_BYTES) return this.bytes(bytes);
    this.#seal();
    this.#push(bytes);
  }

  /** Leaves four bytes open, for a length that is known only afterwards. */
  reserveInt32(): { set(value: number): void } {
    const at = this.#room(4);
    const chunk = this.#chunk;
    put32(chunk, at, 0);
    return {
      set(value) {
        if ((value | 0) !== value) doesNotFit(value, "int32");
        put32(chunk, at, value);
      },
    };
  }

  /** All that was written, in order, as pieces: ours and the views that were handed in. */
  segments(): Uint8Array[] {
    this.#seal();
    return this.#segments;
  }

  /**
   * All that was written as one array: a window on the writer's memory, or a copy when there are
   * views.
   */
  finish(): Uint8Array {
    if (this.#segments.length === 0) return this.#chunk.subarray(this.#start, this.#at);
    const whole = new Uint8Array(this.size);
    let at = 0;
    for (const segment of this.segments()) {
      whole.set(segment, at);
      at += segment.length;
    }
    return whole;
  }
}

function put32(target: Uint8Array, at: number, value: number): void {
  target[at] = value >> 24;
  target[at + 1] = value >> 16;
  target[at + 2] = value >> 8;
  target[at + 3] = value;
}
