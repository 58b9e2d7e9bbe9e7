/**
 * ListOffsets, key 2: finds offsets by time. A negative timestamp asks for a special place: -1
 * latest, -2 earliest, -3 the largest timestamp (v7), -4 earliest local (v8), -5 latest tiered
 * (v9), -6 earliest pending upload (v11).
 */
import { array, int16, int32, int64, int8, string, struct } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** A timestamp for each partition. */
export const ListOffsetsRequest = message({
  name: "ListOffsetsRequest",
  apiKey: 2,
  listeners: ["broker"],
  versions: [1, 11],
  flexibleFrom: 6,
  fields: {
    replicaId: int32(), // -1 for consumers
    isolationLevel: int8({ since: 2 }),
    topics: array(struct({
      name: string(),
      partitions: array(struct({
        partitionIndex: int32(),
        currentLeaderEpoch: int32({ since: 4, default: -1, ignorable: true }),
        timestamp: int64(),
      })),
    })),
    timeoutMs: int32({ since: 10, ignorable: true }),
  },
});
export type ListOffsetsRequest = ValueOf<typeof ListOffsetsRequest>;

/** The offset that each timestamp leads to; -1 when there is none. */
export const ListOffsetsResponse = message({
  name: "ListOffsetsResponse",
  apiKey: 2,
  versions: [1, 11],
  flexibleFrom: 6,
  fields: {
    throttleTimeMs: int32({ since: 2, ignorable: true }),
    topics: array(struct({
      name: string(),
      partitions: array(struct({
        partitionIndex: int32(),
        errorCode: int16(),
        timestamp: int64({ default: -1 }),
        offset: int64({ default: -1 }),
        leaderEpoch: int32({ since: 4, default: -1 }),
      })),
    })),
  },
});
export type ListOffsetsResponse = ValueOf<typeof ListOffsetsResponse>;
