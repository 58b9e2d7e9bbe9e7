/**
 * SyncGroup, key 14: the leader of a classic group hands in who reads what, and every member hears
 * its part.
 *
 * Served 0 to 5: 3 knows static members (KIP-345), 4 is flexible, 5 names the protocol, so that a
 * member that believes in another one is refused (KIP-559).
 */
import { SyncGroupRequest, SyncGroupResponse } from "../../protocol/mod.ts";
import { defineApi } from "../api.ts";
import { callerOf } from "../group_caller.ts";

export const syncGroup = defineApi({
  key: 14,
  name: "SyncGroup",
  request: SyncGroupRequest,
  response: SyncGroupResponse,
  versions: [0, 5],

  handle: (request, context, broker) =>
    broker.groups.run<SyncGroupResponse>(
      request.groupId,
      (coordinator, reply) =>
        coordinator.syncGroup(request, context.version, callerOf(context, broker), reply),
      context.connection.signal,
    ),

  failed: (_request, { code }) => ({ errorCode: code }),
});
