/**
 * lz4 frames (lz4's frame format 1.6.x): a header with its own checksum, blocks of up to 4 MiB, an
 * end mark.
 *
 * ```
 * magic 04224d18, FLG, BD, [content size 8], [dictionary id 4], header checksum 1
 * for each block: size 4 (high bit: stored as it is), bytes, [xxHash32 of the bytes]
 * end mark 00000000, [xxHash32 of the content]
 * ```
 *
 * We write what Kafka's Java clients write: independent blocks of 64 KiB, no checksums but the
 * header's. We read everything that the format allows but dictionaries: linked blocks, checksums,
 * frames in a row, frames to be skipped. Written here, since what npm has for lz4 is native code,
 * or reads past its input, or can't be told where to stop.
 */
import { CorruptRecords } from "../corrupt_records.ts";
import { BROKEN, mostUnpacked, NO_ROOM, packBlock, unpackBlock } from "./lz4_block.ts";
import { Memory } from "./match.ts";
import { xxHash32 } from "./xxhash32.ts";

const FRAME_MAGIC = 0x184d2204;
const SKIPPABLE_MAGIC = 0x184d2a50;
const STORED = 0x8000_0000;

const FLAG = {
  version: 0x40,
  independent: 0x20,
  blockChecksum: 0x10,
  contentSize: 0x08,
  contentChecksum: 0x04,
  reserved: 0x02,
  dictionary: 0x01,
} as const;

/** BD's code 4, which is 64 KiB. */
const BLOCK_BYTES = 64 * 1024;
/**
 * Kafka's `compression.lz4.level` default, which in Kafka too is the fast search and not the ninth
 * step of depth.
 */
const DEFAULT_LEVEL = 9;
const MOST_ATTEMPTS = 256;

/** Level 1 to 17; 9 is fast, the others search further back the higher they are. */
export function compressLz4(bytes: Uint8Array, level = DEFAULT_LEVEL): Uint8Array {
  const attempts = level === DEFAULT_LEVEL ? 1 : Math.min(1 << level, MOST_ATTEMPTS);
  const blocks = Math.ceil(bytes.length / BLOCK_BYTES);
  const into = new Uint8Array(7 + bytes.length + 4 * blocks + 4);
  const source = new Memory(bytes);
  const target = new Memory(into);
  const { view } = target;
  view.setUint32(0, FRAME_MAGIC, true);
  into[4] = FLAG.version | FLAG.independent;
  into[5] = 4 << 4;
  into[6] = (xxHash32(into, 4, 6) >>> 8) & 0xff;
  let at = 7;
  for (let start = 0; start < bytes.length; start += BLOCK_BYTES) {
    const end = Math.min(start + BLOCK_BYTES, bytes.length);
    const packed = packBlock(source, start, end, target, at + 4, attempts);
    if (packed === undefined) {
      view.setUint32(at, STORED | (end - start), true);
      into.set(bytes.subarray(start, end), at + 4);
      at += 4 + end - start;
    } else {
      view.setUint32(at, packed - at - 4, true);
      at = packed;
    }
  }
  return into.subarray(0, at + 4); // the end mark is zeros
}

/** Throws `CorruptRecords`. */
export function decompressLz4(bytes: Uint8Array, maxBytes: number): Uint8Array {
  const decoder = new FrameDecoder(bytes, maxBytes);
  while (decoder.hasMore) decoder.frame();
  return decoder.result();
}

interface FrameHeader {
  flags: number;
  blockBytes: number;
  contentSize: number | undefined;
}

class FrameDecoder {
  readonly #in: Memory;
  #out: Memory;
  /** End of what is unpacked into {@link #out}. */
  #size = 0;
  #at = 0;
  #frames = 0;

  constructor(readonly bytes: Uint8Array, readonly maxBytes: number) {
    this.#in = new Memory(bytes);
    this.#out = new Memory(new Uint8Array(Math.min(maxBytes, 4 * bytes.length)));
  }

  get hasMore(): boolean {
    return this.#at < this.bytes.length;
  }

  result(): Uint8Array {
    if (this.#frames === 0) throw broken("there is no frame");
    return this.#out.bytes.subarray(0, this.#size);
  }

  frame(): void {
    const magic = this.#uint32();
    if ((magic & 0xfffffff0) === SKIPPABLE_MAGIC) {
      this.#skip(this.#uint32());
      return;
    }
    if (magic !== FRAME_MAGIC) throw broken("no frame begins where one should");
    this.#frames++;
    const header = this.#header();
    const start = this.#size;
    for (let size = this.#uint32(); size !== 0; size = this.#uint32()) {
      this.#block(size, header, start);
    }
    if (header.contentSize !== undefined && header.contentSize !== this.#size - start) {
      throw broken("its size is not as its header says");
    }
    if ((header.flags & FLAG.contentChecksum) !== 0) {
      if (this.#uint32() !== xxHash32(this.#out.bytes, start, this.#size)) {
        throw broken("the content's checksum is wrong");
      }
    }
  }

  #header(): FrameHeader {
    const start = this.#at;
    const flags = this.#uint8();
    const blockCode = this.#uint8() >>> 4;
    if ((flags & 0xc0) !== FLAG.version) throw broken("its version is unknown");
    if ((flags & FLAG.reserved) !== 0 || blockCode < 4 || blockCode > 7) {
      throw broken("its header makes no sense");
    }
    if ((flags & FLAG.dictionary) !== 0) throw broken("it needs a dictionary");
    let contentSize: number | undefined;
    if ((flags & FLAG.contentSize) !== 0) {
      const low = this.#uint32();
      contentSize = this.#uint32() * 2 ** 32 + low;
      if (contentSize > this.maxBytes - this.#size) throw tooLarge(this.maxBytes);
    }
    const checksum = (xxHash32(this.bytes, start, this.#at) >>> 8) & 0xff;
    if (this.#uint8() !== checksum) throw broken("its header's checksum is wrong");
    return { flags, blockBytes: 1 << (8 + 2 * blockCode), contentSize };
  }

  #block(sizeField: number, { flags, blockBytes }: FrameHeader, frameStart: number): void {
    const isStored = (sizeField & STORED) !== 0;
    const size = sizeField & ~STORED;
    const start = this.#at;
    if (size > blockBytes) throw broken("a block is larger than its header allows");
    this.#skip(size);
    if ((flags & FLAG.blockChecksum) !== 0) {
      if (this.#uint32() !== xxHash32(this.bytes, start, start + size)) {
        throw broken("a block's checksum is wrong");
      }
    }
    if (isStored) {
      this.#reserve(size);
      if (size > this.maxBytes - this.#size) throw tooLarge(this.maxBytes);
      this.#out.bytes.set(this.bytes.subarray(start, start + size), this.#size);
      this.#size += size;
      return;
    }
    this.#reserve(Math.min(blockBytes, mostUnpacked(size)));
    const limit = Math.min(this.#size + blockBytes, this.maxBytes);
    const window = (flags & FLAG.independent) !== 0 ? this.#size : frameStart;
    const end = unpackBlock(this.#in, start, start + size, this.#out, this.#size, limit, window);
    if (end === BROKEN) throw broken("a block lies about itself");
    if (end === NO_ROOM) {
      throw limit === this.maxBytes ? tooLarge(this.maxBytes) : broken("a block is too large");
    }
    this.#size = end;
  }

  /** Room for so many bytes more, as far as `maxBytes` allows. */
  #reserve(more: number): void {
    const needed = Math.min(this.#size + more, this.maxBytes);
    const old = this.#out.bytes;
    if (needed <= old.length) return;
    const larger = new Uint8Array(Math.min(this.maxBytes, Math.max(needed, 2 * old.length)));
    larger.set(old.subarray(0, this.#size));
    this.#out = new Memory(larger);
  }

  #uint8(): number {
    this.#skip(1);
    return this.bytes[this.#at - 1];
  }

  #uint32(): number {
    this.#skip(4);
    return this.#in.view.getUint32(this.#at - 4, true);
  }

  #skip(count: number): void {
    if (count > this.bytes.length - this.#at) throw broken("it is cut short");
    this.#at += count;
  }
}

function broken(why: string): CorruptRecords {
  return new CorruptRecords(`Cannot unpack lz4: ${why}`, "compression");
}

function tooLarge(maxBytes: number): CorruptRecords {
  return new CorruptRecords(`Cannot unpack lz4: more than ${maxBytes} bytes`, "too large");
}
