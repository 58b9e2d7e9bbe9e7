/** A cluster inside a test's own process, met by kafkajs over the loopback. */
import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { Kafka, logLevel } from "kafkajs";
import { connect, startCluster } from "../../mod.ts";
import { TemporaryFolder } from "../kit/folders.ts";

type Client = Awaited<ReturnType<typeof connect>>;

const lasting = { sanitizeOps: false, sanitizeResources: false }; // kafkajs leaves timers behind

Deno.test(
  "startCluster gives a test a real broker in its own process, in memory",
  lasting,
  async () => {
    const cluster = await startCluster({ settings: { "num.partitions": "2" } });
    try {
      const kafka = new Kafka({ brokers: [cluster.brokers], logLevel: logLevel.NOTHING });
      const producer = kafka.producer();
      await producer.connect();
      await producer.send({
        topic: "orders",
        messages: [{ key: "a", value: "one" }, { key: "a", value: "two" }],
      });
      await producer.disconnect();
      const client = await connect({ brokers: cluster.brokers });
      deepStrictEqual(await valuesOf(client, "orders"), ["one", "two"]);
      strictEqual((await client.offsets("orders")).length, 2);
      await client.close();
    } finally {
      await cluster.close();
    }
  },
);

Deno.test("A cluster in a folder finds its data again", lasting, async () => {
  using folder = new TemporaryFolder();
  const data = `${folder.path}/data`;
  const first = await startCluster({ data });
  const writing = await connect({ brokers: first.brokers });
  await writing.ensureTopic("kept");
  await writing.produce([{ topic: "kept", value: "still here" }]);
  await writing.close();
  await first.close();
  const second = await startCluster({ data });
  const reading = await connect({ brokers: second.brokers });
  for await (const { value } of reading.read("kept", { from: "beginning", until: "end" })) {
    strictEqual(new TextDecoder().decode(value!), "still here");
  }
  await reading.close();
  await second.close();
});

async function valuesOf(client: Client, topic: string): Promise<string[]> {
  const values: string[] = [];
  for await (const { value } of client.read(topic, { from: "beginning", until: "end" })) {
    values.push(new TextDecoder().decode(value!));
  }
  return values;
}

Deno.test(
  "A node is stopped and started again, at its port and with its data",
  lasting,
  async () => {
    const cluster = await startCluster();
    const { brokers, nodes: [node] } = cluster;
    const client = await connect({ brokers });
    try {
      await client.ensureTopic("kept");
      await client.produce([{ topic: "kept", value: "one" }]);
      await Promise.all([node.stop(), node.stop()]);
      strictEqual(node.isRunning, false);
      await Promise.all([node.start(), node.start()]);
      deepStrictEqual([node.isRunning, node.address], [true, brokers]);
      await client.produce([{ topic: "kept", value: "two" }]);
      deepStrictEqual(await valuesOf(client, "kept"), ["one", "two"]);
    } finally {
      await client.close();
      await cluster.close();
    }
    await rejects(startCluster({ brokers: 10 }), /a whole number from 1 to 9/);
  },
);

Deno.test(
  "A cluster of three goes on while one of them is away, any of them",
  lasting,
  async () => {
    const cluster = await startCluster({ brokers: 3 });
    const client = await connect({ brokers: cluster.brokers });
    const expected: string[] = [];
    const write = async (value: string) => {
      await client.produce([{ topic: "kept", value }]);
      expected.push(value);
    };
    try {
      await client.ensureTopic("kept", { configs: { "min.insync.replicas": "2" } });
      for (const node of cluster.nodes) {
        await write(`before ${node.id} stops`);
        await node.stop();
        await write(`while ${node.id} is away`);
        await node.start();
        await write(`${node.id} is back`);
      }
      deepStrictEqual(await valuesOf(client, "kept"), expected);
      deepStrictEqual(cluster.nodes.map(({ id, isRunning }) => [id, isRunning]), [
        [1, true],
        [2, true],
        [3, true],
      ]);
    } finally {
      await client.close();
      await cluster.close();
    }
  },
);
