/**
 * `.timeindex`: from time to offset. Entries of twelve bytes, int64 timestamp and int32 offset
 * relative to the base offset: up to the batch that ends at this offset, no record is younger than
 * this timestamp. Both rise strictly. The last entry of a sealed segment is its largest timestamp.
 */
import type { Offset } from "../base/mod.ts";
import type { Disk } from "../platform/mod.ts";
import { SparseIndex } from "./sparse_index.ts";

export interface TimeEntry {
  /** Of the batch that ends here or, in files of older Kafkas, holds this offset. */
  readonly timestamp: number;
  readonly lastOffset: Offset;
}

const timestampOf = (entry: DataView): number => entry.getInt32(0) * 2 ** 32 + entry.getUint32(4);

export class TimeIndex extends SparseIndex {
  static readonly ENTRY_BYTES = 12;
  readonly #baseOffset: Offset;
  /** Of the last entry, kept at hand because every append asks. */
  #lastTimestamp = -1;

  constructor(disk: Disk, path: string, baseOffset: Offset) {
    super(disk, path, TimeIndex.ENTRY_BYTES);
    this.#baseOffset = baseOffset;
  }

  override reset(): void {
    super.reset();
    this.#lastTimestamp = -1;
  }

  override unseal(): void {
    super.unseal();
    this.#lastTimestamp = this.last.timestamp;
  }

  /** Notes the largest timestamp so far, unless it is the last entry's already. */
  add(timestamp: number, lastOffset: Offset): void {
    if (timestamp <= this.#lastTimestamp) return;
    const entry = this.addEntry();
    entry.setInt32(0, Math.floor(timestamp / 2 ** 32));
    entry.setUint32(4, timestamp >>> 0);
    entry.setInt32(8, lastOffset - this.#baseOffset);
    this.#lastTimestamp = timestamp;
  }

  /** The last entry that is not younger than `timestamp`; undefined when there is none. */
  lookup(timestamp: number): TimeEntry | undefined {
    const before = this.countWhile((entry) => timestampOf(entry) <= timestamp);
    return before === 0 ? undefined : this.#decode(this.entryAt(before - 1));
  }

  /** The last entry; timestamp -1 when there is none. */
  get last(): TimeEntry {
    if (this.count === 0) return { timestamp: -1, lastOffset: this.#baseOffset };
    return this.#decode(this.entryAt(this.count - 1));
  }

  #decode(entry: DataView): TimeEntry {
    return { timestamp: timestampOf(entry), lastOffset: this.#baseOffset + entry.getInt32(8) };
  }

  /** Can it be the index of a segment? Looks at the ends only. */
  isSound(): boolean {
    if (this.count === 0) return true;
    const first = this.entryAt(0);
    const [firstTimestamp, firstOffset] = [timestampOf(first), first.getInt32(8)];
    const last = this.entryAt(this.count - 1);
    return firstOffset >= 0 && firstTimestamp >= 0 &&
      timestampOf(last) >= firstTimestamp + this.count - 1 &&
      last.getInt32(8) >= firstOffset + this.count - 1;
  }

  /** Forgets what lies at or behind the offset. */
  truncateTo(offset: Offset): void {
    const relative = offset - this.#baseOffset;
    this.keepFirst(this.countWhile((entry) => entry.getInt32(8) < relative));
    this.#lastTimestamp = this.last.timestamp;
  }
}
