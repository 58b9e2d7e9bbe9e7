/**
 * The first records of a new cluster's log, in one metadata transaction (KIP-868), so that a
 * controller that dies in between leaves a cluster that has not begun rather than one that half
 * has. See `features.ts` for what is finalized and what is not.
 */
import {
  LATEST_METADATA_VERSION,
  LEVEL,
  METADATA_VERSION,
  type MetadataImage,
  metadataRecord,
} from "../metadata/mod.ts";
import type { MetadataRecord } from "../protocol/mod.ts";

/**
 * @param features levels besides metadata.version, for tests and for those who want to begin
 * elsewhere
 */
export function bootstrapRecords(
  metadataVersion = LATEST_METADATA_VERSION,
  features: ReadonlyMap<string, number> = new Map(),
): MetadataRecord[] {
  const levels = [[METADATA_VERSION, metadataVersion] as const, ...features];
  const records: MetadataRecord[] = levels.map(([name, featureLevel]) =>
    metadataRecord("FeatureLevelRecord", 0, { name, featureLevel })
  );
  if (metadataVersion < LEVEL.transactions) return records;
  return [
    metadataRecord("BeginTransactionRecord", 0, { name: "Bootstrap records" }),
    ...records,
    metadataRecord("EndTransactionRecord", 0, {}),
  ];
}

/** Whether the log holds no cluster yet. */
export const isNewCluster = (image: MetadataImage): boolean =>
  image.features.size === 0 && image.brokers.size === 0 && image.topics.size === 0;
