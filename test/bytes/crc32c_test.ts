import { ok, strictEqual } from "node:assert/strict";
import { crc32c } from "../../src/bytes/crc32c.ts";
import { Crc32cBlocks } from "../../src/bytes/crc32c_simd.ts";

// RFC 3720, appendix B.4, and the check value every catalogue of CRCs lists for CRC-32C.
const vectors: [string, Uint8Array, number][] = [
  ["nothing", new Uint8Array(0), 0],
  ["123456789", new TextEncoder().encode("123456789"), 0xe3069283],
  ["32 zeros", new Uint8Array(32), 0x8a9136aa],
  ["32 bytes of 0xff", new Uint8Array(32).fill(0xff), 0x62a8ab43],
  ["0 to 31", Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
  ["31 to 0", Uint8Array.from({ length: 32 }, (_, i) => 31 - i), 0x113fdb5c],
];

for (const [name, bytes, expected] of vectors) {
  Deno.test(`crc32c of ${name} is ${expected.toString(16)}`, () => {
    strictEqual(crc32c(bytes), expected);
  });
}

/** One bit at a time, straight from the definition. */
function slowCrc32c(bytes: Uint8Array): number {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return ~crc >>> 0;
}

Deno.test("crc32c agrees with the definition at every length and alignment", () => {
  const bytes = Uint8Array.from({ length: 400 }, (_, i) => (i * 167 + (i >> 3)) & 0xff);
  for (let start = 0; start < 8; start++) {
    for (let end = start; end <= bytes.length; end++) {
      strictEqual(crc32c(bytes, start, end), slowCrc32c(bytes.subarray(start, end)));
    }
  }
});

Deno.test("crc32c honours the view's own place in its buffer", () => {
  const buffer = Uint8Array.from({ length: 300 }, (_, i) => (i * 31) & 0xff);
  const view = buffer.subarray(7, 290);
  strictEqual(crc32c(view, 5, 200), slowCrc32c(view.slice(5, 200)));
});

Deno.test("crc32c of large inputs, done in blocks, agrees with the definition", () => {
  const bytes = Uint8Array.from({ length: 40_000 }, (_, i) => (i * 2_654_435_761) >>> 13);
  for (const [start, end] of [[0, 16_384], [1, 16_384], [1, 16_385], [3, 33_000], [5, 40_000]]) {
    strictEqual(crc32c(bytes, start, end), slowCrc32c(bytes.subarray(start, end)));
  }
  strictEqual(crc32c(bytes, 100, 40_000, crc32c(bytes, 0, 100)), slowCrc32c(bytes));
});

Deno.test("This runtime has what the blocks need", () => {
  ok(Crc32cBlocks.create(new Int32Array(256)) !== undefined);
});

Deno.test("crc32c of parts, each seeded with the one before, is that of the whole", () => {
  const bytes = Uint8Array.from({ length: 1000 }, (_, i) => (i * 13) & 0xff);
  for (const cut of [0, 1, 63, 64, 500, 999, 1000]) {
    strictEqual(crc32c(bytes, cut, 1000, crc32c(bytes, 0, cut)), crc32c(bytes));
  }
});
