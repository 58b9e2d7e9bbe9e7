import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import {
  batchesOf,
  batchSizeAt,
  BatchView,
  CorruptRecords,
  decodeControlRecord,
  encodeBatch,
  encodeControlBatch,
  recordsOf,
  scanRecords,
} from "../../src/records/mod.ts";
import { hex, LIMITS, text, utf8 } from "./kafka_samples.ts";

const THEN = 0x1a2046357f5;

/** Topic "latest" as Apache Kafka 4.3.1 stored it: two batches, uncompressed. */
const GOLDEN = hex(`
  0000000000000000 00000052 00000000 02 ad738a59 0000   # offset 0, 82 bytes, epoch 0, crc
  00000002 000001a2046357f5 000001a2046357f5            # last delta, timestamps
  ffffffffffffffff ffff ffffffff 00000003               # no producer, 3 records
  14 00 00 00 04 6b31 04 7631 00                        # k1=v1
  14 00 00 02 04 6b32 04 7632 00                        # k2=v2
  14 00 00 04 04 6b33 04 7633 00                        # k3=v3
  0000000000000003 0000003a 00000000 02 0f376c7f 0000
  00000000 000001a204635806 000001a204635806
  ffffffffffffffff ffff ffffffff 00000001
  10 00 00 00 04 6b31 01 00                             # k1 deleted
`);

Deno.test("A view reads every header field of a batch that Kafka wrote", () => {
  const batch = new BatchView(GOLDEN);
  strictEqual(batch.baseOffset, 0);
  strictEqual(batch.sizeInBytes, 94);
  strictEqual(batch.partitionLeaderEpoch, 0);
  strictEqual(batch.magic, 2);
  strictEqual(batch.crc, 0xad738a59);
  strictEqual(batch.compression, "none");
  strictEqual(batch.lastOffsetDelta, 2);
  strictEqual(batch.nextOffset, 3);
  strictEqual(batch.baseTimestamp, THEN);
  strictEqual(batch.maxTimestamp, THEN);
  strictEqual(batch.producerId, -1);
  strictEqual(batch.producerEpoch, -1);
  strictEqual(batch.baseSequence, -1);
  strictEqual(batch.lastSequence, -1);
  strictEqual(batch.recordCount, 3);
  ok(!batch.isControl && !batch.isTransactional && !batch.isLogAppendTime);
  ok(!batch.hasDeleteHorizon && !batch.hasProducerId);
  ok(batch.isCrcValid());
});

Deno.test("Batches and their records are read in order, tombstones as null", () => {
  const batches = [...batchesOf(GOLDEN)];
  deepStrictEqual(batches.map((batch) => batch.baseOffset), [0, 3]);
  const records = batches.flatMap((batch) => [...recordsOf(batch, LIMITS)]);
  deepStrictEqual(
    records.map((r) => [r.offset, r.timestamp, text(r.key), text(r.value)]),
    [
      [0, THEN, "k1", "v1"],
      [1, THEN, "k2", "v2"],
      [2, THEN, "k3", "v3"],
      [3, THEN + 17, "k1", null],
    ],
  );
});

Deno.test("Encoding the same records gives Kafka's bytes", () => {
  const first = ["1", "2", "3"].map((n) => ({
    key: utf8(`k${n}`),
    value: utf8(`v${n}`),
    timestamp: THEN,
  }));
  const second = [{ key: utf8("k1"), value: null, timestamp: THEN + 17 }];
  const epoch = { partitionLeaderEpoch: 0 };
  deepStrictEqual(encodeBatch(first, epoch), GOLDEN.slice(0, 94));
  deepStrictEqual(encodeBatch(second, { ...epoch, baseOffset: 3 }), GOLDEN.slice(94));
});

Deno.test("A tail that is cut anywhere leaves only the whole batches", () => {
  for (let end = 0; end < GOLDEN.length; end++) {
    strictEqual([...batchesOf(GOLDEN.subarray(0, end))].length, end < 94 ? 0 : 1);
  }
});

Deno.test("Base offset and leader epoch change in place and keep the checksum", () => {
  const batch = new BatchView(GOLDEN.slice());
  batch.setBaseOffset(2 ** 40 + 7);
  batch.setPartitionLeaderEpoch(12);
  strictEqual(batch.baseOffset, 2 ** 40 + 7);
  strictEqual(batch.lastOffset, 2 ** 40 + 9);
  strictEqual(batch.partitionLeaderEpoch, 12);
  ok(batch.isCrcValid());
});

Deno.test("Append time replaces the records' own and sums the batch again", () => {
  const batch = new BatchView(GOLDEN.slice());
  batch.setMaxTimestamp(THEN + 5000, "LogAppendTime");
  ok(batch.isLogAppendTime && batch.isCrcValid());
  strictEqual([...recordsOf(batch, LIMITS)][1].timestamp, THEN + 5000);
  const scan = scanRecords(batch, { ...LIMITS, latestTimestamp: 0 });
  strictEqual(scan.maxTimestamp, THEN + 5000);
  deepStrictEqual(scan.badTimestamps, []);
});

Deno.test("Setting the timestamp that is there touches nothing", () => {
  const batch = new BatchView(GOLDEN.slice());
  batch.setMaxTimestamp(THEN, "CreateTime");
  deepStrictEqual(batch.bytes, GOLDEN.slice(0, 94));
});

Deno.test("A changed byte under the checksum is noticed", () => {
  for (let at = 21; at < 94; at++) {
    const batch = new BatchView(GOLDEN.slice(0, 94));
    batch.bytes[at] ^= 0x10;
    ok(!batch.isCrcValid());
  }
});

// What is put where, and how it is refused.
const nonsense: [string, number, string, string][] = [
  ["a negative length", 8, "ffffffff", "size"],
  ["a length below a header's", 8, "00000030", "size"],
  ["an old format", 16, "01", "magic"],
  ["a base offset beyond 2^53", 0, "7fffffffffffffff", "header"],
  ["a timestamp before -2^53", 27, "8000000000000000", "header"],
  ["a producer id beyond 2^53", 43, "0020000000000000", "header"],
];

for (const [what, at, bytes, reason] of nonsense) {
  Deno.test(`A batch with ${what} is refused`, () => {
    const batch = GOLDEN.slice();
    batch.set(hex(bytes), at);
    throws(() => [...batchesOf(batch)], isCorrupt(reason));
  });
}

Deno.test("An old format is noticed even when the batch is cut short after its magic", () => {
  const batch = GOLDEN.slice(0, 17);
  batch[16] = 0;
  throws(() => batchSizeAt(batch, 0), isCorrupt("magic"));
  strictEqual(batchSizeAt(batch.subarray(0, 16), 0), undefined);
});

Deno.test("A view of a batch that is cut short is refused", () => {
  throws(() => new BatchView(GOLDEN.subarray(0, 93)), isCorrupt("size"));
});

Deno.test("A codec number that means nothing is refused", () => {
  const bytes = GOLDEN.slice(0, 94);
  bytes[22] = 5;
  throws(() => new BatchView(bytes).compression, isCorrupt("compression"));
  throws(() => scanRecords(new BatchView(bytes), LIMITS), isCorrupt("compression"));
});

Deno.test("Sequences wrap from 2^31-1 to 0", () => {
  const records = [{ value: utf8("a") }, { value: utf8("b") }, { value: utf8("c") }];
  const batch = new BatchView(
    encodeBatch(records, { producerId: 9, producerEpoch: 3, baseSequence: 2 ** 31 - 1 }),
  );
  strictEqual(batch.producerId, 9);
  strictEqual(batch.producerEpoch, 3);
  strictEqual(batch.baseSequence, 2 ** 31 - 1);
  strictEqual(batch.lastSequence, 1);
});

Deno.test("A batch made anew keeps offsets, delete horizon and its last offset", () => {
  const bytes = encodeBatch(
    [{ key: utf8("k"), value: null, timestamp: 500, offset: 12 }],
    { baseOffset: 10, lastOffset: 19, deleteHorizonMs: 9_000_000_000 },
  );
  const batch = new BatchView(bytes);
  ok(batch.hasDeleteHorizon);
  strictEqual(batch.baseTimestamp, 9_000_000_000);
  strictEqual(batch.nextOffset, 20);
  strictEqual(batch.maxTimestamp, 500);
  const [record] = recordsOf(batch, LIMITS);
  deepStrictEqual([record.offset, record.timestamp], [12, 500]);
  strictEqual(scanRecords(batch, LIMITS).offsetOfMaxTimestamp, 12);
  ok(!scanRecords(batch, LIMITS).offsetsAreDense);
});

Deno.test("A batch that lost all its records is a header, whatever its codec", () => {
  const bytes = encodeBatch([], { baseOffset: 5, lastOffset: 9, codec: "zstd" });
  const batch = new BatchView(bytes);
  strictEqual(batch.sizeInBytes, 61);
  strictEqual(batch.nextOffset, 10);
  deepStrictEqual([...recordsOf(batch, LIMITS)], []);
  deepStrictEqual(scanRecords(batch, LIMITS), {
    count: 0,
    maxTimestamp: -1,
    offsetOfMaxTimestamp: -1,
    keyless: [],
    badTimestamps: [],
    offsetsAreDense: true,
    headers: 0,
    unpackedBytes: batch.sizeInBytes - 61,
  });
});

Deno.test("A commit marker has Kafka's bytes and is read back", () => {
  // Version 0, coordinator epoch 1.
  const value = hex("0000 00000001");
  const bytes = encodeControlBatch([{ type: "COMMIT", value }], {
    timestamp: 77,
    producerId: 4,
    producerEpoch: 2,
    isTransactional: true,
  });
  const batch = new BatchView(bytes);
  ok(batch.isControl && batch.isTransactional && batch.isCrcValid());
  strictEqual(batch.baseSequence, -1);
  const [record] = recordsOf(batch, LIMITS);
  deepStrictEqual(record.key, hex("0000 0001"));
  deepStrictEqual(decodeControlRecord(record), { type: "COMMIT", typeNumber: 1, value });
});

Deno.test("A control record of a later Kafka is read as unknown, one without a type is refused", () => {
  const record = { offset: 3, timestamp: 0, headers: [], value: hex("0000") };
  strictEqual(decodeControlRecord({ ...record, key: hex("0000 0063") }).type, "UNKNOWN");
  strictEqual(decodeControlRecord({ ...record, key: hex("0000 ffff") }).typeNumber, -1);
  throws(() => decodeControlRecord({ ...record, key: hex("0000") }), isCorrupt("records"));
  throws(() => decodeControlRecord({ ...record, key: null }), isCorrupt("records"));
});

function isCorrupt(reason: string): (error: unknown) => boolean {
  return (error) => error instanceof CorruptRecords && error.reason === reason;
}
