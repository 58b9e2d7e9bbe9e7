/** RemoveRaftVoter, key 81: removes a voter from the metadata quorum (KIP-853). */
import { int16, int32, nullable, string, uuid } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** The voter. */
export const RemoveRaftVoterRequest = message({
  name: "RemoveRaftVoterRequest",
  apiKey: 81,
  listeners: ["controller", "broker"],
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    clusterId: nullable(string()),
    voterId: int32(),
    voterDirectoryId: uuid(),
  },
});
export type RemoveRaftVoterRequest = ValueOf<typeof RemoveRaftVoterRequest>;

/** How it went. */
export const RemoveRaftVoterResponse = message({
  name: "RemoveRaftVoterResponse",
  apiKey: 81,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: nullable(string()),
  },
});
export type RemoveRaftVoterResponse = ValueOf<typeof RemoveRaftVoterResponse>;
