/** What clients and tools are told when one of two log directories has failed. */
import { javaStringHash } from "../../../src/bytes/mod.ts";
import type { ApiName } from "../../../src/protocol/mod.ts";
import { placed, whereIs } from "../places.ts";
import { batch, type Scenario, type Side } from "../side.ts";
import { HALF, isLost, lostFor, TRIGGER } from "../stages/failed_dir.ts";

const scenario = (
  api: ApiName,
  name: string,
  play: Scenario["play"],
  more: Partial<Scenario> = {},
): Scenario => ({
  api,
  name: `a log dir has failed: ${name}`,
  stage: "failed-dir",
  together: true,
  play,
  ...more,
});

const BOTH = [0, 1];

/** A group of this scenario's own whose partition of `__consumer_offsets` is there, or lost. */
function groupOf(unique: string, { lost }: { lost: boolean }): string {
  for (let i = 0;; i++) {
    const name = `${unique}-${i}`;
    if (isLost(Math.abs(javaStringHash(name)) % 4) === lost) return name;
  }
}
const bothOf = (unique: string): string[] => [
  groupOf(unique, { lost: false }),
  groupOf(unique, { lost: true }),
];

/** What a group's API answers for a group that is there and one that is lost, named alike. */
const ofGroups = (
  api: ApiName,
  bodyOf: (groupId: string, version: number, side: Side) => object,
  more: Partial<Scenario> = {},
): Scenario =>
  scenario(api, "groups there and lost", async (side, version, unique) => {
    const answers = [];
    for (const group of bothOf(unique)) {
      const answer = await side.ask(api, version, bodyOf(group, version, side));
      answers.push(JSON.parse(JSON.stringify(answer).replaceAll(group, "the-group")));
    }
    return answers;
  }, more);

const produce = (side: Side, version: number, acks: number) =>
  side.ask("Produce", version, {
    acks,
    timeoutMs: 3000,
    topicData: [{
      ...side.named(HALF, version, 13),
      partitionData: BOTH.map((index) => ({ index, records: batch(["d"]) })),
    }],
  });

const ONLY_LOST = { partition: 1, fetchOffset: 0, partitionMaxBytes: 100_000 };
const fetch = (side: Side, version: number, partition: number, fetchOffset = 0) =>
  side.ask("Fetch", version, {
    maxWaitMs: 50,
    minBytes: 1,
    maxBytes: 1_000_000,
    topics: [{
      ...side.named(HALF, version, 13, "topic"),
      partitions: [{ ...ONLY_LOST, partition, fetchOffset }],
    }],
  });

const ofPartitions = (extra: object) =>
  BOTH.map((partitionIndex) => ({ partitionIndex, ...extra }));

export const FAILED_DIR: Scenario[] = [
  scenario(
    "Metadata",
    "a topic with a lost partition",
    (side, version) =>
      side.ask("Metadata", version, { topics: [{ name: HALF }, { name: "__consumer_offsets" }] }),
  ),
  scenario(
    "Metadata",
    "a topic of which a partition was wanted there",
    (side, version) => side.ask("Metadata", version, { topics: [{ name: TRIGGER }] }),
  ),
  scenario("Produce", "to a partition that was wanted there", async (side, version) => {
    side.ids.set(
      TRIGGER,
      (await side.ask("Metadata", 12, { topics: [{ name: TRIGGER }] })).topics[0].topicId,
    );
    const topic = side.named(TRIGGER, version, 13);
    const topicData = [{ ...topic, partitionData: [{ index: 0, records: batch(["a"]) }] }];
    return await side.ask("Produce", version, { acks: -1, timeoutMs: 1000, topicData });
  }),
  scenario(
    "DescribeTopicPartitions",
    "a topic with a lost partition",
    (side, version) => side.ask("DescribeTopicPartitions", version, { topics: [{ name: HALF }] }),
  ),
  ...[1, -1].map((acks) =>
    scenario("Produce", `acks ${acks} to what is there and what is lost`, async (side, version) => {
      const answer = await produce(side, version, acks);
      for (const each of answer.responses[0].partitionResponses) {
        each.baseOffset = Math.sign(each.baseOffset); // there is more each time
      }
      return answer;
    })
  ),
  scenario("Fetch", "from what is there", (side, version) => fetch(side, version, 0, 1_000_000)),
  scenario("Fetch", "from what is lost", (side, version) => fetch(side, version, 1)),
  ...[-1, -2, -3, -4, 0].map((timestamp) =>
    scenario(
      "ListOffsets",
      `timestamp ${timestamp} of what is lost`,
      (side, version) =>
        side.ask("ListOffsets", version, {
          replicaId: -1,
          topics: [{ name: HALF, partitions: [{ partitionIndex: 1, timestamp }] }],
        }),
      { since: timestamp === -3 ? 7 : timestamp === -4 ? 8 : undefined },
    )
  ),
  scenario("OffsetForLeaderEpoch", "what is there and what is lost", async (side, version) => {
    const { topics } = await side.ask("OffsetForLeaderEpoch", version, {
      replicaId: -1,
      topics: [{
        topic: HALF,
        partitions: BOTH.map((partition) => ({ partition, leaderEpoch: 0 })),
      }],
    });
    return topics[0].partitions.map(({ endOffset, ...rest }: any) => ({
      ...rest,
      endOffset: Math.sign(endOffset),
    }));
  }),
  scenario(
    "DeleteRecords",
    "what is there and what is lost",
    (side, version) =>
      side.ask("DeleteRecords", version, {
        timeoutMs: 1000,
        topics: [{ name: HALF, partitions: ofPartitions({ offset: 0 }) }],
      }),
  ),
  scenario(
    "DescribeProducers",
    "what is there and what is lost",
    (side, version) =>
      side.ask("DescribeProducers", version, { topics: [{ name: HALF, partitionIndexes: BOTH }] }),
  ),
  scenario("DescribeLogDirs", "a topic in both", async (side, version) => {
    const topics = [{ topic: HALF, partitions: BOTH }];
    const { results, ...rest } = placed(
      side,
      await side.ask("DescribeLogDirs", version, { topics }),
    );
    return {
      ...rest,
      results: results.map(({ topics, ...each }) => ({
        ...each,
        topics: topics.map(({ name, partitions }) => [
          name,
          partitions.map(({ partitionIndex }) => partitionIndex),
        ]),
      })),
    };
  }),
  scenario(
    "CreateTopics",
    "new partitions come where there is a place",
    async (side, version, unique) => {
      const name = `${unique}-new`;
      const topics = [{ name, numPartitions: 3, replicationFactor: 1 }];
      const answer = await side.ask("CreateTopics", version, { topics, timeoutMs: 5000 });
      await side.untilLed([name]);
      return [answer, await whereIs(side, name, 3)];
    },
  ),
  scenario("CreatePartitions", "of a topic that is lost", async (side, version) => {
    const name = lostFor("CreatePartitions", version);
    const topics = [{ name, count: 2, assignments: null }];
    const answer = await side.ask("CreatePartitions", version, { topics, timeoutMs: 5000 });
    await side.until(async () => (await whereIs(side, name, 2))[1] === 0);
    const metadata = await side.ask("Metadata", 12, { topics: [{ name }] });
    return [answer, metadata.topics];
  }),
  scenario(
    "DeleteTopics",
    "a topic that is lost, and another of its name",
    async (side, version) => {
      const name = lostFor("DeleteTopics", version);
      const topics = version >= 6 ? { topics: [{ name }] } : { topicNames: [name] };
      const answer = await side.ask("DeleteTopics", version, { ...topics, timeoutMs: 5000 });
      const gone = async () =>
        (await side.ask("Metadata", 12, { topics: [{ name }], allowAutoTopicCreation: false }))
          .topics;
      await side.until(async () => (await gone())[0].errorCode === 3);
      await side.topics({ [name]: {} });
      await side.append(name, 0, batch(["again"]));
      return [answer, await whereIs(side, name, 1), await gone()];
    },
  ),
  scenario(
    "AlterReplicaLogDirs",
    "to it, from it, and what does not exist",
    async (side, version, unique) => {
      const [fine, failed] = side.place.logDirs;
      const answers = [];
      for (
        const [path, name, partition] of [
          [failed, HALF, 0],
          [failed, HALF, 1],
          [fine, HALF, 1],
          [fine, HALF, 0],
          [failed, `${unique}-nowhere`, 0],
          [fine, `${unique}-nowhere`, 0],
        ] as const
      ) {
        const dirs = [{ path, topics: [{ name, partitions: [partition] }] }];
        answers.push(await side.ask("AlterReplicaLogDirs", version, { dirs }));
      }
      return answers;
    },
  ),
  scenario("ElectLeaders", "what is there and what is lost", async (side, version) => {
    const answers = [];
    for (const electionType of version === 0 ? [0] : [0, 1]) {
      const topicPartitions = [{ topic: HALF, partitions: BOTH }];
      answers.push(
        await side.ask("ElectLeaders", version, { electionType, topicPartitions, timeoutMs: 3000 }),
      );
    }
    return answers;
  }),

  ofGroups(
    "FindCoordinator",
    (key, version) => version < 4 ? { key, keyType: 0 } : { keyType: 0, coordinatorKeys: [key] },
  ),
  ofGroups("OffsetCommit", (groupId, version, side) => ({
    groupId,
    topics: [{
      ...side.named(HALF, version, 10),
      partitions: [{ partitionIndex: 0, committedOffset: 1, committedLeaderEpoch: -1 }],
    }],
  })),
  ofGroups("OffsetFetch", (groupId, version, side) => {
    const topics = [{ ...side.named(HALF, version, 10), partitionIndexes: [0] }];
    return version < 8 ? { groupId, topics } : { groups: [{ groupId, topics }] };
  }),
  ofGroups("OffsetDelete", (groupId) => ({
    groupId,
    topics: [{ name: HALF, partitions: [{ partitionIndex: 0 }] }],
  })),
  ofGroups("Heartbeat", (groupId) => ({ groupId, generationId: 1, memberId: "nobody" })),
  ofGroups(
    "SyncGroup",
    (groupId) => ({
      groupId,
      generationId: 1,
      memberId: "nobody",
      protocolType: "consumer",
      protocolName: "range",
      assignments: [],
    }),
  ),
  ofGroups(
    "LeaveGroup",
    (groupId, version) =>
      version < 3
        ? { groupId, memberId: "nobody" }
        : { groupId, members: [{ memberId: "nobody" }] },
  ),
  ofGroups("JoinGroup", (groupId) => ({
    groupId,
    sessionTimeoutMs: 10_000,
    rebalanceTimeoutMs: 1000,
    memberId: "",
    protocolType: "consumer",
    protocols: [{ name: "range", metadata: new Uint8Array(4) }],
  })),
  ofGroups("DescribeGroups", (groupId) => ({ groups: [groupId] })),
  ofGroups("DeleteGroups", (groupId) => ({ groupsNames: [groupId] })),
  scenario("ListGroups", "those that are there", async (side, version) => {
    const { errorCode } = await side.ask("ListGroups", version, {});
    return errorCode;
  }),
];
