/**
 * LeaveGroup, key 13: takes members out of a classic group, one until version 2, many since 3
 * (KIP-345).
 */
import { array, int16, int32, nullable, string, struct } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** Who leaves. */
export const LeaveGroupRequest = message({
  name: "LeaveGroupRequest",
  apiKey: 13,
  listeners: ["broker"],
  versions: [0, 5],
  flexibleFrom: 4,
  fields: {
    groupId: string(),
    memberId: string({ until: 2 }),
    members: array(
      struct({
        memberId: string(),
        groupInstanceId: nullable(string(), { default: null }),
        reason: nullable(string(), { since: 5, default: null, ignorable: true }),
      }),
      { since: 3 },
    ),
  },
});
export type LeaveGroupRequest = ValueOf<typeof LeaveGroupRequest>;

/** How each leave went. */
export const LeaveGroupResponse = message({
  name: "LeaveGroupResponse",
  apiKey: 13,
  versions: [0, 5],
  flexibleFrom: 4,
  fields: {
    throttleTimeMs: int32({ since: 1, ignorable: true }),
    errorCode: int16(),
    members: array(
      struct({
        memberId: string(),
        groupInstanceId: nullable(string()),
        errorCode: int16(),
      }),
      { since: 3 },
    ),
  },
});
export type LeaveGroupResponse = ValueOf<typeof LeaveGroupResponse>;
