import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { isUuid } from "../../src/bytes/mod.ts";
import { CreateTopicsRequest, type InputOf } from "../../src/protocol/mod.ts";
import { of, TestCluster, typesOf } from "./kit.ts";

type Topic = NonNullable<InputOf<typeof CreateTopicsRequest>["topics"]>[number];

const three = () => TestCluster.withBrokers(["a", "b", "c"]);
const counts = (numPartitions: number, replicationFactor: number) => ({
  numPartitions,
  replicationFactor,
});
const ONE = counts(1, 1);
const DEFAULTS = counts(-1, -1);
const assigned = (...lists: number[][]) => ({
  ...DEFAULTS,
  assignments: lists.map((brokerIds, partitionIndex) => ({ partitionIndex, brokerIds })),
});

// Each is refused by the first check that fails, in Kafka's order.
const refusals: [string, Topic, string, RegExp][] = [
  ["an empty name", { name: "", ...ONE }, "INVALID_TOPIC_EXCEPTION", /no characters/],
  ["a name that is a folder", { name: "..", ...ONE }, "INVALID_TOPIC_EXCEPTION", /folder/],
  ["a name with a slash", { name: "a/b", ...ONE }, "INVALID_TOPIC_EXCEPTION", /letters/],
  ["a name of 250", { name: "x".repeat(250), ...ONE }, "INVALID_TOPIC_EXCEPTION", /249/],
  ["a name like another", { name: "there_is", ...ONE }, "INVALID_TOPIC_EXCEPTION", /there\.is/],
  ["a name that is taken", { name: "there.is", ...counts(0, 0) }, "TOPIC_ALREADY_EXISTS", /exists/],
  ["the controllers' own log", { name: "__cluster_metadata", ...ONE }, "INVALID_REQUEST", /own/],
  [
    "an unknown setting",
    { name: "x", ...counts(0, 0), configs: [{ name: "retention", value: "1" }] },
    "INVALID_CONFIG",
    /retention/,
  ],
  [
    "a wrong setting",
    { name: "x", ...ONE, configs: [{ name: "segment.bytes", value: "1" }] },
    "INVALID_CONFIG",
    /segment\.bytes/,
  ],
  [
    "a setting without value",
    { name: "x", ...ONE, configs: [{ name: "segment.bytes", value: null }] },
    "INVALID_CONFIG",
    /null/,
  ],
  [
    "an assignment and a count",
    { ...assigned([1]), name: "x", numPartitions: 1 },
    "INVALID_REQUEST",
    /-1/,
  ],
  [
    "an assignment and a factor",
    { ...assigned([1]), name: "x", replicationFactor: 1 },
    "INVALID_REQUEST",
    /-1/,
  ],
  [
    "a partition without replicas",
    { name: "x", ...assigned([]) },
    "INVALID_REPLICA_ASSIGNMENT",
    /needs/,
  ],
  [
    "a broker twice",
    { name: "x", ...assigned([1, 1]) },
    "INVALID_REPLICA_ASSIGNMENT",
    /one replica/,
  ],
  [
    "an unknown broker",
    { name: "x", ...assigned([1, 9]) },
    "INVALID_REPLICA_ASSIGNMENT",
    /broker 9/,
  ],
  [
    "uneven assignments",
    { name: "x", ...assigned([1, 2], [3]) },
    "INVALID_REPLICA_ASSIGNMENT",
    /2 replicas/,
  ],
  [
    "a gap in the assignment",
    { name: "x", ...DEFAULTS, assignments: [{ partitionIndex: 1, brokerIds: [1] }] },
    "INVALID_REPLICA_ASSIGNMENT",
    /Partition 0/,
  ],
  [
    "a partition assigned twice",
    {
      name: "x",
      ...DEFAULTS,
      assignments: [0, 0].map((partitionIndex) => ({ partitionIndex, brokerIds: [1] })),
    },
    "INVALID_REPLICA_ASSIGNMENT",
    /more than once/,
  ],
  ["no replicas", { name: "x", ...counts(1, 0) }, "INVALID_REPLICATION_FACTOR", /at least 1/],
  ["a strange factor", { name: "x", ...counts(0, -2) }, "INVALID_REPLICATION_FACTOR", /-2/],
  [
    "more replicas than brokers",
    { name: "x", ...counts(1, 4) },
    "INVALID_REPLICATION_FACTOR",
    /3 brokers/,
  ],
  ["no partitions", { name: "x", ...counts(0, 1) }, "INVALID_PARTITIONS", /at least 1/],
  ["a strange count", { name: "x", ...counts(-2, 1) }, "INVALID_PARTITIONS", /-2/],
];
for (const [name, topic, error, text] of refusals) {
  Deno.test(`CreateTopics refuses ${name} with ${error}, and creates the others`, () => {
    const cluster = three();
    cluster.create({ topics: [{ name: "there.is", ...ONE }] });
    const [refused, created] = cluster.create({ topics: [topic, { name: "good", ...ONE }] });
    strictEqual(refused.error, error);
    match(refused.errorMessage!, text);
    deepStrictEqual(refused.configs, []);
    strictEqual(created.error, "NONE");
    deepStrictEqual([...cluster.image.topicNames()], ["there.is", "good"]);
  });
}

Deno.test("CreateTopics writes topic, settings and partitions, in that order", () => {
  const cluster = TestCluster.withBrokers([null]);
  const request = of(CreateTopicsRequest, {
    topics: [{
      name: "orders",
      ...counts(2, 1),
      configs: [{ name: "segment.bytes", value: "1048576" }],
    }],
  });
  const { records, response } = cluster.controller.createTopics(request);
  deepStrictEqual(typesOf(records), ["Topic", "Config", "Partition", "Partition"]);
  const { topicId, configs, ...answered } = response.topics[0];
  deepStrictEqual(answered, {
    name: "orders",
    errorCode: 0,
    errorMessage: null,
    topicConfigErrorCode: 0,
    numPartitions: 2,
    replicationFactor: 1,
  });
  ok(isUuid(topicId));
  const described = configs!.find(({ name }) => name === "segment.bytes");
  deepStrictEqual(described, {
    name: "segment.bytes",
    value: "1048576",
    readOnly: false,
    configSource: 1,
    isSensitive: false,
  });
  ok(configs!.length > 25);
  strictEqual(cluster.image.topics.size, 0, "deciding has changed nothing");

  cluster.append(records);
  deepStrictEqual(cluster.image.partition("orders", 1), {
    replicas: [1],
    directories: [cluster.image.brokers.get(1)!.logDirs[0]],
    isr: [1],
    removingReplicas: [],
    addingReplicas: [],
    eligibleLeaderReplicas: [],
    lastKnownElr: [],
    leader: 1,
    leaderRecoveryState: 0,
    leaderEpoch: 0,
    partitionEpoch: 0,
  });
});

Deno.test("CreateTopics only checks with validateOnly", () => {
  const cluster = three();
  const [topic] = cluster.create({ topics: [{ name: "x", ...counts(3, 3) }], validateOnly: true });
  strictEqual(topic.error, "NONE");
  strictEqual(topic.numPartitions, 3);
  strictEqual(cluster.image.topics.size, 0);
});

Deno.test("CreateTopics takes -1 from num.partitions and default.replication.factor", () => {
  const cluster = TestCluster.withBrokers([null, null], {
    "num.partitions": "6",
    "default.replication.factor": "2",
  });
  const [topic] = cluster.create({ topics: [{ name: "x", ...DEFAULTS }] });
  deepStrictEqual([topic.numPartitions, topic.replicationFactor], [6, 2]);
});

Deno.test("CreateTopics refuses a name that is twice in a request, with one answer", () => {
  const answers = three().create({ topics: [{ name: "x", ...ONE }, { name: "x", ...ONE }] });
  deepStrictEqual(answers.map(({ error }) => error), ["INVALID_REQUEST"]);
});

Deno.test("CreateTopics takes names that collide in one request, and not with the cluster's", () => {
  const cluster = three();
  const both = cluster.create({ topics: [{ name: "a.b", ...ONE }, { name: "a_b", ...ONE }] });
  deepStrictEqual(both.map(({ error }) => error), ["NONE", "NONE"]);
  cluster.create({ topics: [{ name: "c.d", ...ONE }] });
  const [later] = cluster.create({ topics: [{ name: "c_d", ...ONE }] });
  strictEqual(later.error, "INVALID_TOPIC_EXCEPTION");
});

Deno.test("CreateTopics refuses a request for more than 10,000 partitions as a whole", () => {
  const answers = three().create({
    topics: [{ name: "x", ...ONE }, { name: "y", ...counts(10_000, 1) }],
  });
  deepStrictEqual(answers.map(({ error }) => error), ["POLICY_VIOLATION", "POLICY_VIOLATION"]);
});

Deno.test("CreateTopics takes an assignment as it is, and live replicas for the ISR", () => {
  const cluster = three();
  cluster.heartbeat(1, { wantFence: true });
  cluster.create({ topics: [{ name: "x", ...assigned([1, 2], [3, 1]) }] });
  const { partitions } = cluster.image.topicByName("x")!;
  deepStrictEqual(partitions.map(({ replicas, isr, leader }) => ({ replicas, isr, leader })), [
    { replicas: [1, 2], isr: [2], leader: 2 },
    { replicas: [3, 1], isr: [3], leader: 3 },
  ]);
  const [refused] = cluster.create({ topics: [{ name: "y", ...assigned([1]) }] });
  strictEqual(refused.error, "INVALID_REPLICA_ASSIGNMENT");
});

Deno.test("Replicas spread over racks and leaders over brokers", () => {
  const cluster = TestCluster.withBrokers(["a", "a", "b", "b", "c", "c"]);
  cluster.create({ topics: [{ name: "x", ...counts(60, 3) }] });
  const rackOf = (id: number) => cluster.image.brokers.get(id)!.rack;
  const led = new Map<number, number>();
  const held = new Map<number, number>();
  for (const { replicas, leader } of cluster.image.topicByName("x")!.partitions) {
    strictEqual(new Set(replicas.map(rackOf)).size, 3);
    led.set(leader, (led.get(leader) ?? 0) + 1);
    for (const id of replicas) held.set(id, (held.get(id) ?? 0) + 1);
  }
  deepStrictEqual([...held.values()], [30, 30, 30, 30, 30, 30]);
  ok([...led.values()].every((n) => n >= 5 && n <= 15), JSON.stringify([...led]));
  strictEqual(led.size, 6);
});

Deno.test("A fenced broker gets replicas only when there is no other, and is in no ISR", () => {
  const cluster = TestCluster.withBrokers([null, null, null]);
  cluster.heartbeat(2, { wantFence: true });
  cluster.create({
    topics: [{ name: "two", ...counts(9, 2) }, { name: "three", ...counts(3, 3) }],
  });
  for (const { replicas } of cluster.image.topicByName("two")!.partitions) {
    ok(!replicas.includes(2));
  }
  for (const { replicas, isr } of cluster.image.topicByName("three")!.partitions) {
    strictEqual(replicas[2], 2);
    deepStrictEqual(isr, replicas.slice(0, 2));
  }
});

Deno.test("Without a live broker nothing can be placed", () => {
  const cluster = new TestCluster();
  cluster.register(1);
  const [topic] = cluster.create({ topics: [{ name: "x", ...ONE }] });
  strictEqual(topic.error, "INVALID_REPLICATION_FACTOR");
});

Deno.test("The topic of groups is created with its own counts and settings, on as many brokers as there are", () => {
  const cluster = TestCluster.withBrokers([null], { "offsets.topic.num.partitions": "4" });
  const response = cluster.commit(
    cluster.controller.autoCreateTopics(["__consumer_offsets", "orders"]),
  );
  deepStrictEqual(
    response.topics.map((
      { errorCode, numPartitions, replicationFactor },
    ) => [errorCode, numPartitions, replicationFactor]),
    [
      [0, 4, 1],
      [0, 1, 1],
    ],
  );
  deepStrictEqual([...cluster.image.configsOf({ type: 2, name: "__consumer_offsets" })], [
    ["compression.type", "producer"],
    ["cleanup.policy", "compact"],
    ["segment.bytes", "104857600"],
  ]);
  const again = cluster.controller.autoCreateTopics([
    "__consumer_offsets",
    "__transaction_state",
    "__share_group_state",
    "a/b",
  ]);
  deepStrictEqual(again.response.topics.map(({ errorCode }) => errorCode), [36, 0, 0, 17]);
});
