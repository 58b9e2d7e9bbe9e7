/**
 * ListGroups, key 16: the groups that a broker coordinates, filtered by state since version 4
 * (KIP-518) and by type since 5 (KIP-848).
 */
import { array, int16, int32, string, struct } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** Which states and types; none named is all. */
export const ListGroupsRequest = message({
  name: "ListGroupsRequest",
  apiKey: 16,
  listeners: ["broker"],
  versions: [0, 5],
  flexibleFrom: 3,
  fields: {
    statesFilter: array(string(), { since: 4 }),
    typesFilter: array(string(), { since: 5 }),
  },
});
export type ListGroupsRequest = ValueOf<typeof ListGroupsRequest>;

/** The groups, without their members. */
export const ListGroupsResponse = message({
  name: "ListGroupsResponse",
  apiKey: 16,
  versions: [0, 5],
  flexibleFrom: 3,
  fields: {
    throttleTimeMs: int32({ since: 1, ignorable: true }),
    errorCode: int16(),
    groups: array(struct({
      groupId: string(),
      protocolType: string(),
      groupState: string({ since: 4, ignorable: true }),
      groupType: string({ since: 5, ignorable: true }),
    })),
  },
});
export type ListGroupsResponse = ValueOf<typeof ListGroupsResponse>;
