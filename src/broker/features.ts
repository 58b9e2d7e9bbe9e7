/**
 * The cluster's features (KIP-584) as ApiVersions tells them: what this broker could do, and what
 * is agreed on.
 */
import { KRAFT_VERSION, SUPPORTED_FEATURES } from "../controller/mod.ts";
import type { MetadataImage } from "../metadata/mod.ts";

/**
 * What this broker can do. Older Java clients refuse a lowest level of 0, so before version 4 it is
 * left out.
 */
export const supportedFeatures = (version: number) =>
  SUPPORTED_FEATURES
    .filter(({ minSupportedVersion }) => version >= 4 || minSupportedVersion > 0)
    .map(({ name, minSupportedVersion, maxSupportedVersion }) => ({
      name,
      minVersion: minSupportedVersion,
      maxVersion: maxSupportedVersion,
    }));

/** What the cluster has agreed on, as of the image's offset; the quorum's level is its own. */
export function finalizedFeatures(image: MetadataImage, kraftVersion: number) {
  return {
    finalizedFeaturesEpoch: image.offset,
    finalizedFeatures: [...image.features, [KRAFT_VERSION, kraftVersion] as const]
      .filter(([, level]) => level > 0)
      .map(([name, level]) => ({ name, maxVersionLevel: level, minVersionLevel: level })),
  };
}
