/** ConsumerGroupDescribe, key 69: consumer groups with their epochs and members (KIP-848). */
import { array, bool, int16, int32, int8, nullable, string, struct, uuid } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** The groups to describe. */
export const ConsumerGroupDescribeRequest = message({
  name: "ConsumerGroupDescribeRequest",
  apiKey: 69,
  listeners: ["broker"],
  versions: [0, 1],
  flexibleFrom: 0,
  fields: {
    groupIds: array(string()),
    includeAuthorizedOperations: bool(),
  },
});
export type ConsumerGroupDescribeRequest = ValueOf<typeof ConsumerGroupDescribeRequest>;

const assignment = struct({
  topicPartitions: array(struct({
    topicId: uuid(),
    topicName: string(),
    partitions: array(int32()),
  })),
});

/** The groups. */
export const ConsumerGroupDescribeResponse = message({
  name: "ConsumerGroupDescribeResponse",
  apiKey: 69,
  versions: [0, 1],
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
      assignorName: string(),
      members: array(struct({
        memberId: string(),
        instanceId: nullable(string(), { default: null }),
        rackId: nullable(string(), { default: null }),
        memberEpoch: int32(),
        clientId: string(),
        clientHost: string(),
        subscribedTopicNames: array(string()),
        subscribedTopicRegex: nullable(string(), { default: null }),
        assignment: assignment,
        targetAssignment: assignment,
        memberType: int8({ since: 1, default: -1, ignorable: true }),
      })),
      authorizedOperations: int32({ default: -2147483648 }),
    })),
  },
});
export type ConsumerGroupDescribeResponse = ValueOf<typeof ConsumerGroupDescribeResponse>;
