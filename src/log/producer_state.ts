/**
 * What a partition remembers of those who write to it (KIP-98): for each producer id its epoch, its
 * last five batches, and its open transaction. From that a leader tells a batch that is new from
 * one that was sent again because its answer got lost, and from one that overtook another.
 *
 * It is what the batches of the log add up to: the same `onAppended` runs for a leader's append, a
 * follower's copy, and a replay at start. Only a leader, and only for new batches, asks `check`
 * first.
 *
 * Transactions decide how far read_committed consumers see. One that is open blocks at its first
 * offset; one that was ended goes on blocking until its marker is below the high watermark, since a
 * marker that is not replicated may yet be lost.
 */
import type { Offset } from "../base/mod.ts";
import { ByteReader } from "../bytes/mod.ts";
import { KafkaError } from "../protocol/mod.ts";
import { type BatchView, decodeControlRecord, recordsOf } from "../records/mod.ts";
import type { ProducerEnd } from "./overtaking.ts";
import type { ProducerSnapshotEntry } from "./producer_snapshot.ts";

/**
 * How many batches of a producer are told apart from new ones: as many as it may have in flight.
 */
const KEPT_BATCHES = 5;
const LAST_SEQUENCE = 0x7fff_ffff;
const NO_EPOCH = -1;

/** A batch that was appended, as far as a repetition of it needs to be answered. */
export interface AppendedBatch {
  readonly firstSequence: number;
  readonly lastSequence: number;
  readonly firstOffset: Offset;
  readonly lastOffset: Offset;
  readonly timestamp: number;
}

/** One producer, as DescribeProducers tells of it. */
export interface ActiveProducer {
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly lastSequence: number;
  readonly lastTimestamp: number;
  readonly coordinatorEpoch: number;
  /** -1 when no transaction is open. */
  readonly currentTxnStartOffset: Offset;
}

/** A transaction that a marker has ended. */
export interface CompletedTransaction {
  readonly producerId: number;
  readonly firstOffset: Offset;
  /** Of the marker. */
  readonly lastOffset: Offset;
  readonly isAborted: boolean;
}

/** Where a producer's newest batch lies, which tells of its sequence. */
export interface LastRecord {
  /** undefined when nothing of its epoch is there but a marker. */
  readonly lastDataOffset: Offset | undefined;
  readonly producerEpoch: number;
}

interface Producer {
  epoch: number;
  coordinatorEpoch: number;
  lastTimestamp: number;
  /** Oldest first, at most five. */
  batches: AppendedBatch[];
  /** undefined when no transaction is open. */
  currentTxnFirstOffset: Offset | undefined;
}

/** Who asks to append: producers keep order by sequence, coordinators write on behalf of them. */
export type ProducerOrigin = "client" | "coordinator";

export class ProducerState {
  readonly #name: string;
  #producers = new Map<number, Producer>();
  /** First offsets of open transactions by producer id, in rising order, as they were opened. */
  #open = new Map<number, Offset>();
  /** Ended, but the marker is not yet known to be below the high watermark; in order of markers. */
  #unreplicated: CompletedTransaction[] = [];
  #endOffset: Offset = 0;

  /** `name` is the partition's, for messages. */
  constructor(name: string) {
    this.#name = name;
  }

  get size(): number {
    return this.#producers.size;
  }

  /** Of the batches from here on none is known. */
  get endOffset(): Offset {
    return this.#endOffset;
  }

  /** How far a producer has come; undefined when nothing is known of it. */
  endOf(producerId: number): ProducerEnd | undefined {
    const known = this.#producers.get(producerId);
    if (known === undefined) return undefined;
    const last = known.batches.at(-1);
    return {
      producerEpoch: known.epoch,
      lastSequence: last?.lastSequence ?? -1,
      lastOffset: last?.lastOffset,
    };
  }

  /**
   * Judges a leader's new batch that has a producer id. Returns what was appended when it is a
   * repetition. Throws KafkaError as Kafka does. Changes nothing.
   */
  check(batch: BatchView, origin: ProducerOrigin): AppendedBatch | undefined {
    const known = this.#producers.get(batch.producerId);
    if (batch.isControl) {
      this.#checkMarker(batch, known);
      return undefined;
    }
    if (!known) return undefined; // no memory of it (new, expired, deleted): any sequence will do
    const { producerEpoch: epoch, baseSequence: first } = batch;
    if (origin === "client" && epoch === known.epoch) {
      const last = batch.lastSequence;
      const again = known.batches.find((b) => b.firstSequence === first && b.lastSequence === last);
      if (again) return again;
    }
    if (epoch < known.epoch) {
      throw this.#refuse("INVALID_PRODUCER_EPOCH", batch, `its epoch is ${known.epoch} by now`);
    }
    if (origin === "client") this.#checkSequence(batch, known);
    if (known.currentTxnFirstOffset !== undefined && !batch.isTransactional) {
      throw this.#refuse("INVALID_TXN_STATE", batch, "its transaction is still open");
    }
    return undefined;
  }

  #checkSequence(batch: BatchView, known: Producer): void {
    const first = batch.baseSequence;
    if (batch.producerEpoch !== known.epoch) {
      if (first === 0 || known.epoch === NO_EPOCH) return;
      throw this.#refuse(
        "OUT_OF_ORDER_SEQUENCE_NUMBER",
        batch,
        `a new epoch begins at sequence 0, not ${first}`,
      );
    }
    const last = known.batches.at(-1)?.lastSequence ?? -1;
    const next = last === LAST_SEQUENCE ? 0 : last + 1;
    if (first === next) return;
    throw this.#refuse(
      "OUT_OF_ORDER_SEQUENCE_NUMBER",
      batch,
      `sequence ${next} is next, not ${first}`,
    );
  }

  #checkMarker(batch: BatchView, known: Producer | undefined): void {
    if (!known) return;
    const marker = markerOf(batch);
    if (marker && marker.coordinatorEpoch < known.coordinatorEpoch) {
      throw this.#refuse(
        "TRANSACTION_COORDINATOR_FENCED",
        batch,
        `its coordinator's epoch is ${known.coordinatorEpoch} by now`,
      );
    }
    if (batch.producerEpoch < known.epoch) {
      throw this.#refuse("INVALID_PRODUCER_EPOCH", batch, `its epoch is ${known.epoch} by now`);
    }
  }

  #refuse(error: ConstructorParameters<typeof KafkaError>[0], batch: BatchView, why: string) {
    return new KafkaError(
      error,
      `Cannot append to ${this.#name}: producer ${batch.producerId} of epoch ${batch.producerEpoch}: ${why}`,
    );
  }

  /**
   * Takes in a batch that the log has, in the order of the log. Returns the transaction that it
   * ended.
   */
  onAppended(batch: BatchView): CompletedTransaction | undefined {
    const id = batch.producerId;
    if (id < 0) return undefined;
    this.#endOffset = batch.nextOffset;
    const { producerEpoch: epoch, maxTimestamp } = batch;
    if (batch.isControl) return this.#onMarker(batch, id, epoch, maxTimestamp);

    const producer = this.#producer(id, epoch);
    producer.lastTimestamp = maxTimestamp;
    remember(producer, {
      firstSequence: batch.baseSequence,
      lastSequence: batch.lastSequence, // -1 in what a coordinator writes for a producer
      firstOffset: batch.baseOffset,
      lastOffset: batch.lastOffset,
      timestamp: maxTimestamp,
    });
    if (batch.isTransactional && producer.currentTxnFirstOffset === undefined) {
      producer.currentTxnFirstOffset = batch.baseOffset;
      this.#open.set(id, batch.baseOffset);
    }
    return undefined;
  }

  #onMarker(
    batch: BatchView,
    producerId: number,
    epoch: number,
    timestamp: number,
  ): CompletedTransaction | undefined {
    const marker = markerOf(batch);
    if (!marker) return undefined; // a control record of a later Kafka
    const producer = this.#producer(producerId, epoch);
    producer.lastTimestamp = timestamp;
    producer.coordinatorEpoch = marker.coordinatorEpoch;
    const firstOffset = producer.currentTxnFirstOffset;
    producer.currentTxnFirstOffset = undefined;
    this.#open.delete(producerId);
    if (firstOffset === undefined) return undefined;
    const { isAborted } = marker;
    const completed = { producerId, firstOffset, lastOffset: batch.lastOffset, isAborted };
    this.#unreplicated.push(completed);
    return completed;
  }

  #producer(id: number, epoch: number): Producer {
    const known = this.#producers.get(id);
    if (known && known.epoch === epoch) return known;
    if (known) {
      known.epoch = epoch;
      known.batches = [];
      return known;
    }
    const made: Producer = {
      epoch,
      coordinatorEpoch: -1,
      lastTimestamp: -1,
      batches: [],
      currentTxnFirstOffset: undefined,
    };
    this.#producers.set(id, made);
    return made;
  }

  /**
   * Where read_committed must stop: the first offset of the oldest transaction that may still be
   * undone.
   */
  firstUnstableOffset(highWatermark: Offset): Offset | undefined {
    while (this.#unreplicated.length > 0 && this.#unreplicated[0].lastOffset < highWatermark) {
      this.#unreplicated.shift();
    }
    let first = this.firstOpenOffset();
    for (const { firstOffset } of this.#unreplicated) {
      if (first === undefined || firstOffset < first) first = firstOffset;
    }
    return first;
  }

  /** The first offset of the oldest open transaction. */
  firstOpenOffset(): Offset | undefined {
    return this.#open.values().next().value;
  }

  /**
   * Forgets producers that wrote nothing for so long; never one whose transaction is open. Not when
   * a log opens: how long that is today stands in the metadata, which is read later.
   */
  expire(now: number, producerIdExpirationMs: number): void {
    for (const [id, producer] of this.#producers) {
      const isOld = now - producer.lastTimestamp >= producerIdExpirationMs;
      if (isOld && producer.currentTxnFirstOffset === undefined) this.#producers.delete(id);
    }
  }

  /** Forgets those that wrote longest ago; never one whose transaction is open. */
  keepNewest(count: number): void {
    const lastOffset = ({ batches }: Producer) => batches.at(-1)?.lastOffset ?? -1;
    const idle = [...this.#producers]
      .filter(([, { currentTxnFirstOffset }]) => currentTxnFirstOffset === undefined)
      .sort(([, one], [, other]) => lastOffset(one) - lastOffset(other));
    for (const [id] of idle.slice(0, this.#producers.size - count)) this.#producers.delete(id);
  }

  clear(): void {
    this.#producers.clear();
    this.#open.clear();
    this.#unreplicated = [];
    this.#endOffset = 0;
  }

  *active(): Generator<ActiveProducer> {
    for (const [producerId, producer] of this.#producers) {
      yield {
        producerId,
        producerEpoch: producer.epoch,
        lastSequence: producer.batches.at(-1)?.lastSequence ?? -1,
        lastTimestamp: producer.lastTimestamp,
        coordinatorEpoch: producer.coordinatorEpoch,
        currentTxnStartOffset: producer.currentTxnFirstOffset ?? -1,
      };
    }
  }

  /** Of each producer, by its id. */
  lastRecords(): Map<number, LastRecord> {
    return new Map(
      [...this.#producers].map(([id, { epoch, batches }]) => [id, {
        lastDataOffset: batches.at(-1)?.lastOffset,
        producerEpoch: epoch,
      }]),
    );
  }

  /**
   * For the snapshot file: an entry for each batch that is remembered, oldest first. Apache Kafka
   * keeps the last one of a producer, which tells of all but the batches before.
   */
  toSnapshot(): ProducerSnapshotEntry[] {
    return [...this.#producers].flatMap(([id, producer]) => [
      ...producer.batches.slice(0, -1).map((batch) => olderEntry(id, producer, batch)),
      lastEntry(id, producer),
    ]);
  }

  /**
   * Begins from a snapshot, in place of all that was known. Several entries of one producer add up
   * to its batches, as long as they are of one epoch; for all else the last one counts.
   *
   * @param offset where the snapshot was taken. Its entries do not tell of markers, but it knows of
   * nothing behind it.
   */
  restore(entries: readonly ProducerSnapshotEntry[], offset: Offset): void {
    this.clear();
    if (entries.length > 0) this.#endOffset = offset;
    for (const entry of entries) {
      const producer = this.#producer(entry.producerId, entry.epoch);
      producer.coordinatorEpoch = entry.coordinatorEpoch;
      producer.lastTimestamp = entry.timestamp;
      producer.currentTxnFirstOffset = entry.currentTxnFirstOffset < 0
        ? undefined
        : entry.currentTxnFirstOffset;
      if (entry.lastOffset >= 0) remember(producer, batchOf(entry));
    }
    const open: [number, Offset][] = [];
    for (const [id, { currentTxnFirstOffset }] of this.#producers) {
      if (currentTxnFirstOffset !== undefined) open.push([id, currentTxnFirstOffset]);
    }
    this.#open = new Map(open.sort(([, one], [, other]) => one - other));
  }
}

function remember({ batches }: Producer, batch: AppendedBatch): void {
  if (batches.length === KEPT_BATCHES) batches.shift();
  batches.push(batch);
}

function lastEntry(producerId: number, producer: Producer): ProducerSnapshotEntry {
  const last = producer.batches.at(-1);
  return {
    producerId,
    epoch: producer.epoch,
    lastSequence: last?.lastSequence ?? -1,
    lastOffset: last?.lastOffset ?? -1,
    offsetDelta: last ? last.lastOffset - last.firstOffset : 0,
    timestamp: producer.lastTimestamp,
    coordinatorEpoch: producer.coordinatorEpoch,
    currentTxnFirstOffset: producer.currentTxnFirstOffset ?? -1,
  };
}

function olderEntry(
  producerId: number,
  { epoch, lastTimestamp, coordinatorEpoch }: Producer,
  { lastSequence, firstOffset, lastOffset, timestamp }: AppendedBatch,
): ProducerSnapshotEntry {
  return {
    producerId,
    epoch,
    lastSequence,
    lastOffset,
    offsetDelta: lastOffset - firstOffset,
    // Apache Kafka leaves out entries that are too old, each by itself: an older batch must not
    // outlive the last one and be taken for it.
    timestamp: Math.min(timestamp, lastTimestamp),
    coordinatorEpoch,
    currentTxnFirstOffset: -1, // which would be a second transaction
  };
}

function batchOf(
  { lastSequence, lastOffset, offsetDelta, timestamp }: ProducerSnapshotEntry,
): AppendedBatch {
  return {
    firstSequence: lastSequence < 0 ? -1 : sequenceBefore(lastSequence, offsetDelta),
    lastSequence,
    firstOffset: lastOffset - offsetDelta,
    lastOffset,
    timestamp,
  };
}

/** Counts back, from 0 to 2^31-1. */
function sequenceBefore(sequence: number, by: number): number {
  return sequence >= by ? sequence - by : LAST_SEQUENCE - (by - sequence) + 1;
}

/** What a control batch of a transaction says; undefined for other control records. */
function markerOf(batch: BatchView): { isAborted: boolean; coordinatorEpoch: number } | undefined {
  for (const record of recordsOf(batch, { maxDecompressedBytes: 1024 * 1024 })) {
    const { type, value } = decodeControlRecord(record);
    if (type !== "ABORT" && type !== "COMMIT") return undefined;
    const reader = new ByteReader(value);
    reader.int16(); // version, of which there is only 0
    return { isAborted: type === "ABORT", coordinatorEpoch: reader.int32() };
  }
  return undefined;
}
