/**
 * What a {@link RaftCore} is told of its surroundings: who votes, how long to wait, and the log it
 * may look at.
 */
import type { LogEnd } from "./messages.ts";

export interface RaftConfig {
  readonly nodeId: number;
  /** Ids of the voters; a node that isn't among them observes. */
  readonly voters: readonly number[];
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
  /**
   * Largest epoch in the log that is `<= epoch`, and where its records end; `{0, 0}` when there is
   * none.
   */
  endOf(epoch: number): LogEnd;
}
