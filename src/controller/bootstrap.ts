/**
 * The first records of a new cluster's log, in one metadata transaction (KIP-868), so that a
 * controller that dies in between leaves a cluster that has not begun rather than one that half
 * has. See `features.ts` for what is finalized.
 *
 * Where `kafka storage format` made the directory, it left these records in `bootstrap.checkpoint`:
 * the levels that were asked for, and the first credentials (KIP-900).
 */
import {
  LATEST_METADATA_VERSION,
  LEVEL,
  METADATA_VERSION,
  type MetadataImage,
  metadataRecord,
} from "../metadata/mod.ts";
import type { BrokerConfig } from "../config/mod.ts";
import type { MetadataRecord } from "../protocol/mod.ts";
import { minIsrRecords } from "./elr_settings.ts";
import { defaultLevels, ELR_VERSION } from "./features.ts";

/** Feature levels as records, metadata.version first, which those behind it stand on. */
export function levelRecords(
  metadataVersion = LATEST_METADATA_VERSION,
  features: ReadonlyMap<string, number> = defaultLevels(metadataVersion),
): MetadataRecord[] {
  return [[METADATA_VERSION, metadataVersion] as const, ...features].map(([name, featureLevel]) =>
    metadataRecord("FeatureLevelRecord", 0, { name, featureLevel })
  );
}

/** @param formatted what the directory was formatted with; levels by default */
export function bootstrapRecords(
  config: BrokerConfig,
  image: MetadataImage,
  formatted: readonly MetadataRecord[] = levelRecords(),
): MetadataRecord[] {
  const levels = new Map<string, number>();
  for (const { type, value } of formatted) {
    if (type === "FeatureLevelRecord") levels.set(value.name, value.featureLevel);
  }
  const records = [
    ...formatted,
    ...((levels.get(ELR_VERSION) ?? 0) > 0 ? minIsrRecords(image, config) : []),
  ];
  if ((levels.get(METADATA_VERSION) ?? 0) < LEVEL.transactions) return records;
  return [
    metadataRecord("BeginTransactionRecord", 0, { name: "Bootstrap records" }),
    ...records,
    metadataRecord("EndTransactionRecord", 0, {}),
  ];
}

/** Whether the log holds no cluster yet. */
export const isNewCluster = (image: MetadataImage): boolean =>
  image.features.size === 0 && image.brokers.size === 0 && image.topics.size === 0;
