/**
 * Heartbeat, key 12: a member of a classic group says that it is alive, and hears of a rebalance.
 *
 * Served 0 to 4: 3 knows static members (KIP-345), 4 is flexible.
 */
import { HeartbeatRequest, HeartbeatResponse } from "../../protocol/mod.ts";
import { defineApi } from "../api.ts";
import { callerOf } from "../group_caller.ts";

export const heartbeat = defineApi({
  key: 12,
  name: "Heartbeat",
  request: HeartbeatRequest,
  response: HeartbeatResponse,
  versions: [0, 4],

  handle: (request, context, broker) =>
    broker.groups.run<HeartbeatResponse>(
      request.groupId,
      (coordinator, reply) =>
        coordinator.heartbeat(request, context.version, callerOf(context, broker), reply),
    ),

  failed: (_request, { code }) => ({ errorCode: code }),
});
