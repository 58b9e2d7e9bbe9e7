import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import {
  areSumsRight,
  crc32c,
  crc32cByTable,
  SUMMED_TOGETHER_BYTES,
} from "../../src/bytes/crc32c.ts";
import { compileSumming } from "../../src/bytes/crc32c_wasm.ts";

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

/** Parts of these lengths, with gaps of 4 bytes and more between them. */
function partsOf(bytes: Uint8Array, lengths: readonly number[]) {
  let end = 0;
  return lengths.map((length, i) => {
    const start = end + 4 + i % 18;
    end = start + length;
    return { start, end, sum: crc32cByTable(bytes, start, end) };
  });
}

const lengths = [[40], [4, 4], [52, 61, 4, 1000, 79], [3400, 5, 900, 4099], [40, 40, 40, 40, 40]];

for (const some of lengths) {
  Deno.test(`Checksums of parts of ${some} bytes are right together, and none alone is wrong`, () => {
    const bytes = noise(10_000);
    const parts = partsOf(bytes, some);
    ok(areSumsRight(bytes, parts));
    for (const [i, part] of parts.entries()) {
      for (let bit = 0; bit < 32; bit++) {
        const wrong = { ...part, sum: (part.sum ^ (1 << bit)) >>> 0 };
        ok(!areSumsRight(bytes, parts.with(i, wrong)), `bit ${bit} of sum ${i}`);
      }
      for (let at = part.start; at < part.end; at++) {
        bytes[at] ^= 1 << (at & 7);
        ok(!areSumsRight(bytes, parts), `a bit at ${at}, in part ${i}`);
        bytes[at] ^= 1 << (at & 7);
      }
    }
    ok(areSumsRight(bytes, parts));
  });
}

Deno.test("What lies between parts is not summed, and not written to", () => {
  const bytes = noise(1000);
  const parts = partsOf(bytes, [40, 100, 60]);
  bytes[parts[0].end] ^= 1;
  bytes[parts[2].start - 1] ^= 1;
  const before = bytes.slice();
  ok(areSumsRight(bytes, parts));
  deepStrictEqual(bytes, before);
});

Deno.test("Sums of two parts that were exchanged are wrong", () => {
  const bytes = noise(1000);
  const [one, two] = partsOf(bytes, [50, 50]);
  ok(!areSumsRight(bytes, [{ ...one, sum: two.sum }, { ...two, sum: one.sum }]));
});

Deno.test("Parts may be as far apart as is said, and no farther", () => {
  const bytes = noise(SUMMED_TOGETHER_BYTES + 100);
  const part = (start: number, end: number) => ({
    start,
    end,
    sum: crc32cByTable(bytes, start, end),
  });
  const first = part(3, 50);
  ok(areSumsRight(bytes, [first, part(70, 3 + SUMMED_TOGETHER_BYTES)]));
  throws(() => areSumsRight(bytes, [first, part(70, 4 + SUMMED_TOGETHER_BYTES)]), RangeError);
  ok(areSumsRight(bytes, []));
});

Deno.test("This runtime has what the WebAssembly needs", () => {
  ok(compileSumming(new Int32Array(256)) !== undefined);
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
