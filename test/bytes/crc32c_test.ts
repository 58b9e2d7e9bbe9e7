import { ok, strictEqual } from "node:assert/strict";
import { crc32c, crc32cByTable } from "../../src/bytes/crc32c.ts";
import { compileSum } from "../../src/bytes/crc32c_wasm.ts";

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
    strictEqual(crc32cByTable(bytes), expected);
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

Deno.test("The table agrees with the definition", () => {
  const bytes = noise(400);
  for (let end = 0; end <= bytes.length; end++) {
    strictEqual(crc32cByTable(bytes, 0, end), slowCrc32c(bytes.subarray(0, end)));
  }
});

Deno.test("crc32c agrees with the table at every length to 5000 and every alignment", () => {
  // All steps of the folding, of blocks and of words, come and go within these lengths.
  const bytes = noise(5016);
  for (let start = 0; start < 16; start++) {
    let expected = 0;
    for (let length = 0; length <= 5000; length++) {
      const end = start + length;
      if (length > 0) expected = crc32cByTable(bytes, end - 1, end, expected);
      const actual = crc32c(bytes, start, end);
      if (actual !== expected) strictEqual(actual, expected, `${length} bytes from ${start} on`);
    }
  }
});

Deno.test("crc32c honours the view's own place in its buffer", () => {
  const buffer = Uint8Array.from({ length: 300 }, (_, i) => (i * 31) & 0xff);
  const view = buffer.subarray(7, 290);
  strictEqual(crc32c(view, 5, 200), slowCrc32c(view.slice(5, 200)));
});

Deno.test("crc32c of large inputs, done in pieces, agrees with the table", () => {
  const bytes = noise(400_000);
  const pieces = [65_535, 65_536, 65_537, 65_540, 131_072, 131_073, 399_995];
  for (const length of pieces) {
    for (const start of [0, 1, 5]) {
      const end = start + length;
      strictEqual(crc32c(bytes, start, end), crc32cByTable(bytes, start, end));
    }
  }
});

Deno.test("crc32c sees every single bit that is wrong", () => {
  const bytes = noise(4500);
  const right = crc32c(bytes);
  for (let at = 0; at < bytes.length; at++) {
    bytes[at] ^= 1 << (at & 7);
    ok(crc32c(bytes) !== right, `at ${at}`);
    bytes[at] ^= 1 << (at & 7);
  }
  strictEqual(crc32c(bytes), right);
});

Deno.test("This runtime has what the WebAssembly needs", () => {
  ok(compileSum(new Int32Array(256)) !== undefined);
});

Deno.test("crc32c of parts, each seeded with the one before, is that of the whole", () => {
  const bytes = noise(10_000);
  for (const cut of [0, 1, 63, 64, 500, 999, 4000, 5001, 9000, 9999, 10_000]) {
    strictEqual(crc32c(bytes, cut, 10_000, crc32c(bytes, 0, cut)), crc32cByTable(bytes));
  }
});

function noise(length: number): Uint8Array {
  let state = 1;
  return Uint8Array.from({ length }, () => (state = Math.imul(state, 1_664_525) + 1) >>> 24);
}
