import { strictEqual } from "node:assert/strict";
import { createHash } from "node:crypto";
import { md5 } from "../../src/bytes/mod.ts";

function hex(words: Int32Array): string {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  words.forEach((word, i) => view.setInt32(4 * i, word, true));
  return bytes.toHex();
}

// RFC 1321, A.5
const vectors: [string, string][] = [
  ["", "d41d8cd98f00b204e9800998ecf8427e"],
  ["a", "0cc175b9c0f1b6a831c399e269772661"],
  ["message digest", "f96b697d7cb7938d525a2f31aaf161d0"],
  ["1234567890".repeat(8), "57edf4a22be3c955ac49da2e2107b67a"],
];

for (const [text, digest] of vectors) {
  Deno.test(`md5 of ${JSON.stringify(text)}`, () => {
    const bytes = new TextEncoder().encode(text);
    const words = new Int32Array(4);
    md5(bytes, 0, bytes.length, words);
    strictEqual(hex(words), digest);
  });
}

Deno.test("md5 of every length around its blocks, from anywhere in an array", () => {
  const bytes = Uint8Array.from({ length: 300 }, (_, i) => (i * 31) ^ (i >> 3));
  const words = new Int32Array(4);
  for (let size = 0; size < 200; size++) {
    md5(bytes, 7, 7 + size, words);
    const part = bytes.subarray(7, 7 + size);
    strictEqual(hex(words), createHash("md5").update(part).digest("hex"), `${size} bytes`);
  }
});
