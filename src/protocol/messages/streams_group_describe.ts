/** StreamsGroupDescribe, key 89: streams groups with their topologies and members (KIP-1071). */
import { array, bool, int16, int32, int64, nullable, string, struct, uint16 } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** The groups to describe. */
export const StreamsGroupDescribeRequest = message({
  name: "StreamsGroupDescribeRequest",
  apiKey: 89,
  listeners: ["broker"],
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    groupIds: array(string()),
    includeAuthorizedOperations: bool(),
  },
});
export type StreamsGroupDescribeRequest = ValueOf<typeof StreamsGroupDescribeRequest>;

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

const taskOffset = struct({
  subtopologyId: string(),
  partition: int32(),
  offset: int64(),
});

const taskIds = struct({
  subtopologyId: string(),
  partitions: array(int32()),
});

const assignment = struct({
  activeTasks: array(taskIds),
  standbyTasks: array(taskIds),
  warmupTasks: array(taskIds),
});

/** The groups. */
export const StreamsGroupDescribeResponse = message({
  name: "StreamsGroupDescribeResponse",
  apiKey: 89,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    throttleTimeMs: int32(),
    groups: array(struct({
      errorCode: int16(),
      errorMessage: nullable(string(), { default: null }),
      groupId: string(),
      groupState: string(),
      groupEpoch: int32(),
      assignmentEpoch: int32(),
      topology: nullable(
        struct({
          epoch: int32(),
          subtopologies: nullable(
            array(struct({
              subtopologyId: string(),
              sourceTopics: array(string()),
              repartitionSinkTopics: array(string()),
              stateChangelogTopics: array(topicInfo),
              repartitionSourceTopics: array(topicInfo),
            })),
            { default: null },
          ),
        }),
        { default: null },
      ),
      members: array(struct({
        memberId: string(),
        memberEpoch: int32(),
        instanceId: nullable(string(), { default: null }),
        rackId: nullable(string(), { default: null }),
        clientId: string(),
        clientHost: string(),
        topologyEpoch: int32(),
        processId: string(),
        userEndpoint: nullable(
          struct({
            host: string(),
            port: uint16(),
          }),
          { default: null },
        ),
        clientTags: array(keyValue),
        taskOffsets: array(taskOffset),
        taskEndOffsets: array(taskOffset),
        assignment: assignment,
        targetAssignment: assignment,
        isClassic: bool(),
      })),
      authorizedOperations: int32({ default: -2147483648 }),
    })),
  },
});
export type StreamsGroupDescribeResponse = ValueOf<typeof StreamsGroupDescribeResponse>;
