/**
 * CRC-32C (Castagnoli), the checksum over every record batch (Kafka's own choice for magic 2, RFC
 * 3720's polynomial). It is run over every byte that a producer sends and every byte that is read
 * from a log, so it is written for speed: `crc32c_wasm.ts` does it. What stands here is the plain
 * table, a byte at a time: for a runtime that can't do the other, and for its tests.
 */
import { compileSumming, PIECE_BYTES, type SummedPart, type Summing } from "./crc32c_wasm.ts";

export type { SummedPart };

/** The polynomial 0x1EDC6F41, bits reversed. */
const POLYNOMIAL = 0x82f63b78;

/** What each byte does to the checksum. */
const TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
  return crc;
});

/** The same as {@link crc32c}, a tenth as fast, in any runtime. */
export function crc32cByTable(bytes: Uint8Array, start = 0, end = bytes.length, seed = 0): number {
  let crc = ~seed;
  for (let at = start; at < end; at++) crc = (crc >>> 8) ^ TABLE[(crc ^ bytes[at]) & 0xff];
  return ~crc >>> 0;
}

const BY_TABLE: Summing = {
  sum: crc32cByTable,
  areRight: (bytes, parts) =>
    parts.every(({ start, end, sum }) => crc32cByTable(bytes, start, end) === sum),
};

let chosen: Summing | undefined;
/** Made when it is first needed. */
const summing = () => chosen ??= compileSumming(TABLE) ?? BY_TABLE;

/**
 * The checksum of `bytes[start, end)`, as an unsigned 32-bit number. `seed` is the checksum of what
 * came before, so that parts can be summed one after the other.
 *
 * @example
 * ```ts
 * crc32c(new TextEncoder().encode("123456789")).toString(16); // e3069283
 * ```
 */
export function crc32c(bytes: Uint8Array, start = 0, end = bytes.length, seed = 0): number {
  return summing().sum(bytes, start, end, seed);
}

/** How far apart the first part's start and the last one's end may be, for {@link areSumsRight}. */
export const SUMMED_TOGETHER_BYTES = PIECE_BYTES;

/**
 * Whether each of the parts has its checksum; several times as fast as one after the other where
 * they are small. They follow one another, four bytes or more apart. One that
 * has another checksum is always seen; several can hide each other, as rarely as a part that is
 * wrong at random has the right checksum: once in 2^32. Throws RangeError where they are too far
 * apart.
 */
export function areSumsRight(bytes: Uint8Array, parts: readonly SummedPart[]): boolean {
  return parts.length === 0 || summing().areRight(bytes, parts);
}
