/** What a declaration means: where its fields stand in which version, and what encoding refuses. */
import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { ZERO_UUID } from "../../src/base/mod.ts";
import { ByteReader, ByteWriter } from "../../src/bytes/mod.ts";
import {
  array,
  bool,
  bytes,
  decodeMessage,
  encodeMessage,
  type InputOf,
  int16,
  int32,
  int64,
  message,
  nullable,
  records,
  string,
  struct,
  uuid,
  type ValueOf,
  withDefaults,
} from "../../src/protocol/mod.ts";

const Sample = message({
  name: "Sample",
  versions: [0, 5],
  flexibleFrom: 3,
  fields: {
    name: string(),
    reason: nullable(string(), { since: 1, nullableSince: 2, ignorable: true }),
    epoch: int32({ since: 1, default: -1 }),
    leader: struct({ id: int32({ default: -1 }), epoch: int16() }, { since: 3, tag: 2 }),
    limit: int64({ since: 2, tag: 0, taggedSince: 4, default: Number.MAX_SAFE_INTEGER }),
    cursor: nullable(struct({ topic: string() }), { since: 5, default: null }),
    old: bool({ until: 1, ignorable: true }),
  },
});
type Sample = ValueOf<typeof Sample>;

function encode(value: InputOf<typeof Sample>, version: number): string {
  const writer = new ByteWriter();
  encodeMessage(Sample, value, version, writer);
  return writer.finish().toHex();
}

function decode(hex: string, version: number): Sample {
  return decodeMessage(
    Sample,
    new ByteReader(Uint8Array.fromHex(hex.replaceAll(" ", ""))),
    version,
  );
}

const layouts: [string, number, InputOf<typeof Sample>, string][] = [
  ["Old strings have two bytes of length", 0, { name: "ab" }, "0002 6162 00"],
  ["A field stands from its first version on", 1, { name: "", epoch: 7 }, "0000 0000 00000007 00"],
  ["and until its last", 2, { name: "", old: true }, "0000 0000 ffffffff 7fffffffffffffff"],
  ["Null has a length of -1", 2, { reason: null }, "0000 ffff ffffffff 7fffffffffffffff"],
  ["A flexible version ends in tags", 3, { name: "ab" }, "03 6162 01 ffffffff 7fffffffffffffff 00"],
  ["Null is 0 in it", 3, { reason: null }, "01 00 ffffffff 7fffffffffffffff 00"],
  [
    "A tagged struct ends in tags of its own",
    3,
    { leader: { id: 1 } },
    "01 01 ffffffff 7fffffffffffffff 01 02 07 00000001 0000 00",
  ],
  ["A field can become a tagged one", 4, { limit: 5 }, "01 01 ffffffff 01 00 08 0000000000000005"],
  [
    "Tagged fields at their defaults are left out",
    4,
    { leader: { id: -1, epoch: 0 } },
    "01 01 ffffffff 00",
  ],
  [
    "Tags come in the order of their numbers",
    4,
    { leader: { epoch: 9 }, limit: 0 },
    "01 01 ffffffff 02 00 08 0000000000000000 02 07 ffffffff 0009 00",
  ],
  ["A struct may be null", 5, {}, "01 01 ffffffff ff 00"],
  ["or not", 5, { cursor: { topic: "a" } }, "01 01 ffffffff 01 02 61 00 00"],
];

for (const [what, version, value, hex] of layouts) {
  Deno.test(`${what}: version ${version} is ${hex}`, () => {
    strictEqual(encode(value, version), hex.replaceAll(" ", ""));
    const seen = { ...value, old: version <= 1 && (value.old ?? false) };
    deepStrictEqual(decode(hex, version), withDefaults(Sample, seen));
  });
}

const refusals: [string, number, InputOf<typeof Sample>, RegExp][] = [
  ["a field that the version lacks", 0, { epoch: 0 }, /Sample\.epoch: version 0 has no such field/],
  ["a struct that the version lacks", 2, { leader: { epoch: 1 } }, /Sample\.leader: version 2/],
  [
    "null before it was allowed",
    1,
    { reason: null },
    /Sample\.reason: null is not allowed in version 1/,
  ],
  ["null where it never is", 0, { name: null as unknown as string }, /Sample\.name: null/],
  ["a string too long for its length", 0, { name: "x".repeat(32768) }, /32768 bytes/],
  ["a version that does not exist", 6, {}, /version 6: known are 0 to 5/],
];

for (const [what, version, value, pattern] of refusals) {
  Deno.test(`Encoding ${what} is refused`, () => {
    throws(() => encode(value, version), { name: "EncodeError", message: pattern });
  });
}

Deno.test("What may be ignored is dropped where the version lacks it", () => {
  strictEqual(encode({ reason: "because" }, 0), "000000");
  strictEqual(encode({ epoch: -1, leader: {}, limit: Number.MAX_SAFE_INTEGER }, 0), "000000");
});

Deno.test("A decode error names the field and the place", () => {
  throws(() => decode("03 6162 05 61", 3), {
    name: "DecodeError",
    field: "Sample.reason",
    position: 4,
    message: "Cannot read 4 bytes: only 1 are left (Sample.reason)",
  });
});

Deno.test("Every decoded value of a message has the same fields in the same order", () => {
  const keys = Object.keys(decode("0000 00", 0));
  deepStrictEqual(Object.keys(decode("01 01 ffffffff ff 00", 5)), keys);
  deepStrictEqual(keys, Object.keys(Sample.fields));
});

const Carrier = message({
  name: "Carrier",
  versions: [0, 0],
  fields: { batches: nullable(records()), blob: bytes(), ids: array(uuid()) },
});

Deno.test("Records are handed on by reference, in one piece or several, and decoded as views", () => {
  const [large, small] = [new Uint8Array(5000).fill(1), new Uint8Array(10).fill(2)];
  const writer = new ByteWriter();
  encodeMessage(Carrier, { batches: [large, small], ids: [ZERO_UUID] }, 0, writer);
  strictEqual(writer.segments()[1], large);
  const bytes = writer.finish();
  const decoded = decodeMessage(Carrier, new ByteReader(bytes), 0);
  strictEqual(decoded.batches!.length, 5010);
  strictEqual(decoded.batches!.buffer, bytes.buffer);
  deepStrictEqual(decoded.ids, [ZERO_UUID]);
});

Deno.test("Surplus bytes are left to the caller", () => {
  const reader = new ByteReader(Uint8Array.fromHex("00000012"));
  decodeMessage(Sample, reader, 0);
  strictEqual(reader.remaining, 1);
});

Deno.test("An empty default is fresh in every value", () => {
  const first = decodeMessage(
    Carrier,
    new ByteReader(Uint8Array.fromHex("ffffffff0000000000000000")),
    0,
  );
  first.ids.push(ZERO_UUID);
  const second = withDefaults(Carrier, {});
  deepStrictEqual(second.ids, []);
});
