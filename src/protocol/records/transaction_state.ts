/** Records of `__transaction_state`. */
import { array, int16, int32, int64, int8, nullable, string, struct } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** Type 0: a transactional id. */
export const TransactionLogKey = message({
  name: "TransactionLogKey",
  apiKey: 0,
  versions: [0, 0],
  fields: {
    transactionalId: string(),
  },
});
export type TransactionLogKey = ValueOf<typeof TransactionLogKey>;

/**
 * The state of its transaction. Version 1 remembers the producer ids before and after (KIP-890).
 */
export const TransactionLogValue = message({
  name: "TransactionLogValue",
  apiKey: 0,
  versions: [0, 1],
  flexibleFrom: 1,
  fields: {
    producerId: int64(),
    previousProducerId: int64({ since: 1, tag: 0, default: -1 }),
    nextProducerId: int64({ since: 1, tag: 1, default: -1 }),
    producerEpoch: int16(),
    nextProducerEpoch: int16({ since: 1, tag: 3, default: -1 }),
    transactionTimeoutMs: int32(),
    transactionStatus: int8(),
    transactionPartitions: nullable(array(struct({
      topic: string(),
      partitionIds: array(int32()),
    }))),
    transactionLastUpdateTimestampMs: int64(),
    transactionStartTimestampMs: int64(),
    clientTransactionVersion: int16({ since: 1, tag: 2 }),
  },
});
export type TransactionLogValue = ValueOf<typeof TransactionLogValue>;
