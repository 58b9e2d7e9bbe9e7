/**
 * ReadShareGroupStateSummary, key 87: reads where the stored state of a share group's partitions
 * begins, without its batches (KIP-932).
 */
import { array, int16, int32, int64, nullable, string, struct, uuid } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** The partitions. */
export const ReadShareGroupStateSummaryRequest = message({
  name: "ReadShareGroupStateSummaryRequest",
  apiKey: 87,
  listeners: ["broker"],
  versions: [0, 1],
  flexibleFrom: 0,
  fields: {
    groupId: string(),
    topics: array(struct({
      topicId: uuid(),
      partitions: array(struct({
        partition: int32(),
        leaderEpoch: int32(),
      })),
    })),
  },
});
export type ReadShareGroupStateSummaryRequest = ValueOf<typeof ReadShareGroupStateSummaryRequest>;

/** The start of each. */
export const ReadShareGroupStateSummaryResponse = message({
  name: "ReadShareGroupStateSummaryResponse",
  apiKey: 87,
  versions: [0, 1],
  flexibleFrom: 0,
  fields: {
    results: array(struct({
      topicId: uuid(),
      partitions: array(struct({
        partition: int32(),
        errorCode: int16(),
        errorMessage: nullable(string(), { default: null }),
        stateEpoch: int32(),
        leaderEpoch: int32(),
        startOffset: int64(),
        deliveryCompleteCount: int32({ since: 1, default: -1, ignorable: true }),
      })),
    })),
  },
});
export type ReadShareGroupStateSummaryResponse = ValueOf<typeof ReadShareGroupStateSummaryResponse>;
