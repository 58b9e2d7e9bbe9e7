/**
 * raft: the quorum's consensus core (KIP-595), pure. {@link RaftCore} takes in messages, time, and
 * how far the log was flushed, and returns {@link Effects}; `node` performs them over the
 * `__cluster_metadata` log. The same core serves a quorum of one and of many.
 *
 * Invariants: at most one leader an epoch; what a node persists is on disk before it is acted on;
 * the high watermark never goes back, and never covers a record of this epoch's leader before a
 * majority has one of its epoch on disk. Left to others: files, sockets, timers, and what the
 * records mean.
 */
export * from "./config.ts";
export * from "./core.ts";
export * from "./effects.ts";
export * from "./follower.ts";
export * from "./leader.ts";
export * from "./messages.ts";
export * from "./state.ts";
export * from "./votes.ts";
