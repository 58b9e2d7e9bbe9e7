/**
 * How many bytes have become committed since a replica was made, for those who wait for so many of
 * them. What was appended is noted with where it ends, and counts once the high watermark has
 * passed that. Notes are few: when a great many appends wait, some are counted together, later.
 */
import type { Offset } from "../base/mod.ts";

const MAX_NOTES = 1024;

export class CommittedBytes {
  #appended = 0;
  #committed = 0;
  #notes: { end: Offset; bytes: number }[] = [];

  /** All that was appended. */
  get appended(): number {
    return this.#appended;
  }

  /** All that was committed. Only grows, so that what has come since is a subtraction. */
  get committed(): number {
    return this.#committed;
  }

  onAppended(bytes: number, end: Offset): void {
    this.#appended += bytes;
    if (this.#notes.length < MAX_NOTES) this.#notes.push({ end, bytes: this.#appended });
    else Object.assign(this.#notes[MAX_NOTES - 1], { end, bytes: this.#appended });
  }

  onCommitted(highWatermark: Offset): void {
    let count = 0;
    while (count < this.#notes.length && this.#notes[count].end <= highWatermark) count++;
    if (count === 0) return;
    this.#committed = Math.max(this.#committed, this.#notes[count - 1].bytes);
    this.#notes.splice(0, count);
  }

  /** The log was cut there: what was behind will never be committed. */
  onTruncated(offset: Offset): void {
    this.#notes = this.#notes.filter(({ end }) => end <= offset);
  }
}
