/**
 * BeginQuorumEpoch, key 53: the new leader of the metadata quorum tells the voters that its epoch
 * has begun (KIP-595).
 */
import { array, int16, int32, nullable, string, struct, uint16, uuid } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** The leader and its epoch. */
export const BeginQuorumEpochRequest = message({
  name: "BeginQuorumEpochRequest",
  apiKey: 53,
  listeners: ["controller"],
  versions: [0, 1],
  flexibleFrom: 1,
  fields: {
    clusterId: nullable(string(), { default: null }),
    voterId: int32({ since: 1, default: -1, ignorable: true }),
    topics: array(struct({
      topicName: string(),
      partitions: array(struct({
        partitionIndex: int32(),
        voterDirectoryId: uuid({ since: 1, ignorable: true }),
        leaderId: int32(),
        leaderEpoch: int32(),
      })),
    })),
    leaderEndpoints: array(
      struct({
        name: string(),
        host: string(),
        port: uint16(),
      }),
      { since: 1, ignorable: true },
    ),
  },
});
export type BeginQuorumEpochRequest = ValueOf<typeof BeginQuorumEpochRequest>;

/** What the voter believes. */
export const BeginQuorumEpochResponse = message({
  name: "BeginQuorumEpochResponse",
  apiKey: 53,
  versions: [0, 1],
  flexibleFrom: 1,
  fields: {
    errorCode: int16(),
    topics: array(struct({
      topicName: string(),
      partitions: array(struct({
        partitionIndex: int32(),
        errorCode: int16(),
        leaderId: int32(),
        leaderEpoch: int32(),
      })),
    })),
    nodeEndpoints: array(
      struct({
        nodeId: int32(),
        host: string(),
        port: uint16(),
      }),
      { since: 1, tag: 0 },
    ),
  },
});
export type BeginQuorumEpochResponse = ValueOf<typeof BeginQuorumEpochResponse>;
