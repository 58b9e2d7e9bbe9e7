/** DeleteGroups, key 42: deletes groups that have no members, with their offsets. */
import { array, int16, int32, string, struct } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** The groups. */
export const DeleteGroupsRequest = message({
  name: "DeleteGroupsRequest",
  apiKey: 42,
  listeners: ["broker"],
  versions: [0, 2],
  flexibleFrom: 2,
  fields: {
    groupsNames: array(string()),
  },
});
export type DeleteGroupsRequest = ValueOf<typeof DeleteGroupsRequest>;

/** How each deletion went. */
export const DeleteGroupsResponse = message({
  name: "DeleteGroupsResponse",
  apiKey: 42,
  versions: [0, 2],
  flexibleFrom: 2,
  fields: {
    throttleTimeMs: int32(),
    results: array(struct({
      groupId: string(),
      errorCode: int16(),
    })),
  },
});
export type DeleteGroupsResponse = ValueOf<typeof DeleteGroupsResponse>;
