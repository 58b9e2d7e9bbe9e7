/** What a client asks first: ApiVersions, Metadata, DescribeCluster, ListOffsets. */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { ZERO_UUID } from "../../src/base/mod.ts";
import { SERVED_APIS } from "../../src/broker/mod.ts";
import {
  apiByKey,
  ApiVersionsRequest,
  ApiVersionsResponse,
  DescribeClusterRequest,
  DescribeClusterResponse,
  errorName,
  ListOffsetsRequest,
  ListOffsetsResponse,
  MetadataRequest,
  MetadataResponse,
  OffsetForLeaderEpochRequest,
  OffsetForLeaderEpochResponse,
  ProduceRequest,
  ProduceResponse,
} from "../../src/protocol/mod.ts";
import { batchOf, TestBroker, versionsOf } from "./kit.ts";

const API_VERSIONS = [ApiVersionsRequest, ApiVersionsResponse] as const;
const METADATA = [MetadataRequest, MetadataResponse] as const;
const LIST_OFFSETS = [ListOffsetsRequest, ListOffsetsResponse] as const;
const SOFTWARE = { clientSoftwareName: "test", clientSoftwareVersion: "1.0" };

Deno.test("ApiVersions lists what is served, in every version", async () => {
  const broker = await TestBroker.start();
  for (const version of versionsOf(broker, 18)) {
    const { errorCode, apiKeys } = await broker.ask(API_VERSIONS, version, SOFTWARE);
    strictEqual(errorCode, 0);
    deepStrictEqual(
      apiKeys.map(({ apiKey }) => apiKey),
      SERVED_APIS.filter(({ isAdvertised }) => isAdvertised === undefined).map(({ key }) => key),
    );
  }
  await broker.close();
});

/** Key, name, oldest and newest version that a live node of Apache Kafka 4.3.1 listed. */
const observed = Deno.readTextFileSync(
  new URL("../vectors/observed-4.3.1/api-versions-broker.txt", import.meta.url),
).split("\n").filter((line) => /^\d/.test(line)).map((line) => line.split("\t"));

Deno.test("What is advertised has the versions that Apache Kafka 4.3.1 lists", async () => {
  const broker = await TestBroker.start();
  const { apiKeys } = await broker.ask(API_VERSIONS, 4, SOFTWARE);
  const ranges = new Map(
    observed.map(([key, , min, max]) => [Number(key), [Number(min), Number(max)]]),
  );
  for (const { apiKey, minVersion, maxVersion } of apiKeys) {
    deepStrictEqual([minVersion, maxVersion], ranges.get(apiKey), `API ${apiKey}`);
  }
  await broker.close();
});

Deno.test("Produce is advertised from version 0 and served from 3", async () => {
  const broker = await TestBroker.start();
  const { apiKeys } = await broker.ask(API_VERSIONS, 4, SOFTWARE);
  deepStrictEqual(apiKeys[0], { apiKey: 0, minVersion: 0, maxVersion: 13 });
  deepStrictEqual(broker.broker.handler.versions(0), [3, 13]);
  await broker.close();
});

Deno.test("Every served version is declared and stable", () => {
  for (const { key, name, versions } of SERVED_APIS) {
    const declared = apiByKey(key)!;
    strictEqual(declared.name, name);
    ok(versions[0] >= declared.versions[0] && versions[1] <= declared.latestStable, name);
  }
});

Deno.test("ApiVersions in a version that nobody knows is answered in version 0 with its own range", async () => {
  const broker = await TestBroker.start();
  const answer = await broker.ask(API_VERSIONS, 0, {}, { isUnknownVersion: true });
  strictEqual(errorName(answer.errorCode), "UNSUPPORTED_VERSION");
  deepStrictEqual(answer.apiKeys, [{ apiKey: 18, minVersion: 0, maxVersion: 4 }]);
  await broker.close();
});

for (const name of ["", "-x", "x-", "a b", "ä", "a\u0000b"]) {
  Deno.test(`A client that calls itself ${JSON.stringify(name)} is refused with INVALID_REQUEST`, async () => {
    const broker = await TestBroker.start();
    const answer = await broker.ask(API_VERSIONS, 3, { ...SOFTWARE, clientSoftwareName: name });
    strictEqual(errorName(answer.errorCode), "INVALID_REQUEST");
    await broker.close();
  });
}

Deno.test("Features with a lowest level of 0 are for version 4 and later", async () => {
  const broker = await TestBroker.start();
  const { supportedFeatures } = await broker.ask(API_VERSIONS, 3, SOFTWARE);
  ok(supportedFeatures.every(({ minVersion }) => minVersion > 0));
  ok(supportedFeatures.some(({ name }) => name === "metadata.version"));
  await broker.close();
});

Deno.test("Metadata describes brokers and topics, in every version", async () => {
  const broker = await TestBroker.start();
  const topicId = broker.createTopic("orders", { partitions: 2 });
  for (const version of versionsOf(broker, 3)) {
    const answer = await broker.ask(METADATA, version, { topics: [{ name: "orders" }] });
    deepStrictEqual(answer.brokers, [{ nodeId: 1, host: "broker.test", port: 9092, rack: null }]);
    strictEqual(answer.controllerId, version >= 1 ? 1 : -1);
    const [topic] = answer.topics;
    strictEqual(topic.name, "orders");
    strictEqual(topic.topicId, version >= 10 ? topicId : ZERO_UUID);
    deepStrictEqual(
      topic.partitions.map(({ leaderId, replicaNodes }) => [leaderId, replicaNodes]),
      [
        [1, [1]],
        [1, [1]],
      ],
    );
  }
  await broker.close();
});

// version, topics asked for, names answered
const lists: [number, null | [], string[]][] = [
  [0, [], ["invoices", "orders"]],
  [1, [], []],
  [1, null, ["invoices", "orders"]],
  [13, [], []],
  [13, null, ["invoices", "orders"]],
];
for (const [version, topics, names] of lists) {
  const what = topics === null ? "null" : "an empty list";
  Deno.test(`Metadata v${version} asked for ${what} names ${names.length} topics`, async () => {
    const broker = await TestBroker.start();
    broker.createTopic("orders");
    broker.createTopic("invoices");
    const answer = await broker.ask(METADATA, version, { topics });
    deepStrictEqual(answer.topics.map(({ name }) => name).sort(), names);
    await broker.close();
  });
}

Deno.test("A missing topic is made when the client allows it, and found when it asks again", async () => {
  const broker = await TestBroker.start();
  const ask = async (name: string, allowAutoTopicCreation: boolean) => {
    const topics = [{ name }];
    const answer = await broker.ask(METADATA, 9, { topics, allowAutoTopicCreation });
    return errorName(answer.topics[0].errorCode);
  };
  strictEqual(await ask("orders", false), "UNKNOWN_TOPIC_OR_PARTITION");
  strictEqual(await ask("orders", true), "UNKNOWN_TOPIC_OR_PARTITION");
  strictEqual(await ask("orders", false), "NONE");
  strictEqual(await ask("bad name", true), "INVALID_TOPIC_EXCEPTION");
  strictEqual(await ask("..", true), "INVALID_TOPIC_EXCEPTION");
  await broker.close();
});

Deno.test("auto.create.topics.enable=false makes nothing", async () => {
  const broker = await TestBroker.start({ settings: { "auto.create.topics.enable": "false" } });
  await broker.ask(METADATA, 9, { topics: [{ name: "orders" }], allowAutoTopicCreation: true });
  strictEqual(broker.image.topicByName("orders"), undefined);
  await broker.close();
});

Deno.test("Metadata by topic id finds the topic, or says that the id is unknown", async () => {
  const broker = await TestBroker.start();
  const topicId = broker.createTopic("orders");
  const unknown = "AAAAAAAAAAAAAAAAAAAAZw";
  const topics = [{ topicId, name: null }, { topicId: unknown, name: null }];
  const answer = await broker.ask(METADATA, 12, { topics });
  deepStrictEqual(
    answer.topics.map(({ name, errorCode }) => [name, errorName(errorCode)]),
    [["orders", "NONE"], [null, "UNKNOWN_TOPIC_ID"]],
  );
  const tooEarly = await broker.ask(METADATA, 11, { topics: [{ topicId, name: "orders" }] });
  strictEqual(errorName(tooEarly.topics[0].errorCode), "INVALID_REQUEST");
  await broker.close();
});

Deno.test("A leader that the client can't reach is told by its version", async () => {
  const broker = await TestBroker.start();
  broker.createTopic("elsewhere", { leader: 2 });
  broker.createTopic("nowhere", { leader: -1 });
  const ask = async (version: number, name: string) => {
    const answer = await broker.ask(METADATA, version, { topics: [{ name }] });
    return errorName(answer.topics[0].partitions[0].errorCode);
  };
  strictEqual(await ask(5, "elsewhere"), "LEADER_NOT_AVAILABLE");
  strictEqual(await ask(6, "elsewhere"), "LISTENER_NOT_FOUND");
  strictEqual(await ask(13, "nowhere"), "LEADER_NOT_AVAILABLE");
  await broker.close();
});

Deno.test("DescribeCluster describes brokers, and refuses to describe anything else", async () => {
  const broker = await TestBroker.start();
  const messages = [DescribeClusterRequest, DescribeClusterResponse] as const;
  for (const version of versionsOf(broker, 60)) {
    const answer = await broker.ask(messages, version, {});
    deepStrictEqual(answer.brokers.map(({ brokerId, host }) => [brokerId, host]), [[
      1,
      "broker.test",
    ]]);
    strictEqual(answer.controllerId, 1);
  }
  const controllers = await broker.ask(messages, 1, { endpointType: 2 });
  strictEqual(errorName(controllers.errorCode), "MISMATCHED_ENDPOINT_TYPE");
  const others = await broker.ask(messages, 1, { endpointType: 7 });
  strictEqual(errorName(others.errorCode), "UNSUPPORTED_ENDPOINT_TYPE");
  await broker.close();
});

async function withRecords(): Promise<TestBroker> {
  const broker = await TestBroker.start();
  broker.createTopic("orders");
  const now = broker.platform.clock.now();
  for (const timestamp of [now - 3000, now - 1000, now - 2000]) {
    const partitionData = [{ index: 0, records: batchOf(["x"], { timestamp }) }];
    await broker.ask([ProduceRequest, ProduceResponse] as const, 9, {
      acks: -1,
      topicData: [{ name: "orders", partitionData }],
    });
  }
  return broker;
}

const offsetAt = async (broker: TestBroker, version: number, timestamp: number) => {
  const partitions = [{ partitionIndex: 0, timestamp }];
  const answer = await broker.ask(LIST_OFFSETS, version, {
    replicaId: -1,
    topics: [{ name: "orders", partitions }],
  });
  const [{ errorCode, offset, timestamp: found }] = answer.topics[0].partitions;
  return { error: errorName(errorCode), offset, timestamp: found };
};

Deno.test("ListOffsets finds the beginning and the end, in every version", async () => {
  const broker = await withRecords();
  for (const version of versionsOf(broker, 2)) {
    deepStrictEqual(await offsetAt(broker, version, -1), {
      error: "NONE",
      offset: 3,
      timestamp: -1,
    });
    deepStrictEqual(await offsetAt(broker, version, -2), {
      error: "NONE",
      offset: 0,
      timestamp: -1,
    });
  }
  await broker.close();
});

Deno.test("ListOffsets finds the first record at or after a time", async () => {
  const broker = await withRecords();
  const now = broker.platform.clock.now();
  // before now, offset, its time before now
  for (
    const [before, offset, at] of [[9000, 0, 3000], [3000, 0, 3000], [2999, 1, 1000], [
      1000,
      1,
      1000,
    ]]
  ) {
    const found = await offsetAt(broker, 7, now - before);
    deepStrictEqual(found, { error: "NONE", offset, timestamp: now - at });
  }
  deepStrictEqual(await offsetAt(broker, 7, now), { error: "NONE", offset: -1, timestamp: -1 });
  deepStrictEqual(await offsetAt(broker, 7, -3), {
    error: "NONE",
    offset: 1,
    timestamp: now - 1000,
  });
  await broker.close();
});

// timestamp that is none, the first version that knows it, what it finds
for (const [timestamp, since, offset] of [[-3, 7, 1], [-4, 8, 0], [-5, 9, -1], [-6, 11, -1]]) {
  Deno.test(`ListOffsets knows ${timestamp} since version ${since}`, async () => {
    const broker = await withRecords();
    strictEqual((await offsetAt(broker, since - 1, timestamp)).error, "UNSUPPORTED_VERSION");
    const { error, offset: found } = await offsetAt(broker, since, timestamp);
    deepStrictEqual([error, found], ["NONE", offset]);
    await broker.close();
  });
}

Deno.test("ListOffsets of a partition named twice is refused, once", async () => {
  const broker = await withRecords();
  const partitions = [{ partitionIndex: 0, timestamp: -1 }, { partitionIndex: 0, timestamp: -2 }];
  const answer = await broker.ask(LIST_OFFSETS, 7, { topics: [{ name: "orders", partitions }] });
  deepStrictEqual(answer.topics[0].partitions.map((p) => errorName(p.errorCode)), [
    "INVALID_REQUEST",
  ]);
  await broker.close();
});

Deno.test("OffsetForLeaderEpoch of an empty log knows the epochs until now, and none that never was", async () => {
  const broker = await TestBroker.start();
  broker.createTopic("orders");
  const messages = [OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse] as const;
  const ask = async (leaderEpoch: number) => {
    const topics = [{ topic: "orders", partitions: [{ partition: 0, leaderEpoch }] }];
    const [{ partitions: [found] }] = (await broker.ask(messages, 4, { topics })).topics;
    return [found.leaderEpoch, found.endOffset];
  };
  deepStrictEqual([await ask(0), await ask(1)], [[0, 0], [-1, -1]]);
  await broker.close();
});

Deno.test("OffsetForLeaderEpoch tells where an epoch ended", async () => {
  const broker = await withRecords();
  const messages = [OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse] as const;
  for (const version of versionsOf(broker, 23)) {
    const ask = async (leaderEpoch: number) => {
      const partitions = [{ partition: 0, leaderEpoch }];
      const answer = await broker.ask(messages, version, {
        topics: [{ topic: "orders", partitions }],
      });
      const [{ leaderEpoch: epoch, endOffset }] = answer.topics[0].partitions;
      return [epoch, endOffset];
    };
    deepStrictEqual(await ask(0), [0, 3]);
    deepStrictEqual(await ask(4), [-1, -1]);
  }
  await broker.close();
});
