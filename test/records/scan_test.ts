import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import {
  BatchView,
  CorruptRecords,
  encodeBatch,
  recordsOf,
  scanRecords,
} from "../../src/records/mod.ts";
import { chance } from "./chance.ts";
import { hex, LIMITS, utf8 } from "./kafka_samples.ts";
import { forEachSeed } from "../kit/seeds.ts";

/** A batch that says it has `count` records and holds these bytes. Its checksum is not right. */
function batchOf(payload: Uint8Array, count: number): BatchView {
  const bytes = new Uint8Array(61 + payload.length);
  bytes.set(encodeBatch([]));
  bytes.set(payload, 61);
  const header = new DataView(bytes.buffer);
  header.setInt32(8, bytes.length - 12);
  header.setInt32(57, count);
  return new BatchView(bytes);
}

// What lies, how many records the batch says it has, and their bytes.
const lies: [string, number, string][] = [
  ["a record longer than the batch", 1, "16 00 00 00 04 6b31 04 7631 00"],
  ["a record shorter than what is in it", 1, "12 00 00 00 04 6b31 04 7631 00"],
  ["a negative length", 1, "13 00 00 00 04 6b31 04 7631 00"],
  ["a length that never ends", 1, "ff ff ff ff ff ff ff ff ff"],
  ["a length of 2^31-1", 1, "fe ff ff ff 0f 00 00 00 01 01 00"],
  ["a key beyond its record", 1, "14 00 00 00 10 6b31 04 7631 00"],
  ["a key of 2^31-1 bytes", 1, "14 00 00 00 feffffff0f 047600"],
  ["a key of -2 bytes", 1, "0c 00 00 00 03 01 00"],
  ["a value beyond its record", 1, "14 00 00 00 04 6b31 06 7631 00"],
  ["a value of -2 bytes", 1, "0c 00 00 00 01 03 00"],
  ["no header count", 1, "0a 00 00 00 01 01"],
  ["a negative header count", 1, "0c 00 00 00 01 01 01"],
  ["headers that are not there", 1, "0c 00 00 00 01 01 02"],
  ["2^31-1 headers", 1, "14 00 00 00 01 01 feffffff0f"],
  ["a header without a key", 1, "10 00 00 00 01 01 02 01 01"],
  ["a header's value beyond its record", 1, "12 00 00 00 01 01 02 02 61 04"],
  ["a timestamp of 11 bytes", 1, "20 00 ffffffffffffffffffff01 00 01 01 00"],
  ["a timestamp beyond 2^53", 1, "1e 00 ffffffffffffffffff01 00 01 01 00"],
  ["a record too many", 1, "0c 00 00 00 01 01 00 0c 00 00 02 01 01 00"],
  ["a record too few", 2, "0c 00 00 00 01 01 00"],
  ["a negative count", -1, ""],
  ["bytes behind no records", 0, "00"],
];

for (const [what, count, bytes] of lies) {
  Deno.test(`A batch with ${what} is refused`, () => {
    const batch = batchOf(hex(bytes), count);
    throws(() => scanRecords(batch, LIMITS), isBrokenRecords);
    throws(() => [...recordsOf(batch, LIMITS)], isBrokenRecords);
  });
}

Deno.test("A scan finds the largest timestamp and the first record that has it", () => {
  const records = [5, 90, -1, 90, 7].map((timestamp) => ({ value: utf8("v"), timestamp }));
  const batch = new BatchView(encodeBatch(records, { baseOffset: 40 }));
  const scan = scanRecords(batch, LIMITS);
  strictEqual(scan.maxTimestamp, 90);
  strictEqual(scan.offsetOfMaxTimestamp, 41);
});

Deno.test("A scan names the records outside the time limits, but not those without a time", () => {
  const times = [1000, -1, 1999, 2000, 3000, 3001];
  const records = times.map((timestamp) => ({ value: null, timestamp }));
  const batch = new BatchView(encodeBatch(records));
  const limits = { earliestTimestamp: 2000, latestTimestamp: 3000 };
  deepStrictEqual(scanRecords(batch, { ...LIMITS, ...limits }).badTimestamps, [0, 2, 5]);
  deepStrictEqual(scanRecords(batch, LIMITS).badTimestamps, []);
});

Deno.test("A scan names the records without a key when asked to; an empty key is one", () => {
  const keys = [null, utf8("k"), utf8(""), null];
  const batch = new BatchView(encodeBatch(keys.map((key) => ({ key, value: utf8("v") }))));
  deepStrictEqual(scanRecords(batch, { ...LIMITS, findKeyless: true }).keyless, [0, 3]);
  deepStrictEqual(scanRecords(batch, LIMITS).keyless, []);
});

Deno.test("Timestamps far apart survive the deltas' longest forms", () => {
  const times = [0, 2 ** 31, 2 ** 33 + 5, -(2 ** 40), 2 ** 52 + 1, -(2 ** 52)];
  const batch = new BatchView(
    encodeBatch(times.map((timestamp) => ({ value: null, timestamp }))),
  );
  deepStrictEqual([...recordsOf(batch, LIMITS)].map((r) => r.timestamp), times);
  strictEqual(scanRecords(batch, LIMITS).maxTimestamp, 2 ** 52 + 1);
});

Deno.test("Random changes to a batch are refused alike by scan and reader, and never crash", () =>
  forEachSeed(2000, (seed) => {
    const int = chance(seed);
    const records = Array.from({ length: 1 + int(5) }, (_, i) => ({
      key: int(2) === 0 ? null : utf8(`k${i}`),
      value: new Uint8Array(int(200)),
      headers: int(3) === 0 ? [{ key: "h", value: null }] : [],
      timestamp: int(1000),
    }));
    const bytes = encodeBatch(records);
    for (let n = 1 + int(3); n > 0; n--) bytes[61 + int(bytes.length - 61)] = int(256);
    const batch = new BatchView(bytes);
    strictEqual(
      failureOf(() => scanRecords(batch, LIMITS)),
      failureOf(() => [
        ...recordsOf(batch, LIMITS),
      ]),
    );
  }));

function failureOf(run: () => unknown): string | undefined {
  try {
    run();
  } catch (error) {
    if (error instanceof CorruptRecords) return error.reason;
    throw error;
  }
}

function isBrokenRecords(error: unknown): boolean {
  return error instanceof CorruptRecords && error.reason === "records";
}
