/**
 * What a follower does with the records that its leader sent: as far as they are whole batches, and
 * of no newer leader than the one that was asked.
 */
import { AT, batchSizeAt, CorruptRecords } from "../../records/mod.ts";
import { KafkaError } from "../../protocol/mod.ts";

/**
 * The whole batches at the beginning, up to the first that a newer leader has written: the leader
 * that was asked has become a follower meanwhile and answers with what it has fetched itself, of
 * which the asker has yet to learn in which epoch to ask for it (KAFKA-18723). Throws KafkaError
 * CORRUPT_MESSAGE.
 */
export function usableBatches(
  records: Uint8Array,
  leaderEpoch: number,
): Uint8Array {
  const view = new DataView(records.buffer, records.byteOffset, records.byteLength);
  let end = 0;
  try {
    for (;;) {
      const size = batchSizeAt(records, end);
      if (size === undefined || end + size > records.length) break;
      if (view.getInt32(end + AT.partitionLeaderEpoch) > leaderEpoch) break;
      end += size;
    }
  } catch (error) {
    if (!(error instanceof CorruptRecords)) throw error;
    throw new KafkaError("CORRUPT_MESSAGE", error.message, { cause: error });
  }
  return end === records.length ? records : records.subarray(0, end);
}
