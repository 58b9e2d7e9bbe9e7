/**
 * Copies a partition's log into one in another directory, a slice at a time, batch for batch with
 * their offsets and epochs. The original is read and appended to meanwhile; what its retention
 * deletes before it was copied is passed over.
 */
import type { Offset } from "../base/mod.ts";
import { batchesOf } from "../records/mod.ts";
import type { PartitionLog } from "./partition_log.ts";

/**
 * Where a copy has to begin: at the batch that holds the log's first offset, which may begin before
 * it.
 */
export function copyStart(original: PartitionLog): Offset {
  const { logStartOffset, logEndOffset } = original;
  if (logStartOffset === logEndOffset) return logStartOffset;
  const { parts } = original.read(logStartOffset, {
    maxBytes: 1,
    upTo: logEndOffset,
    atLeastOneBatch: true,
  });
  for (const part of parts) {
    for (const { baseOffset } of batchesOf(part)) return Math.min(baseOffset, logStartOffset);
  }
  return logStartOffset;
}

/**
 * Copies up to so many bytes, at least one batch; returns how many. None: the copy is complete.
 * Throws KafkaError CORRUPT_MESSAGE for an original that can't be read, StorageError when a disk
 * fails.
 */
export function copySlice(original: PartitionLog, copy: PartitionLog, maxBytes: number): number {
  const { logStartOffset, logEndOffset } = original;
  if (copy.logEndOffset < logStartOffset) copy.restartAt(copyStart(original));
  let copied = 0;
  while (copied === 0 && copy.logEndOffset < logEndOffset) {
    const limits = { maxBytes, upTo: logEndOffset, atLeastOneBatch: true };
    const from = Math.max(copy.logEndOffset, logStartOffset);
    const { parts, bytes } = original.read(from, limits);
    for (const part of parts) copy.appendAsFollower(part);
    copied += bytes;
    if (bytes === 0) copy.skipTo(logEndOffset); // nothing is left of what was there
  }
  return copied;
}
