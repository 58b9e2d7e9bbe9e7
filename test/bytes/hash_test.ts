/** Hashes that must come out as they do in Java. */
import { strictEqual } from "node:assert/strict";
import { javaStringHash, murmur2 } from "../../src/bytes/mod.ts";

// From Java's own String.hashCode.
const strings: [string, number][] = [
  ["", 0],
  ["a", 97],
  ["classic-1", -9084490],
  ["polygenelubricants", -2147483648],
  ["日本語", 25921943],
  ["a😀", 1866116],
];
for (const [text, hash] of strings) {
  Deno.test(`Java's hash of "${text}" is ${hash}`, () => strictEqual(javaStringHash(text), hash));
}

// From the murmur2 of Apache Kafka's clients.
const keys: [string, number][] = [
  ["", 275646681],
  ["2", 648968168],
  ["21", -973932308],
  ["foobar", -790332482],
  ["a-little-bit-long-string", -985981536],
  ["lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971],
];
for (const [text, hash] of keys) {
  Deno.test(`murmur2 of "${text}" is ${hash}`, () => {
    strictEqual(murmur2(new TextEncoder().encode(text)), hash);
  });
}
