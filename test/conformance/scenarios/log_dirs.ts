/** DescribeLogDirs and AlterReplicaLogDirs, on brokers with two log directories. */
import { type Dir, moveTo, placed, whereIs } from "../places.ts";
import { batch, pause, type Scenario, type Side } from "../side.ts";

const describe = (
  name: string,
  topicsOf: (unique: string) => unknown,
  more: Partial<Scenario> = {},
): Scenario => ({
  api: "DescribeLogDirs",
  name,
  stage: "two-dirs",
  topic: { partitions: 2 },
  async play(side, version, unique) {
    // The same place on both sides: which of the two gets what is chance with Apache Kafka.
    await moveTo(side, unique, [0, 1]);
    await side.append(unique, 0, batch(["a", "b"]));
    return placed(side, await side.ask("DescribeLogDirs", version, { topics: topicsOf(unique) }));
  },
  ...more,
});

const alter = (
  name: string,
  dirsOf: (side: Side, unique: string) => unknown[],
  more: Partial<Scenario> = {},
): Scenario => ({
  api: "AlterReplicaLogDirs",
  name,
  stage: "two-dirs",
  topic: {},
  async play(side, version, unique) {
    await moveTo(side, unique, [0]);
    return await side.ask("AlterReplicaLogDirs", version, { dirs: dirsOf(side, unique) });
  },
  ...more,
});

const to = (path: string, name: string, partitions = [0]) => ({
  path,
  topics: [{ name, partitions }],
});

export const LOG_DIRS: Scenario[] = [
  describe("a topic", (unique) => [{ topic: unique, partitions: [0, 1] }]),
  describe("one partition", (unique) => [{ topic: unique, partitions: [1] }]),
  describe("a topic without partitions", (unique) => [{ topic: unique, partitions: [] }]),
  describe("a topic twice", (unique) => [
    { topic: unique, partitions: [0] },
    { topic: unique, partitions: [1, 1] },
  ]),
  describe("no topics", () => []),
  describe("what does not exist", (unique) => [
    { topic: unique, partitions: [7, -1] },
    { topic: "nowhere", partitions: [0] },
    { topic: "", partitions: [0] },
    { topic: "__cluster_metadata", partitions: [0] },
  ]),
  {
    api: "DescribeLogDirs",
    name: "all topics",
    stage: "two-dirs",
    topic: { partitions: 3 },
    async play(side, version, unique) {
      await side.append(unique, 2, batch(["a"]));
      const { results, ...rest } = await side.ask("DescribeLogDirs", version, { topics: null });
      const found = (results as Dir[]).flatMap(({ topics }) => topics)
        .filter(({ name }) => name === unique || name.startsWith("__cluster"))
        .flatMap(({ name, partitions }) => partitions.map((each) => ({ topic: name, ...each })))
        .sort((a, b) => a.partitionIndex - b.partitionIndex);
      return { ...rest, found, directories: results.length };
    },
  },

  alter("where it is already", (side, unique) => [to(side.place.logDirs[0], unique)]),
  alter("a path that is not of the broker", (_, unique) => [to("/nowhere", unique)]),
  alter("a relative path", (_, unique) => [to("data-1", unique)]),
  alter("an empty path", (_, unique) => [to("", unique)]),
  alter("a path with a slash behind it", (side, unique) => [
    to(`${side.place.logDirs[1]}/`, unique),
  ]),
  alter("a partition that does not exist", (side, unique) => [
    to(side.place.logDirs[1], unique, [5, -1]),
  ]),
  alter("a topic that does not exist", (side) => [to(side.place.logDirs[1], "nowhere")]),
  alter("neither exists", () => [to("/nowhere", "nowhere")]),
  alter("a name that can't be", (side) => [to(side.place.logDirs[1], "a b/c")]),
  alter("the metadata", (side) => [to(side.place.logDirs[1], "__cluster_metadata")]),
  alter("nothing", () => []),
  alter("no topics", (side) => [{ path: side.place.logDirs[1], topics: [] }]),
  alter("no partitions", (side, unique) => [to(side.place.logDirs[1], unique, [])]),
  {
    api: "AlterReplicaLogDirs",
    name: "a name too long to be moved",
    stage: "two-dirs",
    async play(side, version, unique) {
      const answers = [];
      for (const length of [213, 214, 249]) {
        const topic = `${unique}-${version}-${length}-`.padEnd(length, "x");
        await side.topics({ [topic]: {} });
        const place = (await whereIs(side, topic, 1))[0];
        const dirs = [to(side.place.logDirs[1 - place], topic)];
        const { results } = await side.ask("AlterReplicaLogDirs", version, { dirs });
        answers.push(results[0].partitions);
      }
      return answers;
    },
  },
  {
    api: "AlterReplicaLogDirs",
    name: "there and back, records and all",
    stage: "two-dirs",
    topic: {},
    async play(side, version, unique) {
      await moveTo(side, unique, [0]);
      await side.append(unique, 0, batch(["a", "b"]), batch(["c"]));
      await side.ask("DeleteRecords", 2, {
        topics: [{ name: unique, partitions: [{ partitionIndex: 0, offset: 1 }] }],
        timeoutMs: 5000,
      });
      const seen = [];
      for (const place of [1, 0]) {
        const dirs = [to(side.place.logDirs[place], unique)];
        seen.push(await side.ask("AlterReplicaLogDirs", version, { dirs }));
        await side.append(unique, 0, batch([`on its way to ${place}`]));
        await side.until(async () => (await whereIs(side, unique, 1))[0] === place);
        const topics = [{ topic: unique, partitions: [0] }];
        seen.push(placed(side, await side.ask("DescribeLogDirs", 5, { topics })));
        const fetch = { partition: 0, fetchOffset: 1, partitionMaxBytes: 100_000 };
        seen.push(
          await side.ask("Fetch", 12, {
            maxWaitMs: 100,
            minBytes: 1,
            maxBytes: 1_000_000,
            topics: [{ topic: unique, partitions: [fetch] }],
          }),
        );
        const partitions = [-2, -1].map((timestamp) => ({ partitionIndex: 0, timestamp }));
        for (const wanted of partitions) {
          const asked = { replicaId: -1, topics: [{ name: unique, partitions: [wanted] }] };
          seen.push(await side.ask("ListOffsets", 7, asked));
        }
      }
      return seen;
    },
  },
  {
    api: "AlterReplicaLogDirs",
    name: "a partition named for two directories goes to the last",
    stage: "two-dirs",
    topic: {},
    async play(side, version, unique) {
      await moveTo(side, unique, [0]);
      const [first, second] = side.place.logDirs;
      const dirs = [to(first, unique), to(second, unique)];
      const answer = await side.ask("AlterReplicaLogDirs", version, { dirs });
      await side.until(async () => (await whereIs(side, unique, 1))[0] === 1);
      return answer;
    },
  },
  {
    api: "AlterReplicaLogDirs",
    name: "before the topic exists",
    stage: "two-dirs",
    async play(side, version, unique) {
      const seen = [];
      for (const place of [0, 1, 1, 0]) {
        const topic: string = `${unique}-${seen.length}`;
        const dirs = [to(side.place.logDirs[place], topic)];
        const answer = await side.ask("AlterReplicaLogDirs", version, { dirs });
        await side.topics({ [topic]: {} });
        seen.push([answer, await whereIs(side, topic, 1)]);
      }
      return seen;
    },
  },
  {
    api: "AlterReplicaLogDirs",
    name: "an idempotent producer goes on after a move",
    stage: "two-dirs",
    topic: {},
    once: true,
    async play(side, _version, unique) {
      await moveTo(side, unique, [0]);
      const producer = { transactionalId: null, transactionTimeoutMs: 1000 };
      const { producerId, producerEpoch } = await side.ask("InitProducerId", 4, producer);
      const send = async (baseSequence: number) => {
        const records = batch([`${baseSequence}`], { producerId, producerEpoch, baseSequence });
        const { responses } = await side.ask("Produce", 9, {
          acks: -1,
          timeoutMs: 5000,
          topicData: [{ name: unique, partitionData: [{ index: 0, records }] }],
        });
        return responses[0].partitionResponses[0];
      };
      const seen = [await send(0), await send(1)];
      await moveTo(side, unique, [1]);
      await pause(50);
      return [...seen, await send(1), await send(2), await send(4)];
    },
  },
  {
    api: "DescribeLogDirs",
    name: "cordoned directories",
    stage: "two-dirs",
    topic: {},
    once: true,
    async play(side, version, unique) {
      await moveTo(side, unique, [0]);
      const seen: unknown[] = [];
      const paths = side.place.logDirs;
      for (const cordoned of [[paths[1]], [...paths], ["*"]]) {
        await cordon(side, cordoned.join());
        const topics = [{ topic: unique, partitions: [0] }];
        seen.push(placed(side, await side.ask("DescribeLogDirs", version, { topics })));
        for (const [path, topic] of [[1, unique], [0, unique], [1, `${unique}-wish`]] as const) {
          const dirs = [to(paths[path], topic)];
          seen.push(await side.ask("AlterReplicaLogDirs", 2, { dirs }));
        }
        const name = `${unique}-${seen.length}`;
        const made = await side.ask("CreateTopics", 7, {
          topics: [{ name, numPartitions: 3, replicationFactor: 1 }],
          timeoutMs: 5000,
        });
        seen.push(made.topics[0].errorCode);
        if (made.topics[0].errorCode !== 0) continue;
        await side.untilLed([name]);
        seen.push(await whereIs(side, name, 3));
      }
      await cordon(side, "");
      return seen;
    },
  },
];

/** Sets `cordoned.log.dirs`, and waits until both broker and controller go by it. */
async function cordon(side: Side, value: string): Promise<void> {
  await side.ask("IncrementalAlterConfigs", 1, {
    resources: [{
      resourceType: 4,
      resourceName: "1",
      configs: [{ name: "cordoned.log.dirs", configOperation: 0, value }],
    }],
  });
  await pause(2500); // Apache Kafka's broker tells its controller by its next heartbeat
}
