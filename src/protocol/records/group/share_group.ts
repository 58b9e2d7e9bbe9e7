/** Records of `__consumer_offsets` for share groups (KIP-932). */
import { array, bits64, int32, int64, int8, nullable, string, struct, uuid } from "../../fields.ts";
import { message, type ValueOf } from "../../message.ts";

/** Type 10: a member. */
export const ShareGroupMemberMetadataKey = message({
  name: "ShareGroupMemberMetadataKey",
  apiKey: 10,
  versions: [0, 0],
  fields: {
    groupId: string(),
    memberId: string(),
  },
});
export type ShareGroupMemberMetadataKey = ValueOf<typeof ShareGroupMemberMetadataKey>;

/** The member as it described itself. */
export const ShareGroupMemberMetadataValue = message({
  name: "ShareGroupMemberMetadataValue",
  apiKey: 10,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    rackId: nullable(string()),
    clientId: string(),
    clientHost: string(),
    subscribedTopicNames: array(string()),
  },
});
export type ShareGroupMemberMetadataValue = ValueOf<typeof ShareGroupMemberMetadataValue>;

/** Type 11: a share group. */
export const ShareGroupMetadataKey = message({
  name: "ShareGroupMetadataKey",
  apiKey: 11,
  versions: [0, 0],
  fields: {
    groupId: string(),
  },
});
export type ShareGroupMetadataKey = ValueOf<typeof ShareGroupMetadataKey>;

/** The group's epoch, and a hash of the topics that it was computed from. */
export const ShareGroupMetadataValue = message({
  name: "ShareGroupMetadataValue",
  apiKey: 11,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    epoch: int32(),
    metadataHash: bits64(), // of the subscribed topics
  },
});
export type ShareGroupMetadataValue = ValueOf<typeof ShareGroupMetadataValue>;

/** Type 12: the target assignment. */
export const ShareGroupTargetAssignmentMetadataKey = message({
  name: "ShareGroupTargetAssignmentMetadataKey",
  apiKey: 12,
  versions: [0, 0],
  fields: {
    groupId: string(),
  },
});
export type ShareGroupTargetAssignmentMetadataKey = ValueOf<
  typeof ShareGroupTargetAssignmentMetadataKey
>;

/** The group epoch that the target assignment is for. */
export const ShareGroupTargetAssignmentMetadataValue = message({
  name: "ShareGroupTargetAssignmentMetadataValue",
  apiKey: 12,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    assignmentEpoch: int32(),
    assignmentTimestamp: int64({ tag: 0 }),
  },
});
export type ShareGroupTargetAssignmentMetadataValue = ValueOf<
  typeof ShareGroupTargetAssignmentMetadataValue
>;

/** Type 13: one member's part of the target assignment. */
export const ShareGroupTargetAssignmentMemberKey = message({
  name: "ShareGroupTargetAssignmentMemberKey",
  apiKey: 13,
  versions: [0, 0],
  fields: {
    groupId: string(),
    memberId: string(),
  },
});
export type ShareGroupTargetAssignmentMemberKey = ValueOf<
  typeof ShareGroupTargetAssignmentMemberKey
>;

/** What the member should read. */
export const ShareGroupTargetAssignmentMemberValue = message({
  name: "ShareGroupTargetAssignmentMemberValue",
  apiKey: 13,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    topicPartitions: array(struct({
      topicId: uuid(),
      partitions: array(int32()),
    })),
  },
});
export type ShareGroupTargetAssignmentMemberValue = ValueOf<
  typeof ShareGroupTargetAssignmentMemberValue
>;

/** Type 14: what a member has now. */
export const ShareGroupCurrentMemberAssignmentKey = message({
  name: "ShareGroupCurrentMemberAssignmentKey",
  apiKey: 14,
  versions: [0, 0],
  fields: {
    groupId: string(),
    memberId: string(),
  },
});
export type ShareGroupCurrentMemberAssignmentKey = ValueOf<
  typeof ShareGroupCurrentMemberAssignmentKey
>;

/** The member's epoch and what it reads. */
export const ShareGroupCurrentMemberAssignmentValue = message({
  name: "ShareGroupCurrentMemberAssignmentValue",
  apiKey: 14,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    memberEpoch: int32(),
    previousMemberEpoch: int32(),
    state: int8(),
    assignedPartitions: array(struct({
      topicId: uuid(),
      partitions: array(int32()),
    })),
  },
});
export type ShareGroupCurrentMemberAssignmentValue = ValueOf<
  typeof ShareGroupCurrentMemberAssignmentValue
>;

/** Type 15: which partitions have stored state. */
export const ShareGroupStatePartitionMetadataKey = message({
  name: "ShareGroupStatePartitionMetadataKey",
  apiKey: 15,
  versions: [0, 0],
  fields: {
    groupId: string(),
  },
});
export type ShareGroupStatePartitionMetadataKey = ValueOf<
  typeof ShareGroupStatePartitionMetadataKey
>;

const topicPartitionsInfo = struct({
  topicId: uuid(),
  topicName: string(),
  partitions: array(int32()),
});

/** Partitions whose state is being made, exists, or is being deleted. */
export const ShareGroupStatePartitionMetadataValue = message({
  name: "ShareGroupStatePartitionMetadataValue",
  apiKey: 15,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    initializingTopics: array(topicPartitionsInfo),
    initializedTopics: array(topicPartitionsInfo),
    deletingTopics: array(struct({
      topicId: uuid(),
      topicName: string(),
    })),
  },
});
export type ShareGroupStatePartitionMetadataValue = ValueOf<
  typeof ShareGroupStatePartitionMetadataValue
>;
