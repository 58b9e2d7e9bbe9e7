/** Where the metadata log lies, by which settings, and who may write to it when they say so. */
import { keyOf, METADATA_TOPIC } from "../base/mod.ts";
import { type BrokerConfig, ConfigError, seeksQuorum, TopicConfig } from "../config/mod.ts";
import type { LogDirectory, PartitionLog } from "../log/mod.ts";
import { StorageError } from "../platform/mod.ts";

export const METADATA = { topic: METADATA_TOPIC, partition: 0 };

/** Without the metadata nobody knows whose the partitions are, and they would be cleaned away. */
export function checkIsThere(directory: LogDirectory, partitions: Iterable<PartitionLog>): void {
  if (directory.get(METADATA) !== undefined) return;
  const [partition] = partitions;
  if (partition === undefined) return;
  const folder = `${directory.path}/${keyOf(METADATA)}`;
  throw new StorageError(
    `Cannot use ${directory.path}: it has partitions (${
      keyOf(partition.topicPartition)
    }) and no metadata ` +
      `that tells of them: ${folder} is missing. Restore it from a backup`,
    folder,
  );
}

/**
 * Who votes as long as the settings say it: the fixed voters, or this node alone. A node that is to
 * find its quorum knows of nobody as yet.
 */
export function votersOf(config: BrokerConfig, nodeId: number): number[] {
  const voters = config.get("controller.quorum.voters").map(({ id }) => id);
  if (voters.length > 0) return voters;
  return seeksQuorum(config) ? [] : [nodeId];
}

/** The same of a node without a way to others. Throws ConfigError when others are to vote. */
export function votersAlone(config: BrokerConfig, nodeId: number): number[] {
  const voters = config.get("controller.quorum.voters").map(({ id }) => id);
  if (voters.every((id) => id === nodeId)) return [nodeId];
  throw new ConfigError("controller.quorum.voters", voters.join(","), `node ${nodeId} alone`);
}

/** The metadata log as a topic: its own sizes, and no retention but by {@link MetadataLog}. */
export const metadataTopicConfig = (config: BrokerConfig): TopicConfig =>
  TopicConfig.from(
    new Map([
      ["segment.bytes", `${config.get("metadata.log.segment.bytes")}`],
      ["segment.ms", `${config.get("metadata.log.segment.ms")}`],
      ["retention.ms", "-1"],
      ["retention.bytes", "-1"],
      ["cleanup.policy", "delete"],
      ["durability", "disk"],
    ]),
    config,
  );
