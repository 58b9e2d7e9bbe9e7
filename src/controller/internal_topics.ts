/**
 * Topics that brokers make for themselves: where groups, transactions and share groups keep their
 * state. They come by the same road as any other, with counts and settings from the broker's own
 * configuration.
 */
import type { BrokerConfig } from "../config/mod.ts";
import type { MetadataImage } from "../metadata/mod.ts";
import type { CreateTopicsRequest } from "../protocol/mod.ts";

export const INTERNAL_TOPICS = [
  "__consumer_offsets",
  "__transaction_state",
  "__share_group_state",
] as const;
export type InternalTopic = typeof INTERNAL_TOPICS[number];

export const isInternalTopic = (name: string): name is InternalTopic =>
  (INTERNAL_TOPICS as readonly string[]).includes(name);

type CreatableTopic = CreateTopicsRequest["topics"][number];

/**
 * How topics that were asked for and do not exist are to be created: with default counts, internal
 * ones with their own.
 */
export const autoCreation = (
  names: readonly string[],
  config: BrokerConfig,
  image: MetadataImage,
): CreateTopicsRequest => ({
  topics: names.map((name) => autoCreated(name, config, image)),
  timeoutMs: 0,
  validateOnly: false,
});

function autoCreated(name: string, config: BrokerConfig, image: MetadataImage): CreatableTopic {
  if (!isInternalTopic(name)) {
    return { name, numPartitions: -1, replicationFactor: -1, assignments: [], configs: [] };
  }
  const { numPartitions, replicationFactor, configs } = SETTINGS[name](config);
  const replicas = replicasOf(replicationFactor, config, image);
  return {
    name,
    numPartitions,
    replicationFactor: replicas,
    assignments: [],
    configs: Object.entries(configs(replicas)).map(([key, value]) => ({
      name: key,
      value: `${value}`,
    })),
  };
}

/**
 * Kafka refuses internal topics while there are fewer brokers than replicas. So do we where several
 * nodes know of each other from the start: the first of them must not make a topic for itself that
 * all will rely on. Elsewhere we take as many as there are, so that one node needs no settings.
 */
function replicasOf(wanted: number, config: BrokerConfig, image: MetadataImage): number {
  if (config.get("controller.quorum.voters").length > 1) return wanted;
  return Math.max(1, Math.min(wanted, image.brokers.size));
}

interface InternalSettings {
  readonly numPartitions: number;
  readonly replicationFactor: number;
  /** Given how many replicas there will be. */
  readonly configs: (replicas: number) => Record<string, string | number | boolean>;
}

const SETTINGS: Record<InternalTopic, (config: BrokerConfig) => InternalSettings> = {
  "__consumer_offsets": (config) => ({
    numPartitions: config.get("offsets.topic.num.partitions"),
    replicationFactor: config.get("offsets.topic.replication.factor"),
    configs: () => ({
      "compression.type": "producer",
      "cleanup.policy": "compact",
      "segment.bytes": config.get("offsets.topic.segment.bytes"),
    }),
  }),
  "__transaction_state": (config) => ({
    numPartitions: config.get("transaction.state.log.num.partitions"),
    replicationFactor: config.get("transaction.state.log.replication.factor"),
    configs: (replicas) => ({
      "compression.type": "uncompressed",
      "cleanup.policy": "compact",
      "min.insync.replicas": Math.min(replicas, config.get("transaction.state.log.min.isr")),
      "segment.bytes": config.get("transaction.state.log.segment.bytes"),
      "unclean.leader.election.enable": false,
    }),
  }),
  "__share_group_state": (config) => ({
    numPartitions: config.get("share.coordinator.state.topic.num.partitions"),
    replicationFactor: config.get("share.coordinator.state.topic.replication.factor"),
    configs: (replicas) => ({
      "compression.type": "producer",
      "cleanup.policy": "delete",
      "min.insync.replicas": Math.min(
        replicas,
        config.get("share.coordinator.state.topic.min.isr"),
      ),
      "segment.bytes": config.get("share.coordinator.state.topic.segment.bytes"),
      "retention.ms": -1,
    }),
  }),
};
