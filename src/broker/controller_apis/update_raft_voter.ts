/**
 * UpdateRaftVoter, key 82: a voter tells the quorum's leader where it is now, and which levels of the
 * quorum it can do (KIP-853).
 *
 * Served 0.
 */
import { errorCode, UpdateRaftVoterRequest, UpdateRaftVoterResponse } from "../../protocol/mod.ts";
import { defineControllerApi } from "../api.ts";

export const updateRaftVoter = defineControllerApi({
  key: 82,
  name: "UpdateRaftVoter",
  request: UpdateRaftVoterRequest,
  response: UpdateRaftVoterResponse,
  versions: [0, 0],

  handle: (request, _context, node) => node.quorum.updateVoter(request),

  failed: (_request, error) => ({ errorCode: errorCode(error.error) }),
});
