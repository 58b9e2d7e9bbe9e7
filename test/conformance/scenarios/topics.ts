/** ApiVersions, Metadata, DescribeCluster, and what makes, changes and removes topics. */
import { MISSING_ID, pause, type Scenario, type Side, ZERO_ID } from "../side.ts";

const only = (answer: any, names: readonly string[]) => ({
  ...answer,
  topics: answer.topics.filter(({ name }: any) => names.includes(name)),
});

const plain = (name: string, more: object = {}) => ({
  name,
  numPartitions: 1,
  replicationFactor: 1,
  ...more,
});

/** One CreateTopics with one topic in it. */
const create = (name: string, topicOf: (name: string) => object, more: object = {}): Scenario => ({
  api: "CreateTopics",
  name,
  play: (side, version, unique) =>
    side.ask("CreateTopics", version, { topics: [topicOf(unique)], ...more }),
});

const metadata = (
  name: string,
  topics: (side: Side, version: number) => object[] | null,
  more: Partial<Scenario> & { body?: object } = {},
): Scenario => ({
  api: "Metadata",
  name,
  ...more,
  play: (side, version) =>
    side.ask("Metadata", version, {
      topics: topics(side, version),
      ...(version >= 4 ? { allowAutoTopicCreation: false } : {}),
      ...more.body,
    }),
});

const deleteByName = (name: string, namesOf: (unique: string) => string[]): Scenario => ({
  api: "DeleteTopics",
  name,
  topic: {},
  async play(side, version, unique) {
    const names = namesOf(unique);
    return await side.ask("DeleteTopics", version, {
      timeoutMs: 10_000,
      ...(version >= 6 ? { topics: names.map((name) => ({ name })) } : { topicNames: names }),
    });
  },
});

const partitionsOf = (name: string, topicOf: (name: string) => object, more = {}): Scenario => ({
  api: "CreatePartitions",
  name,
  topic: { partitions: 2 },
  async play(side, version, unique) {
    const body = { topics: [{ name: unique, assignments: null, ...topicOf(unique) }], ...more };
    return await side.ask("CreatePartitions", version, { timeoutMs: 10_000, ...body });
  },
});

const software = { clientSoftwareName: "judge", clientSoftwareVersion: "1.0" };

export const TOPICS: Scenario[] = [
  {
    api: "ApiVersions",
    name: "what there is",
    play: (side, version) => side.ask("ApiVersions", version, software),
  },
  {
    api: "ApiVersions",
    name: "a version that nobody has",
    play: (side) => side.ask("ApiVersions", 4, software, { headerVersion: 99, answerVersion: 0 }),
  },
  ...[["", "1"], ["judge", ""], ["-judge", "1"], ["ju dge", "1"], ["jüdge", "1"], ["a.b-c", "1"]]
    .map(([clientSoftwareName, clientSoftwareVersion]): Scenario => ({
      api: "ApiVersions",
      name: `a client called "${clientSoftwareName}" "${clientSoftwareVersion}"`,
      since: 3,
      play: (side, version) =>
        side.ask("ApiVersions", version, { clientSoftwareName, clientSoftwareVersion }),
    })),

  {
    api: "Metadata",
    name: "all topics",
    play: async (side, version) =>
      only(await side.ask("Metadata", version, { topics: version === 0 ? [] : null }), [
        "orders",
        "compacted",
        "__consumer_offsets",
      ]),
  },
  metadata("no topic", () => [], { since: 1 }),
  metadata("two topics by name", () => [{ name: "orders" }, { name: "compacted" }]),
  metadata("one topic twice", () => [{ name: "orders" }, { name: "orders" }]),
  metadata("an internal topic", () => [{ name: "__consumer_offsets" }]),
  metadata("a missing topic", () => [{ name: "nowhere" }, { name: "orders" }], { since: 4 }),
  metadata("names that no topic may have", () => [
    { name: "" },
    { name: "." },
    { name: ".." },
    { name: "a/b" },
    { name: "ü" },
    { name: "x".repeat(250) },
  ]),
  metadata("names that no topic may have, which may be made", () => [{ name: "a b" }], {
    since: 4,
    body: { allowAutoTopicCreation: true },
  }),
  metadata("topics by id", (side) => [
    { topicId: side.ids.get("orders"), name: null },
    { topicId: MISSING_ID, name: null },
  ], { since: 12 }),
  metadata("a topic by id and name", (side) => [
    { topicId: side.ids.get("orders"), name: "compacted" },
  ], { since: 12 }),
  metadata("neither id nor name", () => [{ topicId: ZERO_ID, name: null }], { since: 12 }),
  metadata("a topic by id, too early", (side) => [
    { topicId: side.ids.get("orders"), name: null },
  ], { since: 10, until: 11 }),
  metadata("operations", () => [{ name: "orders" }], {
    since: 8,
    body: { includeTopicAuthorizedOperations: true },
  }),
  metadata("operations on the cluster", () => [{ name: "orders" }], {
    since: 8,
    until: 10,
    body: { includeTopicAuthorizedOperations: true, includeClusterAuthorizedOperations: true },
  }),
  {
    api: "Metadata",
    name: "a missing topic is made",
    async play(side, version, name) {
      const body = { topics: [{ name }] };
      const first = await side.ask("Metadata", version, body);
      await side.untilLed([name]);
      return [first, await side.ask("Metadata", version, body)];
    },
  },

  ...[{}, { includeClusterAuthorizedOperations: true }].map((body): Scenario => ({
    api: "DescribeCluster",
    name: `with ${JSON.stringify(body)}`,
    play: (side, version) => side.ask("DescribeCluster", version, body),
  })),
  ...[1, 2, 3].map((endpointType): Scenario => ({
    api: "DescribeCluster",
    name: `endpoints of type ${endpointType}`,
    since: 1,
    play: (side, version) => side.ask("DescribeCluster", version, { endpointType }),
  })),
  {
    api: "DescribeCluster",
    name: "fenced brokers as well",
    since: 2,
    play: (side, version) => side.ask("DescribeCluster", version, { includeFencedBrokers: true }),
  },

  create("a plain one", (name) => plain(name, { numPartitions: 3 })),
  create("with settings", (name) =>
    plain(name, {
      configs: [{ name: "retention.ms", value: "5000" }, {
        name: "cleanup.policy",
        value: "compact",
      }],
    })),
  create("only validated", (name) => plain(name, { numPartitions: 2 }), { validateOnly: true }),
  create("one that is there", () => plain("orders")),
  create("one that is there, only validated", () => plain("orders"), { validateOnly: true }),
  create("counts by default", (name) => plain(name, { numPartitions: -1, replicationFactor: -1 })),
  create("no partition", (name) => plain(name, { numPartitions: 0 })),
  create("partitions below zero", (name) => plain(name, { numPartitions: -2 })),
  create("no replica", (name) => plain(name, { replicationFactor: 0 })),
  create("replicas below zero", (name) => plain(name, { replicationFactor: -2 })),
  create("more replicas than brokers", (name) => plain(name, { replicationFactor: 2 })),
  create("a name with a slash", () => plain("a/b")),
  create("no name", () => plain("")),
  create("two dots for a name", () => plain("..")),
  create("a name that is too long", () => plain("x".repeat(250))),
  create("the metadata log", () => plain("__cluster_metadata")),
  create("a name that collides", () => plain("orders.too")),
  create(
    "a setting that nobody has",
    (name) => plain(name, { configs: [{ name: "colour", value: "red" }] }),
  ),
  create(
    "a setting out of range",
    (name) => plain(name, { configs: [{ name: "segment.bytes", value: "-1" }] }),
  ),
  create(
    "a setting that is no number",
    (name) => plain(name, { configs: [{ name: "retention.ms", value: "long" }] }),
  ),
  create(
    "a setting with an unknown choice",
    (name) => plain(name, { configs: [{ name: "cleanup.policy", value: "burn" }] }),
  ),
  create(
    "a setting without value",
    (name) => plain(name, { configs: [{ name: "retention.ms", value: null }] }),
  ),
  create("a setting twice", (name) =>
    plain(name, {
      configs: [{ name: "retention.ms", value: "1" }, { name: "retention.ms", value: "2" }],
    })),
  create("assigned by hand", (name) =>
    plain(name, {
      numPartitions: -1,
      replicationFactor: -1,
      assignments: [0, 1].map((partitionIndex) => ({ partitionIndex, brokerIds: [1] })),
    })),
  ...Object.entries({
    "to nobody": [{ partitionIndex: 0, brokerIds: [] }],
    "to an unknown broker": [{ partitionIndex: 0, brokerIds: [5] }],
    "to one broker twice": [{ partitionIndex: 0, brokerIds: [1, 1] }],
    "with a gap": [{ partitionIndex: 1, brokerIds: [1] }],
    "with one partition twice": [0, 0].map((partitionIndex) => ({
      partitionIndex,
      brokerIds: [1],
    })),
  }).map(([how, assignments]) =>
    create(
      `assigned ${how}`,
      (name) => plain(name, { numPartitions: -1, replicationFactor: -1, assignments }),
    )
  ),
  create(
    "assigned and counted",
    (name) =>
      plain(name, { numPartitions: 3, assignments: [{ partitionIndex: 0, brokerIds: [1] }] }),
  ),
  {
    api: "CreateTopics",
    name: "nothing",
    play: (side, version) => side.ask("CreateTopics", version, { topics: [] }),
  },
  {
    api: "CreateTopics",
    name: "one name twice, and another",
    play: (side, version, name) =>
      side.ask("CreateTopics", version, {
        topics: [plain(name), plain(name), plain(`${name}-too`)],
      }),
  },

  deleteByName("one that is there", (name) => [name]),
  deleteByName("one that is not there", () => ["nowhere"]),
  deleteByName("one twice", (name) => [name, name]),
  deleteByName("names that no topic may have", () => ["a/b", ""]),
  deleteByName("nothing", () => []),
  ...[
    (_: string, id: string) => ({ topicId: id, name: null }),
    () => ({ topicId: MISSING_ID, name: null }),
    () => ({ topicId: ZERO_ID, name: null }),
    (name: string, id: string) => ({ topicId: id, name }),
  ].map((topicOf, index): Scenario => ({
    api: "DeleteTopics",
    name: `by ${["id", "an unknown id", "nothing at all", "id and name"][index]}`,
    since: 6,
    topic: {},
    async play(side, version, name) {
      const topics = [topicOf(name, side.ids.get(name)!)];
      return await side.ask("DeleteTopics", version, { timeoutMs: 10_000, topics });
    },
  })),
  {
    api: "DeleteTopics",
    name: "gone afterwards",
    topic: {},
    async play(side, version, name) {
      await side.ask("DeleteTopics", version, {
        timeoutMs: 10_000,
        ...(version >= 6 ? { topics: [{ name }] } : { topicNames: [name] }),
      });
      const body = { topics: [{ name }], allowAutoTopicCreation: false };
      await side.until(async () => (await side.ask("Metadata", 9, body)).topics[0].errorCode !== 0);
      await pause(0);
      return await side.ask("Metadata", 9, body);
    },
  },

  partitionsOf("two more", () => ({ count: 4 })),
  partitionsOf("two more, only validated", () => ({ count: 4 }), { validateOnly: true }),
  partitionsOf("as many as there are", () => ({ count: 2 })),
  partitionsOf("fewer", () => ({ count: 1 })),
  partitionsOf("none", () => ({ count: 0 })),
  partitionsOf("fewer than none", () => ({ count: -1 })),
  partitionsOf("of a missing topic", () => ({ name: "nowhere", count: 4 })),
  partitionsOf("of a name that no topic may have", () => ({ name: "a/b", count: 4 })),
  partitionsOf("assigned by hand", () => ({ count: 3, assignments: [{ brokerIds: [1] }] })),
  partitionsOf("assigned to nobody", () => ({ count: 3, assignments: [{ brokerIds: [] }] })),
  partitionsOf("assigned to an unknown broker", () => ({
    count: 3,
    assignments: [{ brokerIds: [9] }],
  })),
  partitionsOf("too few assigned", () => ({ count: 4, assignments: [{ brokerIds: [1] }] })),
  partitionsOf("too many assigned", () => ({
    count: 3,
    assignments: [{ brokerIds: [1] }, { brokerIds: [1] }],
  })),
  {
    api: "CreatePartitions",
    name: "of one topic twice",
    topic: {},
    async play(side, version, name) {
      const each = { name, count: 3, assignments: null };
      return await side.ask("CreatePartitions", version, { topics: [each, each] });
    },
  },
];
