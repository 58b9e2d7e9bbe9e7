/**
 * `.index`: from offset to place in the segment. Entries of eight bytes, int32 offset relative to
 * the base offset and int32 position; an entry names a batch by its *last* offset and where the
 * batch begins. Both rise strictly.
 */
import type { Offset } from "../base/mod.ts";
import type { Disk } from "../platform/mod.ts";
import { SparseIndex } from "./sparse_index.ts";

export class OffsetIndex extends SparseIndex {
  static readonly ENTRY_BYTES = 8;
  readonly #baseOffset: Offset;

  constructor(disk: Disk, path: string, baseOffset: Offset) {
    super(disk, path, OffsetIndex.ENTRY_BYTES);
    this.#baseOffset = baseOffset;
  }

  /** The batch that ends at `lastOffset` begins at `position`. */
  add(lastOffset: Offset, position: number): void {
    const entry = this.addEntry();
    entry.setInt32(0, lastOffset - this.#baseOffset);
    entry.setInt32(4, position);
  }

  /**
   * Where to begin looking for the offset: the place of a batch that is not behind it, and where
   * that batch ends; the segment's beginning, of which it says nothing.
   */
  lookup(offset: Offset): { position: number; lastOffset: Offset | undefined } {
    const relative = offset - this.#baseOffset;
    const before = this.countWhile((entry) => entry.getInt32(0) <= relative);
    if (before === 0) return { position: 0, lastOffset: undefined };
    const entry = this.entryAt(before - 1);
    return { position: entry.getUint32(4), lastOffset: this.#baseOffset + entry.getInt32(0) };
  }

  /** The last entry's place and offset; the segment's beginning when there is none. */
  get last(): { lastOffset: Offset; position: number } {
    if (this.count === 0) return { lastOffset: this.#baseOffset, position: 0 };
    const entry = this.entryAt(this.count - 1);
    return { lastOffset: this.#baseOffset + entry.getInt32(0), position: entry.getUint32(4) };
  }

  /**
   * Can it be the index of a segment of this size? Looks at the ends only; the middle is found out
   * by use.
   */
  isSound(segmentSize: number): boolean {
    if (this.count === 0) return true;
    const first = this.entryAt(0);
    const [firstOffset, firstPosition] = [first.getInt32(0), first.getInt32(4)];
    const last = this.entryAt(this.count - 1);
    return firstOffset >= 0 && firstPosition >= 0 && last.getInt32(4) < segmentSize &&
      last.getInt32(0) >= firstOffset + this.count - 1 &&
      last.getInt32(4) >= firstPosition + this.count - 1;
  }

  /** Forgets what lies at or behind the offset. */
  truncateTo(offset: Offset): void {
    const relative = offset - this.#baseOffset;
    this.keepFirst(this.countWhile((entry) => entry.getInt32(0) < relative));
  }
}
