/**
 * The newest offset of every key in a part of a log, in memory of a fixed size: 24 bytes a key, an
 * MD5 and an offset, however long keys are. Two keys with one digest would count as one; at 128
 * bits that does not happen by chance.
 *
 * Slots are found by double hashing. The number of slots is odd and each key's step a power of two,
 * so that a key's way leads through all of them, and short steps keep it in few cache lines.
 */
import type { Offset } from "../../base/mod.ts";
import { md5 } from "../../bytes/mod.ts";

const WORDS = 4;
const MAX_STEP_BITS = 7;

export class KeyOffsets {
  static readonly SLOT_BYTES = 24;
  /** The last offset that was looked at; -1 before the first. Records behind it were not. */
  latestOffset: Offset = -1;
  readonly #slots: number;
  readonly #capacity: number;
  readonly #digests: Int32Array;
  /** One more than the offset; 0 for a free slot. */
  readonly #next: Float64Array;
  readonly #digest = new Int32Array(WORDS);
  #size = 0;

  /**
   * @param maxBytes what it may take; it takes less when the range has fewer offsets than that.
   * @param loadFactor how full it may become.
   * @param maxKeys there are no more keys than this.
   */
  constructor(
    { maxBytes, loadFactor, maxKeys }: { maxBytes: number; loadFactor: number; maxKeys: number },
  ) {
    const allowed = Math.max(1, Math.floor(maxBytes / KeyOffsets.SLOT_BYTES));
    this.#capacity = Math.max(1, Math.min(maxKeys, Math.floor(allowed * loadFactor)));
    // One slot more than keys at least: a search ends at a free one.
    const needed = Math.max(this.#capacity + 1, Math.ceil(this.#capacity / loadFactor));
    this.#slots = Math.min(needed, Math.max(allowed, this.#capacity + 1)) | 1;
    this.#digests = new Int32Array(this.#slots * WORDS);
    this.#next = new Float64Array(this.#slots);
  }

  get size(): number {
    return this.#size;
  }

  get sizeInBytes(): number {
    return this.#slots * KeyOffsets.SLOT_BYTES;
  }

  get isFull(): boolean {
    return this.#size >= this.#capacity;
  }

  /** Notes that the key was last written at the offset. Not when {@link isFull}. */
  put(bytes: Uint8Array, start: number, end: number, offset: Offset): void {
    const slot = this.#find(bytes, start, end);
    if (this.#next[slot] === 0) {
      this.#digests.set(this.#digest, slot * WORDS);
      this.#size++;
    }
    this.#next[slot] = offset + 1;
    this.latestOffset = offset;
  }

  /** -1 for a key that was not seen. */
  get(bytes: Uint8Array, start: number, end: number): Offset {
    return this.#next[this.#find(bytes, start, end)] - 1;
  }

  /** The key's slot, or the free one that it would get. */
  #find(bytes: Uint8Array, start: number, end: number): number {
    const digest = this.#digest;
    md5(bytes, start, end, digest);
    const digests = this.#digests;
    const slots = this.#slots;
    let slot = (digest[0] >>> 0) % slots;
    const step = (1 << (digest[1] & MAX_STEP_BITS)) % slots;
    while (this.#next[slot] !== 0) {
      const at = slot * WORDS;
      if (
        digests[at] === digest[0] && digests[at + 1] === digest[1] &&
        digests[at + 2] === digest[2] && digests[at + 3] === digest[3]
      ) break;
      slot += step;
      if (slot >= slots) slot -= slots;
    }
    return slot;
  }
}
