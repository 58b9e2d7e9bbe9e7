/**
 * ListTransactions, key 66: the transactional ids that a broker coordinates, by state, producer,
 * duration (KIP-994) or pattern (KIP-1152).
 */
import { array, int16, int32, int64, nullable, string, struct } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** The filters. */
export const ListTransactionsRequest = message({
  name: "ListTransactionsRequest",
  apiKey: 66,
  listeners: ["broker"],
  versions: [0, 2],
  flexibleFrom: 0,
  fields: {
    stateFilters: array(string()),
    producerIdFilters: array(int64()),
    durationFilter: int64({ since: 1, default: -1 }),
    transactionalIdPattern: nullable(string(), { since: 2, default: null }),
  },
});
export type ListTransactionsRequest = ValueOf<typeof ListTransactionsRequest>;

/** The transactional ids, without their partitions. */
export const ListTransactionsResponse = message({
  name: "ListTransactionsResponse",
  apiKey: 66,
  versions: [0, 2],
  flexibleFrom: 0,
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    unknownStateFilters: array(string()),
    transactionStates: array(struct({
      transactionalId: string(),
      producerId: int64(),
      transactionState: string(),
    })),
  },
});
export type ListTransactionsResponse = ValueOf<typeof ListTransactionsResponse>;
