/**
 * BeginQuorumEpoch, key 53: a voter was elected, and says where to fetch (KIP-595).
 *
 * Served 0 to 1.
 *
 * | v | adds |
 * | --- | --- |
 * | 1 | directories, and where the leader is (KIP-853) |
 */
import {
  BeginQuorumEpochRequest,
  BeginQuorumEpochResponse,
  errorCode,
} from "../../protocol/mod.ts";
import { defineControllerApi } from "../api.ts";

export const beginQuorumEpoch = defineControllerApi({
  key: 53,
  name: "BeginQuorumEpoch",
  request: BeginQuorumEpochRequest,
  response: BeginQuorumEpochResponse,
  versions: [0, 1],

  handle: (request, _context, node) => node.quorum.beginEpoch(request),

  failed: (_request, error) => ({ errorCode: errorCode(error.error) }),
});
