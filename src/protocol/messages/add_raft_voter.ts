/** AddRaftVoter, key 80: adds a voter to the metadata quorum (KIP-853). */
import { array, bool, int16, int32, nullable, string, struct, uint16, uuid } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** The voter and its endpoints. */
export const AddRaftVoterRequest = message({
  name: "AddRaftVoterRequest",
  apiKey: 80,
  listeners: ["controller", "broker"],
  versions: [0, 1],
  flexibleFrom: 0,
  fields: {
    clusterId: nullable(string()),
    timeoutMs: int32(),
    voterId: int32(),
    voterDirectoryId: uuid(),
    listeners: array(struct({
      name: string(),
      host: string(),
      port: uint16(),
    })),
    ackWhenCommitted: bool({ since: 1, default: true }),
  },
});
export type AddRaftVoterRequest = ValueOf<typeof AddRaftVoterRequest>;

/** How it went. */
export const AddRaftVoterResponse = message({
  name: "AddRaftVoterResponse",
  apiKey: 80,
  versions: [0, 1],
  flexibleFrom: 0,
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: nullable(string()),
  },
});
export type AddRaftVoterResponse = ValueOf<typeof AddRaftVoterResponse>;
