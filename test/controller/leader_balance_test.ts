import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { ELECTIONS_A_ROUND } from "../../src/controller/leader_balance.ts";
import { AlterPartitionRequest, IncrementalAlterConfigsRequest } from "../../src/protocol/mod.ts";
import { of, TestCluster } from "./kit.ts";

/** Partitions of x on brokers 1 and 2, all led by 2 since 1 was away; it is back, and in sync. */
function unbalanced(partitions: number): TestCluster {
  const cluster = TestCluster.withBrokers([null, null]);
  const assignments = Array.from(
    { length: partitions },
    (_, partitionIndex) => ({ partitionIndex, brokerIds: [1, 2] }),
  );
  cluster.create({
    topics: [{ name: "x", numPartitions: -1, replicationFactor: -1, assignments }],
  });
  cluster.heartbeat(1, { wantFence: true });
  cluster.heartbeat(1);
  const { partitions: now, id } = cluster.image.topicByName("x")!;
  const epochs = [...cluster.image.brokers.values()];
  const request = of(AlterPartitionRequest, {
    brokerId: 2,
    brokerEpoch: cluster.image.brokers.get(2)!.brokerEpoch,
    topics: [{
      topicId: id,
      partitions: now.map(({ leaderEpoch, partitionEpoch }, partitionIndex) => ({
        partitionIndex,
        leaderEpoch,
        partitionEpoch,
        newIsrWithEpochs: epochs.map(({ brokerId, brokerEpoch }) => ({ brokerId, brokerEpoch })),
      })),
    }],
  });
  cluster.commit(cluster.controller.alterPartition(request, 3));
  return cluster;
}

Deno.test("Leadership goes back to the preferred replicas, and then there is nothing to do", () => {
  const cluster = unbalanced(3);
  deepStrictEqual(cluster.leaders("x"), [2, 2, 2]);
  const { records, isFull } = cluster.controller.balanceLeaders();
  strictEqual(isFull, false);
  cluster.append(records);
  deepStrictEqual(cluster.leaders("x"), [1, 1, 1]);
  deepStrictEqual(cluster.controller.balanceLeaders().records, []);
});

Deno.test("A round of elections has an end, and the next one goes on", () => {
  const cluster = unbalanced(ELECTIONS_A_ROUND + 1);
  const first = cluster.controller.balanceLeaders();
  deepStrictEqual([first.records.length, first.isFull], [ELECTIONS_A_ROUND, true]);
  cluster.append(first.records);
  strictEqual(cluster.controller.balanceLeaders().records.length, 1);
});

Deno.test("A preferred replica that is not in sync gets nothing", () => {
  const cluster = TestCluster.withBrokers([null, null]);
  const assignments = [{ partitionIndex: 0, brokerIds: [1, 2] }];
  cluster.create({
    topics: [{ name: "x", numPartitions: -1, replicationFactor: -1, assignments }],
  });
  cluster.heartbeat(1, { wantFence: true });
  cluster.heartbeat(1);
  deepStrictEqual(cluster.controller.balanceLeaders().records, []);
  deepStrictEqual(cluster.leaders("x"), [2]);
});

Deno.test("Where nobody leads, it is tried again once a topic allows losing records", () => {
  const cluster = TestCluster.withBrokers([null, null]);
  const assignments = [{ partitionIndex: 0, brokerIds: [1, 2] }];
  cluster.create({
    topics: [{ name: "x", numPartitions: -1, replicationFactor: -1, assignments }],
  });
  cluster.heartbeat(1, { wantFence: true });
  cluster.heartbeat(2, { wantFence: true });
  cluster.heartbeat(1);
  deepStrictEqual(cluster.controller.electLeaderless().records, []);
  cluster.commit(cluster.controller.incrementalAlterConfigs(of(IncrementalAlterConfigsRequest, {
    resources: [{
      resourceType: 2,
      resourceName: "x",
      configs: [{ name: "unclean.leader.election.enable", configOperation: 0, value: "true" }],
    }],
  })));
  cluster.append(cluster.controller.electLeaderless().records);
  deepStrictEqual(cluster.leaders("x"), [1]);
});
