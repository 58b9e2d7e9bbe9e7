/** DescribeTopicPartitions, DescribeProducers, and transactions where there are none. */
import { batch, type Scenario } from "../side.ts";

const pages = (
  name: string,
  bodyOf: (unique: string) => { topics: string[]; [more: string]: unknown },
  more: Partial<Scenario> = {},
): Scenario => ({
  api: "DescribeTopicPartitions",
  name,
  topic: { partitions: 3 },
  ...more,
  play(side, version, unique) {
    const { topics, ...body } = bodyOf(unique);
    return side.ask("DescribeTopicPartitions", version, {
      topics: topics.map((name) => ({ name })),
      ...body,
    });
  },
});

const at = (topicName: string, partitionIndex: number) => ({ topicName, partitionIndex });

export const DESCRIPTIONS: Scenario[] = [
  pages("one topic", (name) => ({ topics: [name] })),
  pages("topics in no order, one twice", (name) => ({ topics: ["orders", name, "empty", name] })),
  pages("topics that are not there", (name) => ({ topics: [name, "nowhere", "a/b", ".."] })),
  pages("an internal topic", () => ({ topics: ["__cluster_metadata", "__consumer_offsets"] })),
  pages("a topic without a name", (name) => ({ topics: [name, ""] })),
  ...[-1, 0, 1, 2, 3, 4, 6, 99_999].map((responsePartitionLimit) =>
    pages(`at most ${responsePartitionLimit} partitions`, (name) => ({
      topics: [name, "orders"],
      responsePartitionLimit,
    }))
  ),
  pages("a page that ends before a missing topic", (name) => ({
    topics: [name, "nowhere"],
    responsePartitionLimit: 3,
  })),
  pages("missing topics count for nothing", () => ({
    topics: ["nowhere", "nowhere-too", "orders"],
    responsePartitionLimit: 3,
  })),
  ...[0, 1, 2, 3, 7, -1].map((partition) =>
    pages(`from partition ${partition} on`, (name) => ({
      topics: [name, "orders"],
      cursor: at(name, partition),
    }))
  ),
  pages("from the second topic on", (name) => ({
    topics: [name, "orders"],
    cursor: at("orders", 1),
    responsePartitionLimit: 1,
  })),
  pages("from a topic that is not asked for", (name) => ({
    topics: [name],
    cursor: at("orders", 0),
  })),
  pages("from a topic that is not there", (name) => ({
    topics: [name, "nowhere"],
    cursor: at("nowhere", 3),
  })),
  pages("from a topic without a name", (name) => ({ topics: [name], cursor: at("", 0) })),
  {
    api: "DescribeTopicPartitions",
    name: "all topics, page by page, beginning at a topic that is not there",
    async play(side, version) {
      await side.topics({ "zz-pages-1": { partitions: 3 }, "zz-pages-2": { partitions: 2 } });
      const answers = [];
      let cursor: object | null = at("zz-pages", 1);
      while (cursor !== null && answers.length < 9) {
        const body = { topics: [], cursor, responsePartitionLimit: 2 };
        const answer: any = await side.ask("DescribeTopicPartitions", version, body);
        answers.push(answer);
        cursor = answer.nextCursor;
      }
      return answers;
    },
  },
  {
    api: "DescribeTopicPartitions",
    name: "more than the broker's limit",
    stage: "ruled",
    configs: ["max.request.partition.size.limit"],
    topic: { partitions: 7 },
    play: (side, version, name) =>
      side.ask("DescribeTopicPartitions", version, { topics: [{ name }] }),
  },

  {
    api: "DescribeProducers",
    name: "partitions with and without producers, and what is not there",
    topic: { partitions: 3 },
    async play(side, version, name) {
      await side.append(
        name,
        0,
        batch(["a", "b"], { producerId: 4001, producerEpoch: 2, baseSequence: 0 }),
        batch(["c"], { producerId: 4001, producerEpoch: 2, baseSequence: 2 }),
      );
      await side.append(name, 1, batch(["a"]));
      await side.append(
        name,
        2,
        batch(["a"], { producerId: 4002, producerEpoch: 0, baseSequence: 0 }),
      );
      const topics = [
        { name, partitionIndexes: [0, 1, 2, 9, -1, 0] },
        { name: "nowhere", partitionIndexes: [0] },
        { name: "a/b", partitionIndexes: [0] },
        { name: "", partitionIndexes: [0] },
        { name: "orders", partitionIndexes: [] },
        { name: "__cluster_metadata", partitionIndexes: [0] },
      ];
      return await side.ask("DescribeProducers", version, { topics });
    },
  },
  {
    api: "DescribeProducers",
    name: "nothing",
    play: (side, version) => side.ask("DescribeProducers", version, { topics: [] }),
  },
  {
    api: "DescribeProducers",
    name: "after its records were deleted",
    topic: {},
    async play(side, version, name) {
      await side.append(
        name,
        0,
        batch(["a", "b"], { producerId: 4003, producerEpoch: 1, baseSequence: 0 }),
      );
      const partitions = [{ partitionIndex: 0, offset: -1 }];
      await side.ask("DeleteRecords", 2, { topics: [{ name, partitions }], timeoutMs: 5000 });
      const topics = [{ name, partitionIndexes: [0] }];
      return await side.ask("DescribeProducers", version, { topics });
    },
  },

  {
    api: "DescribeTransactions",
    name: "ids that nobody has used, and none",
    play: (side, version) =>
      side.ask("DescribeTransactions", version, { transactionalIds: ["nobody", ""] }),
  },
  {
    api: "DescribeTransactions",
    name: "nothing",
    play: (side, version) => side.ask("DescribeTransactions", version, { transactionalIds: [] }),
  },
  ...[
    {},
    { stateFilters: ["Ongoing", "Nonsense", "Dead", "PrepareEpochFence", "ongoing"] },
    { producerIdFilters: [1, 2] },
  ].map((body): Scenario => ({
    api: "ListTransactions",
    name: JSON.stringify(body),
    play: (side, version) =>
      side.ask("ListTransactions", version, { stateFilters: [], producerIdFilters: [], ...body }),
  })),
  ...["", "a.*", "("].map((transactionalIdPattern): Scenario => ({
    api: "ListTransactions",
    name: `the pattern "${transactionalIdPattern}"`,
    since: 2,
    play: (side, version) =>
      side.ask("ListTransactions", version, {
        stateFilters: [],
        producerIdFilters: [],
        durationFilter: 1000,
        transactionalIdPattern,
      }),
  })),
];
