/**
 * DescribeQuorum, key 55: the metadata quorum as its leader sees it: voters and observers, and how
 * far each is (KIP-595, KIP-836, KIP-853).
 */
import { array, int16, int32, int64, nullable, string, struct, uint16, uuid } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** The partition, of which there is one. */
export const DescribeQuorumRequest = message({
  name: "DescribeQuorumRequest",
  apiKey: 55,
  listeners: ["broker", "controller"],
  versions: [0, 2],
  flexibleFrom: 0,
  fields: {
    topics: array(struct({
      topicName: string(),
      partitions: array(struct({
        partitionIndex: int32(),
      })),
    })),
  },
});
export type DescribeQuorumRequest = ValueOf<typeof DescribeQuorumRequest>;

const replicaState = struct({
  replicaId: int32(),
  replicaDirectoryId: uuid({ since: 2 }),
  logEndOffset: int64(),
  lastFetchTimestamp: int64({ since: 1, default: -1, ignorable: true }),
  lastCaughtUpTimestamp: int64({ since: 1, default: -1, ignorable: true }),
});

/** Leader, voters and observers. */
export const DescribeQuorumResponse = message({
  name: "DescribeQuorumResponse",
  apiKey: 55,
  versions: [0, 2],
  flexibleFrom: 0,
  fields: {
    errorCode: int16(),
    errorMessage: nullable(string(), { since: 2, ignorable: true }),
    topics: array(struct({
      topicName: string(),
      partitions: array(struct({
        partitionIndex: int32(),
        errorCode: int16(),
        errorMessage: nullable(string(), { since: 2, ignorable: true }),
        leaderId: int32(),
        leaderEpoch: int32(),
        highWatermark: int64(),
        currentVoters: array(replicaState),
        observers: array(replicaState),
      })),
    })),
    nodes: array(
      struct({
        nodeId: int32(),
        listeners: array(struct({
          name: string(),
          host: string(),
          port: uint16(),
        })),
      }),
      { since: 2 },
    ),
  },
});
export type DescribeQuorumResponse = ValueOf<typeof DescribeQuorumResponse>;
