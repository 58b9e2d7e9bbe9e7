/** What the reader makes of golden bytes, and of bytes that end too early. */
import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { ByteReader, DecodeError } from "../../src/bytes/mod.ts";

const reader = (hex: string) => new ByteReader(Uint8Array.fromHex(hex.replaceAll(" ", "")));

type Verb =
  | "int8"
  | "uint8"
  | "int16"
  | "uint16"
  | "int32"
  | "uint32"
  | "int64"
  | "bits64"
  | "float64"
  | "bool";
const numbers: [Verb, string, number | bigint | boolean][] = [
  ["int8", "80", -128],
  ["uint8", "80", 128],
  ["bool", "00", false],
  ["bool", "01", true],
  ["bool", "07", true], // any but 0
  ["int16", "8000", -32768],
  ["uint16", "ffff", 65535],
  ["int32", "80000000", -(2 ** 31)],
  ["int32", "000004d2", 1234],
  ["uint32", "ffffffff", 2 ** 32 - 1],
  ["int64", "0000000000000000", 0],
  ["int64", "ffffffffffffffff", -1],
  ["int64", "0000000100000000", 2 ** 32],
  ["int64", "ffffffff00000000", -(2 ** 32)],
  ["int64", "001fffffffffffff", Number.MAX_SAFE_INTEGER],
  ["int64", "ffe0000000000001", Number.MIN_SAFE_INTEGER],
  ["int64", "7fffffffffffffff", Number.MAX_SAFE_INTEGER], // Kafka's "no limit"
  ["int64", "8000000000000000", Number.MIN_SAFE_INTEGER],
  ["bits64", "8000000000000001", -(2n ** 63n) + 1n],
  ["float64", "3ff8000000000000", 1.5],
];

for (const [verb, hex, value] of numbers) {
  Deno.test(`${verb} reads ${hex} as ${value}`, () => {
    const from = reader(hex);
    strictEqual(from[verb](), value);
    strictEqual(from.remaining, 0);
  });
  Deno.test(`${verb} does not read past the end of ${hex}`, () => {
    throws(() => reader(hex.slice(2))[verb](), DecodeError);
  });
}

for (
  const hex of ["0020000000000000", "ffe0000000000000", "7ffffffffffffffe", "8000000000000001"]
) {
  Deno.test(`int64 refuses ${hex}, which a number cannot hold`, () => {
    throws(() => reader(hex).int64(), { name: "DecodeError", message: /2\^53/ });
  });
}

Deno.test("A varint that is too long is refused", () => {
  throws(() => reader("8080808010").uvarint(), DecodeError); // 33 bits
  throws(() => reader("808080808000").uvarint(), DecodeError);
  throws(() => reader("80").uvarint(), DecodeError);
  throws(() => reader("ffffffffffffffffff02").varlong(), DecodeError); // 65 bits
});

Deno.test("A view is a window on the same memory", () => {
  const bytes = new Uint8Array([1, 2, 3, 4]);
  const view = new ByteReader(bytes, 1).view(2);
  bytes[1] = 9;
  deepStrictEqual([...view], [9, 3]);
});

Deno.test("A reader stays within its part of the bytes", () => {
  const from = new ByteReader(new Uint8Array(10), 2, 5);
  strictEqual(from.remaining, 3);
  throws(() => from.int32(), { message: "Cannot read 4 bytes: only 3 are left" });
  throws(() => from.skip(-1), DecodeError);
  strictEqual(from.position, 2);
});

Deno.test("Text that is not UTF-8 becomes U+FFFD, as it does for Kafka", () => {
  strictEqual(reader("41ff42").utf8(3), "A\ufffdB");
  strictEqual(reader("efbbbf41").utf8(4), "\ufeffA"); // a byte order mark is a character like others
});

Deno.test("Elements are granted up to a budget", () => {
  const from = reader("00".repeat(20));
  from.elementBudget = 12;
  strictEqual(from.elements(10, 2), 10);
  throws(() => from.elements(3, 1), DecodeError);
  throws(() => from.elements(2, 11), DecodeError);
});
