/** DescribeTransactions, key 65: the state of transactional ids (KIP-664). */
import { array, int16, int32, int64, string, struct } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** The transactional ids. */
export const DescribeTransactionsRequest = message({
  name: "DescribeTransactionsRequest",
  apiKey: 65,
  listeners: ["broker"],
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    transactionalIds: array(string()),
  },
});
export type DescribeTransactionsRequest = ValueOf<typeof DescribeTransactionsRequest>;

/** Their states. */
export const DescribeTransactionsResponse = message({
  name: "DescribeTransactionsResponse",
  apiKey: 65,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    throttleTimeMs: int32(),
    transactionStates: array(struct({
      errorCode: int16(),
      transactionalId: string(),
      transactionState: string(),
      transactionTimeoutMs: int32(),
      transactionStartTimeMs: int64(),
      producerId: int64(),
      producerEpoch: int16(),
      topics: array(struct({
        topic: string(),
        partitions: array(int32()),
      })),
    })),
  },
});
export type DescribeTransactionsResponse = ValueOf<typeof DescribeTransactionsResponse>;
