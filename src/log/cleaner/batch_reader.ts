/**
 * Reads the batches of a sealed segment a buffer at a time, and can be left alone between two of
 * them: the cleaner rests often. A batch larger than the buffer makes it grow.
 */
import type { Offset } from "../../base/mod.ts";
import { batchesOf, type BatchView } from "../../records/mod.ts";
import type { Segment } from "../segment.ts";
import { READ_SLACK_BYTES } from "../segment_reader.ts";

const MIN_BYTES = 4096 + READ_SLACK_BYTES;

/** A buffer that readers of one run hand on. */
export class ReadBuffer {
  readonly #size: number;
  bytes: Uint8Array<ArrayBuffer>;

  constructor(size: number) {
    this.#size = Math.max(size, MIN_BYTES);
    this.bytes = new Uint8Array(this.#size);
  }

  /** So much may be read at once, and what a read takes beyond that fits as well. */
  get room(): number {
    return this.#size - READ_SLACK_BYTES;
  }

  /** Room for so many bytes. */
  take(size: number): Uint8Array {
    if (size > this.bytes.length) this.bytes = new Uint8Array(size);
    return this.bytes;
  }

  /** What a large batch needed is given back. */
  shrink(): void {
    if (this.bytes.length > this.#size) this.bytes = new Uint8Array(this.#size);
  }
}

export class BatchReader {
  readonly #segment: Segment;
  readonly #buffer: ReadBuffer;
  readonly #endOffset: Offset;
  #offset: Offset;

  /** @param endOffset where the next segment begins. */
  constructor(
    segment: Segment,
    buffer: ReadBuffer,
    { from, endOffset }: { from: Offset; endOffset: Offset },
  ) {
    this.#segment = segment;
    this.#buffer = buffer;
    this.#offset = from;
    this.#endOffset = endOffset;
  }

  /**
   * The next whole batches, views of the buffer that are good until the next call; none at the end
   * of the segment. Throws KafkaError CORRUPT_MESSAGE where there is no sound batch: what is broken
   * stays where it is, and is neither cleaned away nor written anew.
   */
  next(): BatchView[] {
    const { bytes, nextOffset } = this.#segment.read(this.#offset, {
      maxBytes: this.#buffer.room,
      upTo: Infinity,
      atLeastOneBatch: true,
      endOffset: this.#endOffset,
      allocate: (size) => this.#buffer.take(size),
    });
    this.#offset = nextOffset;
    if (bytes.length === 0) this.#buffer.shrink();
    return [...batchesOf(bytes)];
  }
}
