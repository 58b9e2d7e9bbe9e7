import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { type Decision, listPartitionReassignments } from "../../src/controller/mod.ts";
import { metadataRecord } from "../../src/metadata/mod.ts";
import {
  AlterPartitionReassignmentsRequest,
  ElectLeadersRequest,
  errorName,
} from "../../src/protocol/mod.ts";
import { of, TestCluster, typesOf } from "./kit.ts";

/** Partition 0 of x on brokers 1 and 2, of five. */
function withTopic(settings?: Record<string, string>): TestCluster {
  const cluster = TestCluster.withBrokers(Array(5).fill(null), settings);
  const assignments = [{ partitionIndex: 0, brokerIds: [1, 2] }];
  cluster.create({
    topics: [{ name: "x", numPartitions: -1, replicationFactor: -1, assignments }],
  });
  return cluster;
}

const partition = (cluster: TestCluster) => cluster.image.partition("x", 0)!;
const shortly = (cluster: TestCluster) => {
  const { replicas, isr, addingReplicas, removingReplicas, leader } = partition(cluster);
  return { replicas, isr, adding: addingReplicas, removing: removingReplicas, leader };
};

function reassign(cluster: TestCluster, replicas: number[] | null, fields: object = {}): string {
  const request = of(AlterPartitionReassignmentsRequest, {
    ...fields,
    topics: [{ name: "x", partitions: [{ partitionIndex: 0, replicas }] }],
  });
  const { responses } = cluster.commit(cluster.controller.alterPartitionReassignments(request));
  return errorName(responses[0].partitions[0].errorCode);
}

/** As the leader would say it, once the followers are level. */
function setIsr(cluster: TestCluster, isr: number[]): void {
  const topicId = cluster.image.topicIdOf("x")!;
  cluster.append([metadataRecord("PartitionChangeRecord", 2, { topicId, partitionId: 0, isr })]);
}

Deno.test("A reassignment has the old replicas and the new until it is done, and is listed so", () => {
  const cluster = withTopic();
  strictEqual(reassign(cluster, [3, 4]), "NONE");
  deepStrictEqual(shortly(cluster), {
    replicas: [3, 4, 1, 2],
    isr: [1, 2],
    adding: [3, 4],
    removing: [1, 2],
    leader: 1,
  });
  strictEqual(partition(cluster).directories.length, 4);
  const { topics } = listPartitionReassignments({ topics: null, timeoutMs: 1 }, cluster.image);
  deepStrictEqual(topics, [{
    name: "x",
    partitions: [{
      partitionIndex: 0,
      replicas: [3, 4, 1, 2],
      addingReplicas: [3, 4],
      removingReplicas: [1, 2],
    }],
  }]);
});

Deno.test("A reassignment is done at the next change once all that were added are in the ISR", () => {
  const cluster = withTopic();
  reassign(cluster, [3, 4]);
  setIsr(cluster, [1, 2, 3, 4]);
  const { leaderEpoch } = partition(cluster);
  strictEqual(cluster.heartbeat(1, { wantFence: true }).isFenced, true);
  deepStrictEqual(shortly(cluster), {
    replicas: [3, 4],
    isr: [3, 4],
    adding: [],
    removing: [],
    leader: 3,
  });
  strictEqual(partition(cluster).leaderEpoch, leaderEpoch + 1);
});

Deno.test("Fewer replicas, or others first, is done at once", () => {
  const cluster = withTopic();
  strictEqual(reassign(cluster, [2, 1]), "NONE");
  deepStrictEqual(partition(cluster).replicas, [2, 1]);
  strictEqual(partition(cluster).leader, 1);
  strictEqual(reassign(cluster, [2]), "NONE");
  deepStrictEqual(shortly(cluster), {
    replicas: [2],
    isr: [2],
    adding: [],
    removing: [],
    leader: 2,
  });
  strictEqual(reassign(cluster, null), "NO_REASSIGNMENT_IN_PROGRESS");
});

Deno.test("A reassignment takes the place of one under way, and can be taken back", () => {
  const cluster = withTopic();
  reassign(cluster, [3, 4]);
  strictEqual(reassign(cluster, [1, 5]), "NONE");
  deepStrictEqual(shortly(cluster).replicas, [1, 5, 2]);
  deepStrictEqual(partition(cluster).addingReplicas, [5]);
  strictEqual(reassign(cluster, null), "NONE");
  deepStrictEqual(shortly(cluster), {
    replicas: [1, 2],
    isr: [1, 2],
    adding: [],
    removing: [],
    leader: 1,
  });
});

Deno.test("Whom a reassignment has brought into the ISR stays a replica until the next one is done", () => {
  const cluster = withTopic();
  reassign(cluster, [3, 4]);
  setIsr(cluster, [1, 2, 3]);
  strictEqual(reassign(cluster, [1, 5]), "NONE");
  deepStrictEqual(shortly(cluster), {
    replicas: [1, 5, 3, 2],
    isr: [1, 2, 3],
    adding: [3, 5],
    removing: [3, 2],
    leader: 1,
  });
  setIsr(cluster, [1, 2, 3, 5]);
  cluster.heartbeat(2, { wantFence: true });
  deepStrictEqual([shortly(cluster).replicas, shortly(cluster).isr], [[1, 5], [1, 5]]);
});

Deno.test("What takes the place of a reassignment is taken back to where the first one began", () => {
  const cluster = withTopic();
  reassign(cluster, [3, 4]);
  setIsr(cluster, [1, 2, 3]);
  reassign(cluster, [1, 5]);
  strictEqual(reassign(cluster, null), "NONE");
  deepStrictEqual(shortly(cluster), {
    replicas: [1, 2],
    isr: [1, 2],
    adding: [],
    removing: [],
    leader: 1,
  });
});

Deno.test("A reassignment is not taken back to replicas none of which is in the ISR", () => {
  const cluster = withTopic();
  reassign(cluster, [3, 4]);
  setIsr(cluster, [3]);
  strictEqual(reassign(cluster, null), "INVALID_REPLICA_ASSIGNMENT");
});

const refusals: [number[], object, string][] = [
  [[], {}, "INVALID_REPLICA_ASSIGNMENT"],
  [[3, 3], {}, "INVALID_REPLICA_ASSIGNMENT"],
  [[1, 9], {}, "INVALID_REPLICA_ASSIGNMENT"],
  [[1, 2, 3], { allowReplicationFactorChange: false }, "INVALID_REPLICATION_FACTOR"],
];
for (const [replicas, fields, error] of refusals) {
  Deno.test(`A reassignment to [${replicas}] is refused with ${error}`, () => {
    const cluster = withTopic();
    strictEqual(reassign(cluster, replicas, fields), error);
    deepStrictEqual(partition(cluster).replicas, [1, 2]);
  });
}

function elect(cluster: TestCluster, electionType: number) {
  const topicPartitions = [{ topic: "x", partitions: [0] }];
  const request = of(ElectLeadersRequest, { electionType, topicPartitions });
  const decision: Decision<any> = cluster.controller.electLeaders(request);
  const { replicaElectionResults } = cluster.commit(decision);
  const { errorCode } = replicaElectionResults[0].partitionResult[0];
  return [errorName(errorCode), typesOf(decision.records)];
}
const PREFERRED = 0, UNCLEAN = 1;

Deno.test("ElectLeaders gives a partition back to its preferred replica once that can lead", () => {
  const cluster = withTopic();
  deepStrictEqual(elect(cluster, PREFERRED), ["ELECTION_NOT_NEEDED", []]);
  cluster.heartbeat(1, { wantFence: true });
  strictEqual(partition(cluster).leader, 2);
  deepStrictEqual(elect(cluster, PREFERRED), ["PREFERRED_LEADER_NOT_AVAILABLE", []]);
  cluster.heartbeat(1);
  setIsr(cluster, [2, 1]);
  deepStrictEqual(elect(cluster, PREFERRED), ["NONE", ["PartitionChange"]]);
  strictEqual(partition(cluster).leader, 1);
});

Deno.test("ElectLeaders takes anyone alive where nobody leads, and says that records may be lost", () => {
  const cluster = withTopic({ "min.insync.replicas": "1" });
  setIsr(cluster, [2]); // 1 has fallen behind
  deepStrictEqual(elect(cluster, UNCLEAN), ["ELECTION_NOT_NEEDED", []]);
  cluster.heartbeat(1, { wantFence: true });
  cluster.heartbeat(2, { wantFence: true });
  deepStrictEqual(shortly(cluster).leader, -1);
  deepStrictEqual(partition(cluster).eligibleLeaderReplicas, [2]);
  deepStrictEqual(elect(cluster, UNCLEAN), ["ELIGIBLE_LEADERS_NOT_AVAILABLE", []]);
  cluster.heartbeat(1);
  strictEqual(partition(cluster).leader, -1, "it is not eligible");
  deepStrictEqual(elect(cluster, UNCLEAN), ["NONE", ["PartitionChange"]]);
  const { leader, isr, leaderRecoveryState, eligibleLeaderReplicas } = partition(cluster);
  deepStrictEqual([leader, isr, leaderRecoveryState, eligibleLeaderReplicas], [1, [1], 1, []]);
});

Deno.test("An eligible replica leads again when it is back, and nothing is lost", () => {
  const cluster = withTopic();
  cluster.heartbeat(1, { wantFence: true });
  cluster.heartbeat(2, { wantFence: true });
  deepStrictEqual(partition(cluster).lastKnownElr, [2]);
  cluster.heartbeat(2);
  const { leader, isr, leaderRecoveryState, lastKnownElr } = partition(cluster);
  deepStrictEqual([leader, isr, leaderRecoveryState, lastKnownElr], [2, [2], 0, []]);
});
