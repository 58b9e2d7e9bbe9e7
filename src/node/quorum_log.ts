/** The metadata log as the quorum's core looks at it: its ends, its epochs, and who votes. */
import type { Offset, Uuid } from "../base/mod.ts";
import type { PartitionLog } from "../log/mod.ts";
import type { LogEnd, RaftLog } from "../raft/mod.ts";
import type { MetadataSnapshots } from "./metadata_snapshots.ts";
import type { VotersHistory } from "./metadata_voters.ts";
import type { QuorumVoters } from "./quorum_voters.ts";

const BEGINNING: LogEnd = { epoch: 0, endOffset: 0 };

export interface QuorumLogOptions {
  readonly log: PartitionLog;
  readonly snapshots: MetadataSnapshots;
  readonly history: VotersHistory;
  /** Who votes as long as the log does not say: kraft.version 0. */
  readonly staticVoters: readonly number[];
  readonly node: { readonly id: number; readonly directoryId: Uuid };
  /** Nothing more can be written, not into the reserve either. */
  readonly isFull: () => boolean;
}

export class QuorumLog implements RaftLog {
  readonly #options: QuorumLogOptions;

  constructor(options: QuorumLogOptions) {
    this.#options = options;
  }

  get end(): LogEnd {
    const { log } = this.#options;
    return { epoch: log.latestEpoch ?? this.start.epoch, endOffset: log.logEndOffset };
  }

  get start(): LogEnd {
    const { log, snapshots } = this.#options;
    const { logStartOffset } = log;
    if (logStartOffset === 0) return BEGINNING;
    return snapshots.ids.findLast(({ endOffset }) => endOffset === logStartOffset) ?? BEGINNING;
  }

  get snapshot(): LogEnd | undefined {
    return this.#options.snapshots.ids.findLast(({ endOffset }) => endOffset > 0);
  }

  get voters(): readonly number[] {
    return this.#idsOf(this.#options.history.latest);
  }

  get previousVoters(): readonly number[] {
    return this.#idsOf(this.#options.history.previous);
  }

  get votersOffset(): Offset {
    return this.#options.history.offset;
  }

  get isFull(): boolean {
    return this.#options.isFull();
  }

  endOf(epoch: number): LogEnd {
    const { end, start } = this;
    if (epoch >= end.epoch) return end;
    return this.#options.log.endOffsetFor(epoch) ?? (epoch >= start.epoch ? start : BEGINNING);
  }

  /** Known by another directory this node is not the one that is meant. */
  #idsOf({ kraftVersion, voters }: QuorumVoters): readonly number[] {
    const { staticVoters, node } = this.#options;
    if (kraftVersion === 0) return staticVoters;
    const isOther = (id: number, directoryId: Uuid) =>
      id === node.id && directoryId !== node.directoryId;
    return voters.filter((voter) => !isOther(voter.voterId, voter.voterDirectoryId))
      .map(({ voterId }) => voterId);
  }
}
