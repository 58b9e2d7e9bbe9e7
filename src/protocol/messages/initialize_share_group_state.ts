/**
 * InitializeShareGroupState, key 83: starts the stored state of a share group's partitions
 * (KIP-932).
 */
import { array, int16, int32, int64, nullable, string, struct, uuid } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** Where each partition's state begins. */
export const InitializeShareGroupStateRequest = message({
  name: "InitializeShareGroupStateRequest",
  apiKey: 83,
  listeners: ["broker"],
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    groupId: string(),
    topics: array(struct({
      topicId: uuid(),
      partitions: array(struct({
        partition: int32(),
        stateEpoch: int32(),
        startOffset: int64(),
      })),
    })),
  },
});
export type InitializeShareGroupStateRequest = ValueOf<typeof InitializeShareGroupStateRequest>;

/** How each went. */
export const InitializeShareGroupStateResponse = message({
  name: "InitializeShareGroupStateResponse",
  apiKey: 83,
  versions: [0, 0],
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
export type InitializeShareGroupStateResponse = ValueOf<typeof InitializeShareGroupStateResponse>;
