/**
 * What eligible.leader.replicas.version (KIP-966) asks of `min.insync.replicas`. Who is eligible
 * depends on it, so it has to be the same for all brokers: with the feature on it is set for the
 * cluster, no single broker may set it, and a change of it forgets who was eligible, since those
 * lists stand for the number that was.
 */
import type { BrokerConfig } from "../config/mod.ts";
import { type ConfigResource, type MetadataImage, metadataRecord } from "../metadata/mod.ts";
import { KafkaError, type MetadataRecord, RESOURCE } from "../protocol/mod.ts";
import { ELR_VERSION } from "./features.ts";

const MIN_ISR = "min.insync.replicas";

export const hasElr = (image: MetadataImage): boolean => (image.features.get(ELR_VERSION) ?? 0) > 0;

/** What is written when the feature comes: the setting for all, and none for single brokers. */
export function minIsrRecords(image: MetadataImage, config: BrokerConfig): MetadataRecord[] {
  const set = (resourceName: string, value: string | null) =>
    metadataRecord("ConfigRecord", 0, {
      resourceType: RESOURCE.broker,
      resourceName,
      name: MIN_ISR,
      value,
    });
  const singles = image.configResources().filter(({ type, name }) =>
    type === RESOURCE.broker && name !== "" && image.configsOf({ type, name }).has(MIN_ISR)
  );
  const isSet = image.configsOf({ type: RESOURCE.broker, name: "" }).has(MIN_ISR);
  return [
    ...(isSet ? [] : [set("", `${config.get(MIN_ISR)}`)]),
    ...singles.map(({ name }) => set(name, null)),
  ];
}

/** Throws INVALID_CONFIG for a change that the feature forbids. */
export function checkMinIsrChange(
  { type, name }: ConfigResource,
  changes: ReadonlyMap<string, string | null>,
  image: MetadataImage,
): void {
  if (type !== RESOURCE.broker || !changes.has(MIN_ISR) || !hasElr(image)) return;
  const feature = `${ELR_VERSION} is on`;
  if (name !== "") {
    const why = `Cannot change ${MIN_ISR} of one broker: ${feature}, it is the whole cluster's`;
    throw new KafkaError("INVALID_CONFIG", why);
  }
  if (changes.get(MIN_ISR) === null) {
    throw new KafkaError("INVALID_CONFIG", `Cannot remove ${MIN_ISR}: ${feature} and needs it`);
  }
}

/** What goes with records that set `min.insync.replicas`, of a topic or of all. */
export function forgetEligible(
  { type, name }: ConfigResource,
  changes: Iterable<string>,
  image: MetadataImage,
): MetadataRecord[] {
  const isConcerned = type === RESOURCE.topic || (type === RESOURCE.broker && name === "");
  if (!isConcerned || !hasElr(image) || ![...changes].includes(MIN_ISR)) return [];
  const topicName = type === RESOURCE.topic ? name : "";
  return [metadataRecord("ClearElrRecord", 0, { topicName }), ...keptEligible(topicName, image)];
}

/**
 * Where nobody leads nothing can have been written since: who was eligible still is, and without
 * that word nobody would ever lead there again.
 */
function keptEligible(topicName: string, image: MetadataImage): MetadataRecord[] {
  return [...image.topics.values()].flatMap(({ id: topicId, name, partitions }) =>
    topicName !== "" && name !== topicName ? [] : partitions.flatMap((partition, partitionId) => {
      const { leader, eligibleLeaderReplicas, lastKnownElr } = partition;
      if (leader >= 0 || eligibleLeaderReplicas.length + lastKnownElr.length === 0) return [];
      const kept = { topicId, partitionId, eligibleLeaderReplicas, lastKnownElr };
      return [metadataRecord("PartitionChangeRecord", 2, kept)];
    })
  );
}
