/** ReadShareGroupState, key 84: reads the stored state of a share group's partitions (KIP-932). */
import { array, int16, int32, int64, int8, nullable, string, struct, uuid } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** The partitions. */
export const ReadShareGroupStateRequest = message({
  name: "ReadShareGroupStateRequest",
  apiKey: 84,
  listeners: ["broker"],
  versions: [0, 0],
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
export type ReadShareGroupStateRequest = ValueOf<typeof ReadShareGroupStateRequest>;

/** The state of each, as batches of offsets. */
export const ReadShareGroupStateResponse = message({
  name: "ReadShareGroupStateResponse",
  apiKey: 84,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    results: array(struct({
      topicId: uuid(),
      partitions: array(struct({
        partition: int32(),
        errorCode: int16(),
        errorMessage: nullable(string(), { default: null }),
        stateEpoch: int32(),
        startOffset: int64(),
        stateBatches: array(struct({
          firstOffset: int64(),
          lastOffset: int64(),
          deliveryState: int8(),
          deliveryCount: int16(),
        })),
      })),
    })),
  },
});
export type ReadShareGroupStateResponse = ValueOf<typeof ReadShareGroupStateResponse>;
