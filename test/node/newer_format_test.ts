/**
 * A data directory that a newer version wrote is refused with a sentence, and each byte of it stays
 * as it is, after a clean stop and after a kill; taken back, it opens.
 */
import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { noLog } from "../../src/base/mod.ts";
import { ByteWriter, crc32c } from "../../src/bytes/mod.ts";
import { BrokerConfig } from "../../src/config/mod.ts";
import { levelRecords } from "../../src/controller/mod.ts";
import { MetadataImage, metadataRecord } from "../../src/metadata/mod.ts";
import { encodeSnapshot } from "../../src/node/metadata_snapshots.ts";
import { type Node, startNode } from "../../src/node/mod.ts";
import { replaceFile } from "../../src/platform/mod.ts";
import { denoPlatform } from "../../src/platform/deno/mod.ts";
import { MemoryDisk } from "../../src/platform/memory/mod.ts";
import { encodeMetadataRecord, type MetadataRecord } from "../../src/protocol/mod.ts";
import { encodeBatch, encodeControlBatch } from "../../src/records/mod.ts";
import { createTopic, produce } from "../kit/raw_topics.ts";
import { RawClient } from "../kit/wire.ts";

const METADATA = "/data/__cluster_metadata-0";
const LOG = `${METADATA}/00000000000000000000.log`;
const EPOCH = 1;

async function start(disk: MemoryDisk): Promise<Node> {
  return await startNode({
    config: BrokerConfig.from(new Map([["listeners", "PLAINTEXT://127.0.0.1:0"]])),
    dataFolders: ["/data"],
    platform: { ...denoPlatform(), disk },
    log: noLog,
  });
}

/** A topic with records, its second partition with some of an idempotent producer. */
async function filled({ isClean }: { isClean: boolean }): Promise<MemoryDisk> {
  const disk = new MemoryDisk();
  const node = await start(disk);
  using client = await RawClient.connect(node.addresses[0].port);
  await createTopic(client, "orders", { partitions: 2 });
  for (let i = 0; i < 5; i++) await produce(client, { topic: "orders" }, [`${i}`]);
  await node.close();
  if (!isClean) disk.remove("/data/.kafka_cleanshutdown");
  return disk;
}

function filesOf(disk: MemoryDisk, folder = "/data"): Map<string, string> {
  const files = new Map<string, string>();
  for (const { name, isDirectory } of disk.list(folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory) { for (const [file, hex] of filesOf(disk, path)) files.set(file, hex); }
    else if (name !== ".lock") files.set(path, contentOf(disk.readFile(path)));
  }
  return files;
}

/** Short enough to be told when it differs. */
const contentOf = (bytes: Uint8Array): string =>
  `${bytes.length} bytes, ${crc32c(bytes)} ${bytes.subarray(0, 40).toHex()}`;

type Change = (disk: MemoryDisk) => void;

const write = (path: string, content: string | Uint8Array): Change => (disk) =>
  replaceFile(disk, path, content);

const replace = (path: string, from: string, to: string): Change => (disk) => {
  const text = new TextDecoder().decode(disk.readFile(path));
  strictEqual(text.includes(from), true, text);
  write(path, text.replace(from, to))(disk);
};

/** Behind what is in the metadata log. */
const append = (batchAt: (baseOffset: number) => Uint8Array): Change => (disk) => {
  const bytes = disk.readFile(LOG);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  let at = 0;
  let next = 0;
  while (at < bytes.length) {
    next = Number(view.getBigInt64(at)) + view.getInt32(at + 23) + 1;
    at += 12 + view.getInt32(at + 8);
  }
  const batch = batchAt(next);
  const joined = new Uint8Array(bytes.length + batch.length);
  joined.set(bytes);
  joined.set(batch, bytes.length);
  disk.writeFile(LOG, joined);
};

const withRecord = (value: Uint8Array): Change =>
  append((baseOffset) =>
    encodeBatch([{ value, timestamp: 1 }], { baseOffset, partitionLeaderEpoch: EPOCH })
  );

const uvarints = (...values: number[]): Uint8Array => {
  const writer = new ByteWriter();
  for (const value of values) writer.uvarint(value);
  return writer.finish();
};

const feature = (name: string, featureLevel: number): MetadataRecord =>
  metadataRecord("FeatureLevelRecord", 0, { name, featureLevel });

const snapshotOf = (records: MetadataRecord[]): Uint8Array => {
  const { image } = MetadataImage.empty.apply(records, { offset: 0, epoch: EPOCH });
  const parts = encodeSnapshot(image, { lastContainedLogTimestamp: 1, now: 1 });
  return new Uint8Array(parts.flatMap((part) => [...part]));
};

const kraftVersion = (level: number): Change =>
  append((baseOffset) => {
    const value = Uint8Array.of(0, 0, 0, level, 0);
    return encodeControlBatch([{ type: "KRAFT_VERSION", value }], {
      timestamp: 1,
      baseOffset,
      partitionLeaderEpoch: EPOCH,
    });
  });

/** At the end of a partition, and larger than one of ours with the same record. */
const newerBatch: Change = (disk) => {
  const path = "/data/orders-0/00000000000000000000.log";
  const before = disk.readFile(path);
  const batch = encodeBatch([{ value: new Uint8Array(100).fill(7), timestamp: 1 }], {
    baseOffset: 5,
    partitionLeaderEpoch: 0,
  });
  batch[16] = 3;
  batch.fill(9, 17, 21);
  const joined = new Uint8Array(before.length + batch.length);
  joined.set(before);
  joined.set(batch, before.length);
  disk.writeFile(path, joined);
};

const changes: [string, Change, RegExp][] = [
  [
    "meta.properties",
    replace("/data/meta.properties", "version=1", "version=2"),
    /meta\.properties: its version is 2/,
  ],
  ...[
    "recovery-point-offset-checkpoint",
    "replication-offset-checkpoint",
    "log-start-offset-checkpoint",
    "cleaner-offset-checkpoint",
  ].map((name): [string, Change, RegExp] => [
    name,
    write(`/data/${name}`, "1\n1\norders 0 5 7\n"),
    new RegExp(`${name}: its version is 1, .* reads 0`),
  ]),
  [
    "leader-epoch-checkpoint",
    write("/data/orders-0/leader-epoch-checkpoint", "1\n1\n0 0 0\n"),
    /orders-0\/leader-epoch-checkpoint: its version is 1/,
  ],
  [
    "partition.metadata",
    replace("/data/orders-1/partition.metadata", "version: 0", "version: 1"),
    /orders-1\/partition\.metadata: its version is 1/,
  ],
  [
    "a producer snapshot",
    write("/data/orders-1/00000000000000000000.snapshot", new Uint8Array(40).fill(2, 1, 2)),
    /\.snapshot: its version is 2/,
  ],
  [
    "quorum-state",
    replace(`${METADATA}/quorum-state`, `"data_version":0`, `"data_version":2`),
    /quorum-state.*its version is 2/,
  ],
  ["metadata.version", withRecord(encodeMetadataRecord(feature("metadata.version", 31))), /31/],
  ["a level", withRecord(encodeMetadataRecord(feature("share.version", 9))), /share\.version is 9/],
  ["a feature", withRecord(encodeMetadataRecord(feature("new.version", 1))), /no such feature/],
  ["a metadata record's type", withRecord(uvarints(1, 99, 0)), /type 99 is unknown/],
  ["a metadata record's version", withRecord(uvarints(1, 12, 9)), /version 9/],
  ["a metadata record's frame", withRecord(uvarints(2, 12, 0)), /frame version is 2/],
  ["kraft.version", kraftVersion(2), /kraft\.version is 2/],
  ["a batch", newerBatch, /orders-0\/0{20}\.log .*its version is 3 .* reads 2/],
  [
    "a metadata snapshot",
    write(
      `${METADATA}/00000000000000000001-0000000001.checkpoint`,
      snapshotOf([...levelRecords(), feature("metadata.version", 31)]),
    ),
    /metadata\.version 31 is newer/,
  ],
];

for (const isClean of [true, false]) {
  const before = isClean ? "a clean stop" : "a kill";
  Deno.test(`After ${before}, a directory of a newer format is refused and left as it is`, async () => {
    const disk = await filled({ isClean });
    const whole = filesOf(disk);
    const kept = [...whole.keys()].map((path) => [path, disk.readFile(path)] as const);
    for (const [what, change, sentence] of changes) {
      change(disk);
      const changed = filesOf(disk);
      await rejects(start(disk), ({ name, message }: Error) => {
        strictEqual(sentence.test(message), true, `${what}: ${message}`);
        strictEqual(/Cannot use/.test(message), true, message);
        return name === "StorageError";
      }, what);
      deepStrictEqual(filesOf(disk), changed, what);
      for (const path of changed.keys()) if (!whole.has(path)) disk.remove(path);
      for (const [path, content] of kept) disk.writeFile(path, content);
    }
    const node = await start(disk);
    using client = await RawClient.connect(node.addresses[0].port);
    strictEqual((await produce(client, { topic: "orders" }, ["more"]) as any).baseOffset, 5);
    await node.close();
  });
}

Deno.test("A directory that a newer version has formatted is refused", async () => {
  const disk = await filled({ isClean: true });
  disk.remove(METADATA);
  disk.remove("/data/orders-0");
  disk.remove("/data/orders-1");
  const records = [...levelRecords(), feature("metadata.version", 31)];
  write("/data/bootstrap.checkpoint", snapshotOf(records))(disk);
  const before = filesOf(disk);
  await rejects(start(disk), /metadata\.version 31 is newer/);
  deepStrictEqual(filesOf(disk), before);
});
