/**
 * node: puts a node together from its roles and drives the pure rooms: time in, effects out. {@link
 * startNode} opens the log directories, replays the metadata log, registers the broker, and serves;
 * then it follows what is committed: settings, limits of connections, listeners, partitions.
 *
 * The metadata log's driver is in `metadata_log.ts`, with its snapshots, its voters (KIP-853) and
 * the look through it before a byte is written, so that a directory of a newer version or of a
 * quorum of several stays as it is. `local_controller.ts` carries out what `controller` decides;
 * `directory_reports.ts` tells it where partitions lie and which directory is lost.
 *
 * Several nodes in one process, for tests and the demo, are a {@link NodeGroup}.
 *
 * Invariants: nobody is let in before all partitions are loaded; a directory that fails is told to
 * the controller or the node stops; the last one, or the metadata's, ends the node. Deciding is
 * `controller`'s, answering is `broker`'s, files are `log`'s.
 */
export {
  type EmbeddedCluster,
  type EmbeddedNode,
  type EmbeddedOptions,
  startEmbedded,
} from "./embedded.ts";
export { Node, type NodeOptions, startNode } from "./node.ts";
export { clusterOf, freePorts, type GroupedNode, NodeGroup, type NodePlan } from "./node_group.ts";
