/**
 * RemoveRaftVoter, key 81: a controller is to vote no more (KIP-853).
 *
 * Served 0.
 *
 * The last voter is never removed: there would be nobody left to agree on anything. So a node that
 * is a quorum by itself answers VOTER_NOT_FOUND for every voter, as Kafka's does.
 */
import { RemoveRaftVoterRequest, RemoveRaftVoterResponse } from "../../protocol/mod.ts";
import { defineSharedApi } from "../api.ts";
import { errorFields } from "../errors.ts";

export const removeRaftVoter = defineSharedApi({
  key: 81,
  name: "RemoveRaftVoter",
  request: RemoveRaftVoterRequest,
  response: RemoveRaftVoterResponse,
  versions: [0, 0],

  handle: (request, context, { controller }) => controller.removeRaftVoter(request, context),

  failed: (_request, error) => errorFields(error),
});
