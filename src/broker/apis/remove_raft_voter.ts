/**
 * RemoveRaftVoter, key 81: a controller is to vote no more (KIP-853).
 *
 * Served 0.
 *
 * The last voter is never removed: there would be nobody left to agree on anything. So a node that
 * is a quorum by itself answers VOTER_NOT_FOUND for every voter, as Kafka's does.
 */
import { KafkaError, RemoveRaftVoterRequest, RemoveRaftVoterResponse } from "../../protocol/mod.ts";
import { defineApi } from "../api.ts";
import { errorFields } from "../errors.ts";
import { checkMayChange, checkVoter } from "../raft_voters.ts";

export const removeRaftVoter = defineApi({
  key: 81,
  name: "RemoveRaftVoter",
  request: RemoveRaftVoterRequest,
  response: RemoveRaftVoterResponse,
  versions: [0, 0],

  async handle(request, _context, broker) {
    checkVoter(request, broker);
    checkMayChange(broker.controller);
    const quorum = await broker.controller.describeQuorum();
    const ids = quorum.voters.map(({ id }) => id).join(", ");
    const why = `Node ${request.voterId} cannot leave the voters ${ids}`;
    throw new KafkaError("VOTER_NOT_FOUND", why);
  },

  failed: (_request, error) => errorFields(error),
});
