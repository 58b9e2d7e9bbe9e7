/**
 * What a node must do after an event, as data. The driver does it in the order of the fields below;
 * `persist` and `truncateTo` must be done, on disk, before anything after them: a vote that left
 * before it was written down can be given twice.
 */
import type { Offset } from "../base/mod.ts";
import type { LogEnd, RaftMessage } from "./messages.ts";
import type { QuorumState, QuorumStateData } from "./state.ts";

/** The control record that opens a leader's epoch (KIP-595): who leads, who may vote, who did. */
export interface LeaderChange {
  readonly epoch: number;
  readonly leaderId: number;
  readonly voters: readonly number[];
  readonly grantingVoters: readonly number[];
}

/** From one state to another, for the log line and for checkers. */
export interface Transition {
  readonly from: QuorumState["name"];
  readonly to: QuorumState["name"];
  readonly epoch: number;
  readonly leaderId: number | undefined;
  readonly why: string;
}

/** A piece of the leader's snapshot, in order from the first on. */
export interface SnapshotPart {
  readonly snapshot: LogEnd;
  readonly position: number;
  readonly bytes: Uint8Array;
  /** The file is whole with it. */
  readonly isLast: boolean;
}

export interface Effects {
  /** First of all, and synced: epoch, vote and leader. */
  persist?: QuorumStateData;
  /** Then cut the log there; epochs and all. */
  truncateTo?: Offset;
  /**
   * Then append, and once it is flushed say so with `onFlushed`: a control record that opens our
   * epoch, or batches as the leader sent them.
   */
  append?: { readonly leaderChange: LeaderChange } | { readonly records: Uint8Array };
  /**
   * Then write the piece of a snapshot behind those before it; the first begins the file anew. With
   * the last one the file is the newest snapshot, the log is emptied and begins behind it, and all
   * of that is on disk and in use when `onSnapshotLoaded` says so.
   */
  snapshotPart?: SnapshotPart;
  /**
   * Everything below is committed: it may be replayed, and who waits for it answered. Never goes
   * back.
   */
  highWatermark?: Offset;
  /** Messages to leave after all of the above. */
  send: RaftMessage[];
  transitions: Transition[];
}

export const noEffects = (): Effects => ({ send: [], transitions: [] });
