/**
 * Who gets a vote, and what a majority has: the two rules that Raft's safety rests on, as functions
 * of numbers alone.
 */
import type { Offset } from "../base/mod.ts";
import type { LogEnd } from "./messages.ts";
import { leaderOf, type QuorumState } from "./state.ts";

/** Whether a log holds all of the other: epoch first, then length (Raft 5.4.1). */
export function isUpToDate(theirs: LogEnd, ours: LogEnd): boolean {
  return theirs.epoch > ours.epoch ||
    (theirs.epoch === ours.epoch && theirs.endOffset >= ours.endOffset);
}

interface Asking {
  readonly id: number;
  readonly logEnd: LogEnd;
}

/**
 * Whether a node in `state` votes for the candidate, both being in the same epoch. Only who follows
 * nobody votes, once an epoch; asked again by the same candidate it says the same again, since the
 * answer may have been lost. Candidates voted for themselves; whoever leads, or led and resigned,
 * used its vote to get there.
 */
export function grantsVote(state: QuorumState, candidate: Asking, ours: LogEnd): boolean {
  if (state.name !== "Unattached" && state.name !== "Prospective") return false;
  if (state.votedId !== undefined) return state.votedId === candidate.id;
  return leaderOf(state, candidate.id) === undefined && isUpToDate(candidate.logEnd, ours);
}

/**
 * Whether it would vote for it if it stood in the next epoch (KIP-996). Not while it has a leader
 * that answers, nor when it is the leader; a promise it is not, and so may be given to several.
 */
export function wouldGrantVote(state: QuorumState, asking: Asking, ours: LogEnd): boolean {
  if (state.name === "Leader") return false;
  if (state.name === "Follower" && state.hasFetched) return false;
  return isUpToDate(asking.logEnd, ours);
}

export const majorityOf = (voters: readonly number[]): number => Math.floor(voters.length / 2) + 1;

/**
 * The offset below which a majority of voters has everything on disk, or undefined while that is
 * not above the start of the leader's epoch: records of earlier epochs are committed only by one of
 * this (Raft 5.4.2, figure 8).
 *
 * @param offsetOf how far a voter has its log on disk; 0 for one that was never heard of.
 */
export function committedOffset(
  voters: readonly number[],
  offsetOf: (id: number) => Offset,
  epochStartOffset: Offset,
): Offset | undefined {
  const offsets = voters.map(offsetOf).sort((a, b) => b - a);
  const held = offsets[majorityOf(voters) - 1];
  return held !== undefined && held > epochStartOffset ? held : undefined;
}
