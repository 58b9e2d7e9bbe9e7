/**
 * Metadata records that hold others together: what stands between begin and end is applied at once
 * or not at all (KIP-868).
 */
import { nullable, string } from "../../fields.ts";
import { message, type ValueOf } from "../../message.ts";

/** The records that follow belong together. */
export const BeginTransactionRecord = message({
  name: "BeginTransactionRecord",
  apiKey: 23,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    name: nullable(string(), { tag: 0, default: null }),
  },
});
export type BeginTransactionRecord = ValueOf<typeof BeginTransactionRecord>;

/** All records since the beginning count now. */
export const EndTransactionRecord = message({
  name: "EndTransactionRecord",
  apiKey: 24,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {},
});
export type EndTransactionRecord = ValueOf<typeof EndTransactionRecord>;

/** No record since the beginning counts. */
export const AbortTransactionRecord = message({
  name: "AbortTransactionRecord",
  apiKey: 25,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    reason: nullable(string(), { tag: 0, default: null }),
  },
});
export type AbortTransactionRecord = ValueOf<typeof AbortTransactionRecord>;
