/**
 * metadata.version: the level of the metadata log that all nodes of a cluster have agreed to write
 * (KIP-584, KIP-778). It decides which version of each record may be written; what is read may be
 * older, never newer.
 */
import { METADATA_RECORDS, type MetadataRecord, type MetadataRecordType } from "../protocol/mod.ts";
import { type InputOf, withDefaults } from "../protocol/mod.ts";

/** The feature's name. */
export const METADATA_VERSION = "metadata.version";

/**
 * 3.3-IV3: what a log without the feature's record is taken for, and the lowest that Kafka 4 reads.
 */
export const MINIMUM_METADATA_VERSION = 7;

/** 4.3-IV0: what Kafka 4.3 writes, and we. */
export const LATEST_METADATA_VERSION = 30;

/** Levels by what they brought: records of a new kind, or features in new clusters. */
export const LEVEL = {
  /** 3.4-IV0 */
  registerBrokerV2: 8,
  /** 3.5-IV2 */
  scram: 11,
  /** 3.6-IV1 */
  transactions: 13,
  /** 3.6-IV2 */
  delegationTokens: 14,
  /** 3.7-IV0 */
  registerController: 15,
  /** 3.7-IV2 (KIP-858) */
  directories: 17,
  /** 4.0-IV0: new clusters have group.version 1 (KIP-848) */
  consumerGroups: 22,
  /** 4.0-IV1 (KIP-966) */
  eligibleLeaderReplicas: 23,
  /** 4.0-IV2: new clusters have transaction.version 2 (KIP-890) */
  transactionsV2: 24,
  /** 4.1-IV0: new clusters have eligible.leader.replicas.version 1 */
  elrByDefault: 26,
  /** 4.2-IV0: new clusters have share.version 1 (KIP-932) */
  shareGroups: 28,
  /** 4.2-IV1: new clusters have streams.version 1 (KIP-1071) */
  streamsGroups: 29,
  /** 4.3-IV0 */
  cordonedLogDirs: 30,
} as const;

/**
 * Levels at which the records of the log changed. From above one to below it there is no way back
 * without losing what only the newer records can say.
 */
const CHANGED_RECORDS: readonly number[] = [
  MINIMUM_METADATA_VERSION,
  LEVEL.registerBrokerV2,
  LEVEL.scram,
  LEVEL.transactions,
  LEVEL.delegationTokens,
  LEVEL.registerController,
  LEVEL.directories,
  LEVEL.eligibleLeaderReplicas,
  LEVEL.cordonedLogDirs,
];

/** Whether the log's records are the same at both levels. */
export const haveSameRecords = (one: number, other: number): boolean =>
  !CHANGED_RECORDS.some((level) => level > Math.min(one, other) && level <= Math.max(one, other));

/** The version in which a record is written at a level. All others have only version 0. */
export function writtenVersion(type: MetadataRecordType, level: number): number {
  switch (type) {
    case "RegisterBrokerRecord":
      if (level >= LEVEL.cordonedLogDirs) return 4;
      if (level >= LEVEL.directories) return 3;
      return level >= LEVEL.registerBrokerV2 ? 2 : 1;
    case "PartitionRecord":
    case "PartitionChangeRecord":
      if (level >= LEVEL.eligibleLeaderReplicas) return 2;
      return level >= LEVEL.directories ? 1 : 0;
    case "BrokerRegistrationChangeRecord":
      if (level >= LEVEL.cordonedLogDirs) return 3;
      return level >= LEVEL.directories ? 2 : 1;
    default:
      return 0;
  }
}

type RecordOf<Type extends MetadataRecordType> = Extract<MetadataRecord, { type: Type }>;

/**
 * Makes a record as if it had been read from the log: what is left out has its default.
 * @example
 * metadataRecord("TopicRecord", 0, { name: "orders", topicId });
 */
export function metadataRecord<Type extends MetadataRecordType>(
  type: Type,
  version: number,
  value: InputOf<(typeof METADATA_RECORDS)[Type]>,
): RecordOf<Type> {
  return { type, version, value: withDefaults(METADATA_RECORDS[type], value) } as RecordOf<Type>;
}
