/**
 * node: puts a node together from its roles and drives the pure rooms: time in, effects out. {@link
 * startNode} opens the log directory, replays the metadata log, registers the broker, and serves.
 * The metadata log's driver is in `metadata_log.ts`; deciding is `controller`'s, answering is
 * `broker`'s, files are `log`'s.
 */
export { type EmbeddedCluster, type EmbeddedOptions, startEmbedded } from "./embedded.ts";
export { Node, type NodeOptions, startNode } from "./node.ts";
