/**
 * EndTxn, key 26: commits or aborts a transaction. Since version 5 every transaction ends with a
 * higher epoch (KIP-890).
 */
import { bool, int16, int32, int64, string } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** The transaction and how it is to end. */
export const EndTxnRequest = message({
  name: "EndTxnRequest",
  apiKey: 26,
  listeners: ["broker"],
  versions: [0, 5],
  flexibleFrom: 3,
  fields: {
    transactionalId: string(),
    producerId: int64(),
    producerEpoch: int16(),
    committed: bool(),
  },
});
export type EndTxnRequest = ValueOf<typeof EndTxnRequest>;

/** How it went; since version 5 with the id and epoch to go on with. */
export const EndTxnResponse = message({
  name: "EndTxnResponse",
  apiKey: 26,
  versions: [0, 5],
  flexibleFrom: 3,
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    producerId: int64({ since: 5, default: -1, ignorable: true }),
    producerEpoch: int16({ since: 5, default: -1, ignorable: true }),
  },
});
export type EndTxnResponse = ValueOf<typeof EndTxnResponse>;
