import { deepStrictEqual, match, ok, rejects, strictEqual, throws } from "node:assert/strict";
import { noLog } from "../../src/base/mod.ts";
import { BrokerConfig } from "../../src/config/mod.ts";
import { levelRecords } from "../../src/controller/mod.ts";
import { type LogDirectory, openLogDirectory } from "../../src/log/mod.ts";
import { MetadataImage, metadataRecord as record } from "../../src/metadata/mod.ts";
import { MetadataLog } from "../../src/node/metadata_log.ts";
import { decodeSnapshot, encodeSnapshot } from "../../src/node/metadata_snapshots.ts";
import {
  decodeQuorumState,
  encodeDynamicQuorumState,
  encodeQuorumState,
} from "../../src/node/quorum_state.ts";
import {
  type MemoryPlatform,
  memoryPlatform,
  SeededRandom,
} from "../../src/platform/memory/mod.ts";
import { StorageError } from "../../src/platform/mod.ts";
import type { MetadataRecord } from "../../src/protocol/mod.ts";
import { batchesOf } from "../../src/records/mod.ts";

const FOLDER = "/data/__cluster_metadata-0";
const LOG_FILE = `${FOLDER}/00000000000000000000.log`;

interface Opened {
  readonly directory: LogDirectory;
  readonly metadata: MetadataLog;
}

async function open(
  platform: MemoryPlatform,
  settings: Record<string, string> = {},
): Promise<Opened> {
  const { disk, clock, random } = platform;
  const config = BrokerConfig.from(new Map(Object.entries(settings)));
  const directory = await openLogDirectory({
    disk,
    clock,
    random,
    path: "/data",
    nodeId: 1,
    brokerConfig: config,
    log: noLog,
  });
  const metadata = await MetadataLog.open({
    directory,
    nodeId: 1,
    config,
    disk,
    clock,
    random,
    log: noLog,
  });
  return { directory, metadata };
}

async function close({ directory, metadata }: Opened) {
  await metadata.close();
  await directory.close();
}

const setting = (name: string, value: string): MetadataRecord =>
  record("ConfigRecord", 0, { resourceType: 4, resourceName: "", name, value });
const settingsIn = ({ image }: MetadataLog) =>
  Object.fromEntries(image.configsOf({ type: 4, name: "" }));
const text = (platform: MemoryPlatform, path: string) =>
  new TextDecoder().decode(platform.disk.readFile(path));
const names = (platform: MemoryPlatform) => platform.disk.list(FOLDER).map(({ name }) => name);

Deno.test("A new metadata log begins with its leader's record, and commits what is appended", async () => {
  const platform = memoryPlatform();
  const opened = await open(platform);
  const { metadata } = opened;
  deepStrictEqual([metadata.image.offset, metadata.epoch, metadata.isLeader], [0, 1, true]);
  strictEqual(
    text(platform, `${FOLDER}/quorum-state`),
    '{"clusterId":"","leaderId":1,"leaderEpoch":1,"votedId":-1,"appliedOffset":0,"currentVoters":[{"voterId":1}],"data_version":0}',
  );
  const heard: unknown[] = [];
  metadata.onCommitted((image, delta, offset) =>
    heard.push([image.offset, [...delta.features], offset])
  );
  const committed = metadata.append(levelRecords());
  strictEqual(metadata.endOffset, 7);
  strictEqual(metadata.image.offset, 0, "appended is not committed");
  strictEqual(await committed, 6);
  deepStrictEqual(heard, [[6, [...metadata.image.features.keys()], 6]]);
  strictEqual(metadata.image.metadataVersion, 30);
  await close(opened);
  match(text(platform, `${FOLDER}/partition.metadata`), /AAAAAAAAAAAAAAAAAAAAAQ/);
});

Deno.test("A metadata log comes back with all that was committed, in an epoch of its own", async () => {
  const platform = memoryPlatform();
  for (const epoch of [1, 2, 3]) {
    const opened = await open(platform);
    const { metadata } = opened;
    strictEqual(metadata.epoch, epoch);
    strictEqual(Object.keys(settingsIn(metadata)).length, epoch - 1);
    await metadata.append([setting(`in.epoch.${epoch}`, "x")]);
    await close(opened);
  }
  const epochs = [...batchesOf(platform.disk.readFile(LOG_FILE))].map((batch) =>
    batch.partitionLeaderEpoch
  );
  deepStrictEqual(epochs, [1, 1, 2, 2, 3, 3]);
});

Deno.test("Records of one call are one batch, and many calls share a sync", async () => {
  const platform = memoryPlatform();
  const opened = await open(platform);
  let syncs = 0;
  platform.disk.onOperation = (operation) => void (syncs += operation === "sync" ? 1 : 0);
  const all = Array.from(
    { length: 100 },
    (_, i) => opened.metadata.append([setting(`a${i}`, "1"), setting(`b${i}`, "1")]),
  );
  deepStrictEqual(await Promise.all(all), all.map((_, i) => 2 + 2 * i));
  ok(syncs <= 4, `${syncs} syncs`);
  const batches = [...batchesOf(platform.disk.readFile(LOG_FILE))];
  strictEqual(batches.length, 101);
  strictEqual(batches[1].recordCount, 2);
  await close(opened);
});

Deno.test("A snapshot stands in for the log before it, also when that is gone", async () => {
  const platform = memoryPlatform();
  const opened = await open(platform);
  await opened.metadata.append([...levelRecords(), setting("log.cleaner.threads", "2")]);
  opened.metadata.writeSnapshot();
  opened.metadata.writeSnapshot(); // nothing new: nothing written
  await opened.metadata.append([setting("later", "1")]);
  const { image } = opened.metadata;
  await close(opened);
  ok(names(platform).includes("00000000000000000008-0000000001.checkpoint"));

  const again = await open(platform);
  deepStrictEqual(again.metadata.image.parts, image.parts);
  strictEqual(again.metadata.image.offset, 9);
  again.metadata.writeSnapshot();
  await close(again);

  for (const name of names(platform)) {
    if (!name.endsWith(".checkpoint") && name !== "partition.metadata") {
      platform.disk.remove(`${FOLDER}/${name}`);
    }
  }
  const restored = await open(platform);
  deepStrictEqual(restored.metadata.image.parts, image.parts);
  deepStrictEqual([restored.metadata.image.offset, restored.metadata.epoch], [10, 3]);
  await restored.metadata.append([setting("more", "1")]);
  await close(restored);
});

Deno.test("A broken snapshot is passed over while the log reaches back, and stops the node when it does not", async () => {
  const platform = memoryPlatform();
  const settings = { "metadata.max.retention.bytes": "1" };
  const opened = await open(platform, settings);
  await opened.metadata.append([setting("a", "1")]);
  opened.metadata.writeSnapshot();
  await close(opened);
  const [first] = names(platform).filter((name) => name.endsWith(".checkpoint"));
  platform.disk.corrupt(`${FOLDER}/${first}`, 70);

  const again = await open(platform, settings);
  deepStrictEqual(settingsIn(again.metadata), { a: "1" });
  for (const name of ["b", "c", "d"]) {
    await again.metadata.append([setting(name, "1")]);
    again.metadata.writeSnapshot();
  }
  await close(again);
  const left = names(platform).filter((name) => name.endsWith(".checkpoint"));
  strictEqual(left.length, 1, "the older ones are beyond metadata.max.retention.bytes");
  platform.disk.corrupt(`${FOLDER}/${left[0]}`, 70);
  await rejects(open(platform, settings), /no snapshot reaches there/);
});

Deno.test("Snapshots come by themselves, and the log drops what they cover", async () => {
  const platform = memoryPlatform();
  const settings = {
    "metadata.log.max.record.bytes.between.snapshots": "2000",
    "metadata.max.retention.bytes": "4000",
  };
  const opened = await open(platform, settings);
  opened.metadata.onCommitted(() => {}); // none is written before whoever follows has seen what was deleted
  await opened.metadata.append(levelRecords());
  for (let i = 0; i < 300; i++) await opened.metadata.append([setting(`key.${i % 7}`, `${i}`)]);
  const { image } = opened.metadata;
  ok(names(platform).filter((name) => name.endsWith(".checkpoint")).length <= 4);
  ok(!names(platform).includes("00000000000000000000.log"));
  await close(opened);
  const again = await open(platform, settings);
  deepStrictEqual(again.metadata.image.parts, image.parts);
  await close(again);
});

Deno.test("Apache Kafka's own folder is opened and gone on with", async () => {
  const platform = memoryPlatform();
  const vectors = new URL("../vectors/kafka-4.3.1-node/", import.meta.url);
  platform.disk.makeDirectory(FOLDER);
  platform.disk.writeFile(
    "/data/meta.properties",
    Deno.readFileSync(new URL("meta.properties", vectors)),
  );
  for (const { name } of Deno.readDirSync(new URL("__cluster_metadata-0/", vectors))) {
    platform.disk.writeFile(
      `${FOLDER}/${name}`,
      Deno.readFileSync(new URL(`__cluster_metadata-0/${name}`, vectors)),
    );
  }
  const opened = await open(platform);
  const { metadata } = opened;
  deepStrictEqual([metadata.image.offset, metadata.epoch], [121, 2]);
  strictEqual(metadata.image.topics.size, 5);
  strictEqual(metadata.image.nextProducerId, 1000);
  await metadata.append([setting("log.cleaner.threads", "3")]);
  metadata.writeSnapshot();
  const { image } = metadata;
  await close(opened);
  const again = await open(platform);
  deepStrictEqual(again.metadata.image.parts, image.parts);
  await close(again);
});

Deno.test("Apache Kafka's snapshots decode, and ours of the same image decode to the same", () => {
  const folder = new URL("../vectors/kafka-4.3.1-node/__cluster_metadata-0/", import.meta.url);
  for (const name of ["00000000000000000032-0000000001", "00000000000000000095-0000000001"]) {
    const theirs = decodeSnapshot(Deno.readFileSync(new URL(`${name}.checkpoint`, folder)));
    const { image } = MetadataImage.empty.apply(theirs.records, { offset: 94, epoch: 1 });
    const { lastContainedLogTimestamp } = theirs;
    const ours = encodeSnapshot(image, { lastContainedLogTimestamp, now: 7 });
    const bytes = new Uint8Array(ours.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of ours) {
      bytes.set(part, at);
      at += part.length;
    }
    const decoded = decodeSnapshot(bytes);
    strictEqual(decoded.lastContainedLogTimestamp, lastContainedLogTimestamp);
    deepStrictEqual(
      MetadataImage.empty.apply(decoded.records, { offset: 94, epoch: 1 }).image,
      image,
    );
    for (let cut = 0; cut < bytes.length; cut += 37) {
      throws(() => decodeSnapshot(bytes.subarray(0, cut)));
    }
  }
});

const states: [string, RegExp | object][] = [
  [
    '{"clusterId":"","leaderId":-1,"leaderEpoch":4,"votedId":1,"appliedOffset":0,"currentVoters":[{"voterId":1}],"data_version":0}',
    { epoch: 4, votedId: 1, leaderId: undefined, voters: [1] },
  ],
  [
    '{"leaderId":1,"leaderEpoch":4,"votedId":-1,"votedDirectoryId":"AAAAAAAAAAAAAAAAAAAAAA","data_version":1}',
    { epoch: 4, votedId: undefined, leaderId: 1, voters: [] },
  ],
  [
    '{"leaderId":1,"leaderEpoch":4,"votedId":-1,"data_version":2}',
    /version is 2/,
  ],
  [
    '{"leaderId":"x","leaderEpoch":4,"votedId":-1,"currentVoters":[],"data_version":0}',
    /leaderId is x/,
  ],
  ['{"leaderId":1', /JSON/],
];
for (const [json, expected] of states) {
  Deno.test(`quorum-state ${json} is ${expected instanceof RegExp ? "refused" : "read"}`, () => {
    if (expected instanceof RegExp) return throws(() => decodeQuorumState(json), expected);
    const decoded = decodeQuorumState(json);
    deepStrictEqual(decoded, expected);
    const again = json.includes('"data_version":1')
      ? encodeDynamicQuorumState(decoded, () => "")
      : encodeQuorumState(decoded, [1]);
    strictEqual(again, json);
  });
}

Deno.test("A quorum of several, or another node's, is refused by its setting", async () => {
  for (const voters of ["1@a:1,2@b:2", "2@b:2"]) {
    await rejects(
      open(memoryPlatform(), {
        "controller.quorum.voters": voters,
        "node.id": "1",
        listeners: "PLAINTEXT://a:9092,CONTROLLER://a:1",
      }),
      /controller\.quorum\.voters/,
    );
  }
});

Deno.test("When the disk fails, everyone who waits learns why, and nothing more is taken", async () => {
  const platform = memoryPlatform();
  const { metadata } = await open(platform);
  platform.disk.onOperation = (operation) => operation === "sync" ? "broken" : undefined;
  await rejects(metadata.append([setting("a", "1")]), StorageError);
  throws(() => metadata.append([setting("b", "1")]), StorageError);
  await rejects(metadata.whenCommitted(metadata.endOffset), StorageError);
  deepStrictEqual(settingsIn(metadata), {});
  await metadata.close();
});

Deno.test("A closed metadata log takes nothing, and what was under way is committed", async () => {
  const platform = memoryPlatform();
  const opened = await open(platform);
  const last = opened.metadata.append([setting("a", "1")]);
  await close(opened);
  strictEqual(await last, 1);
  throws(() => opened.metadata.append([setting("b", "1")]), /stops/);
});

/**
 * Runs up to some operation of the disk, at which the power goes; says what was acknowledged
 * before.
 */
async function live(
  platform: MemoryPlatform,
  random: SeededRandom,
  count: { next: number; ends: Set<number> },
) {
  const settings = {
    "metadata.log.max.record.bytes.between.snapshots": "1500",
    "metadata.max.retention.bytes": "3000",
  };
  let left = 5 + random.int(300);
  platform.disk.onOperation = () => --left < 0 ? "the power is gone" : undefined;
  let acknowledged = -1;
  let recovered: number[] | undefined;
  let epoch: number | undefined;
  try {
    const { metadata } = await open(platform, settings);
    epoch = metadata.epoch;
    recovered = Object.keys(settingsIn(metadata)).map(Number);
    for (let i = 0; i < 200; i++) {
      const numbers = Array.from({ length: 1 + random.int(3) }, () => count.next++);
      count.ends.add(numbers.at(-1)!); // a write that fails may be there, whole
      const committed = metadata.append(numbers.map((n) => setting(`${n}`, "x")));
      committed.then(() => acknowledged = numbers.at(-1)!, () => {});
      if (random.int(3) === 0) await committed;
      if (random.int(20) === 0) metadata.writeSnapshot();
    }
  } catch (error) {
    ok(error instanceof StorageError, `${error}`);
  }
  await undefined;
  platform.disk.onOperation = undefined;
  platform.disk.powerCut();
  return { acknowledged, recovered, epoch };
}

Deno.test("No power cut loses what was acknowledged, nor leaves a hole or half a batch", async () => {
  for (let seed = 1; seed <= 300; seed++) {
    const platform = memoryPlatform({ seed });
    const random = new SeededRandom(seed);
    const count = { next: 0, ends: new Set<number>() };
    /** Numbers that must be there. */
    let sure = new Set<number>();
    /** Numbers of the life before that may be there, in order. */
    let maybe: number[] = [];
    let lastEpoch = 0;
    for (let life = 0; life < 5; life++) {
      const first = count.next;
      const { acknowledged, recovered, epoch } = await live(platform, random, count);
      const written = Array.from({ length: count.next - first }, (_, i) => first + i);
      if (epoch !== undefined) {
        ok(epoch > lastEpoch, `seed ${seed}, life ${life}: epoch ${epoch} was led before`);
        lastEpoch = epoch;
      }
      if (recovered !== undefined) {
        const found = new Set(recovered);
        for (const n of sure) {
          ok(found.has(n), `seed ${seed}, life ${life}: acknowledged ${n} is gone`);
        }
        const kept = maybe.filter((n) => found.has(n));
        deepStrictEqual(kept, maybe.slice(0, kept.length), `seed ${seed}, life ${life}: a hole`);
        const last = kept.at(-1);
        ok(last === undefined || count.ends.has(last), `seed ${seed}, life ${life}: half a batch`);
        strictEqual(
          found.size,
          sure.size + kept.length,
          `seed ${seed}, life ${life}: something from nowhere`,
        );
        sure = found; // it was committed before `open` came back
        maybe = [];
      }
      for (const n of written) n <= acknowledged ? sure.add(n) : maybe.push(n);
    }
  }
});
