/** What a node does from time to time. Each run is planned when the one before has ended. */
import type { Clock, Timer } from "../platform/mod.ts";

export interface ChoresOptions {
  readonly clock: Clock;
  /** Nothing is to be done for now. */
  readonly isIdle: () => boolean;
  /** A chore has thrown, and is not planned again. */
  readonly onFailure: (error: Error) => void;
}

export interface Chore {
  /** Until the first run. */
  readonly delayMs: number;
  /** From then on; asked each time, since settings change. */
  readonly everyMs: () => number;
  readonly run: () => void;
}

export class Chores {
  readonly #options: ChoresOptions;
  readonly #timers = new Set<Timer>();

  constructor(options: ChoresOptions) {
    this.#options = options;
  }

  begin({ delayMs, everyMs, run }: Chore): void {
    const { clock, isIdle, onFailure } = this.#options;
    const timer = clock.after(delayMs, () => {
      this.#timers.delete(timer);
      try {
        if (!isIdle()) run();
      } catch (error) {
        return onFailure(error as Error);
      }
      this.begin({ delayMs: everyMs(), everyMs, run });
    });
    this.#timers.add(timer);
  }

  close(): void {
    for (const timer of this.#timers) timer.cancel();
  }
}
