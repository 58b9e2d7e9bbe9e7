/**
 * A folder of partitions: whose it is, who may use it, what is in it, and what becomes of it when
 * the disk fails.
 */
import { deepStrictEqual, match, ok, rejects, strictEqual, throws } from "node:assert/strict";
import { topicId, ZERO_UUID } from "../../src/base/mod.ts";
import { isUuid } from "../../src/bytes/mod.ts";
import { replaceFile, StorageError } from "../../src/platform/mod.ts";
import { KafkaError } from "../../src/protocol/mod.ts";
import {
  asClient,
  batch,
  bytes,
  open,
  ORDERS,
  text,
  TOPIC_ID,
  topicConfig,
  values,
  world,
} from "./kit.ts";

const OTHER_ID = topicId("QObkUVgtQG61IrTTeUvcjw");

Deno.test("A new directory gets ids that it keeps", async () => {
  const w = world();
  const first = await open(w, { path: "/var/lib/streamer" });
  ok(isUuid(first.clusterId) && isUuid(first.directoryId));
  strictEqual(first.wasCleanShutdown, false);
  await first.close({ brokerEpoch: 42 });
  const again = await open(w, { path: "/var/lib/streamer" });
  deepStrictEqual([again.clusterId, again.directoryId], [first.clusterId, first.directoryId]);
  deepStrictEqual([again.wasCleanShutdown, again.previousBrokerEpoch], [true, 42]);
  strictEqual(w.disk.exists("/var/lib/streamer/.kafka_cleanshutdown"), false);
});

Deno.test("A directory in use is refused, with the process that has it", async () => {
  const w = world();
  const first = await open(w);
  await rejects(() => open(w), /Cannot use \/data: process 1 is using it/);
  await first.close();
  await open(w);
});

Deno.test("Another node's or cluster's directory is refused, and can be opened by its own after", async () => {
  const w = world();
  await (await open(w)).close();
  await rejects(() => open(w, { nodeId: 2 }), /it belongs to node 1/);
  await open(w);
});

Deno.test("Partitions without meta.properties are nobody's", async () => {
  const w = world();
  w.disk.makeDirectory("/data/orders-0");
  await rejects(() => open(w), /no meta\.properties/);
});

for (
  const [name, content] of [
    ["meta.properties", "version=0\n"],
    ["meta.properties", "version=1\nnode.id=x\n"],
    ["recovery-point-offset-checkpoint", "0\n2\norders 0 5\n"],
    ["recovery-point-offset-checkpoint", "1\n0\n"],
    ["replication-offset-checkpoint", "0\n1\norders 0 -5\n"],
    ["log-start-offset-checkpoint", "0\n1\norders 0 99999999999999999999\n"],
  ]
) {
  Deno.test(`A ${name} of ${JSON.stringify(content)} keeps the directory from opening`, async () => {
    const w = world();
    const directory = await open(w);
    directory.create(ORDERS, TOPIC_ID, topicConfig());
    await directory.close();
    replaceFile(w.disk, `/data/${name}`, content);
    await rejects(
      () => open(w),
      (error: unknown) =>
        error instanceof StorageError && error.path.endsWith(name.split("/").at(-1)!),
    );
  });
}

Deno.test("A partition is created once, found by name, and refused under another topic id", async () => {
  const w = world();
  const directory = await open(w);
  const log = directory.create(ORDERS, TOPIC_ID, topicConfig());
  strictEqual(directory.create(ORDERS, TOPIC_ID, topicConfig()), log);
  strictEqual(directory.get(ORDERS), log);
  strictEqual(directory.get({ topic: "orders", partition: 1 }), undefined);
  throws(
    () => directory.create(ORDERS, OTHER_ID, topicConfig()),
    (error) => error instanceof KafkaError && error.error === "INCONSISTENT_TOPIC_ID",
  );
  strictEqual(
    text(w.disk.readFile("/data/orders-0/partition.metadata")),
    `version: 0\ntopic_id: ${TOPIC_ID}`,
  );
});

Deno.test("A folder that doesn't say its topic's id takes on the one it is created with", async () => {
  const w = world();
  const directory = await open(w);
  directory.create(ORDERS, TOPIC_ID, topicConfig()).append(batch(["a"]), asClient);
  await directory.close();
  w.disk.remove("/data/orders-0/partition.metadata");
  const again = await open(w);
  strictEqual(again.get(ORDERS)!.topicId, ZERO_UUID);
  deepStrictEqual(values(again.create(ORDERS, OTHER_ID, topicConfig())), ["a"]);
  strictEqual(again.get(ORDERS)!.topicId, OTHER_ID);
});

Deno.test("A folder whose topic id is broken tells so, and takes on the one it is created with", async () => {
  const w = world();
  const directory = await open(w);
  directory.create(ORDERS, TOPIC_ID, topicConfig());
  await directory.close();
  const path = "/data/orders-0/partition.metadata";
  w.disk.corrupt(path, 12, 0x40);
  const told: string[] = [];
  const again = await open(w, {
    log: (level, _event, fields = {}) => level === "error" && told.push(`${fields.file}`),
  });
  deepStrictEqual(told, [path]);
  strictEqual(again.create(ORDERS, TOPIC_ID, topicConfig()).topicId, TOPIC_ID);
  await again.close();
  strictEqual((await open(w)).get(ORDERS)!.topicId, TOPIC_ID);
});

Deno.test("A deleted partition is gone at once, its files later, its name free for another", async () => {
  const w = world();
  const directory = await open(w);
  const config = topicConfig({ "file.delete.delay.ms": "1000" });
  const log = directory.create(ORDERS, TOPIC_ID, config);
  log.append(batch(["a"]), asClient);
  const waiting = log.sync();
  directory.delete(ORDERS);
  directory.delete(ORDERS);
  await rejects(() => waiting, StorageError);
  strictEqual(directory.isOffline, false);
  strictEqual(directory.get(ORDERS), undefined);
  const folders = () => w.disk.list("/data").filter((e) => e.isDirectory).map(({ name }) => name);
  match(folders().join(), /^orders-0\.[0-9a-f]{32}-delete$/);
  throws(() => log.append(batch(["b"]), asClient), StorageError);
  const next = directory.create(ORDERS, OTHER_ID, config);
  deepStrictEqual(values(next), []);
  w.clock.advance(1000);
  deepStrictEqual(folders(), ["orders-0"]);
});

Deno.test("What a crash left of a deletion is removed at the start", async () => {
  const w = world();
  const directory = await open(w);
  directory.create(ORDERS, TOPIC_ID, topicConfig());
  directory.delete(ORDERS);
  w.disk.crash();
  const again = await open(w);
  deepStrictEqual([...again.partitions()], []);
  deepStrictEqual(w.disk.list("/data").filter((e) => e.isDirectory), []);
});

Deno.test("Checkpoints remember watermarks and starts over a crash", async () => {
  const w = world();
  const directory = await open(w);
  const log = directory.create(ORDERS, TOPIC_ID, topicConfig());
  for (let i = 0; i < 10; i++) log.append(batch([`v${i}`]), asClient);
  await log.sync();
  log.highWatermark = 8;
  log.advanceLogStart(3);
  directory.checkpoint();
  strictEqual(text(w.disk.readFile("/data/replication-offset-checkpoint")), "0\n1\norders 0 8\n");
  strictEqual(text(w.disk.readFile("/data/log-start-offset-checkpoint")), "0\n1\norders 0 3\n");
  strictEqual(
    text(w.disk.readFile("/data/recovery-point-offset-checkpoint")),
    "0\n1\norders 0 10\n",
  );
  w.disk.powerCut();
  const again = (await open(w)).get(ORDERS)!;
  deepStrictEqual([again.logStartOffset, again.highWatermark, again.logEndOffset], [3, 8, 10]);
});

Deno.test("A start beyond all that is left empties the log instead of showing old records", async () => {
  const w = world();
  const directory = await open(w);
  const log = directory.create(ORDERS, TOPIC_ID, topicConfig());
  log.append(batch(["a"]), asClient);
  await directory.close();
  w.disk.writeFile("/data/log-start-offset-checkpoint", bytes("0\n1\norders 0 50\n"));
  const again = (await open(w)).get(ORDERS)!;
  deepStrictEqual([again.logStartOffset, again.logEndOffset], [50, 50]);
  strictEqual(again.append(batch(["b"]), asClient).baseOffset, 50);
});

Deno.test("One partition's failing disk takes the directory offline and tells so once", async () => {
  const w = world();
  const events: string[] = [];
  const directory = await open(w, {
    log: (level, event) => level === "error" && events.push(event),
  });
  const one = directory.create(ORDERS, TOPIC_ID, topicConfig());
  const two = directory.create({ topic: "orders", partition: 1 }, TOPIC_ID, topicConfig());
  const failures: StorageError[] = [];
  directory.onFailure((error) => failures.push(error));
  one.append(batch(["a"]), asClient);
  w.disk.onOperation = (operation, path) =>
    operation === "sync" && path.endsWith(".log") ? "input/output error" : undefined;
  await rejects(() => one.sync(), /input\/output error/);
  w.disk.onOperation = undefined;
  strictEqual(directory.isOffline, true);
  strictEqual(failures.length, 1);
  deepStrictEqual(events, ["log directory offline"]);
  throws(() => two.append(batch(["b"]), asClient), StorageError);
  throws(() => directory.checkpoint(), StorageError);
  await directory.close();
  strictEqual(w.disk.exists("/data/.kafka_cleanshutdown"), false);
  await open(w); // the lock is free
});

Deno.test("A write that fails, a read that fails: offline too", async () => {
  for (const failing of ["write", "read"] as const) {
    const w = world();
    const directory = await open(w);
    const log = directory.create(ORDERS, TOPIC_ID, topicConfig());
    log.append(batch(["a"]), asClient);
    w.disk.onOperation = (operation, path) =>
      operation === failing && path.endsWith(".log") ? "bad sector" : undefined;
    if (failing === "write") throws(() => log.append(batch(["b"]), asClient), /bad sector/);
    else throws(() => values(log), /bad sector/);
    strictEqual(directory.isOffline, true);
  }
});

Deno.test("Retention leaves the metadata log alone", async () => {
  const w = world();
  const directory = await open(w);
  const config = topicConfig({ "retention.ms": "1" });
  for (const topic of ["orders", "__cluster_metadata"]) {
    const log = directory.create({ topic, partition: 0 }, TOPIC_ID, config);
    log.append(batch(["a"]), asClient);
    log.highWatermark = 1;
  }
  directory.applyRetention(w.clock.now() + 1000);
  const starts = [...directory.partitions()].map((
    log,
  ) => [log.topicPartition.topic, log.logStartOffset]);
  deepStrictEqual(starts, [["orders", 1], ["__cluster_metadata", 0]]);
  directory.checkpoint();
  strictEqual(text(w.disk.readFile("/data/replication-offset-checkpoint")), "0\n1\norders 0 1\n");
});
