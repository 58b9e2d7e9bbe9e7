/**
 * The real executable, driven by kafkajs: codecs that it carries, groups, idempotence, seeking,
 * admin.
 */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { CompressionCodecs, Kafka, logLevel } from "kafkajs";
import { type Codec, compress, decompress } from "../../src/records/mod.ts";
import { TemporaryFolder } from "../kit/folders.ts";
import { pause, startStreamer } from "../kit/programs.ts";

// The package is CommonJS without a types entry for these numbers under Deno's resolution of enums.
const GZIP = 1;

function kafkajsTest(
  name: string,
  run: (kafka: Kafka) => Promise<void>,
  args: string[] = [],
): void {
  Deno.test({
    name: `kafkajs: ${name}`,
    sanitizeOps: false,
    sanitizeResources: false,
    fn: async () => {
      using folder = new TemporaryFolder();
      const fast = ["--set", "group.initial.rebalance.delay.ms=100", ...args];
      const { program, brokers } = await startStreamer({ data: `${folder.path}/data`, args: fast });
      await using _ = program;
      await run(new Kafka({ clientId: "test", brokers: [brokers], logLevel: logLevel.NOTHING }));
      strictEqual(await program.stop(), 0, program.printed);
    },
  });
}

async function until(isDone: () => boolean, what: string, withinMs = 30_000): Promise<void> {
  const end = Date.now() + withinMs;
  while (!isDone()) {
    if (Date.now() > end) throw new Error(`${what} took over ${withinMs} ms`);
    await pause(20);
  }
}

kafkajsTest("admin creates, describes, alters and deletes topics", async (kafka) => {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const configEntries = [{ name: "retention.ms", value: "3600000" }];
    strictEqual(
      await admin.createTopics({ topics: [{ topic: "orders", numPartitions: 3, configEntries }] }),
      true,
    );
    strictEqual(await admin.createTopics({ topics: [{ topic: "orders" }] }), false);
    ok((await admin.listTopics()).includes("orders"));
    const { topics } = await admin.fetchTopicMetadata({ topics: ["orders"] });
    deepStrictEqual(topics[0].partitions.map(({ partitionId }) => partitionId).sort(), [0, 1, 2]);
    const { resources } = await admin.describeConfigs({
      includeSynonyms: true,
      resources: [{ type: 2, name: "orders", configNames: ["retention.ms", "cleanup.policy"] }],
    });
    const values = Object.fromEntries(
      resources[0].configEntries.map(({ configName, configValue }) => [configName, configValue]),
    );
    deepStrictEqual(values, { "retention.ms": "3600000", "cleanup.policy": "delete" });
    const refused = await admin.createTopics({ topics: [{ topic: "not a name" }] }).catch((e) => e);
    deepStrictEqual(refused.errors.map(({ type }: { type: string }) => type), [
      "INVALID_TOPIC_EXCEPTION",
    ]);
    await admin.deleteTopics({ topics: ["orders"] });
    ok(!(await admin.listTopics()).includes("orders"));
    const cluster = await admin.describeCluster();
    strictEqual(cluster.brokers.length, 1);
    strictEqual(cluster.clusterId.length, 22);
  } finally {
    await admin.disconnect();
  }
});

// kafkajs has gzip built in and takes the others as plug-ins. Ours stand in: test/records checks
// them against what Apache Kafka and the codecs' own libraries have written.
const CODECS = { gzip: 1, snappy: 2, lz4: 3, zstd: 4 } as const;
for (const [name, type] of Object.entries(CODECS).slice(1)) {
  const codec = name as Codec;
  CompressionCodecs[type as 2 | 3 | 4] = () => ({
    compress: ({ buffer }: { buffer: Uint8Array }) =>
      Promise.resolve(Buffer.from(compress(codec, buffer))),
    decompress: (buffer: Uint8Array) =>
      Promise.resolve(Buffer.from(decompress(codec, buffer, { maxBytes: 1 << 24 }))),
  });
}

kafkajsTest("what was produced with every codec is consumed", async (kafka) => {
  const producer = kafka.producer();
  await producer.connect();
  const sent: string[] = [];
  for (const compression of [0, ...Object.values(CODECS)]) {
    const values = Array.from(
      { length: 200 },
      (_, i) => `${compression} ${"again ".repeat(20)}${i}`,
    );
    const messages = values.map((value) => ({ value, partition: 0 }));
    await producer.send({ topic: "packed", messages, compression });
    sent.push(...values);
  }
  await producer.disconnect();
  const got: string[] = [];
  const consumer = kafka.consumer({ groupId: "unpacking" });
  await consumer.connect();
  await consumer.subscribe({ topics: ["packed"], fromBeginning: true });
  await consumer.run({ eachMessage: async ({ message }) => void got.push(`${message.value}`) });
  await until(() => got.length >= sent.length, "all records");
  await consumer.disconnect();
  deepStrictEqual(got, sent);
});

kafkajsTest("a missing topic is said to be missing, and is not made unasked", async (kafka) => {
  const admin = kafka.admin();
  await admin.connect();
  const strict = kafka.producer({ allowAutoTopicCreation: false, retry: { retries: 0 } });
  await strict.connect();
  const sending = strict.send({ topic: "missing", messages: [{ value: "x" }] });
  const refused = await sending.catch((error) => error);
  strictEqual(refused.type ?? refused.cause?.type, "UNKNOWN_TOPIC_OR_PARTITION");
  deepStrictEqual(await admin.listTopics(), []);
  await Promise.all([strict.disconnect(), admin.disconnect()]);
});

kafkajsTest(
  "an idempotent producer with gzip, and a group that reads from the beginning and commits",
  async (kafka) => {
    const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
    await producer.connect();
    for (let batch = 0; batch < 10; batch++) {
      const messages = Array.from(
        { length: 50 },
        (_, i) => ({ key: `k${i}`, value: `v${batch * 50 + i}`, headers: { n: `${i}` } }),
      );
      await producer.send({ topic: "events", messages, acks: -1, compression: GZIP });
    }
    await producer.disconnect();

    const consume = async (count: number) => {
      const got: string[] = [];
      const consumer = kafka.consumer({ groupId: "readers" });
      await consumer.connect();
      await consumer.subscribe({ topics: ["events"], fromBeginning: true });
      await consumer.run({
        eachMessage: async ({ message }) => void got.push(message.value!.toString()),
      });
      await until(() => got.length >= count, `${count} records`);
      await consumer.disconnect();
      return got;
    };
    deepStrictEqual(
      (await consume(500)).sort(),
      Array.from({ length: 500 }, (_, i) => `v${i}`).sort(),
    );

    const again = kafka.producer();
    await again.connect();
    await again.send({ topic: "events", messages: [{ value: "one more" }] });
    await again.disconnect();
    deepStrictEqual(await consume(1), ["one more"]); // the group goes on where it had committed
  },
);

kafkajsTest(
  "a member that joins takes its share, and its share goes back when it leaves",
  async (kafka) => {
    const admin = kafka.admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic: "work", numPartitions: 6 }] });
    const shares = new Map<string, number>();
    const member = async (name: string) => {
      const consumer = kafka.consumer({
        groupId: "workers",
        heartbeatInterval: 300,
        sessionTimeout: 6000,
      });
      consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
        shares.set(name, (payload.memberAssignment["work"] ?? []).length);
      });
      await consumer.connect();
      await consumer.subscribe({ topics: ["work"] });
      await consumer.run({ eachMessage: async () => {} });
      return consumer;
    };
    const first = await member("first");
    await until(() => shares.get("first") === 6, "the first member's six");
    const second = await member("second");
    await until(() => shares.get("first") === 3 && shares.get("second") === 3, "three each");
    const { groups } = await admin.describeGroups(["workers"]);
    deepStrictEqual([groups[0].state, groups[0].members.length], ["Stable", 2]);
    await second.disconnect();
    await until(() => shares.get("first") === 6, "all six again");
    await first.disconnect();
    ok((await admin.listGroups()).groups.some(({ groupId }) => groupId === "workers"));
    await admin.disconnect();
  },
);

kafkajsTest("offsets by time, and a consumer that seeks", async (kafka) => {
  const admin = kafka.admin();
  const producer = kafka.producer();
  await Promise.all([admin.connect(), producer.connect()]);
  await admin.createTopics({ topics: [{ topic: "seek", numPartitions: 1 }] });
  const start = Date.now() - 10_000;
  const messages = Array.from(
    { length: 100 },
    (_, i) => ({ value: `${i}`, timestamp: `${start + i * 10}` }),
  );
  for (const message of messages) await producer.send({ topic: "seek", messages: [message] });
  const [{ offset }] = await admin.fetchTopicOffsetsByTimestamp("seek", start + 495);
  strictEqual(offset, "50");
  const consumer = kafka.consumer({ groupId: "seekers" });
  const got: string[] = [];
  await consumer.connect();
  await consumer.subscribe({ topics: ["seek"], fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ message }) => void got.push(message.value!.toString()),
  });
  consumer.seek({ topic: "seek", partition: 0, offset });
  await until(() => got.includes("99"), "the last record");
  ok(got.includes("50"));
  await Promise.all([consumer.disconnect(), admin.disconnect(), producer.disconnect()]);
});
