/**
 * The real executable, driven by @platformatic/kafka: the newest JavaScript client, which uses
 * newer versions of the protocol than kafkajs (topic ids in Fetch, OffsetCommit, groups with skip
 * assignment).
 */
import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import {
  Admin,
  ConfigResourceTypes,
  Consumer,
  MessagesStreamModes,
  ProduceAcks,
  Producer,
  stringDeserializers,
  stringSerializers,
} from "@platformatic/kafka";
import { TemporaryFolder } from "../kit/folders.ts";
import { startStreamer } from "../kit/programs.ts";

function platformaticTest(name: string, run: (bootstrapBrokers: string[]) => Promise<void>): void {
  Deno.test({
    name: `@platformatic/kafka: ${name}`,
    sanitizeOps: false,
    sanitizeResources: false,
    fn: async () => {
      using folder = new TemporaryFolder();
      const args = ["--set", "group.initial.rebalance.delay.ms=100"];
      const { program, brokers } = await startStreamer({ data: `${folder.path}/data`, args });
      await using _ = program;
      await run([brokers]);
      strictEqual(await program.stop(), 0, program.printed);
    },
  });
}

/** Values of the topic from its beginning, as a group of one; its offsets are committed. */
async function consumed(
  bootstrapBrokers: string[],
  { topic, count, groupId }: { topic: string; count: number; groupId: string },
): Promise<string[]> {
  const consumer = new Consumer({
    clientId: "test",
    groupId,
    bootstrapBrokers,
    deserializers: stringDeserializers,
  });
  const stream = await consumer.consume({
    topics: [topic],
    mode: MessagesStreamModes.EARLIEST,
    autocommit: false,
  });
  const values: string[] = [];
  for await (const message of stream) {
    values.push(message.value);
    if (values.length === count) {
      await message.commit();
      break;
    }
  }
  await consumer.close(true);
  return values;
}

for (const compression of ["none", "gzip", "zstd"] as const) {
  platformaticTest(`an idempotent producer with ${compression}, and a group`, async (brokers) => {
    const admin = new Admin({ clientId: "test", bootstrapBrokers: brokers });
    await admin.createTopics({ topics: ["orders"], partitions: 1, replicas: 1 });
    const producer = new Producer({
      clientId: "test",
      bootstrapBrokers: brokers,
      serializers: stringSerializers,
      idempotent: true,
      acks: ProduceAcks.ALL,
      compression,
    });
    const sent = Array.from({ length: 300 }, (_, i) => `value ${i} `.repeat(10));
    for (let at = 0; at < sent.length; at += 50) {
      const messages = sent.slice(at, at + 50).map((value, i) => ({
        topic: "orders",
        key: `key-${at + i}`,
        value,
        headers: { from: "platformatic" },
      }));
      await producer.send({ messages });
    }
    await producer.close();
    const reading = { topic: "orders", count: sent.length, groupId: "readers" };
    deepStrictEqual(await consumed(brokers, reading), sent);

    const [{ topics }] = await admin.listConsumerGroupOffsets({ groups: ["readers"] });
    deepStrictEqual(
      topics.map(({ name, partitions }) => [name, partitions[0].committedOffset]),
      [["orders", 300n]],
    );
    await admin.deleteGroups({ groups: ["readers"] });
    deepStrictEqual([...(await admin.listGroups()).keys()], []);
    await admin.close();
  });
}

platformaticTest("administration", async (bootstrapBrokers) => {
  const admin = new Admin({ clientId: "test", bootstrapBrokers });
  const configs = [{ name: "retention.ms", value: "60000" }];
  await admin.createTopics({ topics: ["made"], partitions: 2, replicas: 1, configs });
  await rejects(admin.createTopics({ topics: ["made"], partitions: 2, replicas: 1 }));
  deepStrictEqual(await admin.listTopics(), ["made"]);
  await admin.createPartitions({
    topics: [{ name: "made", count: 3, assignments: [{ brokerIds: [1] }] }],
  });
  const metadata = await admin.metadata({ topics: ["made"] });
  strictEqual(metadata.topics.get("made")!.partitions.length, 3);
  const resource = { resourceType: ConfigResourceTypes.TOPIC, resourceName: "made" };
  await admin.incrementalAlterConfigs({
    resources: [{
      ...resource,
      configs: [{ name: "retention.ms", configOperation: 0, value: "120000" }],
    }],
  });
  const [described] = await admin.describeConfigs({
    resources: [{ ...resource, configurationKeys: ["retention.ms"] }],
  });
  deepStrictEqual(described.configs.map(({ name, value }) => [name, value]), [
    ["retention.ms", "120000"],
  ]);

  const producer = new Producer({
    clientId: "test",
    bootstrapBrokers,
    serializers: stringSerializers,
  });
  const values = Array.from({ length: 10 }, (_, i) => `${i}`);
  await producer.send({
    messages: values.map((value) => ({ topic: "made", partition: 1, value })),
  });
  await producer.close();
  const [{ partitions: [deleted] }] = await admin.deleteRecords({
    topics: [{ name: "made", partitions: [{ partition: 1, offset: 4n }] }],
  });
  strictEqual(deleted.lowWatermark, 4n);
  const offsetAt = async (timestamp: bigint) => {
    const partitions = [{ partitionIndex: 1, timestamp }];
    const [topic] = await admin.listOffsets({ topics: [{ name: "made", partitions }] });
    return topic.partitions[0].offset;
  };
  deepStrictEqual([await offsetAt(-2n), await offsetAt(-1n)], [4n, 10n]);
  ok((await admin.metadata({ topics: [] })).brokers.size === 1);
  await admin.deleteTopics({ topics: ["made"] });
  deepStrictEqual(await admin.listTopics(), []);
  await admin.close();
});
