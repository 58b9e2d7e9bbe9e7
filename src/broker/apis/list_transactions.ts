/**
 * ListTransactions, key 66: the transactions that this broker looks after (KIP-664).
 *
 * Served 0 to 2: 1 filters by how long they have been open (KIP-994), 2 by a pattern of their ids
 * (KIP-1152). There are no transactions yet, and so none is listed.
 */
import {
  errorCode,
  KafkaError,
  ListTransactionsRequest,
  ListTransactionsResponse,
} from "../../protocol/mod.ts";
import { defineApi } from "../api.ts";

const STATES = new Set([
  "Empty",
  "Ongoing",
  "PrepareCommit",
  "PrepareAbort",
  "CompleteCommit",
  "CompleteAbort",
  "Dead",
  "PrepareEpochFence",
]);

export const listTransactions = defineApi({
  key: 66,
  name: "ListTransactions",
  request: ListTransactionsRequest,
  response: ListTransactionsResponse,
  versions: [0, 2],

  handle({ stateFilters, transactionalIdPattern }) {
    checkPattern(transactionalIdPattern);
    return { unknownStateFilters: stateFilters.filter((state) => !STATES.has(state)) };
  },

  failed: (_request, error) => ({ errorCode: errorCode(error.error) }),
});

function checkPattern(pattern: string | null): void {
  if (!pattern) return;
  try {
    new RegExp(pattern);
  } catch (cause) {
    throw new KafkaError("INVALID_REGULAR_EXPRESSION", `"${pattern}" is no pattern`, { cause });
  }
}
