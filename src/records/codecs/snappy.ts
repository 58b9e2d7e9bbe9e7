/**
 * snappy: raw blocks as its own format description has them, in the framing of the Java library
 * (xerial), which is what Kafka's clients write:
 *
 * ```
 * 82 "SNAPPY" 00, version int32 (1), compatible from int32 (1), then for each block: size int32, raw block
 * ```
 *
 * Several clients send one raw block without framing; that is read too. A raw block is its unpacked
 * size as a varint, then literals and copies. Written here for the same reasons as lz4.
 */
import { CorruptRecords } from "../corrupt_records.ts";
import {
  commonLength,
  copyBytes,
  copyMatch,
  fourBytes,
  hashOf,
  lastSeen,
  Memory,
} from "./match.ts";

const XERIAL_HEADER = Uint8Array.of(
  ...[0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00],
  ...[0, 0, 0, 1],
  ...[0, 0, 0, 1],
);
const XERIAL_MAGIC_BYTES = 8;
/** What a block of ours holds, as of the Java library's. */
const BLOCK_BYTES = 32 * 1024;

/** Packed into xerial framing. */
export function compressSnappy(bytes: Uint8Array): Uint8Array {
  const blocks = Math.ceil(bytes.length / BLOCK_BYTES);
  const into = new Uint8Array(XERIAL_HEADER.length + blocks * (4 + 32) + mostPacked(bytes.length));
  const source = new Memory(bytes);
  const target = new Memory(into);
  into.set(XERIAL_HEADER);
  let at = XERIAL_HEADER.length;
  for (let start = 0; start < bytes.length; start += BLOCK_BYTES) {
    const end = packBlock(
      source,
      start,
      Math.min(start + BLOCK_BYTES, bytes.length),
      target,
      at + 4,
    );
    target.view.setInt32(at, end - at - 4);
    at = end;
  }
  return into.subarray(0, at);
}

/** snappy's own bound for bytes that don't pack. */
const mostPacked = (size: number): number => 32 + size + Math.ceil(size / 6);

/** Throws `CorruptRecords`. */
export function decompressSnappy(bytes: Uint8Array, maxBytes: number): Uint8Array {
  if (!hasXerialMagic(bytes)) return unpackRaw(bytes, maxBytes);
  if (bytes.length < XERIAL_HEADER.length) throw broken("it is cut short");
  const source = new Memory(bytes);
  if (source.view.getInt32(12) > 1) throw broken("its framing is of a later version");

  const blocks = xerialBlocks(source);
  const total = blocks.reduce((sum, block) => sum + block.unpackedSize, 0);
  if (total > maxBytes) throw tooLarge(maxBytes);
  const target = new Memory(new Uint8Array(total));
  let at = 0;
  for (const { start, end, unpackedSize } of blocks) {
    unpackBlock(source, start, end, target, at, at + unpackedSize);
    at += unpackedSize;
  }
  return target.bytes;
}

function hasXerialMagic(bytes: Uint8Array): boolean {
  for (let i = 0; i < XERIAL_MAGIC_BYTES; i++) if (bytes[i] !== XERIAL_HEADER[i]) return false;
  return true;
}

interface RawBlock {
  /** Of its elements, behind the size. */
  start: number;
  end: number;
  unpackedSize: number;
}

function xerialBlocks({ bytes, view }: Memory): RawBlock[] {
  const blocks: RawBlock[] = [];
  let at = XERIAL_HEADER.length;
  while (at < bytes.length) {
    if (at + 4 > bytes.length) throw broken("it is cut short");
    const size = view.getInt32(at);
    at += 4;
    if (size < 0 || size > bytes.length - at) throw broken("it is cut short");
    if (size > 0) blocks.push(openBlock(bytes, at, at + size));
    at += size;
  }
  return blocks;
}

function unpackRaw(bytes: Uint8Array, maxBytes: number): Uint8Array {
  const { start, end, unpackedSize } = openBlock(bytes, 0, bytes.length);
  if (unpackedSize > maxBytes) throw tooLarge(maxBytes);
  const target = new Memory(new Uint8Array(unpackedSize));
  unpackBlock(new Memory(bytes), start, end, target, 0, unpackedSize);
  return target.bytes;
}

/** Reads the block's size, and refuses one that its bytes could never unpack to. */
function openBlock(bytes: Uint8Array, start: number, end: number): RawBlock {
  let unpackedSize = 0;
  let at = start;
  for (let factor = 1; factor <= 2 ** 28; factor *= 128) {
    if (at >= end) throw broken("it is cut short");
    const byte = bytes[at++];
    unpackedSize += (byte & 0x7f) * factor;
    if (byte > 0x7f) continue;
    // The densest element is a copy: three bytes for 64.
    if (unpackedSize > 22 * (end - at) + 64) throw broken("a block lies about its size");
    return { start: at, end, unpackedSize };
  }
  throw broken("a block lies about its size");
}

/** Unpacks the elements in `source[start, end)` to exactly `target[at, limit)`. */
function unpackBlock(
  source: Memory,
  start: number,
  end: number,
  target: Memory,
  at: number,
  limit: number,
): void {
  const from = source.bytes;
  const window = at;
  let next = start;
  while (next < end) {
    const tag = from[next++];
    let length: number;
    if ((tag & 3) === 0) {
      length = (tag >>> 2) + 1;
      if (length > 60) {
        const lengthBytes = length - 60;
        if (next + lengthBytes > end) throw liar();
        length = 1;
        for (let i = 0; i < lengthBytes; i++) length += from[next++] * 2 ** (8 * i);
      }
      if (length > end - next || length > limit - at) throw liar();
      copyBytes(source, next, target, at, length);
      next += length;
      at += length;
      continue;
    }
    let distance: number;
    if ((tag & 3) === 1) {
      length = ((tag >>> 2) & 7) + 4;
      distance = ((tag >>> 5) << 8) | from[next];
      next += 1;
    } else if ((tag & 3) === 2) {
      length = (tag >>> 2) + 1;
      distance = from[next] | (from[next + 1] << 8);
      next += 2;
    } else {
      length = (tag >>> 2) + 1;
      distance = fourBytes(from, next) >>> 0;
      next += 4;
    }
    // Past the end of the block a distance may be nonsense, so its place is checked before its
    // value is used.
    if (next > end || distance === 0 || distance > at - window || length > limit - at) throw liar();
    copyMatch(target, at, distance, length);
    at += length;
  }
  if (at !== limit) throw liar();
}

/** Packs at most 64 KiB as one raw block; returns its end. */
function packBlock(
  source: Memory,
  start: number,
  end: number,
  target: Memory,
  at: number,
): number {
  const from = source.bytes;
  const to = target.bytes;
  let size = end - start;
  for (; size > 0x7f; size >>>= 7) to[at++] = (size & 0x7f) | 0x80;
  to[at++] = size;

  const searchEnd = end - 4;
  let anchor = start; // what is before it is written
  let here = start + 1; // 0 in the table means "nothing seen"
  let misses = 0;
  lastSeen.fill(0);
  while (here <= searchEnd) {
    const four = fourBytes(from, here);
    const hash = hashOf(four);
    const match = start + lastSeen[hash];
    lastSeen[hash] = here - start;
    if (match === start || fourBytes(from, match) !== four) {
      here += 1 + (misses++ >>> 5);
      continue;
    }
    misses = 0;
    at = writeLiteral(source, anchor, here, target, at);
    const length = commonLength(from, match, here, end);
    at = writeCopy(here - match, length, to, at);
    here += length;
    anchor = here;
  }
  return writeLiteral(source, anchor, end, target, at);
}

function writeLiteral(
  source: Memory,
  start: number,
  end: number,
  target: Memory,
  at: number,
): number {
  const to = target.bytes;
  const length = end - start;
  if (length === 0) return at;
  const field = length - 1;
  if (field < 60) {
    to[at++] = field << 2;
  } else if (field < 0x100) {
    to[at++] = 60 << 2;
    to[at++] = field;
  } else {
    to[at++] = 61 << 2;
    to[at++] = field & 0xff;
    to[at++] = field >>> 8;
  }
  copyBytes(source, start, target, at, length);
  return at + length;
}

function writeCopy(distance: number, length: number, to: Uint8Array, at: number): number {
  // 64 a piece, and never less than 4 for the last, which the short form below needs.
  while (length > 64) {
    const piece = length >= 68 ? 64 : 60;
    at = writeFarCopy(distance, piece, to, at);
    length -= piece;
  }
  if (length >= 12 || distance >= 2048) return writeFarCopy(distance, length, to, at);
  to[at++] = ((distance >>> 8) << 5) | ((length - 4) << 2) | 1;
  to[at++] = distance & 0xff;
  return at;
}

function writeFarCopy(distance: number, length: number, to: Uint8Array, at: number): number {
  to[at++] = ((length - 1) << 2) | 2;
  to[at++] = distance & 0xff;
  to[at++] = distance >>> 8;
  return at;
}

function liar(): CorruptRecords {
  return broken("a block lies about itself");
}

function broken(why: string): CorruptRecords {
  return new CorruptRecords(`Cannot unpack snappy: ${why}`, "compression");
}

function tooLarge(maxBytes: number): CorruptRecords {
  return new CorruptRecords(`Cannot unpack snappy: more than ${maxBytes} bytes`, "too large");
}
