import { deepStrictEqual, strictEqual } from "node:assert/strict";
import {
  AlterPartitionReassignmentsRequest,
  AlterPartitionRequest,
  errorName,
  type InputOf,
} from "../../src/protocol/mod.ts";
import { of, TestCluster, typesOf, uuidOf } from "./kit.ts";

/** Partition 0 of x on brokers 1, 2 and 3, of four; 1 leads. */
function withTopic(settings: Record<string, string> = {}): TestCluster {
  const cluster = TestCluster.withBrokers(Array(4).fill(null), settings);
  const assignments = [{ partitionIndex: 0, brokerIds: [1, 2, 3] }];
  cluster.create({
    topics: [{ name: "x", numPartitions: -1, replicationFactor: -1, assignments }],
  });
  return cluster;
}

type Proposal = NonNullable<
  NonNullable<InputOf<typeof AlterPartitionRequest>["topics"]>[number]["partitions"]
>[number];

const partition = (cluster: TestCluster) => cluster.image.partition("x", 0)!;
const epochOf = (cluster: TestCluster, id: number) => cluster.image.brokers.get(id)!.brokerEpoch;
const members = (cluster: TestCluster, ids: number[]) =>
  ids.map((brokerId) => ({ brokerId, brokerEpoch: epochOf(cluster, brokerId) }));

/** What broker 1, the leader, proposes; the answer about its one partition. */
function propose(
  cluster: TestCluster,
  isr: number[],
  fields: Proposal & { brokerId?: number; brokerEpoch?: number; topicId?: string } = {},
  version = 3,
) {
  const { brokerId = 1, brokerEpoch, topicId, ...rest } = fields;
  const { leaderEpoch, partitionEpoch } = partition(cluster);
  const proposal = { partitionIndex: 0, leaderEpoch, partitionEpoch, leaderRecoveryState: 0 };
  const request = of(AlterPartitionRequest, {
    brokerId,
    brokerEpoch: brokerEpoch ?? epochOf(cluster, brokerId),
    topics: [{
      topicId: topicId ?? cluster.image.topicIdOf("x")!,
      partitions: [{
        ...proposal,
        ...(version >= 3 ? { newIsrWithEpochs: members(cluster, isr) } : { newIsr: isr }),
        ...rest,
      }],
    }],
  });
  const decision = cluster.controller.alterPartition(request, version);
  const { topics, errorCode } = cluster.commit(decision);
  const [answer] = topics[0]?.partitions ?? [];
  return {
    top: errorName(errorCode),
    answer,
    error: answer && errorName(answer.errorCode),
    records: decision.records,
  };
}

Deno.test("A leader shrinks the ISR and lets one in again, and is told what it is now", () => {
  const cluster = withTopic();
  const { answer, records } = propose(cluster, [1, 2]);
  deepStrictEqual(typesOf(records), ["PartitionChange"]);
  deepStrictEqual(answer, {
    partitionIndex: 0,
    errorCode: 0,
    leaderId: 1,
    leaderEpoch: 0,
    isr: [1, 2],
    leaderRecoveryState: 0,
    partitionEpoch: 1,
  });
  deepStrictEqual(partition(cluster).isr, [1, 2]);
  deepStrictEqual(propose(cluster, [1, 2, 3]).answer.isr, [1, 2, 3]);
  strictEqual(partition(cluster).partitionEpoch, 2);
});

Deno.test("What is so already writes nothing", () => {
  const cluster = withTopic();
  const { error, records, answer } = propose(cluster, [1, 2, 3]);
  deepStrictEqual([error, records.length, answer.partitionEpoch], ["NONE", 0, 0]);
});

Deno.test("Version 2 names the members by their ids alone", () => {
  const cluster = withTopic();
  deepStrictEqual(propose(cluster, [1, 3], {}, 2).answer.isr, [1, 3]);
});

type Case = [
  name: string,
  error: string,
  isr: number[],
  fields: Parameters<typeof propose>[2],
];

// Each row is wrong also in what the rows below it are about, so that their order is seen.
const refusals: Case[] = [
  ["a topic that is not there", "UNKNOWN_TOPIC_ID", [1], { topicId: uuidOf("no", 1) }],
  ["a partition that is not there", "UNKNOWN_TOPIC_OR_PARTITION", [1], { partitionIndex: 7 }],
  ["a later leader epoch", "NOT_CONTROLLER", [1], { leaderEpoch: 2, partitionEpoch: 0 }],
  ["a later partition epoch", "NOT_CONTROLLER", [1], { partitionEpoch: 9, leaderEpoch: 0 }],
  ["an earlier leader epoch", "FENCED_LEADER_EPOCH", [2], { brokerId: 2, leaderEpoch: 0 }],
  ["another than the leader", "INVALID_REQUEST", [2], { brokerId: 3, partitionEpoch: 0 }],
  ["an earlier partition epoch", "INVALID_UPDATE_VERSION", [], { partitionEpoch: 0 }],
  ["an empty ISR", "INVALID_REQUEST", [], {}],
  ["a broker twice", "INVALID_REQUEST", [2, 2], {}],
  ["a broker without a replica", "INVALID_REQUEST", [2, 4], {}],
  ["an ISR without the leader", "INVALID_REQUEST", [3], {}],
  ["a state that there is not", "INVALID_REQUEST", [2], { leaderRecoveryState: 2 }],
  ["one that has recovered and recovers", "INVALID_REQUEST", [2], { leaderRecoveryState: 1 }],
];
for (const [name, error, isr, fields] of refusals) {
  Deno.test(`AlterPartition of ${name} is refused with ${error}`, () => {
    const cluster = withTopic();
    // Leader epoch 1, led by 2, and more than one change.
    cluster.heartbeat(1, { wantFence: true });
    cluster.heartbeat(1);

    const answered = propose(cluster, isr, { brokerId: 2, ...fields });
    deepStrictEqual([answered.top, answered.error, answered.records], ["NONE", error, []]);
  });
}

Deno.test("A broker of another life is refused before anything is looked at", () => {
  const cluster = withTopic();
  const { top, answer } = propose(cluster, [1], { brokerEpoch: 1 });
  deepStrictEqual([top, answer], ["STALE_BROKER_EPOCH", undefined]);
});

const ineligible: [name: string, (cluster: TestCluster) => Proposal | void][] = [
  ["fenced", (cluster) => void cluster.heartbeat(3, { wantFence: true })],
  ["about to stop", (cluster) => {
    const assignments = [{ partitionIndex: 0, brokerIds: [3] }];
    cluster.create({
      topics: [{ name: "y", numPartitions: -1, replicationFactor: -1, assignments }],
    });
    cluster.heartbeat(3, { wantShutDown: true });
  }],
  ["living another life", (cluster) => ({
    newIsrWithEpochs: [...members(cluster, [1, 2]), { brokerId: 3, brokerEpoch: 1 }],
  })],
];
for (const [name, prepare] of ineligible) {
  Deno.test(`A follower that is ${name} may not join the ISR`, () => {
    const cluster = withTopic();
    propose(cluster, [1, 2]);
    const fields = prepare(cluster) ?? {};
    const { error, records } = propose(cluster, [1, 2, 3], fields);
    deepStrictEqual([error, records], ["INELIGIBLE_REPLICA", []]);
    deepStrictEqual(partition(cluster).isr, [1, 2]);
  });
}

Deno.test("A follower whose life the leader does not know is not asked for it", () => {
  const cluster = withTopic();
  propose(cluster, [1, 2]);
  const newIsrWithEpochs = [1, 2, 3].map((brokerId) => ({ brokerId, brokerEpoch: -1 }));
  strictEqual(propose(cluster, [], { newIsrWithEpochs }).error, "NONE");
  deepStrictEqual(partition(cluster).isr, [1, 2, 3]);
});

Deno.test("Below min.insync.replicas those that fell out stay eligible, until there are enough", () => {
  const cluster = withTopic({ "min.insync.replicas": "2" });
  propose(cluster, [1]);
  deepStrictEqual(partition(cluster).eligibleLeaderReplicas, [2, 3]);
  propose(cluster, [1, 3]);
  deepStrictEqual(partition(cluster).eligibleLeaderReplicas, []);
});

function reassign(cluster: TestCluster, replicas: number[]): void {
  cluster.commit(cluster.controller.alterPartitionReassignments(
    of(AlterPartitionReassignmentsRequest, {
      topics: [{ name: "x", partitions: [{ partitionIndex: 0, replicas }] }],
    }),
  ));
}

Deno.test("A reassignment is done when the last one that was added is in the ISR", () => {
  const cluster = withTopic();
  reassign(cluster, [1, 2, 4]);
  deepStrictEqual(partition(cluster).addingReplicas, [4]);
  const { error, answer } = propose(cluster, [1, 2, 3, 4]);
  deepStrictEqual([error, answer.isr, answer.leaderEpoch], ["NONE", [1, 2, 4], 1]);
  const { replicas, addingReplicas, removingReplicas } = partition(cluster);
  deepStrictEqual([replicas, addingReplicas, removingReplicas], [[1, 2, 4], [], []]);
});

Deno.test("A reassignment that takes the leader away is written, and the leader told so", () => {
  const cluster = withTopic();
  reassign(cluster, [4, 3, 2]);
  const { error, records } = propose(cluster, [1, 2, 3, 4]);
  strictEqual(error, "NEW_LEADER_ELECTED");
  deepStrictEqual(typesOf(records), ["PartitionChange"]);
  const { leader, replicas, isr } = partition(cluster);
  deepStrictEqual([leader, replicas, [...isr].sort()], [4, [4, 3, 2], [2, 3, 4]]);
});

Deno.test("A leader elected unclean is alone until it says that it has recovered", () => {
  const cluster = withTopic({ "unclean.leader.election.enable": "true" });
  propose(cluster, [1]);
  propose(cluster, [1]);
  cluster.heartbeat(1, { wantFence: true });
  const { leader, isr, leaderRecoveryState } = partition(cluster);
  deepStrictEqual([isr, leaderRecoveryState, leader > 1], [[leader], 1, true]);
  const others = [2, 3];
  const ask = (isr: number[], leaderRecoveryState: number) =>
    propose(cluster, isr, { brokerId: leader, leaderRecoveryState });
  strictEqual(ask(others, 1).error, "INVALID_REQUEST");
  deepStrictEqual([ask([leader], 1).error, partition(cluster).leaderRecoveryState], ["NONE", 1]);
  const recovered = ask([leader], 0);
  deepStrictEqual([recovered.error, recovered.records.length], ["NONE", 1]);
  strictEqual(partition(cluster).leaderRecoveryState, 0);
  strictEqual(ask(others, 0).error, "NONE");
});
