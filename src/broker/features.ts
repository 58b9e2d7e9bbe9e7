/** The cluster's features (KIP-584) as ApiVersions tells them: what this broker could do, and what is agreed on. */
import {
  LATEST_METADATA_VERSION,
  METADATA_VERSION,
  type MetadataImage,
  MINIMUM_METADATA_VERSION,
} from "../metadata/mod.ts";

/**
 * What this broker can do. Kafka's others (new group protocols, transactions without AddPartitionsToTxn) are
 * listed once they are served.
 */
export const SUPPORTED_FEATURES = [
  {
    name: METADATA_VERSION,
    minVersion: MINIMUM_METADATA_VERSION,
    maxVersion: LATEST_METADATA_VERSION,
  },
];

/** What the cluster has agreed on, as of the image's offset. */
export function finalizedFeatures(image: MetadataImage) {
  return {
    finalizedFeaturesEpoch: image.offset,
    finalizedFeatures: [...image.features]
      .filter(([, level]) => level > 0)
      .map(([name, level]) => ({ name, maxVersionLevel: level, minVersionLevel: level })),
  };
}
