/**
 * An image written as records: what a snapshot holds. The order is Kafka's: features with
 * metadata.version first, nodes, topics, settings, quotas, producer ids, access control. What the
 * metadata version cannot say yet is left out, as it is when Kafka writes at that level.
 */
import type { MetadataRecord } from "../protocol/mod.ts";
import { configResourceOf } from "./delta.ts";
import type { MetadataImage } from "./image.ts";
import { LEVEL, METADATA_VERSION, metadataRecord, writtenVersion } from "./metadata_version.ts";
import type { BrokerImage } from "./nodes.ts";
import type { PartitionImage, TopicImage } from "./topics.ts";

export function imageToRecords(image: MetadataImage): MetadataRecord[] {
  const level = image.metadataVersion;
  return [
    ...features(image),
    ...[...image.brokers.values()].map((broker) => brokerRecord(broker, level)),
    ...controllers(image, level),
    ...[...image.topics.values()].flatMap((topic) => topicRecords(topic, level)),
    ...configs(image),
    ...quotas(image),
    ...producerIds(image),
    ...[...image.acls.values()].map((acl) => metadataRecord("AccessControlEntryRecord", 0, acl)),
    ...security(image, level),
  ];
}

function features({ features, metadataVersion }: MetadataImage): MetadataRecord[] {
  const level = (name: string, featureLevel: number) =>
    metadataRecord("FeatureLevelRecord", 0, { name, featureLevel });
  const others = [...features].filter(([name]) => name !== METADATA_VERSION);
  return [
    level(METADATA_VERSION, metadataVersion),
    ...others.map(([name, featureLevel]) => level(name, featureLevel)),
  ];
}

function brokerRecord(broker: BrokerImage, level: number): MetadataRecord {
  const version = writtenVersion("RegisterBrokerRecord", level);
  const { logDirs, cordonedLogDirs, ...rest } = broker;
  return metadataRecord("RegisterBrokerRecord", version, {
    ...rest,
    ...(version >= 3 ? { logDirs } : {}),
    ...(version >= 4 ? { cordonedLogDirs } : {}),
  });
}

function controllers({ controllers }: MetadataImage, level: number): MetadataRecord[] {
  if (level < LEVEL.registerController) return [];
  return [...controllers.values()].map((controller) =>
    metadataRecord("RegisterControllerRecord", 0, controller)
  );
}

function topicRecords({ name, id, partitions }: TopicImage, level: number): MetadataRecord[] {
  return [
    metadataRecord("TopicRecord", 0, { name, topicId: id }),
    ...partitions.map((partition, i) => partitionRecord(id, i, partition, level)),
  ];
}

/** One partition in full. */
export function partitionRecord(
  topicId: string,
  partitionId: number,
  partition: PartitionImage,
  level: number,
): MetadataRecord {
  const version = writtenVersion("PartitionRecord", level);
  const { directories, eligibleLeaderReplicas, lastKnownElr, ...rest } = partition;
  const orNull = (ids: readonly number[]) => ids.length === 0 ? null : ids;
  return metadataRecord("PartitionRecord", version, {
    topicId,
    partitionId,
    ...rest,
    ...(version >= 1 ? { directories } : {}),
    ...(version >= 2
      ? {
        eligibleLeaderReplicas: orNull(eligibleLeaderReplicas),
        lastKnownElr: orNull(lastKnownElr),
      }
      : {}),
  });
}

function configs({ parts }: MetadataImage): MetadataRecord[] {
  return [...parts.configs].flatMap(([key, settings]) => {
    const { type: resourceType, name: resourceName } = configResourceOf(key);
    return [...settings].map(([name, value]) =>
      metadataRecord("ConfigRecord", 0, { resourceType, resourceName, name, value })
    );
  });
}

function quotas({ clientQuotas }: MetadataImage): MetadataRecord[] {
  return [...clientQuotas.values()].flatMap(({ entity, limits }) =>
    [...limits].map(([key, value]) =>
      metadataRecord("ClientQuotaRecord", 0, { entity, key, value, remove: false })
    )
  );
}

function producerIds({ parts: { nextProducerId } }: MetadataImage): MetadataRecord[] {
  if (nextProducerId === undefined) return [];
  // To whom the blocks went no longer matters.
  return [
    metadataRecord("ProducerIdsRecord", 0, { brokerId: -1, brokerEpoch: -1, nextProducerId }),
  ];
}

function security(image: MetadataImage, level: number): MetadataRecord[] {
  const scram = level >= LEVEL.scram ? [...image.scram.values()] : [];
  const tokens = level >= LEVEL.delegationTokens ? [...image.delegationTokens.values()] : [];
  return [
    ...scram.map((credential) => metadataRecord("UserScramCredentialRecord", 0, credential)),
    ...tokens.map((token) => metadataRecord("DelegationTokenRecord", 0, token)),
  ];
}
