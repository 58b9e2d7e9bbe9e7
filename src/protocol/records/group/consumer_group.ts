/**
 * Records of `__consumer_offsets` for consumer groups (KIP-848): the group, its members as they
 * described themselves, the assignment they should reach, and how far each has got.
 */
import {
  array,
  bits64,
  bytes,
  int32,
  int64,
  int8,
  nullable,
  string,
  struct,
  uuid,
} from "../../fields.ts";
import { message, type ValueOf } from "../../message.ts";

/** Type 3: a consumer group. */
export const ConsumerGroupMetadataKey = message({
  name: "ConsumerGroupMetadataKey",
  apiKey: 3,
  versions: [0, 0],
  fields: {
    groupId: string(),
  },
});
export type ConsumerGroupMetadataKey = ValueOf<typeof ConsumerGroupMetadataKey>;

/** The group's epoch, and a hash of the topics that it was computed from. */
export const ConsumerGroupMetadataValue = message({
  name: "ConsumerGroupMetadataValue",
  apiKey: 3,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    epoch: int32(),
    metadataHash: bits64({ tag: 0 }), // of the subscribed topics
  },
});
export type ConsumerGroupMetadataValue = ValueOf<typeof ConsumerGroupMetadataValue>;

/** Type 4: what a consumer group knew of its topics. Only deleted nowadays. */
export const ConsumerGroupPartitionMetadataKey = message({
  name: "ConsumerGroupPartitionMetadataKey",
  apiKey: 4,
  versions: [0, 0],
  fields: {
    groupId: string(),
  },
});
export type ConsumerGroupPartitionMetadataKey = ValueOf<typeof ConsumerGroupPartitionMetadataKey>;

/** Numbers of partitions and their racks. */
export const ConsumerGroupPartitionMetadataValue = message({
  name: "ConsumerGroupPartitionMetadataValue",
  apiKey: 4,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    topics: array(struct({
      topicId: uuid(),
      topicName: string(),
      numPartitions: int32(),
      partitionMetadata: array(struct({
        partition: int32(),
        racks: array(string()),
      })),
    })),
  },
});
export type ConsumerGroupPartitionMetadataValue = ValueOf<
  typeof ConsumerGroupPartitionMetadataValue
>;

/** Type 5: a member. */
export const ConsumerGroupMemberMetadataKey = message({
  name: "ConsumerGroupMemberMetadataKey",
  apiKey: 5,
  versions: [0, 0],
  fields: {
    groupId: string(),
    memberId: string(),
  },
});
export type ConsumerGroupMemberMetadataKey = ValueOf<typeof ConsumerGroupMemberMetadataKey>;

/** The member as it described itself. */
export const ConsumerGroupMemberMetadataValue = message({
  name: "ConsumerGroupMemberMetadataValue",
  apiKey: 5,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    instanceId: nullable(string()),
    rackId: nullable(string()),
    clientId: string(),
    clientHost: string(),
    subscribedTopicNames: array(string()),
    subscribedTopicRegex: nullable(string()),
    rebalanceTimeoutMs: int32({ default: -1 }),
    serverAssignor: nullable(string()),
    // null, which is written, on the new protocol
    classicMemberMetadata: nullable(
      struct({
        sessionTimeoutMs: int32(),
        supportedProtocols: array(struct({
          name: string(),
          metadata: bytes(),
        })),
      }),
      { tag: 0 },
    ),
  },
});
export type ConsumerGroupMemberMetadataValue = ValueOf<typeof ConsumerGroupMemberMetadataValue>;

/** Type 6: the target assignment. */
export const ConsumerGroupTargetAssignmentMetadataKey = message({
  name: "ConsumerGroupTargetAssignmentMetadataKey",
  apiKey: 6,
  versions: [0, 0],
  fields: {
    groupId: string(),
  },
});
export type ConsumerGroupTargetAssignmentMetadataKey = ValueOf<
  typeof ConsumerGroupTargetAssignmentMetadataKey
>;

/** The group epoch that the target assignment is for. */
export const ConsumerGroupTargetAssignmentMetadataValue = message({
  name: "ConsumerGroupTargetAssignmentMetadataValue",
  apiKey: 6,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    assignmentEpoch: int32(),
    assignmentTimestamp: int64({ tag: 0 }),
  },
});
export type ConsumerGroupTargetAssignmentMetadataValue = ValueOf<
  typeof ConsumerGroupTargetAssignmentMetadataValue
>;

/** Type 7: one member's part of the target assignment. */
export const ConsumerGroupTargetAssignmentMemberKey = message({
  name: "ConsumerGroupTargetAssignmentMemberKey",
  apiKey: 7,
  versions: [0, 0],
  fields: {
    groupId: string(),
    memberId: string(),
  },
});
export type ConsumerGroupTargetAssignmentMemberKey = ValueOf<
  typeof ConsumerGroupTargetAssignmentMemberKey
>;

/** What the member should read. */
export const ConsumerGroupTargetAssignmentMemberValue = message({
  name: "ConsumerGroupTargetAssignmentMemberValue",
  apiKey: 7,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    topicPartitions: array(struct({
      topicId: uuid(),
      partitions: array(int32()),
    })),
  },
});
export type ConsumerGroupTargetAssignmentMemberValue = ValueOf<
  typeof ConsumerGroupTargetAssignmentMemberValue
>;

/** Type 8: what a member has now. */
export const ConsumerGroupCurrentMemberAssignmentKey = message({
  name: "ConsumerGroupCurrentMemberAssignmentKey",
  apiKey: 8,
  versions: [0, 0],
  fields: {
    groupId: string(),
    memberId: string(),
  },
});
export type ConsumerGroupCurrentMemberAssignmentKey = ValueOf<
  typeof ConsumerGroupCurrentMemberAssignmentKey
>;

const topicPartitions = struct({
  topicId: uuid(),
  partitions: array(int32()),
  assignmentEpochs: nullable(array(int32()), { tag: 0 }), // null is written
});

/** The member's epoch, what it reads, and what it has yet to give back. */
export const ConsumerGroupCurrentMemberAssignmentValue = message({
  name: "ConsumerGroupCurrentMemberAssignmentValue",
  apiKey: 8,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    memberEpoch: int32(),
    previousMemberEpoch: int32(),
    state: int8(),
    assignedPartitions: array(topicPartitions),
    partitionsPendingRevocation: array(topicPartitions),
  },
});
export type ConsumerGroupCurrentMemberAssignmentValue = ValueOf<
  typeof ConsumerGroupCurrentMemberAssignmentValue
>;

/** Type 16: a pattern that members subscribe to. */
export const ConsumerGroupRegularExpressionKey = message({
  name: "ConsumerGroupRegularExpressionKey",
  apiKey: 16,
  versions: [0, 0],
  fields: {
    groupId: string(),
    regularExpression: string(),
  },
});
export type ConsumerGroupRegularExpressionKey = ValueOf<typeof ConsumerGroupRegularExpressionKey>;

/** The topics that the pattern was found to match. */
export const ConsumerGroupRegularExpressionValue = message({
  name: "ConsumerGroupRegularExpressionValue",
  apiKey: 16,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    topics: array(string()),
    version: int64(),
    timestamp: int64(),
  },
});
export type ConsumerGroupRegularExpressionValue = ValueOf<
  typeof ConsumerGroupRegularExpressionValue
>;
