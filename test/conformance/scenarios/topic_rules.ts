/**
 * Rules for topics: names and those that collide, counts and assignments, what is too much,
 * defaults, topics that are made because someone asked, deletion that is not allowed, and names
 * that come back with another id.
 */
import { batch, pause, type Scenario, type Side } from "../side.ts";

const plain = (name: string, more: object = {}) => ({
  name,
  numPartitions: 1,
  replicationFactor: 1,
  ...more,
});

const counts = (answer: any) =>
  answer.topics.map(({ name, errorCode, numPartitions, replicationFactor }: any) => ({
    name,
    errorCode,
    numPartitions,
    replicationFactor,
  }));

const create = (
  name: string,
  topicsOf: (name: string) => object[],
  more: Partial<Scenario> & { body?: object } = {},
): Scenario => ({
  api: "CreateTopics",
  name,
  ...more,
  play: async (side, version, unique) =>
    counts(
      await side.ask("CreateTopics", version, {
        timeoutMs: 10_000,
        topics: topicsOf(unique),
        ...more.body,
      }),
    ),
});

const configs = (settings: Record<string, string | null>) => ({
  configs: Object.entries(settings).map(([name, value]) => ({ name, value })),
});

async function untilGone(side: Side, name: string): Promise<void> {
  const body = { topics: [{ name }], allowAutoTopicCreation: false };
  await side.until(async () => (await side.ask("Metadata", 9, body)).topics[0].errorCode !== 0);
}

const remove = (side: Side, name: string) =>
  side.ask("DeleteTopics", 6, { timeoutMs: 10_000, topics: [{ name }] });

const NAMES = [
  "a",
  "A",
  "x".repeat(249),
  "_",
  "-",
  "...",
  "a..b",
  "__a",
  "0",
  "__consumer_offsets_",
  " ",
  "a b",
  "a\tb",
  "a\u0000b",
  "ä",
  "a\\b",
  "a:b",
  "a,b",
  "*",
];

export const TOPIC_RULES: Scenario[] = [
  create("names that are strange", () => NAMES.map((name) => plain(name)), {
    body: { validateOnly: true },
  }),
  create(
    "names of the coordinators' topics",
    () =>
      ["__consumer_offsets", "__transaction_state", "__share_group_state", "__cluster_metadata"]
        .map((
          name,
        ) => plain(name)),
    { body: { validateOnly: true } },
  ),
  {
    api: "CreateTopics",
    name: "names that collide, with each other and with what is there",
    async play(side, version, name) {
      const ask = async (names: string[], validateOnly = false) =>
        counts(
          await side.ask("CreateTopics", version, {
            timeoutMs: 10_000,
            validateOnly,
            topics: names.map((each) => plain(each)),
          }),
        );
      return [
        await ask([`${name}.a_b`]),
        await ask([`${name}_a.b`, `${name}.a.b`, `${name}.a_b`, `${name}.a-b`]),
        await ask([`${name}_a_b`], true),
        await ask([`${name}-1.x`, `${name}-1_x`]),
      ];
    },
  },
  ...Object.entries({
    "no partition": { numPartitions: 0 },
    "the default of partitions": { numPartitions: -1 },
    "the default of replicas": { replicationFactor: -1 },
    "far too many partitions": { numPartitions: 10_001 },
    "more partitions than a number can be": { numPartitions: 2_147_483_647 },
    "the most replicas there can be": { replicationFactor: 32_767 },
    "min.insync.replicas of no replica": configs({ "min.insync.replicas": "0" }),
    "more min.insync.replicas than replicas": configs({ "min.insync.replicas": "3" }),
    "an empty setting": configs({ "retention.ms": "" }),
    "a setting without a name": configs({ "": "1" }),
    "a setting with blanks around it": configs({ "retention.ms": " 5000 " }),
    "lags that contradict each other": configs({
      "min.compaction.lag.ms": "10",
      "max.compaction.lag.ms": "5",
    }),
    "remote storage": configs({ "remote.storage.enable": "true" }),
    "a segment of less than a mebibyte": configs({ "segment.bytes": "1000" }),
  }).map(([what, more]) =>
    create(`with ${what}`, (name) => [plain(name, more)], { body: { validateOnly: true } })
  ),
  create(
    "more partitions than one request may ask for, over several topics",
    (name) => [plain(name, { numPartitions: 6000 }), plain(`${name}-too`, { numPartitions: 4001 })],
    { body: { validateOnly: true } },
  ),
  create("assigned by hand in no order", (name) => [plain(name, {
    numPartitions: -1,
    replicationFactor: -1,
    assignments: [2, 0, 1].map((partitionIndex) => ({ partitionIndex, brokerIds: [1] })),
  })]),
  create("assigned by hand, some to too many", (name) => [plain(name, {
    numPartitions: -1,
    replicationFactor: -1,
    assignments: [{ partitionIndex: 0, brokerIds: [1] }, { partitionIndex: 1, brokerIds: [1, 2] }],
  })]),
  create("assigned by hand below zero", (name) => [plain(name, {
    numPartitions: -1,
    replicationFactor: -1,
    assignments: [{ partitionIndex: -1, brokerIds: [1] }],
  })]),
  create("some good, some bad", (name) => [
    plain(name),
    plain("a/b"),
    plain(`${name}-too`, { numPartitions: 0 }),
    plain("orders"),
  ]),
  {
    api: "CreateTopics",
    name: "two hundred at once",
    once: true,
    async play(side, version, name) {
      const topics = Array.from({ length: 200 }, (_, i) => plain(`${name}-${i}`));
      const answer = counts(await side.ask("CreateTopics", version, { topics, timeoutMs: 10_000 }));
      await side.untilLed(topics.map(({ name }) => name));
      return answer.length;
    },
  },
  create("defaults of another broker", (name) => [
    plain(name, { numPartitions: -1, replicationFactor: -1 }),
    plain(`${name}-too`, { numPartitions: -1 }),
  ], { stage: "ruled", since: 4, configs: ["num.partitions", "default.replication.factor"] }),

  {
    api: "Metadata",
    name: "a missing topic where none is made by itself",
    stage: "ruled",
    configs: ["auto.create.topics.enable"],
    async play(side, version, name) {
      const body = { topics: [{ name }] };
      const first = await side.ask("Metadata", version, body);
      await pause(50);
      return [first, await side.ask("Metadata", version, body)];
    },
  },
  {
    api: "Metadata",
    name: "several missing topics that may be made, some of which can't",
    since: 4,
    async play(side, version, name) {
      const wanted = [`${name}.a`, `${name}_a`, "a b", `${name}-b`, `${name}-b`];
      const topics = wanted.map((name) => ({ name }));
      const first = await side.ask("Metadata", version, { topics, allowAutoTopicCreation: true });
      await side.untilLed([`${name}-b`]);
      await pause(50);
      const second = await side.ask("Metadata", version, { topics, allowAutoTopicCreation: false });
      const told = ({ topics }: any) =>
        Object.fromEntries(topics.map(({ name, errorCode }: any) => [name, errorCode]));
      return [told(first), told(second)];
    },
  },
  {
    api: "DeleteTopics",
    name: "where deletion is not allowed",
    stage: "ruled",
    configs: ["delete.topic.enable"],
    topic: {},
    play: (side, version, name) =>
      side.ask("DeleteTopics", version, {
        timeoutMs: 10_000,
        ...(version >= 6
          ? { topics: [{ name }, { name: "nowhere" }] }
          : { topicNames: [name, "nowhere"] }),
      }),
  },
  {
    api: "DeleteTopics",
    name: "and made again: what the old id is answered, and the new one",
    once: true,
    topic: { partitions: 2 },
    async play(side, _version, name) {
      await side.append(name, 0, batch(["old"]));
      const old = side.ids.get(name)!;
      await remove(side, name);
      await untilGone(side, name);
      await side.topics({ [name]: {} });
      const fetch = (topicId: string) =>
        side.ask("Fetch", 13, {
          maxWaitMs: 0,
          minBytes: 0,
          maxBytes: 100_000,
          topics: [{
            topicId,
            partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 100_000 }],
          }],
        });
      const produce = (topicId: string) =>
        side.ask("Produce", 13, {
          acks: -1,
          timeoutMs: 5000,
          topicData: [{ topicId, partitionData: [{ index: 0, records: batch(["new"]) }] }],
        });
      const metadata = (topicId: string) =>
        side.ask("Metadata", 12, {
          topics: [{ topicId, name: null }],
          allowAutoTopicCreation: false,
        });
      const fresh = side.ids.get(name)!;
      const answers = [];
      for (const id of [old, fresh]) {
        const [read, written, told] = [await fetch(id), await produce(id), await metadata(id)];
        answers.push([
          read.responses[0].partitions[0].errorCode,
          read.responses[0].partitions[0].highWatermark,
          written.responses[0].partitionResponses[0].errorCode,
          written.responses[0].partitionResponses[0].baseOffset,
          told.topics[0].errorCode,
          told.topics[0].partitions.length,
        ]);
      }
      return answers;
    },
  },
  {
    api: "CreatePartitions",
    name: "of the topic of groups, of one by hand, of two at once",
    topic: {},
    async play(side, version, name) {
      await side.topics({ [`${name}-too`]: {} });
      const ask = async (topics: object[], validateOnly = false) => {
        const body = { topics, timeoutMs: 10_000, validateOnly };
        return await side.ask("CreatePartitions", version, body);
      };
      const each = { name, count: 2, assignments: null };
      return [
        await ask([{ ...each, name: "__consumer_offsets", count: 9 }], true),
        await ask([{ ...each, count: 3, assignments: [{ brokerIds: [1] }, { brokerIds: [1] }] }]),
        await ask([{ ...each, count: 3 }, { ...each, name: `${name}-too` }]),
        await ask([{ ...each, count: 5, assignments: [{ brokerIds: [1, 1] }, { brokerIds: [] }] }]),
        await ask([{ ...each, count: 4, assignments: [] }]),
        await ask([]),
      ];
    },
  },
];
