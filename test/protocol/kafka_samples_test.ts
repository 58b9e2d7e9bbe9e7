/**
 * What a real node of Apache Kafka 4.3.1 has written: every record decodes and encodes to the same
 * bytes.
 */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { ByteReader, ByteWriter } from "../../src/bytes/mod.ts";
import {
  type CoordinatorRecords,
  decodeCoordinatorRecord,
  decodeMessage,
  decodeMetadataRecord,
  encodeCoordinatorKey,
  encodeCoordinatorValue,
  encodeMessage,
  encodeMetadataRecord,
  EndTxnMarker,
  GROUP_RECORDS,
  KRaftVersionRecord,
  LeaderChangeMessage,
  type Message,
  ProducerSnapshot,
  SHARE_STATE_RECORDS,
  SnapshotFooterRecord,
  SnapshotHeaderRecord,
  TRANSACTION_RECORDS,
  VotersRecord,
} from "../../src/protocol/mod.ts";
import { batchesOf, type BatchView, type Record, recordsOf } from "../../src/records/mod.ts";
import { walk } from "../kit/walk.ts";

const NODE = new URL("../vectors/kafka-4.3.1-node", import.meta.url).pathname;
const LIMITS = { maxDecompressedBytes: 1 << 20 };

interface Found {
  file: string;
  batch: BatchView;
  record: Record;
}

/** All records in the files whose path matches. */
function recordsIn(pattern: RegExp): Found[] {
  return walk(NODE).filter((path) => pattern.test(path)).sort().flatMap((path) =>
    [...batchesOf(Deno.readFileSync(path))].flatMap((batch) =>
      [...recordsOf(batch, LIMITS)].map((record) => ({
        file: path.slice(NODE.length + 1),
        batch,
        record,
      }))
    )
  );
}

const METADATA = /__cluster_metadata-0\/.*\.(?:log|checkpoint)$|bootstrap\.checkpoint$/;

Deno.test("Every metadata record of Kafka's logs and snapshots survives to the byte", () => {
  const types = new Map<string, number>();
  for (const { file, batch, record } of recordsIn(METADATA)) {
    if (batch.isControl) continue;
    const decoded = decodeMetadataRecord(record.value!);
    strictEqual(
      encodeMetadataRecord(decoded).toHex(),
      record.value!.toHex(),
      `${file}@${record.offset}`,
    );
    types.set(decoded.type, (types.get(decoded.type) ?? 0) + 1);
  }
  ok(types.get("PartitionRecord")! > 10, JSON.stringify([...types]));
  ok(types.size >= 10, JSON.stringify([...types]));
});

Deno.test("Kafka's dump of its metadata log names the records that we decode", () => {
  const dump = Deno.readTextFileSync(`${NODE}/metadata-log.txt`);
  const theirs = [...dump.matchAll(/"type":"([A-Z_]+)"/g)].map(([, type]) => type);
  const ours = recordsIn(/__cluster_metadata-0\/.*\.log$/)
    .filter(({ batch }) => !batch.isControl)
    .map(({ record }) => decodeMetadataRecord(record.value!).type);
  const kafkas = (type: string) => type.replace(/([a-z])([A-Z])/g, "$1_$2").toUpperCase(); // NoOpRecord -> NO_OP_RECORD
  deepStrictEqual(ours.map(kafkas), theirs.slice(0, ours.length));
  ok(ours.length > 50);
});

const topics: [string, CoordinatorRecords][] = [
  ["__consumer_offsets", GROUP_RECORDS],
  ["__transaction_state", TRANSACTION_RECORDS],
  ["__share_group_state", SHARE_STATE_RECORDS],
];

for (const [topic, pairs] of topics) {
  Deno.test(`Every record of Kafka's ${topic} survives to the byte`, () => {
    let count = 0;
    for (const { file, batch, record } of recordsIn(new RegExp(`${topic}-\\d+/.*\\.log$`))) {
      if (batch.isControl) continue;
      const where = `${file}@${record.offset}`;
      const decoded = decodeCoordinatorRecord(pairs, record.key!, record.value);
      ok(decoded, where);
      const { key, value } = pairs[decoded.type];
      strictEqual(encodeCoordinatorKey(key, decoded.key).toHex(), record.key!.toHex(), where);
      strictEqual(decoded.value === null, record.value === null, where);
      if (record.value !== null) {
        const encoded = encodeCoordinatorValue(value, decoded.value!, decoded.version);
        strictEqual(encoded.toHex(), record.value.toHex(), where);
      }
      count++;
    }
    ok(count > 0);
  });
}

/** Bodies of control records by the type in their key; those of markers have a version in front. */
const CONTROL: { [type: number]: [Message, prefix: number] } = {
  0: [EndTxnMarker, 2],
  1: [EndTxnMarker, 2],
  2: [LeaderChangeMessage, 0],
  3: [SnapshotHeaderRecord, 0],
  4: [SnapshotFooterRecord, 0],
  5: [KRaftVersionRecord, 0],
  6: [VotersRecord, 0],
};

Deno.test("Every control record of Kafka's logs survives to the byte", () => {
  const seen = new Set<number>();
  for (const { file, batch, record } of recordsIn(/\.(?:log|checkpoint)$/)) {
    if (!batch.isControl) continue;
    const type = new ByteReader(record.key!, 2).int16();
    const [message, prefix] = CONTROL[type];
    const reader = new ByteReader(record.value!, prefix);
    const decoded = decodeMessage(message, reader, 0);
    strictEqual(reader.remaining, 0, `${file}@${record.offset}`);
    const writer = new ByteWriter();
    encodeMessage(message, decoded, 0, writer);
    strictEqual(writer.finish().toHex(), record.value!.subarray(prefix).toHex());
    seen.add(type);
  }
  deepStrictEqual([...seen].sort(), [1, 2, 3, 4]);
});

Deno.test("Kafka's producer snapshots survive to the byte", () => {
  let entries = 0;
  for (const path of walk(NODE).filter((path) => path.endsWith(".snapshot"))) {
    const bytes = Deno.readFileSync(path);
    const reader = new ByteReader(bytes);
    const version = reader.int16();
    const decoded = decodeMessage(ProducerSnapshot, reader, version);
    strictEqual(reader.remaining, 0, path);
    const writer = new ByteWriter();
    writer.int16(version);
    encodeMessage(ProducerSnapshot, decoded, version, writer);
    strictEqual(writer.finish().toHex(), bytes.toHex(), path);
    entries += decoded.producerEntries.length;
  }
  ok(entries > 0);
});
