/**
 * A data directory that Apache Kafka 4.3.1 left behind: we open it and read all of it, and each of
 * its small files, decoded and encoded again, is the same bytes.
 */
import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { batchesOf } from "../../src/records/mod.ts";
import type { MemoryDisk } from "../../src/platform/memory/mod.ts";
import { decodeOffsets, encodeOffsets } from "../../src/log/checkpoints.ts";
import { decodeEpochs, encodeEpochs } from "../../src/log/leader_epochs.ts";
import {
  decodeMetaProperties,
  encodeMetaProperties,
  javaDate,
} from "../../src/log/meta_properties.ts";
import {
  decodePartitionMetadata,
  encodePartitionMetadata,
} from "../../src/log/partition_metadata.ts";
import { decodeProducerSnapshot, encodeProducerSnapshot } from "../../src/log/producer_snapshot.ts";
import { Segment } from "../../src/log/segment.ts";
import { runToEnd } from "../../src/log/steps.ts";
import { open, values, world } from "./kit.ts";

const sample = new URL("../vectors/kafka-4.3.1-node/", import.meta.url).pathname;
const CLUSTER_ID = "abcdefghijklmnopqrstug";

function* filesBelow(folder: string, prefix = ""): Generator<string> {
  const entries = [...Deno.readDirSync(folder)].sort((a, b) => a.name < b.name ? -1 : 1);
  for (const { name, isDirectory } of entries) {
    if (isDirectory) yield* filesBelow(`${folder}/${name}`, `${prefix}${name}/`);
    else if (!/\.(txt|md)$/.test(name)) yield prefix + name;
  }
}

function copyTo(disk: MemoryDisk): void {
  for (const file of filesBelow(sample)) {
    const path = `/data/${file}`;
    disk.makeDirectory(path.slice(0, path.lastIndexOf("/")));
    disk.writeFile(path, Deno.readFileSync(sample + file));
  }
}

const reencode: [RegExp, (text: string) => string][] = [
  [
    /(recovery-point|replication|log-start)-offset-checkpoint$/,
    (t) => encodeOffsets(decodeOffsets(t)),
  ],
  [/leader-epoch-checkpoint$/, (t) => encodeEpochs(decodeEpochs(t))],
  [/partition\.metadata$/, (t) => encodePartitionMetadata(decodePartitionMetadata(t))],
  [/meta\.properties$/, (t) => encodeMetaProperties(decodeMetaProperties(t))],
];

for (const file of filesBelow(sample)) {
  const [, again] = reencode.find(([pattern]) => pattern.test(file)) ?? [];
  if (again) {
    Deno.test(`Kafka's ${file} is read and written the same`, () => {
      const text = Deno.readTextFileSync(sample + file);
      strictEqual(again(text), text);
    });
  }
  if (file.endsWith(".snapshot")) {
    Deno.test(`Kafka's ${file} is read and written the same`, () => {
      const bytes = Deno.readFileSync(sample + file);
      deepStrictEqual(encodeProducerSnapshot(decodeProducerSnapshot(bytes)), bytes);
    });
  }
  if (file.endsWith(".log")) {
    Deno.test(`The indexes that we build for Kafka's ${file} are Kafka's own`, () => {
      const { disk } = world();
      copyTo(disk);
      const folder = `/data/${file.slice(0, file.lastIndexOf("/"))}`;
      const segment = new Segment(disk, folder, 0, 0);
      let problem: string | undefined;
      runToEnd(segment.rebuild({
        indexIntervalBytes: 4096,
        endOffset: undefined,
        visit: () => {},
        onBroken: (broken) => (problem = broken.problem, "cut"),
      }));
      strictEqual(problem, undefined);
      segment.seal();
      for (const suffix of ["index", "timeindex"] as const) {
        const ours = disk.readFile(segment.pathOf(suffix));
        const theirs = Deno.readFileSync(sample + file.replace(/log$/, suffix));
        // Appends of several batches made Kafka's entries; ours come one by one, as after a rebuild
        // of theirs.
        strictEqual(ours.toHex(), theirs.toHex(), suffix);
      }
    });
  }
}

Deno.test("A directory that Kafka closed opens clean, with its ids, ends and topics", async () => {
  const { disk, clock, random } = world();
  copyTo(disk);
  const directory = await open({ disk, clock, random });
  strictEqual(directory.clusterId, CLUSTER_ID);
  strictEqual(directory.directoryId, "udD3s7__D4hv1lI3UHva8w");
  strictEqual(directory.wasCleanShutdown, true);
  strictEqual(directory.previousBrokerEpoch, 11);
  strictEqual([...directory.partitions()].length, 16);
  const orders = directory.get({ topic: "orders", partition: 0 })!;
  strictEqual(orders.topicId, "xe1BttuRRhecNZt-hJXVpg");
  strictEqual(orders.logEndOffset, 49);
  strictEqual(orders.highWatermark, 49);
  strictEqual(orders.lastStableOffset, 49);
  deepStrictEqual([...orders.producers()].map((p) => [p.producerId, p.producerEpoch]), [[0, 4]]);
});

for (const isClean of [true, false]) {
  Deno.test(`Every record of Kafka's directory is read back, ${isClean ? "clean" : "recovered"}`, async () => {
    const { disk, clock, random } = world();
    copyTo(disk);
    if (!isClean) disk.remove("/data/.kafka_cleanshutdown");
    const warnings: string[] = [];
    const directory = await open({ disk, clock, random }, {
      log: (level, event) => level === "info" || warnings.push(event),
    });
    deepStrictEqual(warnings, []);
    for (const log of directory.partitions()) {
      const { topic, partition } = log.topicPartition;
      const stored = Deno.readFileSync(`${sample}${topic}-${partition}/00000000000000000000.log`);
      let size = 0;
      for (let offset = 0; offset < log.logEndOffset;) {
        const limits = { maxBytes: 200, upTo: log.logEndOffset, atLeastOneBatch: true };
        const { parts, bytes, nextOffset } = log.read(offset, limits);
        ok(bytes > 0);
        deepStrictEqual(parts[0], stored.subarray(size, size + bytes));
        size += bytes;
        offset = nextOffset;
      }
      strictEqual(size, stored.length);
    }
    const orders = directory.get({ topic: "orders", partition: 0 })!;
    const dump = Deno.readTextFileSync(`${sample}orders-0.txt`);
    const theirs = [...dump.matchAll(/^\| offset: .* payload: (.*)$/gm)].map(([, payload]) =>
      payload
    );
    deepStrictEqual(values(orders), theirs);
  });
}

Deno.test("A directory that we open and close is left as Kafka had it", async () => {
  const { disk, clock, random } = world();
  copyTo(disk);
  const directory = await open({ disk, clock, random });
  await directory.close({ brokerEpoch: 11 });
  for (const file of filesBelow(sample)) {
    const folder = file.includes("/") ? file.slice(0, file.indexOf("/")) : "";
    const isEmpty = folder !== "" &&
      disk.stat(`/data/${folder}/00000000000000000000.log`).size === 0;
    // An epoch that wrote nothing is forgotten at the start, by Kafka too.
    if (isEmpty && file.endsWith("leader-epoch-checkpoint")) continue;
    const ours = new TextDecoder("latin1").decode(disk.readFile(`/data/${file}`));
    const theirs = new TextDecoder("latin1").decode(Deno.readFileSync(sample + file));
    const isOrdered = !/(recovery-point|replication)-offset-checkpoint$/.test(file);
    const normal = (text: string) => isOrdered ? text : text.split("\n").sort().join("\n");
    strictEqual(normal(ours), normal(theirs), file);
  }
});

Deno.test("A batch of Kafka's that lost a bit is refused, and what follows it is there", async () => {
  const { disk, clock, random } = world();
  copyTo(disk);
  disk.remove("/data/.kafka_cleanshutdown");
  const path = "/data/orders-0/00000000000000000000.log";
  const before = disk.readFile(path);
  const [first, second] = batchesOf(before);
  disk.corrupt(path, first.sizeInBytes + 70, 0x04);
  disk.remove("/data/recovery-point-offset-checkpoint");
  const orders = (await open({ disk, clock, random })).get({ topic: "orders", partition: 0 })!;
  strictEqual(disk.stat(path).size, before.length);
  const read = (offset: number) =>
    orders.read(offset, { maxBytes: 1 << 20, upTo: Infinity, atLeastOneBatch: true });
  strictEqual(read(0).nextOffset, first.nextOffset);
  throws(() => read(first.nextOffset), { error: "CORRUPT_MESSAGE" });
  strictEqual(read(second.nextOffset).nextOffset, orders.logEndOffset);
});

Deno.test("Times are written as Java prints them", () => {
  strictEqual(javaDate(Date.UTC(2026, 10, 22, 17, 52, 19)), "Sun Nov 22 17:52:19 UTC 2026");
});
