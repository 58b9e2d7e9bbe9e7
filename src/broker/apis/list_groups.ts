/**
 * ListGroups, key 16: the groups that this broker coordinates.
 *
 * Served 0 to 5: 3 is flexible, 4 filters by state (KIP-518), 5 by type (KIP-848).
 */
import { type InputOf, ListGroupsRequest, ListGroupsResponse } from "../../protocol/mod.ts";
import { defineApi } from "../api.ts";
import { callerOf } from "../group_caller.ts";

type Response = InputOf<typeof ListGroupsResponse>;

export const listGroups = defineApi({
  key: 16,
  name: "ListGroups",
  request: ListGroupsRequest,
  response: ListGroupsResponse,
  versions: [0, 5],

  async handle(request, context, broker) {
    const shards = await broker.groups.runAll<Response>((coordinator, reply) =>
      coordinator.listGroups(request, context.version, callerOf(context, broker), reply)
    );
    return { groups: shards.flatMap(({ groups }) => groups ?? []) };
  },

  failed: (_request, { code }) => ({ errorCode: code }),
});
