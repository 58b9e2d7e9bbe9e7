/**
 * OffsetDelete, key 47: forgets how far a group has read in some partitions (KIP-496).
 *
 * Served 0.
 */
import { OffsetDeleteRequest, OffsetDeleteResponse } from "../../protocol/mod.ts";
import { defineApi } from "../api.ts";
import { callerOf } from "../group_caller.ts";

export const offsetDelete = defineApi({
  key: 47,
  name: "OffsetDelete",
  request: OffsetDeleteRequest,
  response: OffsetDeleteResponse,
  versions: [0, 0],

  handle: (request, context, broker) =>
    broker.groups.run<OffsetDeleteResponse>(
      request.groupId,
      (coordinator, reply) =>
        coordinator.offsetDelete(request, context.version, callerOf(context, broker), reply),
    ),

  failed: (_request, { code }) => ({ errorCode: code }),
});
