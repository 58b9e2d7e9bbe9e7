/**
 * Consumers that read from followers (KIP-392), replicas whose copying is limited (KIP-73), and
 * followers whose folder is moved meanwhile.
 */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { RACK_AWARE_SELECTOR } from "../../src/config/mod.ts";
import {
  errorName,
  FetchRequest,
  FetchResponse,
  IncrementalAlterConfigsRequest,
} from "../../src/protocol/mod.ts";
import { usableBatches } from "../../src/replication/fetcher/received.ts";
import { of } from "../controller/kit.ts";
import { batch } from "../log/kit.ts";
import { Brokers } from "./brokers.ts";

const TOPIC = "orders";
const QUICK = {
  "replica.lag.time.max.ms": "1000",
  "replica.fetch.wait.max.ms": "50",
  "replica.fetch.backoff.ms": "50",
};

/** A consumer's fetch of the one partition, without waiting. */
async function fetch(
  brokers: Brokers,
  id: number,
  offset: number,
  { version = 12, rackId = "", currentLeaderEpoch = -1 } = {},
) {
  const answer = await brokers.settle(
    brokers.member(id).ask([FetchRequest, FetchResponse], version, {
      maxWaitMs: 0,
      minBytes: 1,
      sessionEpoch: -1,
      rackId,
      topics: [{
        topic: TOPIC,
        partitions: [{
          partition: 0,
          fetchOffset: offset,
          currentLeaderEpoch,
          partitionMaxBytes: 1000,
        }],
      }],
    }),
  );
  const [partition] = answer.responses[0].partitions;
  const { errorCode, records, preferredReadReplica, highWatermark } = partition;
  const bytes = records?.length ?? 0;
  return { error: errorName(errorCode), bytes, preferredReadReplica, highWatermark };
}

/** Brokers 1, 2 and 3 in racks a, b and c; 1 leads, and has one record committed. */
async function inRacks(settings: Record<string, string> = {}): Promise<Brokers> {
  const brokers = await Brokers.start({
    racks: ["a", "b", "c"],
    settings: { ...QUICK, "replica.selector.class": RACK_AWARE_SELECTOR, ...settings },
  });
  brokers.createTopic(TOPIC);
  strictEqual((await brokers.settle(brokers.produce(1, TOPIC, ["one"]))).error, "NONE");
  await brokers.pass(200);
  return brokers;
}

const readers: [what: string, rackId: string, version: number, preferred: number][] = [
  ["in a follower's rack is sent there", "b", 11, 2],
  ["in the leader's rack stays", "a", 12, -1],
  ["in a rack without a replica stays", "x", 12, -1],
  ["that does not say where it is stays", "", 12, -1],
  ["that knows of no other replicas stays", "b", 10, -1],
];

for (const [what, rackId, version, preferred] of readers) {
  Deno.test(`A consumer ${what}`, async () => {
    const brokers = await inRacks();
    const answer = await fetch(brokers, 1, 0, { rackId, version });
    deepStrictEqual([answer.error, answer.preferredReadReplica], ["NONE", preferred]);
    strictEqual(answer.bytes > 0, preferred < 0);
    await brokers.close();
  });
}

Deno.test("Without a selector nobody is sent to another replica", async () => {
  const brokers = await inRacks({
    "replica.selector.class": "org.apache.kafka.common.replica.LeaderSelector",
  });
  strictEqual((await fetch(brokers, 1, 0, { rackId: "b" })).preferredReadReplica, -1);
  await brokers.close();
});

Deno.test("Nobody is sent to a replica that is not in sync", async () => {
  const brokers = await inRacks();
  brokers.cut(1, 2);
  await brokers.settle(brokers.produce(1, TOPIC, ["two"]));
  deepStrictEqual(brokers.partition(TOPIC).isr, [1, 3]);
  strictEqual((await fetch(brokers, 1, 0, { rackId: "b" })).preferredReadReplica, -1);
  strictEqual((await fetch(brokers, 1, 0, { rackId: "c" })).preferredReadReplica, 3);
  await brokers.close();
});

Deno.test("A follower gives what it knows to be committed, and nothing of what it has beyond", async () => {
  const brokers = await inRacks();
  const one = await fetch(brokers, 2, 0);
  deepStrictEqual([one.error, one.bytes > 0, one.highWatermark], ["NONE", true, 1]);
  brokers.cut(1, 3);
  void brokers.produce(1, TOPIC, ["two"]);
  await brokers.until("2 has it", () => brokers.replica(2, TOPIC).logEndOffset === 2);
  const two = await fetch(brokers, 2, 1);
  deepStrictEqual([two.error, two.bytes, two.highWatermark], ["NONE", 0, 1]);
  strictEqual((await fetch(brokers, 2, 3)).error, "OFFSET_OUT_OF_RANGE");
  strictEqual((await fetch(brokers, 2, 0, { version: 10 })).error, "NOT_LEADER_OR_FOLLOWER");
  strictEqual(
    (await fetch(brokers, 2, 0, { currentLeaderEpoch: 9 })).error,
    "UNKNOWN_LEADER_EPOCH",
  );
  await brokers.close();
});

Deno.test("A consumer that waits at a follower is told when more is committed", async () => {
  const brokers = await inRacks();
  const { highWatermark } = brokers.replica(3, TOPIC);
  let bytes = -1;
  brokers.member(3).ask([FetchRequest, FetchResponse], 12, {
    maxWaitMs: 5000,
    minBytes: 1,
    sessionEpoch: -1,
    topics: [{
      topic: TOPIC,
      partitions: [{ partition: 0, fetchOffset: highWatermark, partitionMaxBytes: 1000 }],
    }],
  }).then(({ responses }) => bytes = responses[0].partitions[0].records!.length);
  await brokers.pass(100);
  strictEqual(bytes, -1);
  await brokers.settle(brokers.produce(1, TOPIC, ["two"]));
  await brokers.pass(200);
  ok(bytes > 0, `${bytes} bytes`);
  await brokers.close();
});

for (const side of ["leader", "follower"]) {
  Deno.test(`What a ${side} may copy for those not in sync is limited, and for others is not`, async () => {
    const brokers = await Brokers.start({
      count: 2,
      settings: {
        ...QUICK,
        "replica.fetch.max.bytes": "1000",
        "replica.fetch.response.max.bytes": "1000",
        [`${side}.replication.throttled.rate`]: "1000",
      },
    });
    brokers.createTopic(TOPIC, { configs: { [`${side}.replication.throttled.replicas`]: "*" } });
    await brokers.pass(100);
    // In sync, it is never held up, though this is many times what is allowed.
    const began = brokers.clock.monotonic();
    for (let i = 0; i < 20; i++) {
      await brokers.settle(brokers.produce(1, TOPIC, ["x".repeat(470)]));
    }
    ok(brokers.clock.monotonic() - began < 1000);
    await brokers.pass(15_000); // what was copied is forgotten
    brokers.crash(2);
    brokers.member(2).disk.remove("/data");
    for (let i = 0; i < 40; i++) {
      await brokers.settle(brokers.produce(1, TOPIC, ["x".repeat(470)], { acks: 1 }));
    }
    const cameBack = brokers.clock.monotonic();
    await brokers.settle(brokers.startMember(2));
    const hasAll = () => brokers.replica(2, TOPIC).logEndOffset === 60;
    await brokers.until("it has all", hasAll, 90_000);
    const ms = brokers.clock.monotonic() - cameBack;
    ok(ms > 40_000, `60 kB at 1 kB/s in ${ms} ms`);
    await brokers.untilInSync(TOPIC);
    await brokers.close();
  });
}

Deno.test("A follower's folder is moved while it fetches, and while it is cut", async () => {
  const brokers = await Brokers.start({ settings: QUICK, paths: ["/one", "/two"] });
  brokers.createTopic(TOPIC);
  for (let i = 0; i < 5; i++) await brokers.settle(brokers.produce(1, TOPIC, [`${i}`]));
  brokers.cut(1, 2);
  brokers.cut(1, 3);
  void brokers.produce(1, TOPIC, ["lost"], { acks: 1 });
  await brokers.pass(20);
  brokers.fence(1);
  await brokers.settle(brokers.produce(2, TOPIC, ["kept"]));
  const { directories, replicas } = brokers.member(1);
  const from = directories.directoryOf({ topic: TOPIC, partition: 0 })!;
  const to = directories.online().find((directory) => directory !== from)!;
  replicas.moves.begin(brokers.replica(1, TOPIC), to);
  brokers.heal();
  brokers.unfence(1);
  await brokers.untilInSync(TOPIC);
  await brokers.until(
    "it is moved",
    () => directories.directoryOf({ topic: TOPIC, partition: 0 }) === to,
  );
  await brokers.settle(brokers.produce(2, TOPIC, ["more"]));
  await brokers.pass(100);
  deepStrictEqual(brokers.values(1, TOPIC), ["0", "1", "2", "3", "4", "kept", "more"]);
  await brokers.close();
});

/** KAFKA-18723: the leader that was asked is one no more, and answers with what it fetched itself. */
Deno.test("Of what came, batches of a newer leader than the one that was asked are left out", () => {
  const of = (epoch: number) => {
    const bytes = batch(["x"]);
    new DataView(bytes.buffer, bytes.byteOffset).setInt32(12, epoch);
    return bytes;
  };
  const parts = [of(3), of(4), of(5), of(4)];
  const [size] = parts.map(({ length }) => length);
  const all = new Uint8Array(parts.length * size);
  for (const [i, part] of parts.entries()) all.set(part, i * size);
  strictEqual(usableBatches(all, 4).length, 2 * size);
  strictEqual(usableBatches(all, 5).length, 4 * size);
  strictEqual(usableBatches(all.subarray(0, size + 30), 4).length, size, "one is cut short");
  strictEqual(usableBatches(all, 2).length, 0);
});

Deno.test("More fetchers take over without a gap when the setting changes", async () => {
  const brokers = await Brokers.start({ count: 2, settings: QUICK });
  brokers.createTopic(TOPIC, { partitions: 8 });
  await brokers.pass(50);
  const request = of(IncrementalAlterConfigsRequest, {
    resources: [{
      resourceType: 4,
      resourceName: "",
      configs: [{ name: "num.replica.fetchers", configOperation: 0, value: "2" }],
    }],
  });
  brokers.cluster.commit(brokers.cluster.controller.incrementalAlterConfigs(request));
  strictEqual(brokers.member(2).config.get("num.replica.fetchers"), 2);
  for (let partition = 0; partition < 8; partition++) {
    const { error } = await brokers.settle(brokers.produce(1, TOPIC, ["x"], { partition }));
    strictEqual(error, "NONE");
  }
  await brokers.close();
});
