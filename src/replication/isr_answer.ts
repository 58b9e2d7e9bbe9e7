/** What the controller says to a leader that asks for another ISR, and what becomes of it. */
import type { ErrorName } from "../protocol/mod.ts";

export interface IsrAnswer {
  readonly error: ErrorName;
  readonly leaderEpoch: number;
  readonly partitionEpoch: number;
  readonly isr: readonly number[];
}

/** One of those who were to be taken in may not be, or nothing was tried: as before. */
const GIVEN_UP = new Set<ErrorName>(["INELIGIBLE_REPLICA", "OPERATION_NOT_ATTEMPTED"]);

/**
 * The controller knows something newer, and perhaps it is just what was asked for: whoever was to
 * be taken in counts until the metadata tells.
 */
const FINAL = new Set<ErrorName>([
  "UNKNOWN_TOPIC_OR_PARTITION",
  "UNKNOWN_TOPIC_ID",
  "FENCED_LEADER_EPOCH",
  "INVALID_UPDATE_VERSION",
  "INVALID_REQUEST",
  "NEW_LEADER_ELECTED",
]);

export const isGivenUpAt = (error: ErrorName): boolean => GIVEN_UP.has(error);

/** Asking again would be of no use. */
export const isFinal = (error: ErrorName): boolean => FINAL.has(error);
