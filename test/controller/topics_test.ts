import { deepStrictEqual, strictEqual } from "node:assert/strict";
import {
  CreatePartitionsRequest,
  DeleteTopicsRequest,
  errorName,
  type InputOf,
} from "../../src/protocol/mod.ts";
import { of, TestCluster, typesOf, uuidOf } from "./kit.ts";

function withTopics(settings?: Record<string, string>) {
  const cluster = TestCluster.withBrokers([null, null], settings);
  cluster.create({
    topics: ["a", "b"].map((name) => ({
      name,
      numPartitions: 2,
      replicationFactor: 2,
      configs: [{ name: "retention.ms", value: "1000" }],
    })),
  });
  return cluster;
}

type Deletions = InputOf<typeof DeleteTopicsRequest>;
const remove = (cluster: TestCluster, request: Deletions, version = 6) =>
  cluster.commit(cluster.controller.deleteTopics(of(DeleteTopicsRequest, request), version))
    .responses.map(({ errorCode, name }) => [name, errorName(errorCode)]);

Deno.test("DeleteTopics deletes by name and by id, with settings", () => {
  const cluster = withTopics();
  const topicId = cluster.image.topicIdOf("b");
  deepStrictEqual(remove(cluster, { topics: [{ name: "a" }, { topicId }] }), [["a", "NONE"], [
    "b",
    "NONE",
  ]]);
  strictEqual(cluster.image.topics.size, 0);
  strictEqual(cluster.image.configsOf({ type: 2, name: "a" }).size, 0);
});

Deno.test("DeleteTopics of old names topics in another field", () => {
  const cluster = withTopics();
  deepStrictEqual(remove(cluster, { topicNames: ["a", "x"] }, 5), [["a", "NONE"], [
    "x",
    "UNKNOWN_TOPIC_OR_PARTITION",
  ]]);
});

const deletions: [string, (cluster: TestCluster) => Deletions, string[]][] = [
  ["an unknown id", () => ({ topics: [{ topicId: uuidOf("none", 1) }] }), ["UNKNOWN_TOPIC_ID"]],
  ["neither name nor id", () => ({ topics: [{}] }), ["INVALID_REQUEST"]],
  ["both name and id", (c) => ({ topics: [{ name: "a", topicId: c.image.topicIdOf("a") }] }), [
    "INVALID_REQUEST",
  ]],
  ["a topic twice", () => ({ topics: [{ name: "a" }, { name: "a" }] }), ["INVALID_REQUEST"]],
  [
    "a topic by name and by id",
    (c) => ({ topics: [{ name: "a" }, { topicId: c.image.topicIdOf("a") }] }),
    ["NONE", "INVALID_REQUEST"],
  ],
];
for (const [name, request, errors] of deletions) {
  Deno.test(`DeleteTopics answers ${name} with ${errors}`, () => {
    const cluster = withTopics();
    deepStrictEqual(remove(cluster, request(cluster)).map(([, error]) => error), errors);
  });
}

Deno.test("delete.topic.enable=false refuses, in words that old clients know", () => {
  const cluster = withTopics({ "delete.topic.enable": "false" });
  deepStrictEqual(remove(cluster, { topics: [{ name: "a" }] }), [["a", "TOPIC_DELETION_DISABLED"]]);
  deepStrictEqual(remove(cluster, { topicNames: ["a"] }, 2), [["a", "INVALID_REQUEST"]]);
});

const growths: [string, InputOf<typeof CreatePartitionsRequest>, string][] = [
  ["more partitions", { topics: [{ name: "a", count: 5, assignments: null }] }, "NONE"],
  [
    "an assignment",
    { topics: [{ name: "a", count: 3, assignments: [{ brokerIds: [2, 1] }] }] },
    "NONE",
  ],
  [
    "as many as there are",
    { topics: [{ name: "a", count: 2, assignments: null }] },
    "INVALID_PARTITIONS",
  ],
  ["fewer", { topics: [{ name: "a", count: 1, assignments: null }] }, "INVALID_PARTITIONS"],
  [
    "an unknown topic",
    { topics: [{ name: "x", count: 3, assignments: null }] },
    "UNKNOWN_TOPIC_OR_PARTITION",
  ],
  [
    "too few assigned",
    { topics: [{ name: "a", count: 4, assignments: [{ brokerIds: [2, 1] }] }] },
    "INVALID_REPLICA_ASSIGNMENT",
  ],
  ["another number of replicas", {
    topics: [{ name: "a", count: 3, assignments: [{ brokerIds: [2] }] }],
  }, "INVALID_REPLICA_ASSIGNMENT"],
  [
    "far too many",
    { topics: [{ name: "a", count: 20_000, assignments: null }] },
    "POLICY_VIOLATION",
  ],
  ["a topic twice", {
    topics: [{ name: "a", count: 3, assignments: null }, {
      name: "a",
      count: 4,
      assignments: null,
    }],
  }, "INVALID_REQUEST"],
];
for (const [name, request, error] of growths) {
  Deno.test(`CreatePartitions answers ${name} with ${error}`, () => {
    const cluster = withTopics();
    const decision = cluster.controller.createPartitions(of(CreatePartitionsRequest, request));
    const [result, ...more] = cluster.commit(decision).results;
    strictEqual(errorName(result.errorCode), error);
    strictEqual(more.length, 0);
    const count = error === "NONE" ? request.topics![0].count! : 2;
    strictEqual(cluster.image.topicByName("a")!.partitions.length, count);
    deepStrictEqual(
      new Set(typesOf(decision.records)),
      new Set(error === "NONE" ? ["Partition"] : []),
    );
  });
}

Deno.test("CreatePartitions takes as many replicas as the topic has", () => {
  const cluster = withTopics();
  const request = of(CreatePartitionsRequest, {
    topics: [{ name: "a", count: 3, assignments: null }],
  });
  cluster.commit(cluster.controller.createPartitions(request));
  strictEqual(cluster.image.partition("a", 2)!.replicas.length, 2);
});
