/**
 * Reads the partition of a coordinator that is being loaded, up to the log's end: also what is not
 * committed yet, since its leader never takes anything back that it has once taken over. Nothing
 * that follows from it is told before it is committed.
 */
import type { Clock } from "../../platform/mod.ts";
import { batchesOf, type BatchView } from "../../records/mod.ts";
import type { Replica } from "../../replication/mod.ts";

export type ReadReplica = Pick<Replica, "log" | "logEndOffset" | "logStartOffset">;

export interface ReadingOptions {
  readonly replica: ReadReplica;
  readonly clock: Clock;
  /** How much is read at once. */
  readonly bytesAtOnce: number;
  /** Asked after each pause; false ends it. */
  readonly isWanted: () => boolean;
  /** Takes in a batch; returns how many records there were in it for the coordinator. */
  readonly onBatch: (batch: BatchView) => number;
}

/**
 * How many records there were; undefined when it was ended. All that the log has was taken in, in
 * the turn in which this resolves. Rejects with what a read throws.
 */
export async function readPartition(options: ReadingOptions): Promise<number | undefined> {
  const { replica, clock, bytesAtOnce, isWanted, onBatch } = options;
  let records = 0;
  for (let offset = replica.logStartOffset; offset < replica.logEndOffset;) {
    const { parts, bytes } = replica.log.read(offset, {
      maxBytes: bytesAtOnce,
      upTo: replica.logEndOffset,
      atLeastOneBatch: true,
    });
    if (bytes === 0) break;
    for (const part of parts) {
      for (const batch of batchesOf(part)) {
        records += onBatch(batch);
        offset = batch.nextOffset;
      }
    }
    if (offset >= replica.logEndOffset) break;
    await clock.sleep(0); // let others have a turn
    if (!isWanted()) return undefined;
  }
  return records;
}
