/**
 * DeleteRecords, key 21: raises the start of partitions' logs, so that what lies before may go
 * (KIP-107).
 */
import { array, int16, int32, int64, string, struct } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** Up to which offset each partition may forget; -1 is its high watermark. */
export const DeleteRecordsRequest = message({
  name: "DeleteRecordsRequest",
  apiKey: 21,
  listeners: ["broker"],
  versions: [0, 2],
  flexibleFrom: 2,
  fields: {
    topics: array(struct({
      name: string(),
      partitions: array(struct({
        partitionIndex: int32(),
        offset: int64(),
      })),
    })),
    timeoutMs: int32(),
  },
});
export type DeleteRecordsRequest = ValueOf<typeof DeleteRecordsRequest>;

/** Where each partition's log begins now. */
export const DeleteRecordsResponse = message({
  name: "DeleteRecordsResponse",
  apiKey: 21,
  versions: [0, 2],
  flexibleFrom: 2,
  fields: {
    throttleTimeMs: int32(),
    topics: array(struct({
      name: string(),
      partitions: array(struct({
        partitionIndex: int32(),
        lowWatermark: int64(),
        errorCode: int16(),
      })),
    })),
  },
});
export type DeleteRecordsResponse = ValueOf<typeof DeleteRecordsResponse>;
