/**
 * OffsetDelete, key 47: deletes committed offsets of topics that the group does not read (KIP-496).
 */
import { array, int16, int32, string, struct } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** The group and the partitions. */
export const OffsetDeleteRequest = message({
  name: "OffsetDeleteRequest",
  apiKey: 47,
  listeners: ["broker"],
  versions: [0, 0],
  fields: {
    groupId: string(),
    topics: array(struct({
      name: string(),
      partitions: array(struct({
        partitionIndex: int32(),
      })),
    })),
  },
});
export type OffsetDeleteRequest = ValueOf<typeof OffsetDeleteRequest>;

/** How each deletion went. */
export const OffsetDeleteResponse = message({
  name: "OffsetDeleteResponse",
  apiKey: 47,
  versions: [0, 0],
  fields: {
    errorCode: int16(),
    throttleTimeMs: int32(),
    topics: array(struct({
      name: string(),
      partitions: array(struct({
        partitionIndex: int32(),
        errorCode: int16(),
      })),
    })),
  },
});
export type OffsetDeleteResponse = ValueOf<typeof OffsetDeleteResponse>;
