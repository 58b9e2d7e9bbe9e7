/**
 * WriteTxnMarkers, key 27: the transaction coordinator has partitions' leaders write how
 * transactions ended.
 */
import { array, bool, int16, int32, int64, int8, string, struct } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** The markers to write. */
export const WriteTxnMarkersRequest = message({
  name: "WriteTxnMarkersRequest",
  apiKey: 27,
  listeners: ["broker"],
  versions: [1, 2],
  flexibleFrom: 1,
  fields: {
    markers: array(struct({
      producerId: int64(),
      producerEpoch: int16(),
      transactionResult: bool(),
      topics: array(struct({
        name: string(),
        partitionIndexes: array(int32()),
      })),
      coordinatorEpoch: int32(),
      transactionVersion: int8({ since: 2, ignorable: true }),
    })),
  },
});
export type WriteTxnMarkersRequest = ValueOf<typeof WriteTxnMarkersRequest>;

/** How each partition's marker went. */
export const WriteTxnMarkersResponse = message({
  name: "WriteTxnMarkersResponse",
  apiKey: 27,
  versions: [1, 2],
  flexibleFrom: 1,
  fields: {
    markers: array(struct({
      producerId: int64(),
      topics: array(struct({
        name: string(),
        partitions: array(struct({
          partitionIndex: int32(),
          errorCode: int16(),
        })),
      })),
    })),
  },
});
export type WriteTxnMarkersResponse = ValueOf<typeof WriteTxnMarkersResponse>;
