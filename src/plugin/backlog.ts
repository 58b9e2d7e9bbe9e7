/**
 * What a source has yielded and no broker has acknowledged yet, within a bound of bytes. Full, it
 * either drops what is oldest and counts it (a live picture: the newest frame is the one worth
 * having) or says so, and the source is not pulled from until there is room (a file: every line
 * counts).
 *
 * Life of a record: `push`, `take` in a batch, and then `done` once acknowledged, or `putBack` to
 * its old place when the brokers were away; what is put back can be dropped like the rest.
 */
import type { OutgoingRecord } from "./contract.ts";

export interface BacklogOptions {
  keep: "newest" | "all";
  maxBytes: number;
}

export interface Waiting {
  record: OutgoingRecord;
  bytes: number;
}

/**
 * Roughly what a record takes on the wire; the bound is of memory, so a few bytes do not matter.
 */
export function sizeOf({ key, value, headers }: OutgoingRecord): number {
  let bytes = 32 + sizeOfPart(key) + sizeOfPart(value);
  for (const name in headers) bytes += name.length + sizeOfPart(headers[name]) + 4;
  return bytes;
}

const sizeOfPart = (part: Uint8Array | string | null | undefined) => part?.length ?? 0;

export class Backlog {
  readonly #options: BacklogOptions;
  #queue: Waiting[] = [];
  #first = 0;
  #queuedBytes = 0;
  #takenBytes = 0;
  #taken = 0;
  #dropped = 0;

  constructor(options: BacklogOptions) {
    this.#options = options;
  }

  /** Records that wait, those in a batch on its way included. */
  get records(): number {
    return this.#queue.length - this.#first + this.#taken;
  }

  get bytes(): number {
    return this.#queuedBytes + this.#takenBytes;
  }

  /** Records dropped so far, to make room. */
  get dropped(): number {
    return this.#dropped;
  }

  get isEmpty(): boolean {
    return this.#queue.length === this.#first;
  }

  /** Is the source to be held, because everything must be kept and the bound is reached? */
  get isFull(): boolean {
    return this.#options.keep === "all" && this.bytes >= this.#options.maxBytes;
  }

  push(record: OutgoingRecord): void {
    const bytes = sizeOf(record);
    this.#queue.push({ record, bytes });
    this.#queuedBytes += bytes;
    this.#dropOldest();
  }

  /** The oldest records, up to these limits and at least one, if there is one. */
  take({ maxBytes, maxRecords }: { maxBytes: number; maxRecords: number }): Waiting[] {
    let end = this.#first;
    let bytes = 0;
    while (end < this.#queue.length && end - this.#first < maxRecords) {
      if (end > this.#first && bytes + this.#queue[end].bytes > maxBytes) break;
      bytes += this.#queue[end++].bytes;
    }
    const batch = this.#queue.slice(this.#first, end);
    this.#first = end;
    this.#shrink();
    this.#queuedBytes -= bytes;
    this.#takenBytes += bytes;
    this.#taken += batch.length;
    return batch;
  }

  /** The batch is acknowledged, or given up. */
  done(batch: readonly Waiting[]): void {
    this.#takenBytes -= bytesOf(batch);
    this.#taken -= batch.length;
  }

  /** The batch could not be sent: it waits again, ahead of all that came later. */
  putBack(batch: readonly Waiting[]): void {
    this.done(batch);
    this.#queue = [...batch, ...this.#queue.slice(this.#first)];
    this.#first = 0;
    this.#queuedBytes += bytesOf(batch);
    this.#dropOldest();
  }

  /**
   * The newest record stays, however large: a bound smaller than one frame shall not stop the
   * picture.
   */
  #dropOldest(): void {
    if (this.#options.keep !== "newest") return;
    while (this.bytes > this.#options.maxBytes && this.#queue.length - this.#first > 1) {
      this.#queuedBytes -= this.#queue[this.#first].bytes;
      // Let go of the frame now, not when the queue is next made smaller.
      this.#queue[this.#first++] = undefined!;
      this.#dropped++;
    }
    this.#shrink();
  }

  /** Moves the queue to the front of its array, seldom enough that it costs nothing per record. */
  #shrink(): void {
    if (this.#first * 2 <= Math.max(64, this.#queue.length)) return;
    this.#queue = this.#queue.slice(this.#first);
    this.#first = 0;
  }
}

function bytesOf(batch: readonly Waiting[]): number {
  return batch.reduce((sum, { bytes }) => sum + bytes, 0);
}
