/**
 * The sums of the batches in a buffer, proven ahead: small batches are summed many at a time, since
 * a call for each costs more than its bytes. Where a group has one that is wrong, each of the group
 * is summed alone.
 */
import { areSumsRight, crc32c, SUMMED_TOGETHER_BYTES, type SummedPart } from "../bytes/mod.ts";
import { AT, LENGTH_OVERHEAD, SUMMED_FROM } from "../records/mod.ts";

export class ProvenSums {
  readonly #buffer: Uint8Array;
  readonly #view: DataView;
  /** Whole batches end here. */
  readonly #to: number;
  /** Up to here all sums were looked at together, */
  #groupEnd = 0;
  /** and were right. */
  #isGroupRight = false;

  constructor(buffer: Uint8Array, to: number) {
    this.#buffer = buffer;
    this.#view = new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
    this.#to = to;
  }

  /** Of the batch here; asked for batch after batch. */
  isRight(at: number, size: number): boolean {
    if (at >= this.#groupEnd) this.#proveGroup(at);
    if (this.#isGroupRight) return true;
    return crc32c(this.#buffer, at + SUMMED_FROM, at + size) === this.#view.getUint32(at + AT.crc);
  }

  #proveGroup(from: number): void {
    const parts: SummedPart[] = [];
    let at = from;
    while (at < this.#to) {
      const end = at + LENGTH_OVERHEAD + this.#view.getInt32(at + AT.batchLength);
      if (end - from > SUMMED_TOGETHER_BYTES) break;
      parts.push({ start: at + SUMMED_FROM, end, sum: this.#view.getUint32(at + AT.crc) });
      at = end;
    }
    this.#groupEnd = at;
    this.#isGroupRight = parts.length > 0 && areSumsRight(this.#buffer, parts);
  }
}
