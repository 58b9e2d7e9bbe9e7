/**
 * What a {@link RaftCore} is told of its surroundings: who it is, how long to wait, and the log it
 * may look at.
 */
import type { Offset } from "../base/mod.ts";
import type { LogEnd } from "./messages.ts";

export interface RaftConfig {
  readonly nodeId: number;
  /**
   * Stand for addresses at which somebody knows the quorum (`controller.quorum.bootstrap.servers`):
   * below zero, since nobody knows yet which nodes are there. Default none.
   */
  readonly bootstrapIds?: readonly number[];
  /** `controller.quorum.election.timeout.ms`; a voter waits between this and twice this. */
  readonly electionTimeoutMs: number;
  /** `controller.quorum.fetch.timeout.ms` */
  readonly fetchTimeoutMs: number;
  /** How long a leader may keep a fetch that has no news. */
  readonly fetchMaxWaitMs: number;
  /** `controller.quorum.election.backoff.max.ms` */
  readonly electionBackoffMaxMs: number;
}

/** What the core asks of a log, to read only; `log` does it, and neither has heard of the other. */
export interface RaftLog {
  /** Epoch of the last record (0 when there is none) and the offset behind it. */
  readonly end: LogEnd;
  /** Where the log begins, as the snapshot that it begins behind is called; `{0, 0}` for a whole one. */
  readonly start: LogEnd;
  /** The newest snapshot; undefined without one. */
  readonly snapshot: LogEnd | undefined;
  /**
   * Ids of those who vote, as the log says at its end, committed or not (KIP-853): a change counts
   * as soon as it is appended, and one that is cut off again counts no more. A node that isn't among
   * them observes. Known by another directory than the one it has, a node is not the one that is
   * meant, and its driver leaves it out.
   */
  readonly voters: readonly number[];
  /** Who voted before that was said: it is needed until the change is committed. */
  readonly previousVoters: readonly number[];
  /** Behind the record that said so; 0 when it is from before the log, or from the settings. */
  readonly votersOffset: Offset;
  /** It takes nothing more for now, votes neither: whoever has it can't lead, nor elect. */
  readonly isFull: boolean;
  /**
   * Largest epoch in the log that is `<= epoch`, and where its records end; `{0, 0}` when there is
   * none.
   */
  endOf(epoch: number): LogEnd;
}
