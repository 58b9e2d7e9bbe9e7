/**
 * AddRaftVoter, key 80: a controller is to vote in the quorum (KIP-853).
 *
 * Served 0 and 1: 1 may ask for an answer before the change is committed.
 *
 * Before it lets one in, the leader asks the new voter what it can do. A node that is a quorum by
 * itself talks to no other controller yet, so it says what Kafka's says of one that does not
 * answer: REQUEST_TIMED_OUT.
 */
import { AddRaftVoterRequest, AddRaftVoterResponse, KafkaError } from "../../protocol/mod.ts";
import { defineApi } from "../api.ts";
import { errorFields } from "../errors.ts";
import { checkMayChange, checkVoter } from "../raft_voters.ts";

export const addRaftVoter = defineApi({
  key: 80,
  name: "AddRaftVoter",
  request: AddRaftVoterRequest,
  response: AddRaftVoterResponse,
  versions: [0, 1],

  async handle(request, _context, broker) {
    checkVoter(request, broker);
    const quorum = await broker.controller.describeQuorum();
    const [needed] = broker.config.get("controller.listener.names");
    const isThere = request.listeners.some(({ name }) => needed === undefined || name === needed);
    if (!isThere) {
      throw new KafkaError("INVALID_REQUEST", `The voter has no address for ${needed ?? "us"}`);
    }
    checkMayChange(broker.controller);
    const { voterId } = request;
    if (quorum.voters.some(({ id }) => id === voterId)) {
      throw new KafkaError("DUPLICATE_VOTER", `Node ${voterId} is a voter already`);
    }
    throw new KafkaError("REQUEST_TIMED_OUT", `Node ${voterId} cannot be asked what it can do`);
  },

  failed: (_request, error) => errorFields(error),
});
