/**
 * Features (KIP-584): what this version can do, and at what level a new cluster begins.
 *
 * Apache Kafka 4.3 begins with group.version 1, transaction.version 2, share.version 1,
 * streams.version 1 and eligible.leader.replicas.version 1. A finalized level is a promise to every
 * client and every node: a Java consumer that reads group.version 1 speaks the new group protocol,
 * a producer that reads transaction.version 2 drops AddPartitionsToTxn. We do not serve these yet,
 * so a new cluster has metadata.version alone, and its brokers claim no more. Each is raised, by
 * UpdateFeatures or in new clusters, with the work that serves it. For the same reason a broker of
 * ours does not register in a cluster that has finalized them: the controller refuses it, as
 * Kafka's would.
 */
import {
  LATEST_METADATA_VERSION,
  METADATA_VERSION,
  MINIMUM_METADATA_VERSION,
} from "../metadata/mod.ts";

export interface SupportedFeature {
  readonly name: string;
  readonly minSupportedVersion: number;
  readonly maxSupportedVersion: number;
}

/** What nodes of this version claim when they register, and what ApiVersions tells clients. */
export const SUPPORTED_FEATURES: readonly SupportedFeature[] = [
  // 0: voters are configured, not kept in the log (KIP-853 is level 1).
  { name: "kraft.version", minSupportedVersion: 0, maxSupportedVersion: 0 },
  {
    name: METADATA_VERSION,
    minSupportedVersion: MINIMUM_METADATA_VERSION,
    maxSupportedVersion: LATEST_METADATA_VERSION,
  },
];

/** The first feature whose finalized level a node with these ranges cannot live with. */
export function unsupportedFeature(
  finalized: ReadonlyMap<string, number>,
  supported: readonly SupportedFeature[],
): { name: string; level: number } | undefined {
  const ranges = new Map(supported.map((feature) => [feature.name, feature]));
  for (const { name, minSupportedVersion, maxSupportedVersion } of supported) {
    const level = finalized.get(name) ?? 0;
    if (level < minSupportedVersion || level > maxSupportedVersion) return { name, level };
  }
  for (const [name, level] of finalized) {
    if (level > 0 && !ranges.has(name)) return { name, level };
  }
  return undefined;
}
