import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { parseAddresses } from "../../src/client/mod.ts";
import { partitionOf, requestsOf } from "../../src/client/producer.ts";

// key, partitions, partition: as kafka-python's and Java's default partitioners choose.
const keys: [string, number, number][] = [
  ["21", 2147483647, 1173551340 & 0x7fffffff],
  ["foobar", 2147483647, 1357151166],
  ["a-little-bit-long-string", 2147483647, 1161502112],
];
for (const [key, count, partition] of keys) {
  Deno.test(`The key "${key}" goes to partition ${partition} of ${count}`, () => {
    strictEqual(partitionOf({ key, value: null }, count, 0), partition);
    strictEqual(
      partitionOf({ key: new TextEncoder().encode(key), value: null }, count, 0),
      partition,
    );
  });
}

Deno.test("A partition that is given wins, and records without a key go where the others of the request go", () => {
  strictEqual(partitionOf({ key: "a", partition: 4, value: null }, 6, 3), 4);
  strictEqual(partitionOf({ key: null, value: null }, 6, 3), 3);
  strictEqual(partitionOf({ value: null }, 6, 3), 3);
});

Deno.test("Requests are cut by size and by count, in order, with one record at least", () => {
  const records = (count: number, size: number) =>
    Array.from({ length: count }, (_, n) => ({ value: "x".repeat(size), partition: n }));
  const sizes = (count: number, size: number) =>
    [...requestsOf(records(count, size))].map((request) => request.length);
  deepStrictEqual(sizes(5000, 1), [2000, 2000, 1000]);
  deepStrictEqual(sizes(3, 300_000), [1, 1, 1]);
  deepStrictEqual(sizes(4, 200_000), [2, 2]);
  deepStrictEqual(sizes(2, 2_000_000), [1, 1]);
  deepStrictEqual(sizes(0, 1), []);
  deepStrictEqual(
    [...requestsOf(records(2100, 1))].flat().map(({ partition }) => partition).slice(1998, 2002),
    [
      1998,
      1999,
      2000,
      2001,
    ],
  );
});

const addresses: [string, { host: string; port: number }[]][] = [
  ["pi.local", [{ host: "pi.local", port: 9092 }]],
  ["a:1, b:2,", [{ host: "a", port: 1 }, { host: "b", port: 2 }]],
  ["[::1]:9093", [{ host: "::1", port: 9093 }]],
  ["PLAINTEXT://a:1", [{ host: "a", port: 1 }]],
];
for (const [text, parsed] of addresses) {
  Deno.test(`The brokers "${text}" are understood`, () =>
    deepStrictEqual(parseAddresses(text), parsed));
}
for (const text of ["", "a:b", "a:0", "a:99999", "a b:1", "::1:9092"]) {
  Deno.test(`The brokers "${text}" are refused`, () => {
    throws(() => parseAddresses(text), { name: "ClientError" });
  });
}
