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
 * Of a partition that another broker leads, a fetcher (`fetcher/`) copies what the leader has: byte
 * by byte, under the same offsets, cut where the leader's log differs. A leader keeps count of its
 * followers (`leadership.ts`) and asks the controller for another ISR when one lags or is back. What
 * the disk has lost of a log is had from another replica again, whoever leads (`repair/`).
 * Files are `log`'s, requests `broker`'s, connections `node`'s.
 */
export { OffsetProgress } from "./offset_progress.ts";
export type { FollowerFetch, FollowerProgress } from "./follower_progress.ts";
export type { IsrProposal, Leadership } from "./leadership.ts";
export type { PartitionState } from "./partition_state.ts";
export type { ReplicaPeer, ReplicaPeers } from "./peers.ts";
export { previousBrokerEpochOf } from "./previous_epoch.ts";
export { Replica, type ReplicaOptions, type ReplicaSurroundings } from "./replica.ts";
export type { ReplicaListener } from "./replica_listeners.ts";
export type { ReplicationThrottle, ThrottledSide } from "./throttle.ts";
export { Traffic } from "./traffic.ts";
export {
  type AssignedPartition,
  Replicas,
  type ReplicasListener,
  type ReplicasOptions,
} from "./replicas.ts";
