import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { MetadataImage } from "../../src/metadata/mod.ts";
import { encodeMetadataRecord, type MetadataRecord } from "../../src/protocol/mod.ts";
import { LOG, type LoggedRecord, recordsOfFile, SNAPSHOTS } from "./kafka_log.ts";

const imageOf = (records: LoggedRecord[]): MetadataImage =>
  MetadataImage.empty.apply(records.map(({ record }) => record), {
    offset: records.at(-1)!.offset,
    epoch: records.at(-1)!.epoch,
  }).image;

for (const name of [LOG, ...SNAPSHOTS.map(({ name }) => name)]) {
  Deno.test(`Every record of Apache Kafka's ${name} encodes to the same bytes`, () => {
    const records = recordsOfFile(name);
    ok(records.length > 8);
    for (const { record, bytes } of records) {
      strictEqual(encodeMetadataRecord(record).toHex(), bytes.toHex());
    }
  });
}

function sortedHex(record: MetadataRecord): string {
  if ("features" in record.value) record.value.features.sort((a, b) => a.name < b.name ? -1 : 1);
  return encodeMetadataRecord(record).toHex();
}

for (const { end, name } of SNAPSHOTS) {
  const log = () => recordsOfFile(LOG).filter(({ offset }) => offset < end);

  Deno.test(`Apache Kafka's log below ${end} and its snapshot there make the same image`, () => {
    deepStrictEqual(imageOf(log()).parts, imageOf(recordsOfFile(name)).parts);
  });

  Deno.test(`An image of Apache Kafka's log below ${end} is written as the records of its snapshot`, () => {
    const ours = imageOf(log()).toRecords();
    const theirs = recordsOfFile(name).map(({ record }) => record);
    const sections = (records: MetadataRecord[]) => [...new Set(records.map(({ type }) => type))];
    deepStrictEqual(sections(ours), sections(theirs));
    // Within a section the order is that of Kafka's hash maps, which means nothing.
    const sorted = (records: MetadataRecord[]) => records.map(sortedHex).sort();
    deepStrictEqual(sorted(ours), sorted(theirs));
  });
}

Deno.test("Apache Kafka's log, replayed batch by batch or at once, makes the same image", () => {
  const records = recordsOfFile(LOG);
  let image = MetadataImage.empty;
  for (const { record, offset, epoch } of records) {
    image = image.apply([record], { offset, epoch }).image;
  }
  deepStrictEqual(image, imageOf(records));
  strictEqual(image.offset, 120);
  strictEqual(image.metadataVersion, 30);
  strictEqual(image.nextProducerId, 1000);
  deepStrictEqual(image.partition("orders", 1), {
    replicas: [1],
    directories: ["udD3s7__D4hv1lI3UHva8w"],
    isr: [],
    removingReplicas: [],
    addingReplicas: [],
    eligibleLeaderReplicas: [1],
    lastKnownElr: [1],
    leader: -1,
    leaderRecoveryState: 0,
    leaderEpoch: 1,
    partitionEpoch: 1,
  });
  deepStrictEqual([...image.configsOf({ type: 2, name: "orders" })], [[
    "segment.bytes",
    "1048576",
  ]]);
  ok(image.brokers.get(1)!.fenced && image.brokers.get(1)!.inControlledShutdown);
});
