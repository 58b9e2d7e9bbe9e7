/** The quorum of the metadata log as its leader describes it (DescribeQuorum). */

/** One who has the metadata log: a voter, or an observer. */
export interface QuorumReplica {
  readonly id: number;
  /** undefined where it is not known: of voters at kraft.version 0. */
  readonly directoryId: string | undefined;
  readonly logEndOffset: number;
  /** Milliseconds since 1970; -1 when it has not fetched since this leader leads. */
  readonly lastFetchTimestamp: number;
  /** When it last had all; -1 for never. */
  readonly lastCaughtUpTimestamp: number;
}

/** Where a node of the quorum is to be found. */
export interface QuorumNode {
  readonly id: number;
  readonly endpoints: readonly {
    readonly name: string;
    readonly host: string;
    readonly port: number;
  }[];
}

export interface QuorumDescription {
  readonly leaderId: number;
  readonly leaderEpoch: number;
  readonly highWatermark: number;
  readonly voters: readonly QuorumReplica[];
  readonly observers: readonly QuorumReplica[];
  /** Of the voters. */
  readonly nodes: readonly QuorumNode[];
}
