/** ShareGroupDescribe, key 77: share groups with their epochs and members (KIP-932). */
import { array, bool, int16, int32, nullable, string, struct, uuid } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** The groups to describe. */
export const ShareGroupDescribeRequest = message({
  name: "ShareGroupDescribeRequest",
  apiKey: 77,
  listeners: ["broker"],
  versions: [1, 1],
  flexibleFrom: 0,
  fields: {
    groupIds: array(string()),
    includeAuthorizedOperations: bool(),
  },
});
export type ShareGroupDescribeRequest = ValueOf<typeof ShareGroupDescribeRequest>;

/** The groups. */
export const ShareGroupDescribeResponse = message({
  name: "ShareGroupDescribeResponse",
  apiKey: 77,
  versions: [1, 1],
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
        rackId: nullable(string(), { default: null }),
        memberEpoch: int32(),
        clientId: string(),
        clientHost: string(),
        subscribedTopicNames: array(string()),
        assignment: struct({
          topicPartitions: array(struct({
            topicId: uuid(),
            topicName: string(),
            partitions: array(int32()),
          })),
        }),
      })),
      authorizedOperations: int32({ default: -2147483648 }),
    })),
  },
});
export type ShareGroupDescribeResponse = ValueOf<typeof ShareGroupDescribeResponse>;
