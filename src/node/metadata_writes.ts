/**
 * What changes the metadata log: a leader's batches, the record that opens its epoch, what a follower
 * is sent, cuts, and a snapshot that takes the log's place. Each keeps what stands beside the log in
 * step with it: who votes as of its end, and which batches wait for their commit.
 *
 * All of it throws StorageError when the disk fails. Of a full disk a leader's batch and a cut throw,
 * and nothing of them is there then; a follower's records and snapshots are told of and asked for
 * again.
 */
import type { LogEvent, Offset } from "../base/mod.ts";
import type { LogDirectory, PartitionLog } from "../log/mod.ts";
import { type Clock, isDiskFull } from "../platform/mod.ts";
import { LeaderChangeMessage } from "../protocol/mod.ts";
import type { LeaderChange, SnapshotPart } from "../raft/mod.ts";
import { batchesOf, encodeControlBatch } from "../records/mod.ts";
import type { CommittedMetadata, PendingBatch } from "./committed_metadata.ts";
import { BrokenSnapshot, type MetadataSnapshots } from "./metadata_snapshots.ts";
import { changeIn, type VotersHistory } from "./metadata_voters.ts";
import { encodeControlValue, votersRecords } from "./quorum_voters.ts";

export interface MetadataWritesOptions {
  readonly directory: LogDirectory;
  readonly log: PartitionLog;
  readonly history: VotersHistory;
  readonly committed: CommittedMetadata;
  readonly snapshots: MetadataSnapshots;
  readonly clock: Clock;
  readonly tell: LogEvent;
}

/** A leader's batch: what is in it, beside its bytes. */
export type Written = Pick<PendingBatch, "epoch" | "records" | "timestamp" | "voters">;

export class MetadataWrites {
  readonly #options: MetadataWritesOptions;
  #lastAppendAt = 0;

  constructor(options: MetadataWritesOptions) {
    this.#options = options;
  }

  /** When a leader's batch was appended last, as `Clock.monotonic` has it. */
  get lastAppendAt(): number {
    return this.#lastAppendAt;
  }

  /** As a leader. Returns the last record's offset. */
  append(bytes: Uint8Array, written: Written): Offset {
    const { directory, log, history, committed } = this.#options;
    const { epoch: leaderEpoch, timestamp: now, voters } = written;
    this.#lastAppendAt = this.#options.clock.monotonic();
    const { baseOffset, lastOffset } = directory.withReserve(() =>
      log.append(bytes, { leaderEpoch, now, origin: "raft" })
    );
    committed.expect({ baseOffset, lastOffset, ...written }, bytes.length);
    if (voters !== undefined) history.append({ offset: lastOffset + 1, voters });
    return lastOffset;
  }

  /**
   * The first batch of a leader's epoch. A directory that was formatted for a quorum in the log has
   * the voters in its first snapshot only; the first leader writes them into the log.
   */
  openEpoch({ epoch, leaderId, voters, grantingVoters }: LeaderChange): Offset {
    const timestamp = this.#options.clock.now();
    const voterOf = (voterId: number) => ({ voterId });
    const value = encodeControlValue(LeaderChangeMessage, {
      leaderId,
      voters: voters.map(voterOf),
      grantingVoters: grantingVoters.map(voterOf),
    });
    const { latest, isInLog } = this.#options.history;
    const others = isInLog ? [] : votersRecords(latest);
    const batch = encodeControlBatch([{ type: "LEADER_CHANGE", value }, ...others], { timestamp });
    const written = { epoch, records: [], timestamp };
    return this.append(batch, { ...written, voters: others.length > 0 ? latest : undefined });
  }

  /** As a follower, what the leader sent and was looked at. Returns whether it had room. */
  appendFetched(records: Uint8Array): boolean {
    const { directory, log, history, tell } = this.#options;
    try {
      directory.withReserve(() => log.appendAsFollower(records));
    } catch (error) {
      if (!isDiskFull(error)) throw error;
      tell("warn", "no room for metadata", { reason: error.message });
      return false;
    }
    for (const batch of batchesOf(records)) {
      const change = changeIn(batch, history.latest);
      if (change !== undefined) history.append(change);
    }
    return true;
  }

  truncateTo(offset: Offset): void {
    const { log, history, committed, tell } = this.#options;
    tell("info", "metadata log cut", { from: log.logEndOffset, to: offset });
    log.truncateTo(offset);
    history.truncateTo(offset);
    committed.cut(offset);
  }

  /** A piece of the leader's snapshot; its id when it was the last, and all of it is in use. */
  takeIn({ snapshot: id, position, bytes, isLast }: SnapshotPart): SnapshotPart["snapshot"] | void {
    const { log, history, committed, snapshots, tell } = this.#options;
    try {
      snapshots.writePiece(id, position, bytes);
      if (!isLast) return;
      const snapshot = snapshots.freeze(id);
      const heardOf = committed.topicsInLog();
      log.restartAt(id.endOffset);
      log.highWatermark = id.endOffset;
      history.restart({ voters: snapshot.voters, areInLog: true, changes: [] });
      committed.load(snapshot, heardOf);
      tell("info", "metadata snapshot fetched", { endOffset: id.endOffset, epoch: id.epoch });
      return id;
    } catch (error) {
      if (!isDiskFull(error) && !(error instanceof BrokenSnapshot)) throw error;
      tell("warn", "metadata snapshot not taken over", { reason: error.message });
    }
  }
}
