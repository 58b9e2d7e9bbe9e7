/**
 * OffsetForLeaderEpoch, key 23: where a leader epoch ends, by which followers and consumers notice
 * that their logs diverge (KIP-101, KIP-320).
 */
import { array, int16, int32, int64, string, struct } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** The epochs asked about. */
export const OffsetForLeaderEpochRequest = message({
  name: "OffsetForLeaderEpochRequest",
  apiKey: 23,
  listeners: ["broker"],
  versions: [2, 4],
  flexibleFrom: 4,
  fields: {
    replicaId: int32({ since: 3, default: -2, ignorable: true }),
    topics: array(struct({
      topic: string(),
      partitions: array(struct({
        partition: int32(),
        currentLeaderEpoch: int32({ default: -1 }),
        leaderEpoch: int32(),
      })),
    })),
  },
});
export type OffsetForLeaderEpochRequest = ValueOf<typeof OffsetForLeaderEpochRequest>;

/** The end of each epoch, or of the largest one before it. */
export const OffsetForLeaderEpochResponse = message({
  name: "OffsetForLeaderEpochResponse",
  apiKey: 23,
  versions: [2, 4],
  flexibleFrom: 4,
  fields: {
    throttleTimeMs: int32(),
    topics: array(struct({
      topic: string(),
      partitions: array(struct({
        errorCode: int16(),
        partition: int32(),
        leaderEpoch: int32({ default: -1 }),
        endOffset: int64({ default: -1 }),
      })),
    })),
  },
});
export type OffsetForLeaderEpochResponse = ValueOf<typeof OffsetForLeaderEpochResponse>;
