/**
 * The states a node of the quorum can be in (KIP-595), each with what belongs to it and nothing
 * else, so that a candidate without votes or a follower without a leader can't be written down.
 *
 * ```
 *            election timeout                majority of votes
 * Unattached ───────────────▶ Candidate ───────────────────────▶ Leader
 *     ▲  ▲                      ▲   │ somebody leads               │ resigns, or a restart
 *     │  │ higher epoch         │   ▼                              ▼
 *     │  └──────────── any    Follower ◀── somebody leads ──── Resigned ── timeout ─▶ Unattached, epoch + 1
 *     └─────────────────────────┘ fetch timeout: stands itself
 * ```
 *
 * Kafka 4 has a Prospective state before Candidate (pre-vote, KIP-996). It protects a larger quorum
 * from a node that was cut off and comes back with a high epoch; it comes with the larger quorum.
 */
import type { Offset } from "../base/mod.ts";
import type { Leader } from "./leader.ts";

/**
 * What must be on disk before anyone is told of it, or a node may vote twice: Kafka's
 * `quorum-state` file.
 */
export interface QuorumStateData {
  readonly epoch: number;
  /** For whom this node voted in the epoch. */
  readonly votedId: number | undefined;
  /** Who leads the epoch, where known. */
  readonly leaderId: number | undefined;
}

export interface Unattached {
  readonly name: "Unattached";
  readonly epoch: number;
  readonly votedId: number | undefined;
  /** A voter stands when this passes; an observer asks another node who leads. */
  readonly electionDeadline: number;
}

export interface Candidate {
  readonly name: "Candidate";
  readonly epoch: number;
  readonly granting: ReadonlySet<number>;
  /** Stands again in the next epoch when this passes. */
  readonly electionDeadline: number;
}

export interface Follower {
  readonly name: "Follower";
  readonly epoch: number;
  readonly leaderId: number;
  readonly votedId: number | undefined;
  /** Without a word from the leader until then, a voter stands itself. */
  fetchDeadline: number;
  /** When to ask again if no answer came; undefined while records are being written. */
  retryFetchAt: number | undefined;
  /** The leader's word on what is committed; ours is cut to what we have flushed. */
  leaderHighWatermark: Offset;
}

export interface Resigned {
  readonly name: "Resigned";
  readonly epoch: number;
  readonly electionDeadline: number;
}

export type QuorumState = Unattached | Candidate | Leader | Follower | Resigned;

/** Whom this state takes for the leader of its epoch. */
export function leaderOf(state: QuorumState, nodeId: number): number | undefined {
  switch (state.name) {
    case "Leader":
      return nodeId;
    case "Resigned":
      return nodeId;
    case "Follower":
      return state.leaderId;
    default:
      return undefined;
  }
}

/** What of a state outlives a restart. */
export function toPersist(state: QuorumState, nodeId: number): QuorumStateData {
  const { epoch } = state;
  switch (state.name) {
    case "Unattached":
      return { epoch, votedId: state.votedId, leaderId: undefined };
    case "Candidate":
      return { epoch, votedId: nodeId, leaderId: undefined };
    case "Follower":
      return { epoch, votedId: state.votedId, leaderId: state.leaderId };
    // The vote is spent once there is a leader, and Kafka's file drops it then.
    case "Leader":
    case "Resigned":
      return { epoch, votedId: undefined, leaderId: nodeId };
  }
}
