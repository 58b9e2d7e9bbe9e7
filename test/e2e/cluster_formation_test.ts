/**
 * Three real processes on the loopback are one cluster: it forms by itself, takes admin requests at
 * any of its brokers, goes on when the controller is killed, and gives away what a broker leads that
 * is about to stop. Driven by kafkajs, which knows nothing of streamer.
 */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { Kafka, logLevel } from "kafkajs";
import { partitionsOf, produceOne, until } from "../kit/ask.ts";
import { TemporaryFolder } from "../kit/folders.ts";
import { LocalCluster, type LocalNode } from "../kit/local_cluster.ts";
import { streamer } from "../kit/makes.ts";
import { FAULTS, linesOf } from "../kit/programs.ts";

const kafkaAt = ({ self: { address, port } }: LocalNode): Kafka =>
  new Kafka({ clientId: "test", brokers: [`${address}:${port}`], logLevel: logLevel.NOTHING });

/** An admin request by way of one broker, which may not be the controller. */
async function createTopicBy(node: LocalNode, topic: string): Promise<void> {
  const admin = kafkaAt(node).admin();
  await admin.connect();
  try {
    const topics = [{ topic, numPartitions: 3, replicationFactor: 3 }];
    strictEqual(await admin.createTopics({ topics, waitForLeaders: true }), true);
    const { topics: [described] } = await admin.fetchTopicMetadata({ topics: [topic] });
    deepStrictEqual(described.partitions.map(({ replicas }) => replicas.toSorted()), [
      [1, 2, 3],
      [1, 2, 3],
      [1, 2, 3],
    ]);
  } finally {
    await admin.disconnect();
  }
}

/** Who leads the quorum, as a running node tells. */
async function controllerOf(cluster: LocalCluster): Promise<LocalNode> {
  return await until("Somebody leads the quorum", async () => {
    const topics = [{ topicName: "__cluster_metadata", partitions: [{ partitionIndex: 0 }] }];
    for (const { asker } of cluster.running) {
      const answer = await asker.ask("DescribeQuorum", 1, { topics });
      const leader = answer?.topics[0]?.partitions[0]?.leaderId;
      const node = cluster.running.find(({ id }) => id === leader);
      if (node !== undefined) return node;
    }
    return undefined;
  }, { withinMs: 30_000, else: () => cluster.tails() });
}

/** Ids of those who lead partitions, as one node tells. */
async function leadersOf({ asker }: LocalNode): Promise<number[] | undefined> {
  const partitions = await partitionsOf(asker);
  return partitions && [...new Set(partitions.map(({ leader }) => leader))].sort();
}

function checkNoFaults(node: LocalNode): void {
  deepStrictEqual(linesOf(node.program, FAULTS), []);
}

function clusterTest(name: string, run: (cluster: LocalCluster) => Promise<void>): void {
  Deno.test({
    name,
    sanitizeOps: false,
    sanitizeResources: false,
    fn: async () => {
      using folder = new TemporaryFolder();
      await using cluster = await LocalCluster.start({ make: streamer, folder: folder.path });
      await run(cluster);
      for (const node of cluster.running) checkNoFaults(node);
    },
  });
}

clusterTest(
  "Three nodes that know of each other are a cluster, and any of them creates topics",
  async (cluster) => {
    for (const node of cluster.nodes) await createTopicBy(node, `by-${node.id}`);
    for (const { asker, id } of cluster.nodes) {
      const partitions = await partitionsOf(asker);
      const topics = [...new Set(partitions?.map(({ topic }) => topic))].sort();
      deepStrictEqual(topics, ["by-1", "by-2", "by-3"], `as node ${id} tells`);
    }
  },
);

clusterTest(
  "When the controller is killed another takes over, and what it led is led again",
  async (cluster) => {
    await createTopicBy(cluster.nodes[0], "before");
    const killed = await controllerOf(cluster);
    await killed.end("kill");
    const [survivor] = cluster.running;
    const next = await controllerOf(cluster);
    ok(next.id !== killed.id);
    const others = cluster.running.map(({ id }) => id);
    await until("The others lead all", async () => {
      const leaders = await leadersOf(survivor);
      return leaders?.every((id) => others.includes(id)) || undefined;
    }, { withinMs: 30_000, else: () => cluster.tails() });
    // Its session was not waited for: it is known to be gone.
    ok(/broker fenced.*nobody listens there/.test(next.program.printed), next.program.printed);
    const admin = kafkaAt(survivor).admin();
    await admin.connect();
    try {
      const topics = [{ topic: "after", numPartitions: 1, replicationFactor: 2 }];
      strictEqual(await admin.createTopics({ topics }), true);
    } finally {
      await admin.disconnect();
    }
    killed.start();
    await cluster.untilAllHere();
  },
);

clusterTest(
  "A broker that stops gives away what it leads, and says that it was let go",
  async (cluster) => {
    await createTopicBy(cluster.nodes[0], "orders");
    const stopped = cluster.nodes[2];
    const { program } = stopped;
    await stopped.end("stop");
    strictEqual(await program.exited, 0, program.printed);
    strictEqual(/stopping without being let go/.test(program.printed), false, program.printed);
    // At once: it was done before the process ended.
    for (const node of cluster.running) deepStrictEqual(await leadersOf(node), [1, 2]);
    stopped.start();
    await cluster.untilAllHere();
    await cluster.untilWhole();
  },
);

clusterTest(
  "When all are killed and started again, nobody waits for the session of its own ghost",
  async (cluster) => {
    await createTopicBy(cluster.nodes[0], "orders");
    const begin = performance.now();
    await Promise.all(cluster.nodes.map((node) => node.end("kill")));
    for (const node of cluster.nodes) node.start();
    await until("A record is acknowledged by all replicas in sync", async () => {
      for (const { asker } of cluster.nodes) {
        if (await produceOne(asker, "orders", 0, { withinMs: 1000 })) return true;
      }
      return undefined;
    }, { withinMs: 60_000, else: () => cluster.tails() });
    const seconds = (performance.now() - begin) / 1000;
    console.log(`first acknowledgement ${seconds.toFixed(1)} s after the end of all three`);
    await cluster.untilWhole();
    for (const { program } of cluster.nodes) {
      deepStrictEqual(linesOf(program, /registration refused for now/), []);
    }
  },
);
