/**
 * CRC-32C in WebAssembly, the copy into its memory included: in JavaScript every lookup in a table
 * pays for a check of its bounds.
 *
 * Two ideas. The bytes are a polynomial over GF(2), the first bit its highest power, and the
 * checksum is its remainder by P. So adding a multiple of P changes nothing, and this is one with
 * few terms: x^209 + x^144 + x^54 + x^39 + x^14 + 1. Squaring keeps the terms few and doubles each
 * power, so x^(209n) + x^(144n) + … is one for every power of two n. With n = 128 it strikes out
 * sixteen bytes, if they are added (xor) where the other five terms put them: to those that lie 65,
 * 155, 170, 195 and 209 times sixteen bytes behind. So block after block moves into the bytes
 * behind it, with five vector xors for sixteen bytes, until there is no room left for the farthest;
 * then the same with n = 32, in four-byte steps, and 0.8 KiB are left. (For CRC-32 this is known as
 * Chorba: Sauter and others, "Chorba: A novel CRC32 implementation", 2024. The multiple is the one
 * of the least degree among those with six terms; fewer terms need a degree beyond 5,000.)
 *
 * What is left is summed by slicing-by-16 (Kounavis and Berry, 2005): sixteen lookups for sixteen
 * bytes, which leaves only one step's xor in the chain that the next step waits for. The last bytes
 * go one by one.
 *
 * The module is small, so it is not kept as bytes but assembled here, when it is first needed.
 */

export interface Summing {
  /** The checksum of `bytes[start, end)` behind bytes whose checksum is `seed`. */
  sum(bytes: Uint8Array, start: number, end: number, seed: number): number;
  /** See `areSumsRight`. */
  areRight(bytes: Uint8Array, parts: readonly SummedPart[]): boolean;
}

/** A part of some bytes, four or more, and the checksum that it should have. */
export interface SummedPart {
  readonly start: number;
  readonly end: number;
  readonly sum: number;
}

/** How far behind a block the terms of the multiple put it, in blocks or in words. */
const DISTANCES = [65, 155, 170, 195, 209];
const BLOCK_BYTES = 16;
const WORD_BYTES = 4;

// The module's memory: sixteen tables, of what a byte does to the checksum when k zero bytes follow
// it, then the bytes to be summed; those are overwritten. Longer input goes through in pieces, that
// stay in the processor's second cache.
const TABLE_BYTES = 256 * 4;
const PIECE_AT = 16 * TABLE_BYTES;
export const PIECE_BYTES = 64 * 1024;
const PAGES = 2;

/** `table` is the checksum's plain table of 256 entries. Undefined where the runtime can't. */
export function compileSumming(table: Int32Array): Summing | undefined {
  let module: WebAssembly.Module;
  try {
    module = new WebAssembly.Module(assemble());
  } catch {
    return undefined; // no vectors, or no WebAssembly at all
  }
  const { exports } = new WebAssembly.Instance(module);
  const { buffer } = exports.memory as WebAssembly.Memory;
  const run = exports.run as (at: number, end: number, crc: number) => number;

  const tables = new Int32Array(buffer, 0, PIECE_AT / 4);
  tables.set(table);
  for (let i = 256; i < tables.length; i++) {
    const previous = tables[i - 256];
    tables[i] = (previous >>> 8) ^ table[previous & 0xff];
  }
  const piece = new Uint8Array(buffer, PIECE_AT, PIECE_BYTES);
  const view = new DataView(buffer, PIECE_AT, PIECE_BYTES);
  return {
    sum(bytes, start, end, seed) {
      let crc = ~seed;
      for (let at = start; at < end; at += PIECE_BYTES) {
        const size = Math.min(PIECE_BYTES, end - at);
        piece.set(bytes.subarray(at, at + size));
        crc = run(PIECE_AT, PIECE_AT + size, crc);
      }
      return ~crc >>> 0;
    },

    /**
     * One checksum over all parts and what lies between them. The latter is written anew: first
     * the state that the part before must have left, which makes it zero if it has, then zeros,
     * which leave zero alone; then the next part begins with the first state of every checksum.
     * Any other state stays other than zero, and shows at the end.
     */
    areRight(bytes, parts) {
      const { start: from } = parts[0];
      const last = parts[parts.length - 1];
      piece.set(bytes.subarray(from, last.end));
      for (let i = 1; i < parts.length; i++) {
        const gap = parts[i - 1].end - from;
        const next = parts[i].start - from;
        view.setUint32(gap, ~parts[i - 1].sum, true);
        for (let at = gap + 4; at < next; at++) piece[at] = 0;
        view.setUint32(next, ~view.getUint32(next, true), true);
      }
      return ~run(PIECE_AT, PIECE_AT + last.end - from, ~0) >>> 0 === last.sum;
    },
  };
}

// From here on: the assembler. Numbers are those of WebAssembly's binary format.

const I32 = 0x7f;
const V128 = 0x7b;
type Code = number[];

/** Unsigned LEB128. */
function leb(value: number): Code {
  const bytes: Code = [];
  for (; value > 0x7f; value >>>= 7) bytes.push((value & 0x7f) | 0x80);
  bytes.push(value);
  return bytes;
}

/** Signed LEB128, of a number that is not negative. */
const signedLeb = (value: number): Code =>
  value < 0x40 ? [value] : [(value & 0x7f) | 0x80, ...signedLeb(value >>> 7)];

const get = (local: number): Code => [0x20, ...leb(local)];
const set = (local: number): Code => [0x21, ...leb(local)];
const constant = (value: number): Code => [0x41, ...signedLeb(value)];
const load = (offset: number): Code => [0x28, 0, ...leb(offset)];
const loadByte = (offset: number): Code => [0x2d, 0, ...leb(offset)];
const store = (offset: number): Code => [0x36, 0, ...leb(offset)];
const loadVector = (offset: number): Code => [0xfd, 0x00, 0, ...leb(offset)];
const storeVector = (offset: number): Code => [0xfd, 0x0b, 0, ...leb(offset)];
const XOR_VECTOR: Code = [0xfd, 0x51];
const ADD = 0x6a;
const SUBTRACT = 0x6b;
const AND = 0x71;
const XOR = 0x73;
const SHIFT_LEFT = 0x74;
const SHIFT_RIGHT = 0x76;
const IS_AT_LEAST = 0x4f;

// The function's arguments, then its other locals.
const AT = 0;
const END = 1;
const CRC = 2;
const WORDS = 3;
const VECTOR = WORDS + 4;

function assemble(): Uint8Array<ArrayBuffer> {
  const body = [2, ...[4, I32], ...[1, V128], ...functionCode(), 0x0b];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0], // "\0asm", version 1
    ...section(1, [1, 0x60, ...[3, I32, I32, I32], ...[1, I32]]), // types: (at, end, crc) => crc
    ...section(3, [1, 0]), // functions: one, of the first type
    ...section(5, [1, 0, PAGES]), // memories: one
    ...section(7, [2, ...name("memory"), 2, 0, ...name("run"), 0, 0]), // exports
    ...section(10, [1, ...leb(body.length), ...body]),
  ]);
}

const section = (id: number, content: Code): Code => [id, ...leb(content.length), ...content];
const name = (text: string): Code => [text.length, ...new TextEncoder().encode(text)];

function functionCode(): Code {
  const byByte = [
    ...lookup(15, [...get(AT), ...loadByte(0), ...get(CRC), XOR], 0),
    ...[...get(CRC), ...constant(8), SHIFT_RIGHT, XOR, ...set(CRC)],
  ];
  return [
    ...folding(BLOCK_BYTES),
    ...folding(WORD_BYTES),
    ...whileThereAre(16, 16, slicing()),
    ...whileThereAre(1, 1, byByte),
    ...get(CRC),
  ];
}

/** Runs the code while `needed` bytes are left, and goes `step` bytes further each time. */
const whileThereAre = (needed: number, step: number, code: Code): Code => [
  ...ifThereAre(needed, [
    ...[0x03, 0x40], // loop
    ...code,
    ...[...get(AT), ...constant(step), ADD, ...set(AT)],
    ...[...areThere(needed), 0x0d, 0], // again
    0x0b,
  ]),
];
const ifThereAre = (needed: number, code: Code): Code => [
  ...[...areThere(needed), 0x04, 0x40],
  ...code,
  0x0b,
];
const areThere = (needed: number): Code => [
  ...[...get(END), ...get(AT), SUBTRACT],
  ...[...constant(needed), IS_AT_LEAST],
];

/** Moves sixteen bytes at a time into those behind them, as long as these are there. */
function folding(unit: number): Code {
  const needed = DISTANCES.at(-1)! * unit + BLOCK_BYTES;
  const move = [...get(AT), ...loadVector(0), ...set(VECTOR)];
  for (const distance of DISTANCES) {
    const offset = distance * unit;
    move.push(...get(AT), ...get(AT), ...loadVector(offset), ...get(VECTOR), ...XOR_VECTOR);
    move.push(...storeVector(offset));
  }
  return ifThereAre(needed, [
    // The checksum so far is the same as a first word that much different.
    ...[...get(AT), ...get(AT), ...load(0), ...get(CRC), XOR, ...store(0)],
    ...[...constant(0), ...set(CRC)],
    ...whileThereAre(needed, BLOCK_BYTES, move),
  ]);
}

/** Sixteen bytes by as many lookups. Words are little-endian, here as on every machine of Deno's. */
function slicing(): Code {
  const code: Code = [];
  for (let word = 0; word < 4; word++) {
    code.push(...get(AT), ...load(4 * word));
    if (word === 0) code.push(...get(CRC), XOR);
    code.push(...set(WORDS + word));
  }
  // The first word last, since it waits for the step before.
  for (let word = 3; word >= 0; word--) {
    for (let byte = 0; byte < 4; byte++) {
      code.push(...lookup(4 * word + byte, get(WORDS + word), 8 * byte));
      if (byte > 0) code.push(XOR);
    }
    if (word < 3) code.push(XOR);
  }
  return [...code, ...set(CRC)];
}

/** What the byte of the word that begins at the bit does as number `index` of sixteen. */
const lookup = (index: number, word: Code, bit: number): Code => [
  ...word,
  // Times four at once, as the place of an entry in its table.
  ...(bit === 0 ? [...constant(2), SHIFT_LEFT] : [...constant(bit - 2), SHIFT_RIGHT]),
  ...[...constant(0xff << 2), AND],
  ...load(TABLE_BYTES * (15 - index)),
];
