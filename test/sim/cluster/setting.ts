/** What a seed decides before its story begins: the machines, and settings that make much happen. */
import type { SeededRandom } from "../../../src/platform/memory/mod.ts";
import { CLIENT_PORT } from "./cluster_client.ts";

export interface Setting {
  readonly nodes: readonly { readonly id: number; readonly settings: Record<string, string> }[];
  readonly brokers: readonly number[];
  readonly replicationFactor: number;
  readonly minIsr: number;
}

export function drawSetting(random: SeededRandom): Setting {
  const common: Record<string, string> = {
    "offsets.topic.num.partitions": random.pick(["1", "2"]),
    "offsets.topic.replication.factor": "1",
    "group.initial.rebalance.delay.ms": "0",
    "auto.create.topics.enable": "false",
    "log.initial.task.delay.ms": "500",
    "log.dir.reserve.bytes": random.pick(["0", "65536"]),
    "log.retention.check.interval.ms": "20000",
    "replica.high.watermark.checkpoint.interval.ms": random.pick(["300", "5000"]),
    "metadata.log.max.record.bytes.between.snapshots": random.pick(["1000", "20971520"]),
    "metadata.max.retention.bytes": random.pick(["1500", "104857600"]),
  };
  const nodes = [1].map((id) => ({
    id,
    settings: {
      ...common,
      "node.id": `${id}`,
      "listeners": `PLAINTEXT://node${id}:${CLIENT_PORT}`,
    },
  }));
  return { nodes, brokers: nodes.map(({ id }) => id), replicationFactor: 1, minIsr: 1 };
}
