/**
 * What passes between a leader and those who fetch from it, as bytes: records from one offset on, and
 * pieces of a snapshot. A leader puts them into the answers that the core has decided on; a follower
 * looks at what came before the core counts on it.
 */
import type { PartitionLog } from "../../log/mod.ts";
import type { FetchResponse, FetchSnapshotResponse, LogEnd } from "../../raft/mod.ts";
import { batchesOf } from "../../records/mod.ts";
import type { MetadataSnapshots } from "../metadata_snapshots.ts";
import { changeIn } from "../metadata_voters.ts";
import { STATIC_VOTERS } from "../quorum_voters.ts";

/** The answer with its records, committed or not: at least one batch, else at most so many bytes. */
export function recordsAnswer(
  answer: FetchResponse,
  log: PartitionLog,
  maxBytes: number,
): FetchResponse {
  const upTo = log.logEndOffset;
  const { parts } = log.read(answer.recordsFrom!, { maxBytes, upTo, atLeastOneBatch: true });
  return { ...answer, records: joined(parts) };
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0];
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** The answer with its piece of the snapshot, or why there is none. */
export function snapshotAnswer(
  answer: FetchSnapshotResponse,
  snapshots: MetadataSnapshots,
  maxBytes: number,
): FetchSnapshotResponse {
  const { snapshot, position } = answer;
  const id = snapshots.ids.find(({ endOffset, epoch }) =>
    endOffset > 0 && endOffset === snapshot.endOffset && epoch === snapshot.epoch
  );
  if (id === undefined) return { ...answer, error: "SNAPSHOT_NOT_FOUND" };
  const sizeInBytes = snapshots.sizeOf(id);
  if (position < 0 || position >= sizeInBytes) return { ...answer, error: "POSITION_OUT_OF_RANGE" };
  return { ...answer, sizeInBytes, bytes: snapshots.readPiece(id, position, maxBytes) };
}

/**
 * Why records of a leader are not those that come next in our log; undefined when they are. They
 * came over the wire, and are checked like anything else that does.
 */
export function checkFetched(
  records: Uint8Array,
  { epoch, endOffset }: LogEnd,
  leaderEpoch: number,
): string | undefined {
  let next = endOffset;
  let size = 0;
  try {
    for (const batch of batchesOf(records)) {
      const { baseOffset, partitionLeaderEpoch } = batch;
      if (!batch.isCrcValid()) return `wrong checksum at offset ${baseOffset}`;
      if (baseOffset !== next) return `offset ${baseOffset} where ${next} comes next`;
      if (partitionLeaderEpoch < epoch || partitionLeaderEpoch > leaderEpoch) {
        return `epoch ${partitionLeaderEpoch} at offset ${baseOffset}, behind ${epoch}`;
      }
      changeIn(batch, STATIC_VOTERS);
      epoch = partitionLeaderEpoch;
      next = batch.nextOffset;
      size += batch.sizeInBytes;
    }
  } catch (error) {
    return (error as Error).message;
  }
  return size === records.length ? undefined : "the last batch is cut short";
}

/**
 * The records of the first epoch among them; the others are asked for again, once these are on disk.
 * So an epoch begins on a log that is: after a crash the end of the log and its epochs then tell
 * whether something was taken away.
 */
export function ofOneEpoch(records: Uint8Array): Uint8Array {
  let size = 0;
  let epoch: number | undefined;
  for (const batch of batchesOf(records)) {
    epoch ??= batch.partitionLeaderEpoch;
    if (batch.partitionLeaderEpoch !== epoch) break;
    size += batch.sizeInBytes;
  }
  return records.subarray(0, size);
}
