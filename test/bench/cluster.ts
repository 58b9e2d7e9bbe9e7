/**
 * A cluster of three, with Apache Kafka's beside it in the same run.
 *
 *   deno run -A test/bench/cluster.ts [--rounds 3] [--partitions 1000] [--only streamer|kafka] [--json]
 *     [--durability disk|os] [--rest 10]
 *
 * Each round starts a cluster of each make in empty folders on the loopback, one after the other,
 * in an order that turns round each time, and does the same to both: many partitions of three
 * replicas, an idle while, produces with acks=all from librdkafka (`load.c`) at the same durability,
 * a node killed and started again, partitions moved to other nodes, all stopped and started. Prints
 * each figure's median. Nothing here is asserted: machines differ, and are noisy.
 */
import { parseArgs } from "node:util";
import { partitionsOf, produceOne, until } from "../kit/ask.ts";
import { TemporaryFolder } from "../kit/folders.ts";
import { LocalCluster, type LocalNode } from "../kit/local_cluster.ts";
import { type Make, MAKES } from "../kit/makes.ts";
import { hasApacheKafka, pause } from "../kit/programs.ts";
import { buildLoad, cpuOf, memoryOf, runLoad } from "./measure.ts";

const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    partitions: { type: "string", default: "1000" },
    moved: { type: "string", default: "200" },
    rest: { type: "string", default: "10" },
    durability: { type: "string", default: "disk" },
    only: { type: "string" },
    json: { type: "boolean", default: false },
  },
});
const rounds = Number(options.rounds);
const partitions = Number(options.partitions);
const moved = Number(options.moved);
const restMs = Number(options.rest) * 1000;
const isSynced = options.durability === "disk";
const MANY = "many", MOVED = "moved", LOADED = "loaded";
const LONG_MS = 300_000;

const makes = Object.values(MAKES)
  .filter(({ name }) => options.only === undefined || options.only === name)
  .filter(({ name }) => name !== "kafka" || hasApacheKafka());
const load = await buildLoad();
/** By what was measured, by make, a value a round. */
const figures = new Map<string, Record<string, number[]>>();

for (let round = 1; round <= rounds; round++) {
  for (const make of round % 2 ? makes : makes.toReversed()) {
    using folder = new TemporaryFolder();
    await measure(make, folder.path, (what, value) => {
      const byMake = figures.get(what) ?? {};
      figures.set(what, byMake);
      (byMake[make.name] ??= []).push(value);
      console.error(`round ${round}, ${make.name}: ${what}: ${value.toFixed(1)}`);
    });
  }
}
print();

async function measure(
  make: Make,
  folder: string,
  tell: (what: string, value: number) => void,
): Promise<void> {
  const timed = async (what: string, run: () => Promise<unknown>) => {
    const began = performance.now();
    await run();
    tell(`${what} (ms)`, performance.now() - began);
  };
  let cluster: LocalCluster | undefined;
  try {
    await timed("start of three nodes in empty folders", async () => {
      cluster = await LocalCluster.start({ make, folder, settings: settingsOf(make) });
    });
    await measureCluster(cluster!, tell, timed);
  } finally {
    await cluster?.[Symbol.asyncDispose]();
  }
}

async function measureCluster(
  cluster: LocalCluster,
  tell: (what: string, value: number) => void,
  timed: (what: string, run: () => Promise<unknown>) => Promise<void>,
): Promise<void> {
  const { brokers, nodes } = cluster;
  const pids = () => nodes.map(({ program }) => program.pid);
  await createTopic(cluster, LOADED, 6, 3);
  await cluster.untilWhole();
  for (const size of [1024, 100]) {
    const count = size === 1024 ? 150_000 : 800_000;
    const settings = ["acks=all", "enable.idempotence=true"];
    const args = ["produce", brokers, LOADED, `${size}`, `${count}`, ...settings];
    const { megabytesPerSecond, recordsPerSecond } = await runLoad(load, args);
    if (size === 1024) tell("produce 1 KiB, acks=all, idempotent (MB/s)", megabytesPerSecond);
    else tell("produce 100 B, acks=all, idempotent (records/s)", recordsPerSecond);
  }
  const { p50, p99 } = await runLoad(load, ["latency", brokers, LOADED, "100", "1000"]);
  tell("latency of a 100 B produce, acks=all, p50 (ms)", p50);
  tell("latency of a 100 B produce, acks=all, p99 (ms)", p99);

  await timed(`making ${partitions} partitions of three replicas`, async () => {
    await createTopic(cluster, MANY, partitions, 3);
    await cluster.untilWhole(LONG_MS);
  });
  await pause(5000);
  const before = pids().map(cpuOf);
  await pause(restMs);
  const busy = pids().map((pid, index) => cpuOf(pid) - before[index]);
  tell("an idle node, processor (% of a core)", mean(busy) / restMs * 1e5);
  tell("memory of a node (MB)", mean(pids().map((pid) => memoryOf(pid).now)));

  const [lost] = nodes.toSorted((a, b) => b.id - a.id);
  await timed(
    "a node is killed: until all its partitions take records",
    () => failOver(cluster, lost),
  );
  await timed("it starts again: until all its replicas are in sync", async () => {
    lost.start();
    await cluster.untilAllHere(LONG_MS);
    await cluster.untilWhole(LONG_MS);
  });
  await createTopic(cluster, MOVED, moved, 2);
  await cluster.untilWhole(LONG_MS);
  await runLoad(load, ["produce", brokers, MOVED, "1024", "100000", "acks=all"]);
  await timed(`${moved} partitions with 100 MB are moved`, () => reassign(cluster));
  await Promise.all(nodes.map((node) => node.end("stop")));
  await timed("start of three nodes with all of that", async () => {
    await cluster.startAll(LONG_MS);
    await cluster.untilWhole(LONG_MS);
  });
}

function settingsOf({ name }: Make): Record<string, string> {
  const own: Record<string, string> = name === "streamer"
    ? { "log.durability": options.durability }
    : isSynced
    ? { "log.flush.interval.messages": "1" }
    : {};
  return { ...own, "min.insync.replicas": "2", "offsets.topic.num.partitions": "4" };
}

async function createTopic(
  { nodes }: LocalCluster,
  name: string,
  numPartitions: number,
  replicationFactor: number,
): Promise<void> {
  const topics = [{ name, numPartitions, replicationFactor }];
  const answer = await nodes[0].asker.ask(
    "CreateTopics",
    7,
    { topics, timeoutMs: 60_000 },
    LONG_MS,
  );
  const [{ errorCode, errorMessage }] = answer.topics;
  if (errorCode !== 0) throw new Error(`Cannot create ${name}: ${errorMessage}`);
  await until(`All nodes know ${name}`, async () => {
    for (const { asker } of nodes) {
      const states = await partitionsOf(asker, [name]);
      if (states?.length !== numPartitions) return undefined;
    }
    return true;
  }, { withinMs: LONG_MS, everyMs: 20 });
}

/** Kills the node; until each partition that it led has acknowledged a record elsewhere. */
async function failOver(cluster: LocalCluster, lost: LocalNode): Promise<void> {
  const led = (await partitionsOf(lost.asker, [MANY]))!.filter(({ leader }) => leader === lost.id);
  await lost.end("kill");
  const askers = new Map(cluster.running.map(({ id, asker }) => [id, asker]));
  const [first] = askers.values();
  await until("All partitions have a leader", async () => {
    const states = await partitionsOf(first, [MANY]);
    return states?.every(({ leader }) => askers.has(leader)) || undefined;
  }, { withinMs: LONG_MS, everyMs: 10 });
  const after = (await partitionsOf(first, [MANY]))!;
  for (const { partition } of led) {
    await until(`A produce to ${MANY}-${partition}`, async () => {
      const { leader } = after.find((each) => each.partition === partition)!;
      return await produceOne(askers.get(leader)!, MANY, partition) || undefined;
    }, { withinMs: 60_000, everyMs: 5 });
  }
}

/** Each partition's second replica goes to the node that has none; until all of that is done. */
async function reassign(cluster: LocalCluster): Promise<void> {
  const [{ asker }] = cluster.nodes;
  const states = (await partitionsOf(asker, [MOVED]))!;
  const wanted = states.map(({ partition, replicas: [stays, leaves] }) => {
    const comes = cluster.nodes.find(({ id }) => id !== stays && id !== leaves)!;
    return { partitionIndex: partition, replicas: [stays, comes.id] };
  });
  await asker.ask("AlterPartitionReassignments", 0, {
    timeoutMs: 60_000,
    topics: [{ name: MOVED, partitions: wanted }],
  }, LONG_MS);
  await until("All partitions are where they were wanted", async () => {
    const states = await partitionsOf(asker, [MOVED]);
    const isSo = states?.every(({ partition, replicas, isr }) => {
      const { replicas: due } = wanted.find((each) => each.partitionIndex === partition)!;
      return isr.length === 2 && `${replicas.toSorted()}` === `${due.toSorted()}`;
    });
    return isSo || undefined;
  }, { withinMs: LONG_MS, everyMs: 20 });
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function print(): void {
  const median = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1];
  const rows = [...figures].map(([what, byMake]) => {
    const [ours, theirs] = ["streamer", "kafka"].map((name) =>
      byMake[name] && median(byMake[name])
    );
    return { what, ours, theirs, byMake };
  });
  if (options.json) return console.log(JSON.stringify({ rounds, partitions, rows }));
  const shown = (value?: number) => value === undefined ? "" : Number(value.toPrecision(3));
  const what = isSynced ? "on disk before the answer" : "in the page cache";
  console.log(`\nThree nodes, medians of ${rounds} rounds, acknowledged means ${what}\n`);
  console.log("| what | streamer | Apache Kafka | streamer / Kafka |\n| --- | --- | --- | --- |");
  for (const { what, ours, theirs } of rows) {
    const ratio = ours && theirs ? (ours / theirs).toFixed(2) : "";
    console.log(`| ${what} | ${shown(ours)} | ${shown(theirs)} | ${ratio} |`);
  }
}
