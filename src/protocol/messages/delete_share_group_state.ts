/**
 * DeleteShareGroupState, key 86: deletes the stored state of a share group's partitions (KIP-932).
 */
import { array, int16, int32, nullable, string, struct, uuid } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** The partitions. */
export const DeleteShareGroupStateRequest = message({
  name: "DeleteShareGroupStateRequest",
  apiKey: 86,
  listeners: ["broker"],
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    groupId: string(),
    topics: array(struct({
      topicId: uuid(),
      partitions: array(struct({
        partition: int32(),
      })),
    })),
  },
});
export type DeleteShareGroupStateRequest = ValueOf<typeof DeleteShareGroupStateRequest>;

/** How each went. */
export const DeleteShareGroupStateResponse = message({
  name: "DeleteShareGroupStateResponse",
  apiKey: 86,
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
export type DeleteShareGroupStateResponse = ValueOf<typeof DeleteShareGroupStateResponse>;
