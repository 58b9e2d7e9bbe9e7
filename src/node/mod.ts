/**
 * node: puts a node together from its roles and drives the pure rooms: time in, effects out. {@link
 * startNode} opens the log directories, replays the metadata log, registers the broker, and serves;
 * then it follows what is committed: settings, limits of connections, listeners, partitions.
 *
 * The metadata log's driver is in `metadata_log.ts`: it performs what the quorum's core asks for,
 * of a voter or an observer. Beside it are what changes it (`metadata_writes.ts`), who leads as the
 * rest hears of it (`leadership_news.ts`), what is committed (`committed_metadata.ts`), its
 * snapshots, its voters (KIP-853), the votes it gave (`quorum_votes.ts`), and the look through it
 * before a byte is written, so that a directory of a newer version stays as it is. `quorum/` has
 * the wire between the nodes of the quorum, changes of its voters, and how a new node learns of
 * which cluster it is. `cluster_part.ts` puts these together; `active_controller.ts` carries out
 * what `controller` decides while this node leads, and `controller_proxy.ts` brings to it what the
 * broker asks; `directory_reports.ts` tells it where partitions lie and which directory is lost.
 *
 * Several nodes in one process, for tests and the demo, are a {@link NodeGroup}; `cores/` has those
 * that run in threads of their own, one a processor core.
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
export { leaveNoneBehind } from "./cores/left_behind.ts";
export { Node, type NodeOptions, startNode } from "./node.ts";
export { clusterOf, freePorts, type GroupedNode, NodeGroup, type NodePlan } from "./node_group.ts";
