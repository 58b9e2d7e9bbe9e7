/** AddOffsetsToTxn, key 25: announces that a transaction will commit offsets of a group. */
import { int16, int32, int64, string } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** The transaction and the group. */
export const AddOffsetsToTxnRequest = message({
  name: "AddOffsetsToTxnRequest",
  apiKey: 25,
  listeners: ["broker"],
  versions: [0, 4],
  flexibleFrom: 3,
  fields: {
    transactionalId: string(),
    producerId: int64(),
    producerEpoch: int16(),
    groupId: string(),
  },
});
export type AddOffsetsToTxnRequest = ValueOf<typeof AddOffsetsToTxnRequest>;

/** How it went. */
export const AddOffsetsToTxnResponse = message({
  name: "AddOffsetsToTxnResponse",
  apiKey: 25,
  versions: [0, 4],
  flexibleFrom: 3,
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16(),
  },
});
export type AddOffsetsToTxnResponse = ValueOf<typeof AddOffsetsToTxnResponse>;
