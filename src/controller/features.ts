/**
 * Features (KIP-584): what this version can live with, and at what levels a new cluster begins.
 *
 * Both are as in Apache Kafka 4.3. A finalized level says what the cluster's records may contain
 * and which rules its nodes keep; what a client may use is told by the APIs that are advertised
 * beside it. Every client looks there: the Java consumer for ConsumerGroupHeartbeat, producers for
 * EndTxn before they ask for transaction.version, tools for the API that they are about. So a level
 * whose APIs are still to come misleads nobody, and to finalize less would help nobody and cost
 * much: a cluster that Apache Kafka made could not be opened here, one that we made would lack
 * group.version 1 there, and each would need an upgrade by hand on the day the APIs are served.
 * Records of levels that are not served yet are kept as they are.
 *
 * eligible.leader.replicas.version is the controller's own affair and is kept here in full: see
 * `partition_change.ts`.
 */
import {
  LATEST_METADATA_VERSION,
  LEVEL,
  METADATA_VERSION,
  MINIMUM_METADATA_VERSION,
} from "../metadata/mod.ts";

export interface SupportedFeature {
  readonly name: string;
  readonly minSupportedVersion: number;
  readonly maxSupportedVersion: number;
}

/** Whether the quorum's voters stand in its log (1, KIP-853) or in everybody's settings (0). */
export const KRAFT_VERSION = "kraft.version";
/** Whether partitions remember who may lead besides the ISR (KIP-966). */
export const ELR_VERSION = "eligible.leader.replicas.version";

/** What nodes of this version claim when they register, and what ApiVersions tells clients. */
export const SUPPORTED_FEATURES: readonly SupportedFeature[] = [
  { name: "group.version", minSupportedVersion: 0, maxSupportedVersion: 1 },
  { name: KRAFT_VERSION, minSupportedVersion: 0, maxSupportedVersion: 1 },
  {
    name: METADATA_VERSION,
    minSupportedVersion: MINIMUM_METADATA_VERSION,
    maxSupportedVersion: LATEST_METADATA_VERSION,
  },
  { name: "share.version", minSupportedVersion: 0, maxSupportedVersion: 1 },
  { name: "streams.version", minSupportedVersion: 0, maxSupportedVersion: 1 },
  { name: "transaction.version", minSupportedVersion: 0, maxSupportedVersion: 2 },
  { name: ELR_VERSION, minSupportedVersion: 0, maxSupportedVersion: 1 },
];

/** From which metadata.version on a new cluster has which level, in the order of its records. */
const BY_DEFAULT: readonly { name: string; level: number; since: number }[] = [
  { name: ELR_VERSION, level: 1, since: LEVEL.elrByDefault },
  { name: "group.version", level: 1, since: LEVEL.consumerGroups },
  { name: "share.version", level: 1, since: LEVEL.shareGroups },
  { name: "streams.version", level: 1, since: LEVEL.streamsGroups },
  { name: "transaction.version", level: 2, since: LEVEL.transactionsV2 },
];

/** Levels besides metadata.version of a cluster that begins at one. */
export const defaultLevels = (metadataVersion: number): ReadonlyMap<string, number> =>
  new Map(
    BY_DEFAULT.filter(({ since }) => metadataVersion >= since).map(({ name, level }) => [
      name,
      level,
    ]),
  );

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
