/**
 * Who votes, at each place of the metadata log where it changes (KIP-853). A change counts as soon
 * as it is appended, committed or not, and no more once it is cut off; so the one before it is kept
 * until it is committed.
 */
import type { Offset } from "../base/mod.ts";
import type { BatchView } from "../records/mod.ts";
import { readBatch } from "./metadata_snapshots.ts";
import { type QuorumVoters, STATIC_VOTERS, votersAfter } from "./quorum_voters.ts";

/** What a batch says of them; `offset` is behind it. */
export interface VotersChange {
  readonly offset: Offset;
  readonly voters: QuorumVoters;
}

/** Where the history begins. */
export interface KnownVoters {
  /** As of the snapshot that the log begins behind. */
  readonly voters: QuorumVoters;
  /** That snapshot is one of the log, and not what its directory was formatted with. */
  readonly areInLog: boolean;
  /** What the log says behind it. */
  readonly changes: readonly VotersChange[];
}

export class VotersHistory {
  /** In order of offsets; the first is from before the log. */
  #changes: VotersChange[] = [{ offset: 0, voters: STATIC_VOTERS }];
  #isBaseInLog = false;

  restart({ voters, areInLog, changes }: KnownVoters): void {
    this.#changes = [{ offset: 0, voters }, ...changes];
    this.#isBaseInLog = areInLog;
  }

  /** At the log's end. */
  get latest(): QuorumVoters {
    return this.#changes.at(-1)!.voters;
  }

  /** Before the last change; the same where there was none. */
  get previous(): QuorumVoters {
    return (this.#changes.at(-2) ?? this.#changes[0]).voters;
  }

  /** Behind the last change; 0 when it is from before the log. */
  get offset(): Offset {
    return this.#changes.at(-1)!.offset;
  }

  /** The log itself, or a snapshot of it, says who votes, if anything does. */
  get isInLog(): boolean {
    return this.#isBaseInLog || this.offset > 0;
  }

  append(change: VotersChange): void {
    this.#changes.push(change);
  }

  truncateTo(offset: Offset): void {
    while (this.#changes.length > 1 && this.offset > offset) this.#changes.pop();
  }

  /** What was before a committed change is of no more use. */
  onCommitted(highWatermark: Offset): void {
    while (this.#changes.length > 2 && this.#changes[1].offset <= highWatermark) {
      this.#changes.shift();
      this.#isBaseInLog = true;
    }
  }
}

/** What a batch changes; undefined when it says nothing of voters. Throws an Error for nonsense. */
export function changeIn(batch: BatchView, before: QuorumVoters): VotersChange | undefined {
  if (!batch.isControl) return undefined;
  const voters = readBatch(batch).reduce(
    (voters, { control }) => control === undefined ? voters : votersAfter(voters, control),
    before,
  );
  return voters === before ? undefined : { offset: batch.nextOffset, voters };
}
