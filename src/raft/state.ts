/**
 * The states a node of the quorum can be in (KIP-595), each with what belongs to it and nothing
 * else, so that a candidate without votes or a follower without a leader can't be written down.
 *
 * ```
 *            election timeout          majority would vote, epoch + 1       majority of votes
 * Unattached ───────────────▶ Prospective ────────────────▶ Candidate ────────────────▶ Leader
 *     ▲  ▲                    ▲   ▲   │  ▲  refused, no answer  │                         │ resigns,
 *     │  │ higher epoch       │   │   │  └─────────────────────┘                         ▼ or a restart
 *     │  └──── any            │   │   └─ refused: back to what it was                  Resigned
 *     │            Follower ──┘ fetch timeout                                             │
 *     └───────────────────────────────────────────────────────────── timeout, epoch + 1 ──┘
 * ```
 *
 * Whoever hears of the leader of its epoch follows it. A Prospective changes nothing that others
 * could notice: a node that was cut off, and comes back, finds that nobody would vote for it, and
 * the epoch stays as it is (pre-vote, KIP-996).
 */
import type { Follower } from "./follower.ts";
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

export const NOTHING_PROMISED: QuorumStateData = {
  epoch: 0,
  votedId: undefined,
  leaderId: undefined,
};

export interface Unattached {
  readonly name: "Unattached";
  readonly epoch: number;
  readonly votedId: number | undefined;
  /** A voter stands when this passes; an observer asks another node who leads. */
  readonly electionDeadline: number;
}

/** Asks whether it would be elected before it stands; has its vote in this epoch still, or not. */
export interface Prospective {
  readonly name: "Prospective";
  readonly epoch: number;
  readonly votedId: number | undefined;
  /** Who led the epoch until it fell silent; undefined when nobody was known to. */
  readonly leaderId: number | undefined;
  readonly granting: ReadonlySet<number>;
  readonly refusing: ReadonlySet<number>;
  /** When this passes it gives up asking. */
  readonly electionDeadline: number;
}

export interface Candidate {
  readonly name: "Candidate";
  readonly epoch: number;
  readonly granting: ReadonlySet<number>;
  /** When this passes it asks anew whether it would be elected. */
  readonly electionDeadline: number;
}

export interface Resigned {
  readonly name: "Resigned";
  readonly epoch: number;
  readonly electionDeadline: number;
}

export type QuorumState = Unattached | Prospective | Candidate | Leader | Follower | Resigned;

/** Whom this state takes for the leader of its epoch. */
export function leaderOf(state: QuorumState, nodeId: number): number | undefined {
  switch (state.name) {
    case "Leader":
      return nodeId;
    case "Resigned":
      return nodeId;
    case "Follower":
    case "Prospective":
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
    case "Prospective":
      return { epoch, votedId: state.votedId, leaderId: state.leaderId };
    // The vote is spent once there is a leader, and Kafka's file drops it then.
    case "Leader":
    case "Resigned":
      return { epoch, votedId: undefined, leaderId: nodeId };
  }
}
