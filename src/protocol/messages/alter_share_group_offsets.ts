/** AlterShareGroupOffsets, key 91: sets where a share group without members begins (KIP-932). */
import { array, int16, int32, int64, nullable, string, struct, uuid } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** The offsets. */
export const AlterShareGroupOffsetsRequest = message({
  name: "AlterShareGroupOffsetsRequest",
  apiKey: 91,
  listeners: ["broker"],
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    groupId: string(),
    topics: array(struct({
      topicName: string(),
      partitions: array(struct({
        partitionIndex: int32(),
        startOffset: int64(),
      })),
    })),
  },
});
export type AlterShareGroupOffsetsRequest = ValueOf<typeof AlterShareGroupOffsetsRequest>;

/** How each partition went. */
export const AlterShareGroupOffsetsResponse = message({
  name: "AlterShareGroupOffsetsResponse",
  apiKey: 91,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: nullable(string(), { default: null }),
    responses: array(struct({
      topicName: string(),
      topicId: uuid(),
      partitions: array(struct({
        partitionIndex: int32(),
        errorCode: int16(),
        errorMessage: nullable(string(), { default: null }),
      })),
    })),
  },
});
export type AlterShareGroupOffsetsResponse = ValueOf<typeof AlterShareGroupOffsetsResponse>;
