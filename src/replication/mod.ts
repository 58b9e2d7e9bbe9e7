/**
 * replication: the partitions that this broker leads or follows.
 *
 * A {@link Replica} wraps a partition's log and says how far it may be believed: what is safe on
 * this broker, what is committed (the high watermark), what read_committed may see. {@link
 * Replicas} keeps one for every partition that metadata assigns to this broker, in whichever of its
 * log directories that lies, and moves it to another while it is used.
 *
 * Invariants: logStartOffset <= lastStableOffset <= highWatermark <= logEndOffset; the high
 * watermark never goes back while this broker leads; nobody is told "committed" of what a power cut
 * may take, unless the topic says `durability=os`.
 *
 * Followers that fetch, and ISRs that shrink and grow, come with clusters; the high watermark is
 * already computed in the one place where they will matter. Files are `log`'s, requests `broker`'s.
 */
export { OffsetProgress } from "./offset_progress.ts";
export {
  type PartitionState,
  Replica,
  type ReplicaListener,
  type ReplicaOptions,
} from "./replica.ts";
export { Traffic } from "./traffic.ts";
export {
  type AssignedPartition,
  Replicas,
  type ReplicasListener,
  type ReplicasOptions,
} from "./replicas.ts";
