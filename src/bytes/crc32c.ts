/**
 * CRC-32C (Castagnoli), the checksum over every record batch (Kafka's own choice for magic 2, RFC
 * 3720's polynomial). It is run over every byte that a producer sends and every byte that recovery
 * reads, so it is written for speed: slicing-by-16, four 32-bit loads and sixteen table lookups a
 * step, which leaves only one step's xor in the chain that the next step waits for. The tables are
 * 16 KiB and stay in the first cache. From 16 KiB on, `crc32c_simd.ts` does it at twice that speed,
 * where the runtime can.
 */
import { BLOCK_BYTES, Crc32cBlocks } from "./crc32c_simd.ts";

/** The polynomial 0x1EDC6F41, bits reversed. */
const POLYNOMIAL = 0x82f63b78;

/** TABLE[256 * k + b]: what the byte b does to the checksum when k zero bytes follow it. */
const TABLE = makeTable();

function makeTable(): Int32Array {
  const table = new Int32Array(16 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
    table[byte] = crc;
  }
  for (let i = 256; i < table.length; i++) {
    const previous = table[i - 256];
    table[i] = (previous >>> 8) ^ table[previous & 0xff];
  }
  return table;
}

/** Made when it is first needed; null where the runtime can't. */
let blocks: Crc32cBlocks | null | undefined;

/** Below this many bytes a view of words costs more than it saves. */
const WORDS_FROM = 64;

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
  const T = TABLE;
  let crc = ~seed;
  let at = start;
  if (end - start >= BLOCK_BYTES) {
    if (blocks === undefined) blocks = Crc32cBlocks.create(TABLE) ?? null;
    for (; blocks !== null && end - at >= BLOCK_BYTES; at += BLOCK_BYTES) {
      crc = blocks.sum(bytes, at, crc);
    }
  }
  if (end - at >= WORDS_FROM) {
    while ((bytes.byteOffset + at) & 3) crc = (crc >>> 8) ^ T[(crc ^ bytes[at++]) & 0xff];
    const words = new Int32Array(bytes.buffer, bytes.byteOffset + at, ((end - at) >>> 4) << 2);
    crc = sumWords(words, crc);
    at += words.byteLength;
  }
  while (at < end) crc = (crc >>> 8) ^ T[(crc ^ bytes[at++]) & 0xff];
  return ~crc >>> 0;
}

/** The inner loop. Words are little-endian, as on every machine that Deno runs on. */
function sumWords(words: Int32Array, seed: number): number {
  const T = TABLE;
  let crc = seed;
  for (let i = 0; i < words.length; i += 4) {
    const a = words[i] ^ crc;
    const b = words[i + 1];
    const c = words[i + 2];
    const d = words[i + 3];
    crc = T[3840 + (a & 0xff)] ^ T[3584 + ((a >>> 8) & 0xff)] ^
      T[3328 + ((a >>> 16) & 0xff)] ^ T[3072 + (a >>> 24)] ^
      T[2816 + (b & 0xff)] ^ T[2560 + ((b >>> 8) & 0xff)] ^
      T[2304 + ((b >>> 16) & 0xff)] ^ T[2048 + (b >>> 24)] ^
      T[1792 + (c & 0xff)] ^ T[1536 + ((c >>> 8) & 0xff)] ^
      T[1280 + ((c >>> 16) & 0xff)] ^ T[1024 + (c >>> 24)] ^
      T[768 + (d & 0xff)] ^ T[512 + ((d >>> 8) & 0xff)] ^
      T[256 + ((d >>> 16) & 0xff)] ^ T[d >>> 24];
  }
  return crc;
}
