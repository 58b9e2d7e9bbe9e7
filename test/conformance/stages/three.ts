/**
 * A stage of three nodes of each side, in racks of their own: who leads what is as it was asked
 * for, so that both sides have the same picture, and leaders move only when somebody asks.
 */
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
  });
  for (const partition of [0, 1, 2]) {
    await side.append(SPREAD, partition, batch(["a", "b"]), batch(["c"]));
  }
  await side.append(SHARED, 0, batch(["a"]));
  for (const topic of [MOVED, FOLLOWED, PRETENDED]) {
    await side.append(topic, 0, batch(["a", "b"]), batch(["c"]));
  }
  await moveLeader(side, MOVED, [2, 1]);
  await side.append(MOVED, 0, batch(["d"]));
  await untilCommittedEverywhere(side, FOLLOWED, 3);
  await untilCommittedEverywhere(side, MOVED, 4);
}
