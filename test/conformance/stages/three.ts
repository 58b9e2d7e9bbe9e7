/**
 * A stage of three nodes of each side, in racks of their own: who leads what is as it was asked
 * for, so that both sides have the same picture, and leaders move only when somebody asks.
 */
import { equal } from "node:assert/strict";
import { moveLeader, untilCommittedEverywhere } from "../replicas.ts";
import { batch, type Side } from "../side.ts";

/** What every node holds; each of three leads a partition. */
export const SPREAD = "spread";
/** Partition 0 is led by 3, which shares it with 1. */
export const SHARED = "shared";

/** 1 led it with 3 records in epoch 0, and 2 leads it with one more in epoch 1. */
export const MOVED = "moved";
export const MOVED_MAX_BYTES = 500;
/** 1 leads it and 2 follows, with 3 records. */
export const FOLLOWED = "followed";
/** The same, where others pretend to be 2. */
export const PRETENDED = "pretended";

/** 3 has all of it. */
export const ALONE = "alone";
/** Two in-sync replicas are asked for; 3 is one of two in each partition. */
export const GUARDED = "guarded";
/** A group that 3 looks after, with an offset of the first partition of `SPREAD`. */
export const GROUP_AT_3 = "group-of-3-4";

export const THREE = {
  summary: "three nodes that are controllers and brokers",
  nodes: 3,
  settings: {
    "auto.leader.rebalance.enable": "false",
    "broker.heartbeat.interval.ms": "1000",
    "broker.session.timeout.ms": "20000",
    "offsets.topic.replication.factor": "3",
    "replica.selector.class": "org.apache.kafka.common.replica.RackAwareReplicaSelector",
  },
  settingsOf: (id: number) => ({ "broker.rack": `rack-${id}` }),
  begin,
  furnish,
};

/** The groups' topic is made before anybody asks for it, so that it lies alike on both sides. */
async function begin(side: Side): Promise<void> {
  const replicas = [[1, 2, 3], [2, 3, 1], [3, 1, 2], [1, 2, 3]];
  const configs = { "cleanup.policy": "compact" };
  await side.topics({ "__consumer_offsets": { replicas, configs } });
}

async function furnish(side: Side): Promise<void> {
  await side.topics({
    [SPREAD]: { replicas: [[1, 2, 3], [2, 3, 1], [3, 1, 2]] },
    [SHARED]: { replicas: [[3, 1]] },
    [MOVED]: { replicas: [[1, 2]], configs: { "max.message.bytes": `${MOVED_MAX_BYTES}` } },
    [FOLLOWED]: { replicas: [[1, 2]] },
    [PRETENDED]: { replicas: [[1, 2]] },
    [ALONE]: { replicas: [[3]] },
    [GUARDED]: { replicas: [[1, 3], [3, 1]], configs: { "min.insync.replicas": "2" } },
  });
  for (const partition of [0, 1, 2]) {
    await side.append(SPREAD, partition, batch(["a", "b"]), batch(["c"]));
  }
  await side.append(SHARED, 0, batch(["a"]));
  for (const topic of [MOVED, FOLLOWED, PRETENDED]) {
    await side.append(topic, 0, batch(["a", "b"]), batch(["c"]));
  }
  await side.append(ALONE, 0, batch(["a"]));
  await side.append(GUARDED, 0, batch(["a"]));
  await commitAt3(side);
  await moveLeader(side, MOVED, [2, 1]);
  await side.append(MOVED, 0, batch(["d"]));
  await untilCommittedEverywhere(side, FOLLOWED, 3);
  await untilCommittedEverywhere(side, MOVED, 4);
}

async function commitAt3(side: Side): Promise<void> {
  const { topics } = await side.at(3).ask("OffsetCommit", 8, {
    groupId: GROUP_AT_3,
    topics: [{
      name: SPREAD,
      partitions: [{ partitionIndex: 0, committedOffset: 3, committedLeaderEpoch: 0 }],
    }],
  });
  equal(topics[0].partitions[0].errorCode, 0);
}
