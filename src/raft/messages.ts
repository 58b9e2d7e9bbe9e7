/**
 * What the nodes of a quorum say to one another, without the wire: who, to whom, and the few
 * numbers that matter. `node` translates to and from Vote, BeginQuorumEpoch, EndQuorumEpoch, Fetch
 * and FetchSnapshot of the protocol.
 *
 * KIP-595 turned Raft around: followers fetch, so AppendEntries is the answer to a Fetch, and the
 * fetch offset is the acknowledgment. A leader says that it leads with BeginQuorumEpoch, since
 * nobody knows yet where to fetch. In the paper's words an epoch is a term and an offset an index.
 */
import type { Offset } from "../base/mod.ts";

/**
 * The last thing in a log: the epoch of its last record (0 when empty) and the offset behind that
 * record.
 */
export interface LogEnd {
  readonly epoch: number;
  readonly endOffset: Offset;
}

interface Envelope {
  readonly from: number;
  readonly to: number;
  /** The sender's epoch. */
  readonly epoch: number;
}

/** Answers carry whom the sender takes for the leader of its epoch. */
interface Answer extends Envelope {
  readonly leaderId: number | undefined;
}

/**
 * A candidate asks for a vote in its epoch; `logEnd` is how far its log goes. With `preVote` it only
 * asks whether it would get one if it stood (KIP-996), and the epoch is the one that it is in.
 */
export interface VoteRequest extends Envelope {
  readonly type: "VoteRequest";
  readonly preVote: boolean;
  readonly logEnd: LogEnd;
}

export interface VoteResponse extends Answer {
  readonly type: "VoteResponse";
  /** As the request had it; over the wire the correlation id brings it back. */
  readonly preVote: boolean;
  readonly granted: boolean;
}

/** A new leader tells the voters where to fetch. */
export interface BeginQuorumEpochRequest extends Envelope {
  readonly type: "BeginQuorumEpochRequest";
}

export interface BeginQuorumEpochResponse extends Answer {
  readonly type: "BeginQuorumEpochResponse";
}

/** A leader steps down; the first of `preferredSuccessors` may stand at once. */
export interface EndQuorumEpochRequest extends Envelope {
  readonly type: "EndQuorumEpochRequest";
  readonly preferredSuccessors: readonly number[];
}

/**
 * A follower asks for records from `fetchOffset`, and by that says that it has all before on disk.
 */
export interface FetchRequest extends Envelope {
  readonly type: "FetchRequest";
  readonly fetchOffset: Offset;
  /** Epoch of the follower's last record. */
  readonly lastFetchedEpoch: number;
  /**
   * The follower's own high watermark: the leader answers early once it can tell of a higher one.
   */
  readonly highWatermark: Offset;
}

export interface FetchResponse extends Answer {
  readonly type: "FetchResponse";
  /** "NONE", or why there are no records: KIP-595's errors that a follower acts on. */
  readonly error: "NONE" | "FENCED_LEADER_EPOCH" | "UNKNOWN_LEADER_EPOCH" | "NOT_LEADER";
  readonly highWatermark: Offset;
  /**
   * The end of the follower's log as the request had it. Over the wire the correlation id brings it
   * back; an answer to another question must not be taken for this one's: cutting the log again
   * because of a doubled answer would take back what was acknowledged meanwhile.
   */
  readonly asked: LogEnd;
  /**
   * The follower's log left ours: it cuts to the end of this epoch, as it knows it, and asks again.
   */
  readonly diverging?: LogEnd;
  /** What the follower needs is only in this snapshot any more: it fetches that (KIP-630). */
  readonly snapshot?: LogEnd;
  /** Where the driver reads the records that it sends along; absent: none. */
  readonly recordsFrom?: Offset;
  /** Whole record batches, put in by the leader's driver. */
  readonly records?: Uint8Array;
}

/** A piece of a snapshot is asked for, by the snapshot's name and the place in its file. */
export interface FetchSnapshotRequest extends Envelope {
  readonly type: "FetchSnapshotRequest";
  readonly snapshot: LogEnd;
  readonly position: number;
}

export interface FetchSnapshotResponse extends Answer {
  readonly type: "FetchSnapshotResponse";
  readonly error: FetchResponse["error"] | "SNAPSHOT_NOT_FOUND" | "POSITION_OUT_OF_RANGE";
  /** As the request had them. */
  readonly snapshot: LogEnd;
  readonly position: number;
  /** Of the whole file. The driver puts it in, and the bytes, or an error when they are not there. */
  readonly sizeInBytes?: number;
  readonly bytes?: Uint8Array;
}

export type RaftMessage =
  | VoteRequest
  | VoteResponse
  | BeginQuorumEpochRequest
  | BeginQuorumEpochResponse
  | EndQuorumEpochRequest
  | FetchRequest
  | FetchResponse
  | FetchSnapshotRequest
  | FetchSnapshotResponse;
