/**
 * DescribeTransactions, key 65: the state of transactions by their ids (KIP-664).
 *
 * Served 0. There are no transactions yet, and no broker looks after any: NOT_COORDINATOR, as in a
 * Kafka where nobody has begun one.
 */
import {
  DescribeTransactionsRequest,
  DescribeTransactionsResponse,
  errorCode,
} from "../../protocol/mod.ts";
import { defineApi } from "../api.ts";

export const describeTransactions = defineApi({
  key: 65,
  name: "DescribeTransactions",
  request: DescribeTransactionsRequest,
  response: DescribeTransactionsResponse,
  versions: [0, 0],

  handle: ({ transactionalIds }) => ({
    transactionStates: transactionalIds.map((transactionalId) => ({
      transactionalId,
      errorCode: errorCode(transactionalId === "" ? "INVALID_REQUEST" : "NOT_COORDINATOR"),
    })),
  }),

  failed: ({ transactionalIds }, { code }) => ({
    transactionStates: transactionalIds.map((transactionalId) => ({
      transactionalId,
      errorCode: code,
    })),
  }),
});
