/**
 * UpdateRaftVoter, key 82: a voter tells its own new endpoints and versions to the quorum's leader
 * (KIP-853).
 */
import { array, int16, int32, nullable, string, struct, uint16, uuid } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** The voter. */
export const UpdateRaftVoterRequest = message({
  name: "UpdateRaftVoterRequest",
  apiKey: 82,
  listeners: ["controller"],
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    clusterId: nullable(string()),
    currentLeaderEpoch: int32(),
    voterId: int32(),
    voterDirectoryId: uuid(),
    listeners: array(struct({
      name: string(),
      host: string(),
      port: uint16(),
    })),
    kRaftVersionFeature: struct({
      minSupportedVersion: int16(),
      maxSupportedVersion: int16(),
    }),
  },
});
export type UpdateRaftVoterRequest = ValueOf<typeof UpdateRaftVoterRequest>;

/** How it went, and who leads. */
export const UpdateRaftVoterResponse = message({
  name: "UpdateRaftVoterResponse",
  apiKey: 82,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    currentLeader: struct({
      leaderId: int32({ default: -1 }),
      leaderEpoch: int32({ default: -1 }),
      host: string(),
      port: int32(),
    }, { tag: 0 }),
  },
});
export type UpdateRaftVoterResponse = ValueOf<typeof UpdateRaftVoterResponse>;
