/**
 * AssignReplicasToDirs, key 73: a broker says in which of its log directories replicas lie
 * (KIP-858).
 *
 * Served 0.
 */
import { AssignReplicasToDirsRequest, AssignReplicasToDirsResponse } from "../../protocol/mod.ts";
import { defineControllerApi, MAX_PARTITIONS_AT_ONCE } from "../api.ts";

export const assignReplicasToDirs = defineControllerApi({
  key: 73,
  name: "AssignReplicasToDirs",
  request: AssignReplicasToDirsRequest,
  response: AssignReplicasToDirsResponse,
  versions: [0, 0],
  maxElements: MAX_PARTITIONS_AT_ONCE,

  handle: (request, _context, { controller }) => controller.assignReplicas(request),

  failed: (_request, { code }) => ({ errorCode: code }),
});
