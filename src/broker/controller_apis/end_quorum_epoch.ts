/**
 * EndQuorumEpoch, key 54: the quorum's leader resigns; the first it names may stand at once (KIP-595).
 *
 * Served 0 to 1.
 *
 * | v | adds |
 * | --- | --- |
 * | 1 | directories, and where the leader is (KIP-853) |
 */
import { EndQuorumEpochRequest, EndQuorumEpochResponse, errorCode } from "../../protocol/mod.ts";
import { defineControllerApi } from "../api.ts";

export const endQuorumEpoch = defineControllerApi({
  key: 54,
  name: "EndQuorumEpoch",
  request: EndQuorumEpochRequest,
  response: EndQuorumEpochResponse,
  versions: [0, 1],

  handle: (request, _context, node) => node.quorum.endEpoch(request),

  failed: (_request, error) => ({ errorCode: errorCode(error.error) }),
});
