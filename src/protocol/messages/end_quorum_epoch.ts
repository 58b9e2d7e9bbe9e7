/**
 * EndQuorumEpoch, key 54: the leader of the metadata quorum resigns and says who should follow
 * (KIP-595).
 */
import { array, int16, int32, nullable, string, struct, uint16, uuid } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** The leader, its epoch, and the voters by how far they are. */
export const EndQuorumEpochRequest = message({
  name: "EndQuorumEpochRequest",
  apiKey: 54,
  listeners: ["controller"],
  versions: [0, 1],
  flexibleFrom: 1,
  fields: {
    clusterId: nullable(string(), { default: null }),
    topics: array(struct({
      topicName: string(),
      partitions: array(struct({
        partitionIndex: int32(),
        leaderId: int32(),
        leaderEpoch: int32(),
        preferredSuccessors: array(int32(), { until: 0, ignorable: true }),
        preferredCandidates: array(
          struct({
            candidateId: int32(),
            candidateDirectoryId: uuid(),
          }),
          { since: 1, ignorable: true },
        ),
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
export type EndQuorumEpochRequest = ValueOf<typeof EndQuorumEpochRequest>;

/** What the voter believes. */
export const EndQuorumEpochResponse = message({
  name: "EndQuorumEpochResponse",
  apiKey: 54,
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
export type EndQuorumEpochResponse = ValueOf<typeof EndQuorumEpochResponse>;
