/**
 * controller: decides changes to the cluster's metadata, pure. {@link Controller} takes a request,
 * looks at its image, and returns a {@link Decision}: records for the metadata log and the answer
 * to give once they are committed. Topics and partitions, settings, quotas, brokers and their
 * fencing, elections and reassignments, features, producer ids, and the first records of a new
 * cluster.
 *
 * Invariants: deciding changes nothing, replaying is the only thing that does; an answer that says
 * yes has its records beside it. Left to others: authorization (before), the log (`node`), and what
 * brokers do about it.
 */
export { bootstrapRecords, levelRecords } from "./bootstrap.ts";
export { Controller, type ControllerOptions } from "./controller.ts";
export type { Decision } from "./decision.ts";
export { electionFailed } from "./elect_leaders.ts";
export { KRAFT_VERSION, SUPPORTED_FEATURES, type SupportedFeature } from "./features.ts";
export { autoCreation, INTERNAL_TOPICS, isInternalTopic } from "./internal_topics.ts";
export type { MutationQuota } from "./mutation_quota.ts";
export type { ElectionRound } from "./leader_balance.ts";
export { listPartitionReassignments } from "./reassignments.ts";
export { checkTopicName } from "./topic_names.ts";
