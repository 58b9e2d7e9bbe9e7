/**
 * AddRaftVoter, key 80: a controller is to vote in the quorum (KIP-853).
 *
 * Served 0 and 1: 1 may ask for an answer before the change is committed.
 *
 * Before it lets one in, the quorum's leader asks the new voter what it can do, and looks whether it
 * has all that is committed: if not, it says so with REQUEST_TIMED_OUT.
 */
import { AddRaftVoterRequest, AddRaftVoterResponse } from "../../protocol/mod.ts";
import { defineSharedApi } from "../api.ts";
import { errorFields } from "../errors.ts";

export const addRaftVoter = defineSharedApi({
  key: 80,
  name: "AddRaftVoter",
  request: AddRaftVoterRequest,
  response: AddRaftVoterResponse,
  versions: [0, 1],

  handle: (request, context, { controller }) => controller.addRaftVoter(request, context),

  failed: (_request, error) => errorFields(error),
});
