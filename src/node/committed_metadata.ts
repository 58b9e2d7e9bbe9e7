/**
 * The image of all that is committed, and who waits for it to go on. Batches that this node has
 * appended as leader are at hand; all others, also what a leader sent, are read back from the log
 * once they are committed, so that a start and a follower take the same road.
 *
 * A snapshot that was fetched takes the place of all before it: listeners are then told what is
 * different, as if the records had come one by one.
 */
import { assert, type Offset, type TopicId, topicId } from "../base/mod.ts";
import type { PartitionLog } from "../log/mod.ts";
import { differenceOf, type MetadataDelta, MetadataImage } from "../metadata/mod.ts";
import { StorageError } from "../platform/mod.ts";
import type { MetadataRecord } from "../protocol/mod.ts";
import { batchesOf, type BatchView } from "../records/mod.ts";
import { checkFeatureLevels } from "./metadata_inspection.ts";
import { readBatch, type Snapshot } from "./metadata_snapshots.ts";
import { changeIn } from "./metadata_voters.ts";
import { type QuorumVoters, STATIC_VOTERS } from "./quorum_voters.ts";

const READ_BYTES = 1 << 20;

/**
 * Called with each new image and what is different in it; `offset` is that of the last record in
 * it.
 */
export type CommitListener = (image: MetadataImage, delta: MetadataDelta, offset: Offset) => void;

/** A batch of ours on its way to being committed. */
export interface PendingBatch {
  readonly baseOffset: Offset;
  readonly lastOffset: Offset;
  readonly epoch: number;
  readonly timestamp: number;
  /** Empty for a control batch. */
  readonly records: readonly MetadataRecord[];
  /** Who votes after it, if it says. */
  readonly voters?: QuorumVoters;
}

interface Waiter {
  readonly offset: Offset;
  /** Who waits relies on this node leading until then. */
  readonly relies: boolean;
  readonly resolve: (offset: Offset) => void;
  readonly reject: (error: Error) => void;
}

export class CommittedMetadata {
  readonly #log: PartitionLog;
  readonly #folder: string;
  readonly #listeners = new Set<CommitListener>();
  readonly #deletedTopics = new Set<TopicId>();
  #image = MetadataImage.empty;
  #quorum = STATIC_VOTERS;
  #lastTimestamp = -1;
  #bytesSinceSnapshot = 0;
  /** In order of offsets. Bounded by the requests under way, each of which waits for its own. */
  #pending: PendingBatch[] = [];
  #waiters: Waiter[] = [];

  constructor(log: PartitionLog, folder: string) {
    this.#log = log;
    this.#folder = folder;
  }

  get image(): MetadataImage {
    return this.#image;
  }

  /** Who votes, as of the image. */
  get quorum(): QuorumVoters {
    return this.#quorum;
  }

  /** Of the last batch in the image. */
  get lastTimestamp(): number {
    return this.#lastTimestamp;
  }

  get bytesSinceSnapshot(): number {
    return this.#bytesSinceSnapshot;
  }

  /** See `MetadataLog.deletedTopics`. */
  get deletedTopics(): ReadonlySet<TopicId> {
    return this.#deletedTopics;
  }

  get hasListeners(): boolean {
    return this.#listeners.size > 0;
  }

  get hasWaiters(): boolean {
    return this.#waiters.length > 0;
  }

  onCommitted(listener: CommitListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Takes a snapshot over: at the start, or one that was fetched.
   *
   * @param heardOf topics that the log had before, committed or not: those that the snapshot does
   * not have are gone
   */
  load(
    { id, records, voters, lastContainedLogTimestamp }: Snapshot,
    heardOf: readonly TopicId[] = [],
  ): void {
    checkFeatureLevels(records, this.#folder);
    const position = { offset: id.endOffset - 1, epoch: id.epoch };
    const before = this.#image;
    this.#image = MetadataImage.empty.apply(records, position).image;
    this.#lastTimestamp = lastContainedLogTimestamp;
    this.#quorum = voters;
    this.#bytesSinceSnapshot = 0;
    this.#pending = [];
    this.#tell(differenceOf(before, this.#image), position.offset);
    if (this.#listeners.size === 0) {
      for (const topic of heardOf) {
        if (!this.#image.topics.has(topic)) this.#deletedTopics.add(topic);
      }
    }
    this.#letGo();
  }

  /** Topics that the log names behind the image, whether that is committed or not. */
  topicsInLog(): TopicId[] {
    const topics: TopicId[] = [];
    const upTo = this.#log.logEndOffset;
    for (let next = this.#image.offset + 1; next < upTo;) {
      if (next < this.#log.logStartOffset) break;
      const { parts } = this.#log.read(next, { maxBytes: READ_BYTES, upTo, atLeastOneBatch: true });
      const before = next;
      for (const batch of parts.flatMap((part) => [...batchesOf(part)])) {
        for (const { record } of readBatch(batch)) {
          if (record?.type === "TopicRecord") topics.push(topicId(record.value.topicId));
        }
        next = Math.max(next, batch.nextOffset);
      }
      assert(next > before, `the metadata log has nothing at offset ${before}`);
    }
    return topics;
  }

  onSnapshotWritten(): void {
    this.#bytesSinceSnapshot = 0;
  }

  /** A batch was appended that needn't be read back. */
  expect(batch: PendingBatch, sizeInBytes: number): void {
    this.#pending.push(batch);
    this.#bytesSinceSnapshot += sizeInBytes;
  }

  /** The log was cut: what was appended there is gone, and was never committed. */
  cut(offset: Offset): void {
    assert(this.#image.offset < offset, `the metadata log was cut to ${offset}, which is applied`);
    this.#pending = this.#pending.filter(({ lastOffset }) => lastOffset < offset);
  }

  /** Brings the image up to there, batch by batch, and lets go who waits for it. */
  advance(highWatermark: Offset): void {
    while (this.#image.offset + 1 < highWatermark) {
      const next = this.#image.offset + 1;
      const [pending] = this.#pending;
      if (pending?.baseOffset === next) this.#apply(this.#pending.shift()!);
      else this.#replayFrom(next, Math.min(highWatermark, pending?.baseOffset ?? Infinity));
    }
    this.#letGo();
  }

  /** Resolves once the image holds the offset. */
  whenApplied(offset: Offset, { relies }: { relies: boolean }): Promise<Offset> {
    if (this.#image.offset >= offset) return Promise.resolve(offset);
    return new Promise((resolve, reject) =>
      this.#waiters.push({ offset, relies, resolve, reject })
    );
  }

  failWaiters(error: Error): void {
    for (const { reject } of this.#waiters.splice(0)) reject(error);
  }

  /** This node leads no more: nobody knows what becomes of what it appended. */
  failThoseWhoRely(error: Error): void {
    const relying = this.#waiters.filter(({ relies }) => relies);
    this.#waiters = this.#waiters.filter(({ relies }) => !relies);
    for (const { reject } of relying) reject(error);
  }

  #letGo(): void {
    const isDone = ({ offset }: Waiter) => offset <= this.#image.offset;
    const done = this.#waiters.filter(isDone);
    this.#waiters = this.#waiters.filter((waiter) => !isDone(waiter));
    for (const { offset, resolve } of done) resolve(offset);
  }

  /** Reads back what is in the log only, in batches that end before `upTo`. */
  #replayFrom(offset: Offset, upTo: Offset): void {
    const limits = { maxBytes: READ_BYTES, upTo, atLeastOneBatch: true };
    const { parts } = this.#log.read(offset, limits);
    let applied = 0;
    for (const part of parts) {
      for (const batch of batchesOf(part)) {
        if (batch.lastOffset < offset) continue;
        this.#apply(this.#readBack(batch, offset));
        this.#bytesSinceSnapshot += batch.sizeInBytes;
        applied++;
      }
    }
    assert(applied > 0, `the metadata log has nothing at offset ${offset}`);
  }

  #readBack(batch: BatchView, from: Offset): PendingBatch {
    const { baseOffset, lastOffset, partitionLeaderEpoch: epoch, maxTimestamp: timestamp } = batch;
    try {
      if (!batch.isCrcValid()) throw new Error("its checksum is wrong");
      const entries = readBatch(batch).filter(({ offset }) => offset >= from);
      const records = entries.flatMap(({ record }) => record ?? []);
      const voters = changeIn(batch, this.#quorum)?.voters;
      return { baseOffset, lastOffset, epoch, timestamp, records, voters };
    } catch (cause) {
      throw new StorageError(
        `Cannot replay the metadata in ${this.#folder} at offset ${baseOffset}: ${
          (cause as Error).message
        }`,
        this.#folder,
        { cause },
      );
    }
  }

  #apply({ lastOffset, epoch, timestamp, records, voters }: PendingBatch): void {
    this.#quorum = voters ?? this.#quorum;
    const { image, delta } = this.#image.apply(records, { offset: lastOffset, epoch });
    this.#image = image;
    this.#lastTimestamp = timestamp;
    this.#tell(delta, lastOffset);
  }

  #tell(delta: MetadataDelta, offset: Offset): void {
    if (this.#listeners.size === 0) {
      for (const [id, { after }] of delta.topics) {
        if (after === undefined) this.#deletedTopics.add(id);
      }
    }
    for (const listener of this.#listeners) listener(this.#image, delta, offset);
  }
}
