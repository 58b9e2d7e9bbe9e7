/**
 * Segments that are deleted by name and not yet by file: `file.delete.delay.ms` gives readers with
 * an old answer in hand, and administrators with second thoughts, some time. What is still due when
 * the log closes is removed at the next start; on a full disk nothing waits.
 */
import type { Clock, Timer } from "../platform/mod.ts";
import type { Segment } from "./segment.ts";

export class DelayedDeletions {
  readonly #clock: Clock;
  readonly #remove: (segments: readonly Segment[]) => void;
  readonly #timers = new Map<Timer, readonly Segment[]>();

  constructor(clock: Clock, remove: (segments: readonly Segment[]) => void) {
    this.#clock = clock;
    this.#remove = remove;
  }

  add(segments: readonly Segment[], delayMs: number): void {
    const timer = this.#clock.after(delayMs, () => {
      this.#timers.delete(timer);
      this.#remove(segments);
    });
    this.#timers.set(timer, segments);
  }

  /** Visits those that still lie there. */
  each(visit: (segment: Segment) => void): void {
    for (const segments of this.#timers.values()) segments.forEach(visit);
  }

  /** The room is needed: all that is due later is done now. */
  hurry(): void {
    const due = [...this.#timers.values()];
    this.cancel();
    for (const segments of due) this.#remove(segments);
  }

  cancel(): void {
    for (const timer of this.#timers.keys()) timer.cancel();
    this.#timers.clear();
  }
}
