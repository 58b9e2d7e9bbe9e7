/**
 * CRC-32C (Castagnoli), the checksum over every record batch (Kafka's own choice for magic 2, RFC
 * 3720's polynomial). It is run over every byte that a producer sends and every byte that is read
 * from a log, so it is written for speed: `crc32c_wasm.ts` does it. What stands here is the plain
 * table, a byte at a time: for a runtime that can't do the other, and for its tests.
 */
import { compileSum, type Sum } from "./crc32c_wasm.ts";

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

/** Chosen when it is first needed. */
let sum: Sum | undefined;

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
  sum ??= compileSum(TABLE) ?? crc32cByTable;
  return sum(bytes, start, end, seed);
}
