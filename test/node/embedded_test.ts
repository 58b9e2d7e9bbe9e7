/** A cluster inside a test's own process, met by kafkajs over the loopback. */
import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { Kafka, logLevel } from "kafkajs";
import { connect, startCluster } from "../../mod.ts";
import { TemporaryFolder } from "../kit/folders.ts";

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
      const values: string[] = [];
      for await (const { value } of client.read("orders", { from: "beginning", until: "end" })) {
        values.push(new TextDecoder().decode(value!));
      }
      deepStrictEqual(values, ["one", "two"]);
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
