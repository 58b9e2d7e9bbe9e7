/** What a leader refuses, and what it writes into batches that it takes. */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { KafkaError } from "../../src/protocol/mod.ts";
import { InvalidRecords } from "../../src/log/mod.ts";
import { batchesOf, BatchView, encodeBatch, recordsOf } from "../../src/records/mod.ts";
import { asClient, batch, bytes, marker, NOW, openLog, values, world } from "./kit.ts";

const records = (count: number) =>
  Array.from(
    { length: count },
    (_, i) => ({ key: bytes(`k${i}`), value: bytes(`v${i}`), timestamp: NOW }),
  );

/** Changes the batch's header and sums it again. */
function edited(edit: (view: DataView) => void, from = batch(["a", "b"])): Uint8Array {
  edit(new DataView(from.buffer, from.byteOffset));
  const view = new BatchView(from);
  const { maxTimestamp } = view;
  view.setMaxTimestamp(maxTimestamp + 1, "CreateTime"); // sums
  view.setMaxTimestamp(maxTimestamp, "CreateTime");
  return from;
}

const refusals: [string, () => Uint8Array, string, Record<string, string>?, number?][] = [
  ["no bytes at all", () => new Uint8Array(0), "CORRUPT_MESSAGE"],
  ["half a header", () => batch(["a"]).subarray(0, 30), "CORRUPT_MESSAGE"],
  ["half a batch", () => batch(["a"]).subarray(0, 65), "CORRUPT_MESSAGE"],
  ["a wrong checksum", () => batch(["a"]).with(64, 99), "CORRUPT_MESSAGE"],
  ["a negative length", () => batch(["a"]).with(8, 0x80), "CORRUPT_MESSAGE"],
  ["an old format", () => batch(["a"]).with(16, 1), "INVALID_RECORD"],
  ["two batches", () => new Uint8Array([...batch(["a"]), ...batch(["b"])]), "INVALID_RECORD"],
  ["a base offset of its own", () => batch(["a"], { baseOffset: 7 }), "INVALID_RECORD"],
  ["a count that lies", () => edited((v) => v.setInt32(57, 3)), "INVALID_RECORD"],
  [
    "a count and span that lie",
    () => edited((v) => (v.setInt32(57, 3), v.setInt32(23, 2))),
    "INVALID_RECORD",
  ],
  ["no records", () => encodeBatch([]), "INVALID_RECORD"],
  [
    "a negative count",
    () => edited((v) => (v.setInt32(57, -1), v.setInt32(23, -2))),
    "INVALID_RECORD",
  ],
  [
    "a control batch",
    () => marker("COMMIT", { producerId: 1, producerEpoch: 0 }),
    "INVALID_RECORD",
  ],
  [
    "a producer id without a sequence",
    () => batch(["a"], { producerId: 4, producerEpoch: 0 }),
    "INVALID_RECORD",
  ],
  ["a timestamp beyond 2^53", () => batch(["a"]).with(27, 0x7f), "INVALID_RECORD"],
  ["a record that overruns", () => edited((v) => v.setInt8(61, 126)), "INVALID_RECORD"],
  ["an unknown codec", () => edited((v) => v.setInt16(21, 7)), "CORRUPT_MESSAGE"],
  ["a codec that is not what is inside", () => edited((v) => v.setInt16(21, 4)), "CORRUPT_MESSAGE"],
  [
    "the broker's kind of timestamp",
    () => batch(["a"], { timestampType: "LogAppendTime", maxTimestamp: NOW }),
    "INVALID_TIMESTAMP",
  ],
  [
    "more than max.message.bytes",
    () => batch(["x".repeat(600)], { keys: false }),
    "MESSAGE_TOO_LARGE",
    { "max.message.bytes": "500" },
  ],
  [
    "more than a segment",
    () => batch(["x".repeat(600)], { keys: false }),
    "RECORD_LIST_TOO_LARGE",
    { "segment.bytes": "500" },
  ],
  [
    "zstd in an old request",
    () => batch(["a"], { codec: "zstd" }),
    "UNSUPPORTED_COMPRESSION_TYPE",
    {},
    6,
  ],
  [
    "a bomb",
    () => encodeBatch([{ value: new Uint8Array(80_000_000), timestamp: NOW }], { codec: "zstd" }),
    "MESSAGE_TOO_LARGE",
  ],
];

for (const [what, make, error, settings, requestVersion] of refusals) {
  Deno.test(`A batch with ${what} is refused with ${error}, and nothing of it is kept`, () => {
    const log = openLog(world(), settings);
    let caught: unknown;
    try {
      log.append(make(), { ...asClient, requestVersion });
    } catch (thrown) {
      caught = thrown;
    }
    ok(caught instanceof KafkaError, `${caught}`);
    strictEqual(caught.error, error, caught.message);
    strictEqual(log.logEndOffset, 0);
    strictEqual(log.append(batch(["fine"]), asClient).baseOffset, 0);
  });
}

function refused(run: () => unknown): InvalidRecords {
  try {
    run();
  } catch (error) {
    if (error instanceof InvalidRecords) return error;
    throw error;
  }
  throw new Error("was not refused");
}

Deno.test("A compacted topic names every record without a key", () => {
  const log = openLog(world(), { "cleanup.policy": "compact" });
  const some = records(5).map((r, i) => i % 2 === 1 ? { ...r, key: null } : r);
  const { error, recordErrors } = refused(() => log.append(encodeBatch(some), asClient));
  strictEqual(error, "INVALID_RECORD");
  deepStrictEqual(recordErrors.map(({ batchIndex }) => batchIndex), [1, 3]);
});

Deno.test("Records too far in the past or the future are named; no timestamp is fine", () => {
  const log = openLog(world(), {
    "message.timestamp.before.max.ms": "1000",
    "message.timestamp.after.max.ms": "500",
  });
  const at = [NOW - 1000, NOW - 1001, NOW + 500, NOW + 501, -1];
  const { error, recordErrors } = refused(() =>
    log.append(batch(["a", "b", "c", "d", "e"], { timestamp: at }), asClient)
  );
  strictEqual(error, "INVALID_TIMESTAMP");
  deepStrictEqual(recordErrors.map(({ batchIndex }) => batchIndex), [1, 3]);
  const good = [at[0], at[2], at[4]];
  strictEqual(log.append(batch(["a", "b", "c"], { timestamp: good }), asClient).lastOffset, 2);
});

Deno.test("By default an hour ahead is allowed, more is not, and the past is free", () => {
  const log = openLog(world());
  refused(() => log.append(batch(["a"], { timestamp: NOW + 3_600_001 }), asClient));
  log.append(batch(["a", "b"], { timestamp: [0, NOW + 3_600_000] }), asClient);
});

Deno.test("With LogAppendTime every record has the broker's time, and the answer says so", () => {
  const log = openLog(world(), { "message.timestamp.type": "LogAppendTime" });
  const now = NOW + 77;
  for (const codec of ["none", "gzip"] as const) {
    const { logAppendTime } = log.append(batch(["a", "b"], { timestamp: 5, codec }), {
      ...asClient,
      now,
    });
    strictEqual(logAppendTime, now);
  }
  const { parts } = log.read(0, { maxBytes: 10_000, upTo: 4, atLeastOneBatch: true });
  for (const stored of batchesOf(parts[0])) {
    ok(stored.isCrcValid() && stored.isLogAppendTime);
    for (const { timestamp } of recordsOf(stored, { maxDecompressedBytes: 1000 })) {
      strictEqual(timestamp, now);
    }
  }
  strictEqual(log.offsetForTime(now)!.offset, 0);
});

Deno.test("A largest timestamp that lies is corrected, with the checksum", () => {
  const log = openLog(world());
  log.append(batch(["a", "b"], { timestamp: [NOW - 5, NOW - 9], maxTimestamp: NOW - 1 }), asClient);
  const [stored] = batchesOf(
    log.read(0, { maxBytes: 999, upTo: 2, atLeastOneBatch: true }).parts[0],
  );
  strictEqual(stored.maxTimestamp, NOW - 5);
  ok(stored.isCrcValid());
});

Deno.test("Offsets with gaps are made dense, whatever the codec, and the producer stays the same", () => {
  for (const codec of ["none", "lz4"] as const) {
    const log = openLog(world());
    const swapped = records(3).map((r, i) => ({ ...r, offset: [0, 0, 2][i] }));
    const from = { producerId: 3, producerEpoch: 0, baseSequence: 0 };
    log.append(encodeBatch(swapped, { codec, ...from }), asClient);
    const [stored] = batchesOf(
      log.read(0, { maxBytes: 999, upTo: 3, atLeastOneBatch: true }).parts[0],
    );
    const found = [...recordsOf(stored, { maxDecompressedBytes: 1000 })];
    deepStrictEqual(found.map(({ offset }) => offset), [0, 1, 2]);
    deepStrictEqual([stored.producerId, stored.baseSequence, stored.compression], [3, 0, codec]);
    ok(stored.isCrcValid());
  }
});

Deno.test("A topic's own codec takes the place of the producer's", () => {
  for (const [wanted, stored] of [["zstd", "zstd"], ["uncompressed", "none"], ["gzip", "gzip"]]) {
    const log = openLog(world(), { "compression.type": wanted });
    log.append(batch(["a a", "b b"], { codec: "lz4" }), asClient);
    const [found] = batchesOf(
      log.read(0, { maxBytes: 999, upTo: 2, atLeastOneBatch: true }).parts[0],
    );
    strictEqual(found.compression, stored);
    deepStrictEqual(values(log), ["a a", "b b"]);
  }
});

Deno.test("What producers sent is stored byte for byte, but for offset and epoch", () => {
  for (const codec of ["none", "gzip", "snappy", "lz4", "zstd"] as const) {
    const log = openLog(world());
    const sent = batch(["a", "b", "c"], { codec });
    const original = sent.slice();
    log.append(sent, { ...asClient, leaderEpoch: 0 });
    const stored = log.read(0, { maxBytes: 9999, upTo: 3, atLeastOneBatch: true }).parts[0];
    deepStrictEqual(stored.subarray(16), original.subarray(16));
  }
});
