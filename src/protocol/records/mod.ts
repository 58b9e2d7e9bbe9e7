/**
 * Messages that are kept in logs and files: metadata, coordinators' and control records, small
 * state files.
 */
export * from "./control.ts";
export * from "./group/classic_group.ts";
export * from "./group/consumer_group.ts";
export * from "./group/offsets.ts";
export * from "./group/share_group.ts";
export * from "./group/streams_group.ts";
export * from "./metadata/brokers.ts";
export * from "./metadata/cluster.ts";
export * from "./metadata/security.ts";
export * from "./metadata/topics.ts";
export * from "./metadata/transactions.ts";
export * from "./producer_snapshot.ts";
export * from "./quorum_state.ts";
export * from "./remote_log.ts";
export * from "./share_state.ts";
export * from "./transaction_state.ts";
