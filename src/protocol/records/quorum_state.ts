/**
 * The `quorum-state` file of a voter: what it must remember before it acts (KIP-595). On disk it is
 * JSON with these names, not bytes.
 */
import { array, int32, int64, nullable, string, struct, uuid } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/**
 * Epoch, vote and leader. Version 1 names the voted directory and leaves the voters to the log
 * (KIP-853).
 */
export const QuorumStateData = message({
  name: "QuorumStateData",
  versions: [0, 1],
  flexibleFrom: 0,
  fields: {
    clusterId: string({ until: 0 }),
    leaderId: int32({ default: -1 }),
    leaderEpoch: int32({ default: -1 }),
    votedId: int32({ default: -1 }),
    votedDirectoryId: uuid({ since: 1 }),
    appliedOffset: int64({ until: 0 }),
    currentVoters: nullable(
      array(struct({
        voterId: int32(),
      })),
      { until: 0 },
    ),
  },
});
export type QuorumStateData = ValueOf<typeof QuorumStateData>;
