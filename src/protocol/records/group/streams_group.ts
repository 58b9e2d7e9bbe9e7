/** Records of `__consumer_offsets` for streams groups (KIP-1071). */
import {
  array,
  bits64,
  int16,
  int32,
  int64,
  int8,
  nullable,
  string,
  struct,
  uint16,
} from "../../fields.ts";
import { message, type ValueOf } from "../../message.ts";

/** Type 17: a streams group. */
export const StreamsGroupMetadataKey = message({
  name: "StreamsGroupMetadataKey",
  apiKey: 17,
  versions: [0, 0],
  fields: {
    groupId: string(),
  },
});
export type StreamsGroupMetadataKey = ValueOf<typeof StreamsGroupMetadataKey>;

/** The group's epoch, and what it was computed from. */
export const StreamsGroupMetadataValue = message({
  name: "StreamsGroupMetadataValue",
  apiKey: 17,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    epoch: int32(),
    metadataHash: bits64(), // of the topics in the topology
    validatedTopologyEpoch: int32({ tag: 0, default: -1 }),
    // null is written
    lastAssignmentConfigs: nullable(
      array(struct({
        key: string(),
        value: string(),
      })),
      { tag: 1 },
    ),
  },
});
export type StreamsGroupMetadataValue = ValueOf<typeof StreamsGroupMetadataValue>;

/** Type 19: a member. */
export const StreamsGroupMemberMetadataKey = message({
  name: "StreamsGroupMemberMetadataKey",
  apiKey: 19,
  versions: [0, 0],
  fields: {
    groupId: string(),
    memberId: string(),
  },
});
export type StreamsGroupMemberMetadataKey = ValueOf<typeof StreamsGroupMemberMetadataKey>;

/** The member as it described itself. */
export const StreamsGroupMemberMetadataValue = message({
  name: "StreamsGroupMemberMetadataValue",
  apiKey: 19,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    instanceId: nullable(string()),
    rackId: nullable(string()),
    clientId: string(),
    clientHost: string(),
    rebalanceTimeoutMs: int32({ default: -1 }),
    topologyEpoch: int32(),
    processId: string(),
    userEndpoint: nullable(
      struct({
        host: string(),
        port: uint16(),
      }),
      { default: null },
    ),
    clientTags: array(struct({
      key: string(),
      value: string(),
    })),
  },
});
export type StreamsGroupMemberMetadataValue = ValueOf<typeof StreamsGroupMemberMetadataValue>;

/** Type 20: the target assignment. */
export const StreamsGroupTargetAssignmentMetadataKey = message({
  name: "StreamsGroupTargetAssignmentMetadataKey",
  apiKey: 20,
  versions: [0, 0],
  fields: {
    groupId: string(),
  },
});
export type StreamsGroupTargetAssignmentMetadataKey = ValueOf<
  typeof StreamsGroupTargetAssignmentMetadataKey
>;

/** The group epoch that the target assignment is for. */
export const StreamsGroupTargetAssignmentMetadataValue = message({
  name: "StreamsGroupTargetAssignmentMetadataValue",
  apiKey: 20,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    assignmentEpoch: int32(),
    assignmentTimestamp: int64({ tag: 0 }),
  },
});
export type StreamsGroupTargetAssignmentMetadataValue = ValueOf<
  typeof StreamsGroupTargetAssignmentMetadataValue
>;

/** Type 21: one member's part of the target assignment. */
export const StreamsGroupTargetAssignmentMemberKey = message({
  name: "StreamsGroupTargetAssignmentMemberKey",
  apiKey: 21,
  versions: [0, 0],
  fields: {
    groupId: string(),
    memberId: string(),
  },
});
export type StreamsGroupTargetAssignmentMemberKey = ValueOf<
  typeof StreamsGroupTargetAssignmentMemberKey
>;

const taskIds = struct({
  subtopologyId: string(),
  partitions: array(int32()),
});

/** The tasks that the member should run. */
export const StreamsGroupTargetAssignmentMemberValue = message({
  name: "StreamsGroupTargetAssignmentMemberValue",
  apiKey: 21,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    activeTasks: array(taskIds),
    standbyTasks: array(taskIds),
    warmupTasks: array(taskIds),
  },
});
export type StreamsGroupTargetAssignmentMemberValue = ValueOf<
  typeof StreamsGroupTargetAssignmentMemberValue
>;

/** Type 22: what a member has now. */
export const StreamsGroupCurrentMemberAssignmentKey = message({
  name: "StreamsGroupCurrentMemberAssignmentKey",
  apiKey: 22,
  versions: [0, 0],
  fields: {
    groupId: string(),
    memberId: string(),
  },
});
export type StreamsGroupCurrentMemberAssignmentKey = ValueOf<
  typeof StreamsGroupCurrentMemberAssignmentKey
>;

const currentTaskIds = struct({
  subtopologyId: string(),
  partitions: array(int32()),
  assignmentEpochs: nullable(array(int32()), { tag: 0 }), // null is written
});

/** The member's epoch, its tasks, and those it has yet to give back. */
export const StreamsGroupCurrentMemberAssignmentValue = message({
  name: "StreamsGroupCurrentMemberAssignmentValue",
  apiKey: 22,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    memberEpoch: int32(),
    previousMemberEpoch: int32(),
    state: int8(),
    activeTasks: array(currentTaskIds),
    standbyTasks: array(currentTaskIds),
    warmupTasks: array(currentTaskIds),
    activeTasksPendingRevocation: array(currentTaskIds),
    standbyTasksPendingRevocation: array(currentTaskIds),
    warmupTasksPendingRevocation: array(currentTaskIds),
  },
});
export type StreamsGroupCurrentMemberAssignmentValue = ValueOf<
  typeof StreamsGroupCurrentMemberAssignmentValue
>;

/** Type 23: the topology. */
export const StreamsGroupTopologyKey = message({
  name: "StreamsGroupTopologyKey",
  apiKey: 23,
  versions: [0, 0],
  fields: {
    groupId: string(),
  },
});
export type StreamsGroupTopologyKey = ValueOf<typeof StreamsGroupTopologyKey>;

const topicInfo = struct({
  name: string(),
  partitions: int32(),
  replicationFactor: int16(),
  topicConfigs: array(struct({
    key: string(),
    value: string(),
  })),
});

/** The subtopologies with the topics they read and need. */
export const StreamsGroupTopologyValue = message({
  name: "StreamsGroupTopologyValue",
  apiKey: 23,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    epoch: int32(),
    subtopologies: array(struct({
      subtopologyId: string(),
      sourceTopics: array(string()),
      sourceTopicRegex: array(string()),
      stateChangelogTopics: array(topicInfo),
      repartitionSinkTopics: array(string()),
      repartitionSourceTopics: array(topicInfo),
      copartitionGroups: array(struct({
        sourceTopics: array(int16()),
        sourceTopicRegex: array(int16()),
        repartitionSourceTopics: array(int16()),
      })),
    })),
  },
});
export type StreamsGroupTopologyValue = ValueOf<typeof StreamsGroupTopologyValue>;
