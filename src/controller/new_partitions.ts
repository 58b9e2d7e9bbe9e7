/** Records of new partitions, from replicas that were placed or that the request names. */
import type { TopicId } from "../base/mod.ts";
import { type MetadataImage, metadataRecord, writtenVersion } from "../metadata/mod.ts";
import { KafkaError, type MetadataRecord } from "../protocol/mod.ts";
import { directoryFor } from "./directories.ts";
import { isActive } from "./placement.ts";

/** A new partition: its ISR are the replicas that live, the first of them leads. */
export function newPartition(
  image: MetadataImage,
  topicId: TopicId,
  partitionId: number,
  replicas: readonly number[],
): MetadataRecord {
  const isr = replicas.filter((id) => isActive(image.brokers.get(id)));
  const version = writtenVersion("PartitionRecord", image.metadataVersion);
  return metadataRecord("PartitionRecord", version, {
    topicId,
    partitionId,
    replicas,
    isr,
    leader: isr[0],
    leaderEpoch: 0,
    partitionEpoch: 0,
    ...(version >= 1 ? { directories: replicas.map((id) => directoryFor(image, id)) } : {}),
  });
}

/**
 * Checks replicas that were named by hand, one list a partition. Throws
 * `INVALID_REPLICA_ASSIGNMENT`.
 * @param replicationFactor what every list must have; undefined: what the first has
 */
export function checkAssignments(
  image: MetadataImage,
  assignments: readonly (readonly number[])[],
  replicationFactor = assignments[0]?.length,
): void {
  for (const brokerIds of assignments) {
    const refuse = (why: string) => {
      throw new KafkaError(
        "INVALID_REPLICA_ASSIGNMENT",
        `Cannot assign replicas to [${brokerIds.join(", ")}]: ${why}`,
      );
    };
    if (brokerIds.length === 0) refuse("a partition needs a replica");
    if (new Set(brokerIds).size < brokerIds.length) refuse("a broker holds one replica at most");
    const unknown = brokerIds.find((id) => !image.brokers.has(id));
    if (unknown !== undefined) refuse(`no broker ${unknown} is registered`);
    if (brokerIds.length !== replicationFactor) {
      refuse(`other partitions of the topic have ${replicationFactor} replicas`);
    }
    if (!brokerIds.some((id) => isActive(image.brokers.get(id)))) {
      refuse("all of these brokers are fenced or shutting down");
    }
  }
}
