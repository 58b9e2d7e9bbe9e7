/** What the other two answer while a node of three is stopped that led, followed and coordinated. */
import type { ApiName } from "../../../../src/protocol/mod.ts";
import { described, fetchOf } from "../../replicas.ts";
import { batch, type Scenario, type Side } from "../../side.ts";
import { ALONE, GROUP_AT_3, GUARDED, SHARED, SPREAD } from "../../stages/three.ts";
import { asQuorum } from "./descriptions.ts";
import { fromEach, onThree } from "./scenario.ts";

const stopped = (
  api: ApiName,
  name: string,
  play: Scenario["play"],
  more: Partial<Scenario> = {},
): Scenario => onThree(api, `3 is stopped: ${name}`, play, { stopped: [3], ...more });

type Body = (side: Side, version: number, own: string) => object;

/** The same of both that are there. */
const both = (api: ApiName, name: string, body: Body, more: Partial<Scenario> = {}): Scenario =>
  stopped(
    api,
    name,
    (side, version, own) => fromEach(side, api, version, body(side, version, own)),
    { together: true, ...more },
  );

const TOPICS = [SPREAD, SHARED, ALONE, GUARDED, "__consumer_offsets"].map((name) => ({ name }));

const produce = (topic: string, acks: number, indexes: number[]): Scenario =>
  both("Produce", `acks ${acks} to ${topic}`, (side, version) => ({
    acks,
    timeoutMs: 1000,
    topicData: [{
      ...side.named(topic, version, 13),
      partitionData: indexes.map((index) => ({ index, records: batch(["a"]) })),
    }],
  }));

const create = (name: string, wish: object): Scenario =>
  stopped("CreateTopics", name, async (side, version, own) => {
    const topics = [{ name: own, numPartitions: -1, replicationFactor: -1, ...wish }];
    const answer = await side.ask("CreateTopics", version, { topics, timeoutMs: 5000 });
    await side.caughtUp();
    const body = { topics: [{ name: own }] };
    return [answer, await side.ask("DescribeTopicPartitions", 0, body)];
  }, { since: 4 });

const elect = (name: string, electionType: number, topicPartitions: object[]): Scenario =>
  stopped("ElectLeaders", name, (side, version) =>
    side.ask("ElectLeaders", version, {
      ...(version > 0 ? { electionType } : {}),
      topicPartitions,
      timeoutMs: 10_000,
    }), { since: electionType === 0 ? 0 : 1, together: true });

/** Who led the quorum until it stopped has told its next leader nothing of itself. */
function withoutTheLost(answer: ReturnType<typeof asQuorum>) {
  const [partition] = answer.topics[0].partitions;
  partition.currentVoters = partition.currentVoters.map((each: any) =>
    each.replicaId === 3 ? { replicaId: 3 } : each
  );
  return answer;
}

const group = (api: ApiName, body: Body): Scenario =>
  both(api, "a group that it looked after", body);

export const ONE_STOPPED: Scenario[] = [
  both("Metadata", "who leads what", () => ({ topics: TOPICS })),
  both("DescribeTopicPartitions", "who leads what", () => ({ topics: TOPICS })),
  both("DescribeCluster", "brokers", () => ({})),
  both("DescribeCluster", "all brokers", () => ({ includeFencedBrokers: true }), { since: 2 }),
  stopped("DescribeQuorum", "a voter is away", async (side, version) => {
    const topics = [{ topicName: "__cluster_metadata", partitions: [{ partitionIndex: 0 }] }];
    const answers = await fromEach(side, "DescribeQuorum", version, { topics });
    return Object.fromEntries(
      Object.entries(answers).map(([id, answer]) => [id, withoutTheLost(asQuorum(answer))]),
    );
  }, { together: true }),
  produce(ALONE, -1, [0]),
  produce(ALONE, 1, [0]),
  produce(GUARDED, -1, [0, 1]),
  both("Fetch", "what nobody leads", (side, version) => fetchOf(side, version, ALONE)),
  both("Fetch", "what too few have", (side, version) => fetchOf(side, version, GUARDED)),
  ...[-1, -2, 0].map((timestamp) =>
    both("ListOffsets", `timestamp ${timestamp} of what nobody leads, and too few have`, () => ({
      replicaId: -1,
      topics: [ALONE, GUARDED].map((name) => ({
        name,
        partitions: [{ partitionIndex: 0, timestamp }],
      })),
    }))
  ),
  both("OffsetForLeaderEpoch", "what nobody leads, and too few have", () => ({
    replicaId: -1,
    topics: [ALONE, GUARDED].map((topic) => ({
      topic,
      partitions: [{ partition: 0, leaderEpoch: 0 }, { partition: 0, leaderEpoch: 1 }],
    })),
  })),
  both("DeleteRecords", "of what nobody leads", () => ({
    timeoutMs: 1000,
    topics: [{ name: ALONE, partitions: [{ partitionIndex: 0, offset: 0 }] }],
  })),
  elect("the preferred one, which is stopped", 0, [
    { topic: SHARED, partitions: [0] },
    { topic: GUARDED, partitions: [0, 1] },
    { topic: ALONE, partitions: [0] },
  ]),
  elect("unclean, where the only one is stopped", 1, [
    { topic: ALONE, partitions: [0] },
    { topic: SHARED, partitions: [0] },
  ]),
  // In which order they are is up to each side's chance.
  stopped("CreateTopics", "of three replicas", async (side, version, own) => {
    const topics = [{ name: own, numPartitions: 1, replicationFactor: 3 }];
    const answer = await side.ask("CreateTopics", version, { topics, timeoutMs: 5000 });
    await side.caughtUp();
    const [{ replicaNodes, isrNodes, leaderEpoch }] = await described(side, own);
    return [answer, { count: replicaNodes.length, isrNodes, leaderEpoch }];
  }),
  create("on those who are there", { assignments: [{ partitionIndex: 0, brokerIds: [2, 1] }] }),
  create("on it and another", { assignments: [{ partitionIndex: 0, brokerIds: [3, 1] }] }),
  create("on it alone", { assignments: [{ partitionIndex: 0, brokerIds: [3] }] }),
  create("on it alone, and on others", {
    assignments: [{ partitionIndex: 0, brokerIds: [1] }, { partitionIndex: 1, brokerIds: [3] }],
  }),
  stopped("CreatePartitions", "on it alone, and on it and another", async (side, version, own) => {
    const answers: unknown[] = [];
    for (const brokerIds of [[3, 2], [2, 3]]) {
      const topics = [{ name: own, count: 2 + answers.length, assignments: [{ brokerIds }] }];
      answers.push(await side.ask("CreatePartitions", version, { topics, timeoutMs: 5000 }));
    }
    await side.caughtUp();
    return [answers, await side.ask("DescribeTopicPartitions", 0, { topics: [{ name: own }] })];
  }, { topic: { replicas: [[1, 3]] }, together: true }),
  stopped("DeleteTopics", "of which it has a replica", async (side, version, own) => {
    const topics = version >= 6 ? { topics: [{ name: own }] } : { topicNames: [own] };
    const answer = await side.ask("DeleteTopics", version, { ...topics, timeoutMs: 5000 });
    await side.caughtUp();
    const body = { topics: [{ name: own }], allowAutoTopicCreation: false };
    return [answer, await fromEach(side, "Metadata", 12, body)];
  }, { topic: { replicas: [[3, 1], [1, 3]] }, together: true }),
  both("DescribeConfigs", "of it", () => ({
    resources: [{ resourceType: 4, resourceName: "3", configurationKeys: ["node.id"] }],
  })),
  both("IncrementalAlterConfigs", "of it", () => ({
    resources: [{
      resourceType: 4,
      resourceName: "3",
      configs: [{ name: "log.cleaner.backoff.ms", configOperation: 0, value: "20000" }],
    }],
  })),
  both(
    "FindCoordinator",
    "of a group that it looked after",
    (_, version) =>
      version < 4 ? { keyType: 0, key: GROUP_AT_3 } : { keyType: 0, coordinatorKeys: [GROUP_AT_3] },
  ),
  group("OffsetFetch", (side, version) => {
    const topics = [{ ...side.named(SPREAD, version, 10), partitionIndexes: [0] }];
    return version < 8
      ? { groupId: GROUP_AT_3, topics }
      : { groups: [{ groupId: GROUP_AT_3, topics }] };
  }),
  group("DescribeGroups", () => ({ groups: [GROUP_AT_3] })),
  group("Heartbeat", () => ({ groupId: GROUP_AT_3, generationId: 1, memberId: "nobody" })),
  stopped(
    "OffsetCommit",
    "of a group that it looked after",
    (side, version) =>
      fromEach(side, "OffsetCommit", version, {
        groupId: GROUP_AT_3,
        topics: [{
          ...side.named(SPREAD, version, 10),
          partitions: [{ partitionIndex: 1, committedOffset: 2, committedLeaderEpoch: -1 }],
        }],
      }),
  ),
];
