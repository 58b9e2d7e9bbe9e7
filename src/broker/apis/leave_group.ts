/**
 * LeaveGroup, key 13: members of a classic group leave it, or are removed by an operator.
 *
 * Served 0 to 5: 3 takes several members, static ones by their instance id (KIP-345), 4 is
 * flexible, 5 takes a reason (KIP-800).
 */
import { LeaveGroupRequest, LeaveGroupResponse } from "../../protocol/mod.ts";
import { defineApi } from "../api.ts";
import { callerOf } from "../group_caller.ts";

export const leaveGroup = defineApi({
  key: 13,
  name: "LeaveGroup",
  request: LeaveGroupRequest,
  response: LeaveGroupResponse,
  versions: [0, 5],

  handle: (request, context, broker) =>
    broker.groups.run<LeaveGroupResponse>(
      request.groupId,
      (coordinator, reply) =>
        coordinator.leaveGroup(request, context.version, callerOf(context, broker), reply),
    ),

  failed: (_request, { code }) => ({ errorCode: code }),
});
