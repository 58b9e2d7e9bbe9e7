/**
 * metadata: what a cluster knows of itself, pure. {@link MetadataImage} is an immutable value, made
 * from the records of the metadata log and from nothing else; `apply` gives the next image and a
 * {@link MetadataDelta} that says what changed, `toRecords` gives the records of a snapshot.
 *
 * Invariants: an image never changes and shares all it can with the one before; the same records
 * give the same image on every node; a record that contradicts the image stops the node. Which
 * changes are allowed is `controller`'s affair, how records get to disk is `node`'s.
 */
export * from "./delta.ts";
export { differenceOf } from "./difference.ts";
export { type ClientQuotaImage, type QuotaEntityPart, quotaKey } from "./client_quotas.ts";
export { type ImagePosition, MetadataImage } from "./image.ts";
export * from "./directories.ts";
export * from "./metadata_version.ts";
export type { BrokerImage, ControllerImage } from "./nodes.ts";
export { partitionRecord } from "./snapshot.ts";
export {
  changed,
  hasReplica,
  isInSyncElsewhere,
  NO_LEADER,
  type PartitionImage,
  type TopicImage,
} from "./topics.ts";
