/**
 * Buffers for large frames, kept and handed out again. A fresh megabyte costs the kernel 256 page
 * faults and the collector some pressure; the next produce request of the same size finds the last
 * one's buffer.
 */

const SMALLEST = 128 * 1024;
const LARGEST = 8 * 1024 * 1024;

/**
 * Buffers in sizes of powers of two from 128 KiB to 8 MiB; beyond that, exact ones that are not
 * kept.
 */
export class BufferPool {
  readonly #free = new Map<number, Uint8Array<ArrayBuffer>[]>();
  #kept = 0;

  /**
   * @param keepBytes the most that lies idle here; what comes back beyond it goes to the collector.
   */
  constructor(readonly keepBytes = 32 * 1024 * 1024) {}

  /** Bytes that lie idle. */
  get idleBytes(): number {
    return this.#kept;
  }

  /** A buffer of at least `size` bytes with anything in it. */
  take(size: number): Uint8Array<ArrayBuffer> {
    const capacity = capacityFor(size);
    const buffer = this.#free.get(capacity)?.pop();
    if (buffer === undefined) return new Uint8Array(capacity);
    this.#kept -= capacity;
    return buffer;
  }

  /** Takes a buffer back. The caller must hold no view of it any more. */
  give(buffer: Uint8Array<ArrayBuffer>): void {
    const capacity = buffer.length;
    if (capacity > LARGEST || this.#kept + capacity > this.keepBytes) return;
    const free = this.#free.get(capacity);
    if (free === undefined) this.#free.set(capacity, [buffer]);
    else free.push(buffer);
    this.#kept += capacity;
  }
}

/** The length of the buffer that the pool hands out for `size` bytes. */
export function capacityFor(size: number): number {
  if (size > LARGEST) return size;
  let capacity = SMALLEST;
  while (capacity < size) capacity *= 2;
  return capacity;
}
