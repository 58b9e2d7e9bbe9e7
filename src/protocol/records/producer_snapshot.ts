/**
 * The `.snapshot` file beside a segment: what a partition knew of its producers at that offset.
 * Preceded by its version as int16.
 */
import { array, int16, int32, int64, struct, uint32 } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/**
 * Producers with their last batch and open transaction. `crc` is over all that follows it. Of several
 * entries of one producer Apache Kafka takes the last; ours before it are its older batches.
 */
export const ProducerSnapshot = message({
  name: "ProducerSnapshot",
  versions: [1, 1],
  fields: {
    crc: uint32(),
    producerEntries: array(struct({
      producerId: int64(),
      epoch: int16(),
      lastSequence: int32(),
      lastOffset: int64(),
      offsetDelta: int32(),
      timestamp: int64(),
      coordinatorEpoch: int32(),
      currentTxnFirstOffset: int64(),
    })),
  },
});
export type ProducerSnapshot = ValueOf<typeof ProducerSnapshot>;
