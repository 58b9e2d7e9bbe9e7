/** The cluster as each of its nodes tells of it. */
import { MISSING_ID, type Scenario } from "../../side.ts";
import { SHARED, SPREAD } from "../../stages/three.ts";
import { fromEach, NODES, onThree } from "./scenario.ts";

const TOPICS = [{ name: SPREAD }, { name: SHARED }, { name: "__consumer_offsets" }];

export const DESCRIPTIONS: Scenario[] = [
  onThree(
    "Metadata",
    "who leads what",
    (side, version) => fromEach(side, "Metadata", version, { topics: TOPICS }),
  ),
  onThree(
    "DescribeTopicPartitions",
    "who leads what",
    (side, version) => fromEach(side, "DescribeTopicPartitions", version, { topics: TOPICS }),
  ),
  ...[1, 2, 3].map((endpointType) =>
    onThree(
      "DescribeCluster",
      `endpoints of type ${endpointType}`,
      (side, version) => fromEach(side, "DescribeCluster", version, { endpointType }),
      { since: 1 },
    )
  ),
  onThree(
    "DescribeCluster",
    "brokers",
    (side, version) => fromEach(side, "DescribeCluster", version, {}),
  ),
  onThree(
    "FindCoordinator",
    "of groups whose coordinators are spread over them",
    (side, version) =>
      fromEach(side, "FindCoordinator", version, {
        keyType: 0,
        coordinatorKeys: ["group-0", "group-1", "group-2", "group-3", "group-4"],
      }),
    { since: 4 },
  ),
  onThree(
    "FindCoordinator",
    "of one group",
    (side, version) => fromEach(side, "FindCoordinator", version, { keyType: 0, key: "group-1" }),
    { until: 3 },
  ),
  onThree(
    "InitProducerId",
    "ids from different nodes are different",
    async (side, version) => {
      const answers = [];
      for (const id of [...NODES, ...NODES]) {
        answers.push(
          await side.at(id).ask("InitProducerId", version, {
            transactionalId: null,
            transactionTimeoutMs: 1000,
            producerId: -1,
            producerEpoch: -1,
          }),
        );
      }
      return answers;
    },
  ),
  ...NODES.map((id) =>
    onThree(
      "DescribeConfigs",
      `of broker ${id}, asked of each`,
      (side, version) =>
        fromEach(side, "DescribeConfigs", version, {
          resources: [{
            resourceType: 4,
            resourceName: `${id}`,
            configurationKeys: [
              "broker.rack",
              "node.id",
              "min.insync.replicas",
              "replica.selector.class",
            ],
          }],
          includeSynonyms: true,
        }),
    )
  ),
  onThree("IncrementalAlterConfigs", "of each broker, asked of each", async (side, version) => {
    const answers: Record<string, unknown> = {};
    for (const asked of NODES) {
      for (const resource of [...NODES, 7]) {
        for (const configOperation of [0, 1]) {
          answers[`${asked} of ${resource}, ${configOperation}`] = await side.at(asked).ask(
            "IncrementalAlterConfigs",
            version,
            {
              resources: [{
                resourceType: 4,
                resourceName: `${resource}`,
                configs: [{ name: "log.cleaner.backoff.ms", configOperation, value: "20000" }],
              }],
            },
          );
        }
      }
    }
    await side.caughtUp();
    return answers;
  }),
  onThree("DescribeLogDirs", "each has its own replicas", async (side, version) => {
    const answers: Record<string, unknown> = {};
    for (const id of NODES) {
      const { errorCode, results } = await side.at(id).ask("DescribeLogDirs", version, {
        topics: [{ topic: SPREAD, partitions: [0, 1, 2] }, { topic: SHARED, partitions: [0, 1] }],
      });
      answers[`node ${id}`] = {
        errorCode,
        results: results.map((dir: any) => ({
          errorCode: dir.errorCode,
          topics: dir.topics.map(({ name, partitions }: any) => [
            name,
            partitions.map(({ partitionIndex, offsetLag, isFutureKey }: any) => ({
              partitionIndex,
              offsetLag,
              isFutureKey,
            })).sort((a: any, b: any) => a.partitionIndex - b.partitionIndex),
          ]).sort(),
        })),
      };
    }
    return answers;
  }),
  onThree("DescribeQuorum", "of three voters", async (side, version) => {
    const topics = [{ topicName: "__cluster_metadata", partitions: [{ partitionIndex: 0 }] }];
    const answers = await fromEach(side, "DescribeQuorum", version, { topics });
    return Object.fromEntries(
      Object.entries(answers).map(([id, answer]) => [id, asQuorum(answer)]),
    );
  }),
  ...(["AddRaftVoter", "RemoveRaftVoter"] as const).flatMap((api) =>
    NODES.map((voterId) =>
      onThree(
        api,
        `voter ${voterId} of three that are fixed`,
        (side, version) =>
          fromEach(side, api, version, {
            clusterId: null,
            timeoutMs: 1000,
            voterId,
            voterDirectoryId: MISSING_ID,
            listeners: [{ name: "CONTROLLER", host: "127.0.0.1", port: 1 }],
          }),
      )
    )
  ),
  onThree(
    "UnregisterBroker",
    "that is not there",
    (side, version) => fromEach(side, "UnregisterBroker", version, { brokerId: 7 }),
  ),
];

/** What moves on by itself is told by whether it is there. */
export const asQuorum = (answer: any) => ({
  ...answer,
  topics: answer.topics.map(({ topicName, partitions }: any) => ({
    topicName,
    partitions: partitions.map((each: any) => ({
      ...each,
      leaderId: Math.sign(each.leaderId),
      leaderEpoch: Math.sign(each.leaderEpoch),
      highWatermark: Math.sign(each.highWatermark),
      currentVoters: replicasOf(each.currentVoters),
      observers: replicasOf(each.observers),
    })),
  })),
});

const replicasOf = (replicas: any[]) =>
  replicas.map((each) => ({
    ...each,
    logEndOffset: Math.sign(each.logEndOffset),
    lastFetchTimestamp: each.lastFetchTimestamp && Math.sign(each.lastFetchTimestamp),
    lastCaughtUpTimestamp: each.lastCaughtUpTimestamp && Math.sign(each.lastCaughtUpTimestamp),
  })).sort((a, b) => a.replicaId - b.replicaId);
