/**
 * StreamsGroupHeartbeat, key 88: everything that a member of a streams group says and hears
 * (KIP-1071): its topology, its tasks, and where others find its state.
 */
import {
  array,
  bool,
  int16,
  int32,
  int64,
  int8,
  nullable,
  string,
  struct,
  uint16,
} from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

const keyValue = struct({
  key: string(),
  value: string(),
});

const topicInfo = struct({
  name: string(),
  partitions: int32(),
  replicationFactor: int16(),
  topicConfigs: array(keyValue),
});

const taskIds = struct({
  subtopologyId: string(),
  partitions: array(int32()),
});

const taskOffset = struct({
  subtopologyId: string(),
  partition: int32(),
  offset: int64(),
});

/** The member; what has not changed since its last heartbeat is null. */
export const StreamsGroupHeartbeatRequest = message({
  name: "StreamsGroupHeartbeatRequest",
  apiKey: 88,
  listeners: ["broker"],
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    groupId: string(),
    memberId: string(),
    memberEpoch: int32(),
    endpointInformationEpoch: int32(),
    instanceId: nullable(string(), { default: null }),
    rackId: nullable(string(), { default: null }),
    rebalanceTimeoutMs: int32({ default: -1 }),
    topology: nullable(
      struct({
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
      }),
      { default: null },
    ),
    activeTasks: nullable(array(taskIds), { default: null }),
    standbyTasks: nullable(array(taskIds), { default: null }),
    warmupTasks: nullable(array(taskIds), { default: null }),
    processId: nullable(string(), { default: null }),
    userEndpoint: nullable(
      struct({
        host: string(),
        port: uint16(),
      }),
      { default: null },
    ),
    clientTags: nullable(array(keyValue), { default: null }),
    taskOffsets: nullable(array(taskOffset), { default: null }),
    taskEndOffsets: nullable(array(taskOffset), { default: null }),
    shutdownApplication: bool(),
  },
});
export type StreamsGroupHeartbeatRequest = ValueOf<typeof StreamsGroupHeartbeatRequest>;

const topicPartition = struct({
  topic: string(),
  partitions: array(int32()),
});

/** The member's epoch, and its tasks when they changed. */
export const StreamsGroupHeartbeatResponse = message({
  name: "StreamsGroupHeartbeatResponse",
  apiKey: 88,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: nullable(string(), { default: null }),
    memberId: string(),
    memberEpoch: int32(),
    heartbeatIntervalMs: int32(),
    acceptableRecoveryLag: int32(),
    taskOffsetIntervalMs: int32(),
    status: nullable(array(struct({
      statusCode: int8(),
      statusDetail: string(),
    }))),
    activeTasks: nullable(array(taskIds), { default: null }),
    standbyTasks: nullable(array(taskIds), { default: null }),
    warmupTasks: nullable(array(taskIds), { default: null }),
    endpointInformationEpoch: int32(),
    partitionsByUserEndpoint: nullable(
      array(struct({
        userEndpoint: struct({
          host: string(),
          port: uint16(),
        }),
        activePartitions: array(topicPartition),
        standbyPartitions: array(topicPartition),
      })),
      { default: null },
    ),
  },
});
export type StreamsGroupHeartbeatResponse = ValueOf<typeof StreamsGroupHeartbeatResponse>;
