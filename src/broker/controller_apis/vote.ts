/**
 * Vote, key 52: a voter asks this one for its vote in the quorum (KIP-595).
 *
 * Served 0 to 2.
 *
 * | v | adds |
 * | --- | --- |
 * | 1 | directories: an answer is meant for one incarnation of a voter (KIP-853) |
 * | 2 | asking whether a vote would be had, before anything is risked (KIP-996) |
 */
import { errorCode, VoteRequest, VoteResponse } from "../../protocol/mod.ts";
import { defineControllerApi } from "../api.ts";

export const vote = defineControllerApi({
  key: 52,
  name: "Vote",
  request: VoteRequest,
  response: VoteResponse,
  versions: [0, 2],

  handle: (request, _context, node) => node.quorum.vote(request),

  failed: (_request, error) => ({ errorCode: errorCode(error.error) }),
});
