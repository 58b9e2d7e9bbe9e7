/**
 * Batches of idempotent producers that have overtaken others where the leader changed.
 *
 * A producer has several batches under way. The first is at the former leader still, which refuses
 * it; the second goes to the next leader at once. So does librdkafka, though it means to wait: what
 * is under way counts as ended a moment before it is put back in its queue. The next leader sees a
 * gap, and OUT_OF_ORDER_SEQUENCE_NUMBER has librdkafka begin a new epoch, in which it sends again
 * also what is written (see `RefusedBatches` in `broker`). Or it knows nothing of the producer, and
 * takes the second for its first, as Apache Kafka does: then librdkafka believes that the one before
 * it is written too, and it is lost.
 *
 * So as long as a producer has written nothing under this leader, a batch with a gap before it is
 * refused once with an error at which every client just sends again, in order. If then the same
 * comes again the gap is there, or the producer was forgotten, and the batch is judged as ever.
 */
import type { Offset } from "../base/mod.ts";
import type { BatchView } from "../records/mod.ts";

/** Of so many producers; of more, the oldest are asked again. */
const MAX_PRODUCERS = 1000;
const SEQUENCES = 2 ** 31;

/** How far a producer has come. */
export interface ProducerEnd {
  readonly producerEpoch: number;
  readonly lastSequence: number;
  /** undefined when of its epoch there is nothing but a marker. */
  readonly lastOffset: Offset | undefined;
}

interface Seen {
  readonly producerEpoch: number;
  readonly firstSequence: number;
  readonly leaderEpoch: number;
}

export class Overtaking {
  readonly #seen = new Map<number, Seen>();

  /**
   * Whether the batch is to be sent again. Says so once of the same batch.
   *
   * @param end where its producer is; undefined when nothing is known of it
   */
  isDoubtful(
    batch: BatchView,
    end: ProducerEnd | undefined,
    { leaderEpoch, epochAt }: {
      leaderEpoch: number;
      /** Under which leader the record at the offset was written. */
      epochAt: (offset: Offset) => number | undefined;
    },
  ): boolean {
    const { producerId, producerEpoch, baseSequence: firstSequence } = batch;
    if (!hasGap(batch, end)) return false;
    if (end?.lastOffset !== undefined && epochAt(end.lastOffset) === leaderEpoch) return false;
    const seen = this.#seen.get(producerId);
    this.#seen.delete(producerId);
    const isSame = seen?.producerEpoch === producerEpoch &&
      seen.firstSequence === firstSequence && seen.leaderEpoch === leaderEpoch;
    if (isSame) return false;
    this.#seen.set(producerId, { producerEpoch, firstSequence, leaderEpoch });
    if (this.#seen.size > MAX_PRODUCERS) {
      const [oldest] = this.#seen.keys();
      this.#seen.delete(oldest);
    }
    return true;
  }
}

function hasGap({ producerEpoch, baseSequence }: BatchView, end: ProducerEnd | undefined): boolean {
  if (end !== undefined && producerEpoch < end.producerEpoch) return false;
  const next = producerEpoch === end?.producerEpoch ? end.lastSequence + 1 : 0;
  const ahead = (baseSequence - next + SEQUENCES) % SEQUENCES;
  return ahead > 0 && ahead < SEQUENCES / 2;
}
