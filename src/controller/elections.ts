/**
 * Who leads when brokers come and go: of all partitions that are concerned, those that change. What
 * becomes of each one is decided in `partition_change.ts`.
 */
import { TopicConfig } from "../config/mod.ts";
import { isOnline, type PartitionImage, type TopicImage } from "../metadata/mod.ts";
import { type MetadataRecord, RESOURCE } from "../protocol/mod.ts";
import type { DecisionContext } from "./decision.ts";
import { directoryFor } from "./directories.ts";
import { hasElr } from "./elr_settings.ts";
import { changePartition, type ChangeRules, type PartitionTarget } from "./partition_change.ts";
import { isActive } from "./placement.ts";

/** The rules as of an image; `isAlive` says otherwise when the change is about to change that. */
export function rulesOf(
  { image, config }: DecisionContext,
  isAlive = (id: number) => isActive(image.brokers.get(id)),
): ChangeRules {
  const settingsOf = ({ name }: TopicImage) =>
    TopicConfig.from(image.configsOf({ type: RESOURCE.topic, name }), config);
  return {
    metadataVersion: image.metadataVersion,
    hasElr: hasElr(image),
    isAlive,
    isOnline: (id, directory) => {
      const broker = image.brokers.get(id);
      return broker !== undefined && isOnline(broker, directory);
    },
    isUncleanAllowed: (topic) => settingsOf(topic).get("unclean.leader.election.enable"),
    minIsr: (topic) => settingsOf(topic).get("min.insync.replicas"),
    directoryFor: (id) => directoryFor(image, id),
  };
}

/** Records for all partitions of which `targetOf` wants something that is not so yet. */
export function changePartitions(
  { image }: DecisionContext,
  rules: ChangeRules,
  targetOf: (partition: PartitionImage) => PartitionTarget | undefined,
): MetadataRecord[] {
  const records: MetadataRecord[] = [];
  for (const topic of image.topics.values()) {
    topic.partitions.forEach((partition, partitionId) => {
      const target = targetOf(partition);
      const record = target && changePartition(topic, partitionId, target, rules);
      if (record) records.push(record);
    });
  }
  return records;
}
