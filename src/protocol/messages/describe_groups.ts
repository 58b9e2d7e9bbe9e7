/** DescribeGroups, key 15: classic groups with their state and members. */
import { array, bool, bytes, int16, int32, nullable, string, struct } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** The groups to describe. */
export const DescribeGroupsRequest = message({
  name: "DescribeGroupsRequest",
  apiKey: 15,
  listeners: ["broker"],
  versions: [0, 6],
  flexibleFrom: 5,
  fields: {
    groups: array(string()),
    includeAuthorizedOperations: bool({ since: 3 }),
  },
});
export type DescribeGroupsRequest = ValueOf<typeof DescribeGroupsRequest>;

/** The groups. */
export const DescribeGroupsResponse = message({
  name: "DescribeGroupsResponse",
  apiKey: 15,
  versions: [0, 6],
  flexibleFrom: 5,
  fields: {
    throttleTimeMs: int32({ since: 1, ignorable: true }),
    groups: array(struct({
      errorCode: int16(),
      errorMessage: nullable(string(), { since: 6, default: null }),
      groupId: string(),
      groupState: string(),
      protocolType: string(),
      protocolData: string(),
      members: array(struct({
        memberId: string(),
        groupInstanceId: nullable(string(), { since: 4, default: null, ignorable: true }),
        clientId: string(),
        clientHost: string(),
        memberMetadata: bytes(),
        memberAssignment: bytes(),
      })),
      authorizedOperations: int32({ since: 3, default: -2147483648 }),
    })),
  },
});
export type DescribeGroupsResponse = ValueOf<typeof DescribeGroupsResponse>;
