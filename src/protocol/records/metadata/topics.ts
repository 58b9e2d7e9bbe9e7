/** Metadata records about topics and partitions. */
import { array, int32, int8, nullable, string, uuid } from "../../fields.ts";
import { message, type ValueOf } from "../../message.ts";

/** A topic was created. */
export const TopicRecord = message({
  name: "TopicRecord",
  apiKey: 2,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    name: string(),
    topicId: uuid(),
  },
});
export type TopicRecord = ValueOf<typeof TopicRecord>;

/** A partition was created, or a snapshot has it so. */
export const PartitionRecord = message({
  name: "PartitionRecord",
  apiKey: 3,
  versions: [0, 2],
  flexibleFrom: 0,
  fields: {
    partitionId: int32({ default: -1 }),
    topicId: uuid(),
    replicas: array(int32()),
    isr: array(int32()),
    removingReplicas: array(int32()),
    addingReplicas: array(int32()),
    leader: int32({ default: -1 }), // -1: none
    leaderRecoveryState: int8({ tag: 0 }),
    leaderEpoch: int32({ default: -1 }),
    partitionEpoch: int32({ default: -1 }),
    directories: array(uuid(), { since: 1 }), // KIP-858
    // KIP-966
    eligibleLeaderReplicas: nullable(array(int32()), { since: 2, tag: 1, default: null }),
    lastKnownElr: nullable(array(int32()), { since: 2, tag: 2, default: null }),
  },
});
export type PartitionRecord = ValueOf<typeof PartitionRecord>;

/**
 * Something about a partition changed; what is at its default stayed. A leader that is named, even
 * the same again, begins a new leader epoch.
 */
export const PartitionChangeRecord = message({
  name: "PartitionChangeRecord",
  apiKey: 5,
  versions: [0, 2],
  flexibleFrom: 0,
  fields: {
    partitionId: int32({ default: -1 }),
    topicId: uuid(),
    isr: nullable(array(int32()), { tag: 0, default: null }), // null: unchanged
    leader: int32({ tag: 1, default: -2 }), // -1: none, -2: unchanged
    replicas: nullable(array(int32()), { tag: 2, default: null }), // null: unchanged
    removingReplicas: nullable(array(int32()), { tag: 3, default: null }), // null: unchanged
    addingReplicas: nullable(array(int32()), { tag: 4, default: null }), // null: unchanged
    leaderRecoveryState: int8({ tag: 5, default: -1 }), // -1: unchanged
    // KIP-858; null: unchanged
    directories: nullable(array(uuid()), { since: 1, tag: 8, default: null }),
    // KIP-966; null: unchanged
    eligibleLeaderReplicas: nullable(array(int32()), { since: 2, tag: 6, default: null }),
    // KIP-966; null: unchanged
    lastKnownElr: nullable(array(int32()), { since: 2, tag: 7, default: null }),
  },
});
export type PartitionChangeRecord = ValueOf<typeof PartitionChangeRecord>;

/** A topic was deleted, with its partitions and settings. */
export const RemoveTopicRecord = message({
  name: "RemoveTopicRecord",
  apiKey: 9,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    topicId: uuid(),
  },
});
export type RemoveTopicRecord = ValueOf<typeof RemoveTopicRecord>;

/** The eligible leader replicas of a topic, or of all, were forgotten (KIP-966). */
export const ClearElrRecord = message({
  name: "ClearElrRecord",
  apiKey: 28,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    topicName: string(),
  },
});
export type ClearElrRecord = ValueOf<typeof ClearElrRecord>;
