/**
 * What idempotent producers were refused, and have sent more behind.
 *
 * A producer has up to five batches of a partition under way (KIP-98), numbered on. When the leader
 * can't take the first just now, since too few replicas are in sync, the disk is full or it does not
 * lead yet, the others are on their way already; and when they come, it may well be able to again.
 * Judged by itself the second then has a gap before it and is out of order. No client is meant to
 * hear that of a cluster's own trouble: librdkafka begins a new epoch of its producer id at it, for
 * all partitions at once, and numbers anew whatever it was not answered, also what a connection that
 * broke or a leader that died has kept from it and is in the log: it is there twice then. Worse is a
 * leader that knows nothing of the producer, and takes any sequence for its first (as Apache Kafka
 * does): the second batch is in and the first can't follow, for which Java's client asks without
 * end, and librdkafka takes it for written.
 *
 * So what goes on where a refused batch ended is refused as that was, until something else comes:
 * the client hears of one trouble, and sends all of it again in order. This holds for what was under
 * way, on the connection on which that is.
 */
import type { KafkaError } from "../protocol/mod.ts";
import { BatchView, CorruptRecords } from "../records/mod.ts";

/** A producer may have five under way: so many can be behind the first. */
const MAX_BEHIND = 4;
/**
 * Of so many partitions of all connections; where more were refused the oldest are judged by
 * themselves.
 */
const MAX_PIPELINES = 10_000;

/** Where a producer's batches come one behind the other. */
export interface Pipeline {
  readonly connectionId: number;
  /** By name or id, as the connection's requests have it. */
  readonly topic: string;
  readonly partition: number;
}

interface Refused {
  readonly error: KafkaError;
  readonly producerId: number;
  readonly producerEpoch: number;
  /** Where the next batch begins. */
  readonly nextSequence: number;
  /** Of so many more it is known. */
  readonly behind: number;
}

export class RefusedBatches {
  readonly #byPipeline = new Map<string, Refused>();

  /**
   * What the batch before this one was refused with, when this one goes on where that ended. Asked
   * once for each batch of a partition, it forgets what it knew of it.
   */
  take(pipeline: Pipeline, records: Uint8Array | null): Refused | undefined {
    if (this.#byPipeline.size === 0) return undefined;
    const key = keyOf(pipeline);
    const refused = this.#byPipeline.get(key);
    if (refused === undefined) return undefined;
    this.#byPipeline.delete(key);
    const batch = numbered(records);
    const goesOn = batch !== undefined && refused.behind > 0 &&
      batch.producerId === refused.producerId && batch.producerEpoch === refused.producerEpoch &&
      batch.baseSequence === refused.nextSequence;
    return goesOn ? refused : undefined;
  }

  /** @param before what {@link take} has said of this batch. */
  add(
    pipeline: Pipeline,
    records: Uint8Array | null,
    { error, before }: { error: KafkaError; before: Refused | undefined },
  ): void {
    const batch = numbered(records);
    if (batch === undefined) return;
    const { producerId, producerEpoch, lastSequence } = batch;
    this.#byPipeline.set(keyOf(pipeline), {
      error,
      producerId,
      producerEpoch,
      nextSequence: (lastSequence + 1) % 0x8000_0000,
      behind: before === undefined ? MAX_BEHIND : before.behind - 1,
    });
    if (this.#byPipeline.size <= MAX_PIPELINES) return;
    const [oldest] = this.#byPipeline.keys();
    this.#byPipeline.delete(oldest);
  }
}

const keyOf = ({ connectionId, topic, partition }: Pipeline): string =>
  `${connectionId} ${topic}-${partition}`;

/** The batch of an idempotent producer; undefined for one without numbers, or that is broken. */
function numbered(records: Uint8Array | null): BatchView | undefined {
  if (records === null) return undefined;
  try {
    const batch = new BatchView(records);
    return batch.hasProducerId && batch.baseSequence >= 0 ? batch : undefined;
  } catch (error) {
    if (error instanceof CorruptRecords) return undefined;
    throw error;
  }
}
