/** DeleteShareGroupOffsets, key 92: makes a share group without members forget topics (KIP-932). */
import { array, int16, int32, nullable, string, struct, uuid } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** The topics. */
export const DeleteShareGroupOffsetsRequest = message({
  name: "DeleteShareGroupOffsetsRequest",
  apiKey: 92,
  listeners: ["broker"],
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    groupId: string(),
    topics: array(struct({
      topicName: string(),
    })),
  },
});
export type DeleteShareGroupOffsetsRequest = ValueOf<typeof DeleteShareGroupOffsetsRequest>;

/** How each topic went. */
export const DeleteShareGroupOffsetsResponse = message({
  name: "DeleteShareGroupOffsetsResponse",
  apiKey: 92,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: nullable(string(), { default: null }),
    responses: array(struct({
      topicName: string(),
      topicId: uuid(),
      errorCode: int16(),
      errorMessage: nullable(string(), { default: null }),
    })),
  },
});
export type DeleteShareGroupOffsetsResponse = ValueOf<typeof DeleteShareGroupOffsetsResponse>;
