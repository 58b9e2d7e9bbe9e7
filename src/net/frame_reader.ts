/**
 * Cuts a stream into frames: `int32 size`, then that many bytes.
 *
 * Small frames lie in one buffer per connection that grows from 8 to 64 KiB when reads fill it. A
 * frame that doesn't fit there gets a buffer of its own, from the pool and counted in the budget,
 * and is read straight into it. Frames are views; nothing is copied but the first part of a large
 * frame and the head of a small one that lay across the buffer's end.
 *
 * A frame stays valid until {@link FrameReader.release}. Reading ahead meanwhile (which is also how
 * a closed connection is noticed while its request waits) goes behind the frame, or into a new
 * buffer, never over it.
 */
import type { Connection } from "../platform/mod.ts";
import { type BufferPool, capacityFor } from "./buffers.ts";
import type { ByteBudget } from "./byte_budget.ts";

const INITIAL_BYTES = 8 * 1024;
const LARGEST_BYTES = 64 * 1024;

/** The stream can't be cut any further; the connection must be closed. */
export class FrameError extends Error {
  override name = "FrameError";
}

export interface FrameReaderOptions {
  readonly pool: BufferPool;
  readonly budget: ByteBudget;
  /** `socket.request.max.bytes`. */
  readonly maxFrameBytes: number;
  /** Fires when the connection goes, so that waiting for the budget ends. */
  readonly signal: AbortSignal;
}

interface LargeFrame {
  readonly buffer: Uint8Array<ArrayBuffer>;
  readonly size: number;
  filled: number;
}

export class FrameReader {
  #buffer = new Uint8Array(INITIAL_BYTES);
  /** Bytes [start, end) of the buffer are read and not cut yet. */
  #start = 0;
  #end = 0;
  /** The buffer has a frame in it that is still looked at. */
  #isLent = false;
  /** The frame that was taken last is not released yet, wherever it lies. */
  #isServed = false;
  #large: LargeFrame | undefined;
  #lentLarge: LargeFrame | undefined;
  #reading: Promise<boolean> | undefined;
  #bytesRead = 0;
  #hasEnded = false;

  constructor(readonly connection: Connection, readonly options: FrameReaderOptions) {}

  /** Bytes read since the start: who watches it sees whether a frame makes progress. */
  get bytesRead(): number {
    return this.#bytesRead;
  }

  /** Part of a frame is here, or a large one is waiting for the rest. */
  get hasPartialFrame(): boolean {
    return this.#large !== undefined || this.#end > this.#start;
  }

  /** The other side has closed, or the connection broke. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /**
   * While a frame is served: so much lies behind it that nobody can see whether the stream ends.
   */
  get isBlind(): boolean {
    return this.#isServed && this.#reading === undefined && !this.#hasEnded;
  }

  /**
   * The next frame without its size, if all of it is here. Its bytes are valid until {@link
   * release}; no other frame may be taken before. Throws {@link FrameError} for a size that can't
   * be.
   */
  take(): Uint8Array | undefined {
    if (this.#large !== undefined) return this.#takeLarge(this.#large);
    const available = this.#end - this.#start;
    if (available < 4) return undefined;
    const size = this.#peekSize();
    if (available < 4 + size) return undefined;
    const from = this.#start + 4;
    this.#start = from + size;
    this.#isLent = true;
    this.#isServed = true;
    return this.#buffer.subarray(from, from + size);
  }

  /** Says that nobody looks at the last frame any more. */
  release(): void {
    this.#isLent = false;
    this.#isServed = false;
    const large = this.#lentLarge;
    if (large === undefined) return;
    this.#lentLarge = undefined;
    this.#giveBack(large);
  }

  /** Gives up a frame that will never be whole; the reader is of no use afterwards. */
  close(): void {
    const large = this.#large;
    this.#large = undefined;
    // A read may still be filling it, and then it must not be handed to someone else.
    if (large !== undefined) this.options.budget.give(large.buffer.length);
  }

  /** Reads once; false at the end of the stream. Joins a read that is under way. */
  fill(): Promise<boolean> {
    return this.#reading ??= this.#fill();
  }

  /**
   * Reads as long as there is room and the last frame is served, to notice the end of the stream
   * and to save time later. A large frame is not begun: it would hold its bytes of the budget for as
   * long as the request before it waits.
   */
  readAhead(onEnd: () => void): void {
    if (this.#reading !== undefined || this.#hasEnded) return;
    if (this.#large !== undefined || this.#end - this.#start >= LARGEST_BYTES / 2) return;
    this.#reading = this.#fill({ isAhead: true });
    this.#reading.then((more) => {
      if (!more) onEnd();
      else if (this.#isServed) this.readAhead(onEnd);
    });
  }

  async #fill({ isAhead = false } = {}): Promise<boolean> {
    try {
      const large = isAhead ? undefined : this.#large ?? await this.#startLarge();
      if (this.options.signal.aborted) return false;
      const into = large === undefined
        ? this.#room()
        : large.buffer.subarray(large.filled, large.size);
      const count = await this.connection.read(into);
      if (count === null || count === 0) return this.#ended();
      this.#bytesRead += count;
      if (large === undefined) this.#end += count;
      else large.filled += count;
      return true;
    } catch (error) {
      if (error instanceof FrameError) throw error;
      return this.#ended(); // a reset and the like: the other side is gone either way
    } finally {
      this.#reading = undefined;
    }
  }

  #ended(): false {
    this.#hasEnded = true;
    return false;
  }

  /** Where the next small read goes: behind what is there, in a buffer that nobody looks at. */
  #room(): Uint8Array {
    const { length } = this.#buffer;
    const pending = this.#end - this.#start;
    if (pending === 0 && !this.#isLent) this.#start = this.#end = 0;
    if (length - this.#end < length / 4) { // cramped: each read is a trip to the kernel, so make room
      const capacity = pending >= length / 2 ? Math.min(length * 2, LARGEST_BYTES) : length;
      if (this.#isLent || capacity > length) this.#moveTo(new Uint8Array(capacity));
      else this.#moveToFront();
    }
    return this.#buffer.subarray(this.#end);
  }

  #moveToFront(): void {
    this.#buffer.copyWithin(0, this.#start, this.#end);
    this.#end -= this.#start;
    this.#start = 0;
  }

  #moveTo(buffer: Uint8Array<ArrayBuffer>): void {
    buffer.set(this.#buffer.subarray(this.#start, this.#end));
    this.#end -= this.#start;
    this.#start = 0;
    this.#buffer = buffer;
    this.#isLent = false; // the frame keeps the old buffer alive, and nobody writes there any more
  }

  /**
   * If the frame at the front is a large one: admits it, and moves its first part to its own
   * buffer.
   */
  async #startLarge(): Promise<LargeFrame | undefined> {
    if (this.#end - this.#start < 4) return undefined;
    const size = this.#peekSize();
    if (4 + size <= LARGEST_BYTES) {
      this.#growFor(4 + size);
      return undefined;
    }
    const { budget, pool, signal } = this.options;
    const charge = capacityFor(size);
    if (!budget.tryTake(charge) && !(await budget.take(charge, signal))) return undefined;
    const buffer = pool.take(size);
    const filled = this.#end - this.#start - 4;
    buffer.set(this.#buffer.subarray(this.#start + 4, this.#end));
    this.#start = this.#end;
    return this.#large = { buffer, size, filled };
  }

  #growFor(bytes: number): void {
    if (bytes <= this.#buffer.length) return;
    let capacity = this.#buffer.length;
    while (capacity < bytes) capacity *= 2;
    this.#moveTo(new Uint8Array(capacity));
  }

  #takeLarge(large: LargeFrame): Uint8Array | undefined {
    if (large.filled < large.size) return undefined;
    this.#large = undefined;
    this.#lentLarge = large;
    this.#isServed = true;
    return large.buffer.subarray(0, large.size);
  }

  #giveBack({ buffer }: LargeFrame): void {
    this.options.budget.give(buffer.length);
    this.options.pool.give(buffer);
  }

  #peekSize(): number {
    const buffer = this.#buffer;
    const at = this.#start;
    const size = (buffer[at] << 24) | (buffer[at + 1] << 16) | (buffer[at + 2] << 8) |
      buffer[at + 3];
    if (size < 0 || size > this.options.maxFrameBytes) {
      throw new FrameError(
        `Cannot read a request: its size is ${size}, allowed are 0 to ${this.options.maxFrameBytes}`,
      );
    }
    return size;
  }
}
