/**
 * What operators ask for: topics, settings, records deleted, producer ids. The controller's rules
 * are its room's.
 */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { ZERO_UUID } from "../../src/base/mod.ts";
import {
  AlterConfigsRequest,
  AlterConfigsResponse,
  CreatePartitionsRequest,
  CreatePartitionsResponse,
  CreateTopicsRequest,
  CreateTopicsResponse,
  DeleteRecordsRequest,
  DeleteRecordsResponse,
  DeleteTopicsRequest,
  DeleteTopicsResponse,
  DescribeConfigsRequest,
  DescribeConfigsResponse,
  errorName,
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponse,
  InitProducerIdRequest,
  InitProducerIdResponse,
  ProduceRequest,
  ProduceResponse,
} from "../../src/protocol/mod.ts";
import { batchOf, TestBroker, versionsOf } from "./kit.ts";

const CREATE = [CreateTopicsRequest, CreateTopicsResponse] as const;
const DELETE = [DeleteTopicsRequest, DeleteTopicsResponse] as const;
const DESCRIBE = [DescribeConfigsRequest, DescribeConfigsResponse] as const;
const PRODUCE = [ProduceRequest, ProduceResponse] as const;
const [TOPIC, BROKER, GROUP] = [2, 4, 32];

Deno.test("Topics are created and deleted, in every version", async () => {
  const broker = await TestBroker.start();
  for (const version of versionsOf(broker, 19)) {
    const name = `topic-${version}`;
    const topics = [{ name, numPartitions: 3, replicationFactor: 1 }];
    const { topics: [created] } = await broker.ask(CREATE, version, { topics });
    strictEqual(errorName(created.errorCode), "NONE");
    strictEqual(created.topicId !== ZERO_UUID, version >= 7);
    strictEqual(created.numPartitions, version >= 5 ? 3 : -1);
    ok(broker.replicas.get(name, 2));
  }
  for (const version of versionsOf(broker, 20)) {
    const name = `topic-${version + 1}`;
    const request = version >= 6 ? { topics: [{ name }] } : { topicNames: [name] };
    const { responses: [deleted] } = await broker.ask(DELETE, version, request);
    deepStrictEqual([deleted.name, errorName(deleted.errorCode)], [name, "NONE"]);
    strictEqual(broker.replicas.get(name, 2), undefined);
  }
  await broker.close();
});

Deno.test("A topic that is made again begins anew, under another id", async () => {
  const broker = await TestBroker.start();
  const topics = [{ name: "orders", numPartitions: 1, replicationFactor: 1 }];
  await broker.ask(CREATE, 7, { topics });
  const partitionData = [{ index: 0, records: batchOf(["a"]) }];
  await broker.ask(PRODUCE, 9, { acks: -1, topicData: [{ name: "orders", partitionData }] });
  await broker.ask(DELETE, 6, { topics: [{ name: "orders" }] });
  await broker.ask(CREATE, 7, { topics });
  strictEqual(broker.offsetsOf({ topic: "orders", partition: 0 }).logEndOffset, 0);
  await broker.close();
});

Deno.test("A stopped broker removes what was deleted meanwhile, and keeps the rest", async () => {
  const first = await TestBroker.start();
  first.createTopic("kept");
  first.createTopic("deleted");
  const { platform, directory } = first;
  await first.close();
  const second = await TestBroker.start({ platform });
  const kept = first.image.topicByName("kept")!;
  second.apply(
    first.image.toRecords().filter((record) =>
      !JSON.stringify(record).includes("deleted") &&
      (!("topicId" in record.value) || record.value.topicId === kept.id)
    ),
  );
  second.replicas.start(second.image);
  deepStrictEqual([...second.directory.partitions()].map((log) => log.topicPartition.topic), [
    "kept",
  ]);
  ok(directory.metadata.path);
  await second.close();
});

Deno.test("Partitions are added, in every version", async () => {
  const broker = await TestBroker.start();
  broker.createTopic("orders");
  const messages = [CreatePartitionsRequest, CreatePartitionsResponse] as const;
  for (const version of versionsOf(broker, 37)) {
    const topics = [{ name: "orders", count: version + 2, assignments: null }];
    const { results: [result] } = await broker.ask(messages, version, { topics });
    strictEqual(errorName(result.errorCode), "NONE");
    ok(broker.replicas.get("orders", version + 1));
  }
  await broker.close();
});

Deno.test("A topic's settings are described with where they come from, in every version", async () => {
  const broker = await TestBroker.start();
  broker.createTopic("orders", { configs: { "retention.ms": "1000" } });
  for (const version of versionsOf(broker, 32)) {
    const resources = [{ resourceType: TOPIC, resourceName: "orders", configurationKeys: null }];
    const { results: [result] } = await broker.ask(DESCRIBE, version, {
      resources,
      includeSynonyms: true,
      includeDocumentation: version >= 3,
    });
    strictEqual(errorName(result.errorCode), "NONE");
    const retention = result.configs.find(({ name }) => name === "retention.ms")!;
    deepStrictEqual([retention.value, retention.configSource], ["1000", 1]);
    strictEqual(retention.synonyms[0].name, "retention.ms");
    strictEqual(retention.configType, version >= 3 ? 5 : 0);
    if (version >= 3) match(retention.documentation!, /\w{3}/);
    ok(result.configs.length > 25);
  }
  await broker.close();
});

// type, name, the error
const resources: [number, string, string][] = [
  [TOPIC, "none", "UNKNOWN_TOPIC_OR_PARTITION"],
  [TOPIC, "bad name", "INVALID_TOPIC_EXCEPTION"],
  [BROKER, "1", "NONE"],
  [BROKER, "", "NONE"],
  [BROKER, "2", "INVALID_REQUEST"],
  [GROUP, "shop", "NONE"],
  [16, "figures", "NONE"],
  [8, "1", "NONE"],
  [77, "x", "INVALID_REQUEST"],
];
for (const [resourceType, resourceName, error] of resources) {
  Deno.test(`Describing resource ${resourceType} "${resourceName}" gives ${error}`, async () => {
    const broker = await TestBroker.start();
    const resources = [{ resourceType, resourceName, configurationKeys: null }];
    const { results: [result] } = await broker.ask(DESCRIBE, 4, { resources });
    strictEqual(errorName(result.errorCode), error);
    await broker.close();
  });
}

Deno.test("Only the settings that are asked for are described", async () => {
  const broker = await TestBroker.start();
  const resources = [{
    resourceType: BROKER,
    resourceName: "1",
    configurationKeys: ["num.partitions", "none"],
  }];
  const { results: [result] } = await broker.ask(DESCRIBE, 4, { resources });
  deepStrictEqual(result.configs.map(({ name }) => name), ["num.partitions"]);
  await broker.close();
});

Deno.test("Settings of a topic are altered and count at once, in every version", async () => {
  const broker = await TestBroker.start();
  broker.createTopic("orders");
  const { log } = broker.replicas.get("orders", 0)!;
  const incremental = [IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse] as const;
  const resource = { resourceType: TOPIC, resourceName: "orders" };
  for (const version of versionsOf(broker, 44)) {
    const configs = [{ name: "max.message.bytes", configOperation: 0, value: `${2000 + version}` }];
    const { responses: [{ errorCode }] } = await broker.ask(incremental, version, {
      resources: [{ ...resource, configs }],
    });
    strictEqual(errorName(errorCode), "NONE");
    strictEqual(log.config.get("max.message.bytes"), 2000 + version);
  }
  const whole = [AlterConfigsRequest, AlterConfigsResponse] as const;
  for (const version of versionsOf(broker, 33)) {
    const configs = [{ name: "retention.ms", value: `${version + 5}` }];
    await broker.ask(whole, version, { resources: [{ ...resource, configs }] });
    strictEqual(log.config.get("retention.ms"), version + 5);
    strictEqual(log.config.isSet("max.message.bytes"), false);
  }
  await broker.close();
});

Deno.test("durability=os set at run time releases who waits for the disk", async () => {
  const broker = await TestBroker.start();
  broker.createTopic("orders");
  const replica = broker.replicas.get("orders", 0)!;
  const partitionData = [{ index: 0, records: batchOf(["a"]) }];
  const produced = broker.ask(PRODUCE, 9, {
    acks: -1,
    topicData: [{ name: "orders", partitionData }],
  });
  strictEqual(replica.highWatermark, 0);
  const configs = [{ name: "durability", configOperation: 0, value: "os" }];
  await broker.ask([IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse] as const, 1, {
    resources: [{ resourceType: TOPIC, resourceName: "orders", configs }],
  });
  strictEqual(replica.highWatermark, 1);
  await produced;
  await broker.close();
});

Deno.test("DeleteRecords moves the beginning, in every version", async () => {
  const broker = await TestBroker.start();
  broker.createTopic("orders");
  const partitionData = [{ index: 0, records: batchOf(["a", "b", "c", "d", "e"]) }];
  await broker.ask(PRODUCE, 9, { acks: -1, topicData: [{ name: "orders", partitionData }] });
  const messages = [DeleteRecordsRequest, DeleteRecordsResponse] as const;
  const remove = async (version: number, name: string, offset: number) => {
    const topics = [{ name, partitions: [{ partitionIndex: 0, offset }] }];
    const answer = await broker.ask(messages, version, { topics });
    const [{ errorCode, lowWatermark }] = answer.topics[0].partitions;
    return [errorName(errorCode), lowWatermark];
  };
  for (const version of versionsOf(broker, 21)) {
    deepStrictEqual(await remove(version, "orders", version + 1), ["NONE", version + 1]);
  }
  deepStrictEqual(await remove(2, "orders", 9), ["OFFSET_OUT_OF_RANGE", -1]);
  deepStrictEqual(await remove(2, "orders", -2), ["OFFSET_OUT_OF_RANGE", -1]);
  deepStrictEqual(await remove(2, "orders", -1), ["NONE", 5]);
  deepStrictEqual(await remove(2, "none", 0), ["UNKNOWN_TOPIC_OR_PARTITION", -1]);
  deepStrictEqual(await remove(2, "__consumer_offsets", 0), ["INVALID_TOPIC_EXCEPTION", -1]);
  await broker.close();
});

Deno.test("Producer ids are never given twice, in every version", async () => {
  const broker = await TestBroker.start();
  const messages = [InitProducerIdRequest, InitProducerIdResponse] as const;
  const given = new Set<number>();
  const versions = versionsOf(broker, 22);
  for (let count = 0; count < 1200; count++) {
    const version = versions[count % versions.length];
    const answer = await broker.ask(messages, version, { transactionalId: null });
    strictEqual(answer.producerEpoch, 0);
    given.add(answer.producerId);
  }
  strictEqual(given.size, 1200);
  const refused = await broker.ask(messages, 4, {
    transactionalId: "t",
    transactionTimeoutMs: 1000,
  });
  strictEqual(errorName(refused.errorCode), "TRANSACTIONAL_ID_AUTHORIZATION_FAILED");
  const empty = await broker.ask(messages, 4, { transactionalId: "" });
  strictEqual(errorName(empty.errorCode), "INVALID_REQUEST");
  await broker.close();
});
