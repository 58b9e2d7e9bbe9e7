/**
 * Reads the batches of a sealed segment a buffer at a time, and can be left alone between two of
 * them: the cleaner rests often. A batch larger than the buffer makes it grow.
 */
import { batchSizeAt, BatchView, CorruptRecords } from "../../records/mod.ts";
import type { Segment } from "../segment.ts";

const MIN_BYTES = 4096;

/** A buffer that readers of one run hand on. */
export class ReadBuffer {
  readonly #size: number;
  bytes: Uint8Array<ArrayBuffer>;

  constructor(size: number) {
    this.#size = Math.max(size, MIN_BYTES);
    this.bytes = new Uint8Array(this.#size);
  }

  grow(size: number): void {
    this.bytes = new Uint8Array(size);
  }

  /** What a large batch needed is given back. */
  shrink(): void {
    if (this.bytes.length > this.#size) this.bytes = new Uint8Array(this.#size);
  }
}

export class BatchReader {
  readonly #segment: Segment;
  readonly #buffer: ReadBuffer;
  #position: number;

  constructor(segment: Segment, buffer: ReadBuffer, position = 0) {
    this.#segment = segment;
    this.#buffer = buffer;
    this.#position = position;
  }

  /**
   * The next whole batches, views of the buffer that are good until the next call; none at the end
   * of the segment. Throws `CorruptRecords` where there is no sound batch.
   */
  next(): BatchView[] {
    const left = this.#segment.sizeInBytes - this.#position;
    if (left <= 0) {
      this.#buffer.shrink();
      return [];
    }
    for (;;) {
      const into = this.#buffer.bytes.subarray(0, Math.min(this.#buffer.bytes.length, left));
      const length = this.#segment.file.read(into, this.#position);
      const batches = this.#cut(into.subarray(0, length));
      if (batches.length > 0) return batches;
      const size = length >= 12 ? 12 + new DataView(into.buffer).getInt32(8) : Infinity;
      // The file may have been cut by somebody's hand: more room brings no more bytes then.
      if (size > left || size <= into.length) throw this.#corrupt("it is cut short");
      this.#buffer.grow(size);
    }
  }

  #cut(bytes: Uint8Array): BatchView[] {
    const batches: BatchView[] = [];
    let at = 0;
    for (let size = batchSizeAt(bytes, at); size !== undefined; size = batchSizeAt(bytes, at)) {
      const batch = new BatchView(bytes, at);
      if (!batch.isCrcValid()) throw this.#corrupt("its checksum is wrong", at);
      batches.push(batch);
      at += size;
    }
    this.#position += at;
    return batches;
  }

  #corrupt(why: string, at = 0): CorruptRecords {
    const place = `${this.#segment.pathOf("log")} at ${this.#position + at}`;
    return new CorruptRecords(`Cannot read the batch in ${place}: ${why}`, "size");
  }
}
