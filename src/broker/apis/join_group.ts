/**
 * JoinGroup, key 11: becomes a member of a classic group, and waits there until all others have
 * come too.
 *
 * Served 0 to 9.
 *
 * | v | adds |
 * | --- | --- |
 * | 1 | rebalance timeout |
 * | 4 | MEMBER_ID_REQUIRED: a new member gets its id first, and joins with it (KIP-394) |
 * | 5 | static members (KIP-345) |
 * | 6 | flexible |
 * | 7 | protocol type in the answer (KIP-559) |
 * | 8 | reason (KIP-800) |
 * | 9 | the leader may be told to skip the assignment (KIP-814) |
 */
import { JoinGroupRequest, JoinGroupResponse } from "../../protocol/mod.ts";
import { defineApi } from "../api.ts";
import { callerOf } from "../group_caller.ts";

export const joinGroup = defineApi({
  key: 11,
  name: "JoinGroup",
  request: JoinGroupRequest,
  response: JoinGroupResponse,
  versions: [0, 9],

  handle: (request, context, broker) =>
    broker.groups.run<JoinGroupResponse>(
      request.groupId,
      (coordinator, reply) =>
        coordinator.joinGroup(request, context.version, callerOf(context, broker), reply),
      context.connection.signal,
    ),

  failed: ({ memberId }, { code }, { version }) => ({
    errorCode: code,
    memberId,
    protocolName: version >= 7 ? null : "",
  }),
});
