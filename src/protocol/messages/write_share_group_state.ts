/**
 * WriteShareGroupState, key 85: changes the stored state of a share group's partitions (KIP-932).
 */
import { array, int16, int32, int64, int8, nullable, string, struct, uuid } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** What changed in each partition. */
export const WriteShareGroupStateRequest = message({
  name: "WriteShareGroupStateRequest",
  apiKey: 85,
  listeners: ["broker"],
  versions: [0, 1],
  flexibleFrom: 0,
  fields: {
    groupId: string(),
    topics: array(struct({
      topicId: uuid(),
      partitions: array(struct({
        partition: int32(),
        stateEpoch: int32(),
        leaderEpoch: int32(),
        startOffset: int64(),
        deliveryCompleteCount: int32({ since: 1, default: -1, ignorable: true }),
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
export type WriteShareGroupStateRequest = ValueOf<typeof WriteShareGroupStateRequest>;

/** How each went. */
export const WriteShareGroupStateResponse = message({
  name: "WriteShareGroupStateResponse",
  apiKey: 85,
  versions: [0, 1],
  flexibleFrom: 0,
  fields: {
    results: array(struct({
      topicId: uuid(),
      partitions: array(struct({
        partition: int32(),
        errorCode: int16(),
        errorMessage: nullable(string(), { default: null }),
      })),
    })),
  },
});
export type WriteShareGroupStateResponse = ValueOf<typeof WriteShareGroupStateResponse>;
