/** Quorums whose voters stand in their log (KIP-853), and logs that are not ours to write to. */
import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { noLog } from "../../src/base/mod.ts";
import { BrokerConfig } from "../../src/config/mod.ts";
import { levelRecords } from "../../src/controller/mod.ts";
import { type LogDirectory, openLogDirectory } from "../../src/log/mod.ts";
import { MetadataImage, metadataRecord } from "../../src/metadata/mod.ts";
import { MetadataLog } from "../../src/node/metadata_log.ts";
import {
  decodeSnapshot,
  encodeSnapshot,
  readBootstrap,
} from "../../src/node/metadata_snapshots.ts";
import { soleVoter } from "../../src/node/quorum_voters.ts";
import { type MemoryPlatform, memoryPlatform } from "../../src/platform/memory/mod.ts";
import type { MetadataRecord } from "../../src/protocol/mod.ts";
import { batchesOf, decodeControlRecord, recordsOf } from "../../src/records/mod.ts";

const FOLDER = "/data/__cluster_metadata-0";
const LOG_FILE = `${FOLDER}/00000000000000000000.log`;
const FORMATTED = `${FOLDER}/00000000000000000000-0000000000.checkpoint`;
const ENDPOINTS = [{ name: "CONTROLLER", host: "127.0.0.1", port: 9093 }];
const TIMES = { lastContainedLogTimestamp: 0, now: 0 };

const directoryOf = (platform: MemoryPlatform): Promise<LogDirectory> =>
  openLogDirectory({
    ...platform,
    path: "/data",
    nodeId: 1,
    brokerConfig: BrokerConfig.from(new Map()),
    log: noLog,
  });

/**
 * Opens the log, does something with it and closes all; what it did when it cannot be opened too.
 */
async function withLog<T>(
  platform: MemoryPlatform,
  run: (metadata: MetadataLog, directory: LogDirectory) => T | Promise<T>,
): Promise<T> {
  const directory = await directoryOf(platform);
  try {
    const config = BrokerConfig.from(new Map());
    const metadata = await MetadataLog.open({
      ...platform,
      directory,
      nodeId: 1,
      config,
      log: noLog,
    });
    const result = await run(metadata, directory);
    await metadata.close();
    return result;
  } finally {
    await directory.close();
  }
}

function controlTypes(platform: MemoryPlatform): string[][] {
  return [...batchesOf(platform.disk.readFile(LOG_FILE))].filter(({ isControl }) => isControl).map(
    (batch) =>
      [...recordsOf(batch, { maxDecompressedBytes: 1000 })].map((record) =>
        decodeControlRecord(record).type
      ),
  );
}
const quorumState = (platform: MemoryPlatform) =>
  JSON.parse(new TextDecoder().decode(platform.disk.readFile(`${FOLDER}/quorum-state`)));

Deno.test("kraft.version 1 is written into the log with its voter, and stays", async () => {
  const platform = memoryPlatform();
  await withLog(platform, async (metadata, directory) => {
    strictEqual(metadata.quorum.kraftVersion, 0);
    await metadata.append(levelRecords());
    await metadata.writeVoters(soleVoter(1, directory.directoryId, ENDPOINTS));
    strictEqual(metadata.quorum.kraftVersion, 1);
    metadata.writeSnapshot();
  });
  const { data_version, votedDirectoryId } = quorumState(platform);
  deepStrictEqual([data_version, votedDirectoryId], [1, "AAAAAAAAAAAAAAAAAAAAAA"]);
  await withLog(platform, ({ quorum, epoch }, { directoryId }) => {
    strictEqual(epoch, 2);
    deepStrictEqual(quorum, soleVoter(1, directoryId, ENDPOINTS));
  });
  deepStrictEqual(controlTypes(platform), [
    ["LEADER_CHANGE"],
    ["KRAFT_VERSION", "KRAFT_VOTERS"],
    ["LEADER_CHANGE"],
  ]);
  for (const { name } of platform.disk.list(FOLDER)) { // the snapshot alone knows as well
    if (!/checkpoint$|metadata$/.test(name) || name.startsWith("leader")) {
      platform.disk.remove(`${FOLDER}/${name}`);
    }
  }
  await withLog(platform, ({ quorum }) => strictEqual(quorum.voters[0].voterId, 1));
});

Deno.test("The first leader of a formatted directory writes its voters into the log", async () => {
  const platform = memoryPlatform();
  const directory = await directoryOf(platform);
  const voters = soleVoter(1, directory.directoryId, ENDPOINTS);
  await directory.close();
  const bytes = encodeSnapshot(MetadataImage.empty, TIMES, voters);
  platform.disk.makeDirectory(FOLDER);
  platform.disk.open(FORMATTED, "create").writeAll(bytes, 0);
  for (let start = 1; start <= 2; start++) {
    await withLog(platform, ({ quorum }) => deepStrictEqual(quorum, voters));
  }
  deepStrictEqual(controlTypes(platform), [
    ["LEADER_CHANGE", "KRAFT_VERSION", "KRAFT_VOTERS"],
    ["LEADER_CHANGE"],
  ]);
});

Deno.test("Voters in a snapshot are read back as they were written", () => {
  const voters = soleVoter(1, "MissingMissingMissingA", ENDPOINTS);
  const batches = encodeSnapshot(MetadataImage.empty, TIMES, voters);
  const whole = new Uint8Array(batches.flatMap((batch) => [...batch]));
  deepStrictEqual(decodeSnapshot(whole).voters, voters);
});

const level = (featureLevel: number): MetadataRecord =>
  metadataRecord("FeatureLevelRecord", 0, { name: "metadata.version", featureLevel });

for (
  const [what, spoil, why] of [
    ["a newer metadata.version", level(31), /metadata\.version 31 is newer than 7 to 30/],
    ["an older metadata.version", level(3), /metadata\.version 3 is older/],
  ] as const
) {
  Deno.test(`A log with ${what} is told of in a sentence, and not written to`, async () => {
    const platform = memoryPlatform();
    await withLog(platform, (metadata) => metadata.append([...levelRecords(), spoil]));
    const before = platform.disk.readFile(LOG_FILE).toHex();
    const state = quorumState(platform);
    await rejects(withLog(platform, () => {}), why);
    strictEqual(platform.disk.readFile(LOG_FILE).toHex(), before);
    deepStrictEqual(quorumState(platform), state);
  });
}

for (
  const [what, id, directoryId, why] of [
    ["another node", 2, "MissingMissingMissingA", /the voters in its log are 2/],
    ["another directory", 1, "MissingMissingMissingA", /voter in its log is directory Missing/],
  ] as const
) {
  Deno.test(`A quorum of ${what} is told of in a sentence, and not written to`, async () => {
    const platform = memoryPlatform();
    await (await directoryOf(platform)).close();
    const bytes = encodeSnapshot(MetadataImage.empty, TIMES, soleVoter(id, directoryId, ENDPOINTS));
    platform.disk.makeDirectory(FOLDER);
    platform.disk.open(FORMATTED, "create").writeAll(bytes, 0);
    await rejects(withLog(platform, () => {}), why);
    ok(!platform.disk.exists(`${FOLDER}/quorum-state`));
  });
}

Deno.test("What a directory was formatted with is read from bootstrap.checkpoint", async () => {
  const platform = memoryPlatform();
  await (await directoryOf(platform)).close();
  strictEqual(readBootstrap(platform.disk, "/data"), undefined);
  const { image } = MetadataImage.empty.apply(levelRecords(25), { offset: -1, epoch: 0 });
  const file = platform.disk.open("/data/bootstrap.checkpoint", "create");
  file.writeAll(encodeSnapshot(image, TIMES), 0);
  const read = readBootstrap(platform.disk, "/data")!;
  deepStrictEqual(read, levelRecords(25));
  file.truncate(50);
  try {
    readBootstrap(platform.disk, "/data");
    ok(false);
  } catch (error) {
    match((error as Error).message, /Cannot load \/data\/bootstrap\.checkpoint/);
  }
});
