/**
 * Time that moves only when told to, so that hours pass in no time and the same way in every run.
 */
import type { Clock, Timer } from "../time.ts";
import { sleepBy } from "./sleep.ts";

interface Due {
  readonly at: number;
  readonly run: () => void;
  /** Of two timers due at one moment the one that was set first runs first. */
  readonly order: number;
}

export class SimulatedClock implements Clock {
  #elapsedMs = 0;
  #startMs: number;
  #order = 0;
  /**
   * In order of time, then of setting. Tens of timers, not thousands: insertion is a scan from the
   * end.
   */
  #timers: Due[] = [];

  constructor(startMs = Date.UTC(2026, 0, 1)) {
    this.#startMs = startMs;
  }

  now(): number {
    return Math.floor(this.#startMs + this.#elapsedMs);
  }

  monotonic(): number {
    return this.#elapsedMs;
  }

  after(delayMs: number, run: () => void): Timer {
    const timer: Due = { at: this.#elapsedMs + Math.max(delayMs, 0), run, order: this.#order++ };
    let place = this.#timers.length;
    while (place > 0 && this.#timers[place - 1].at > timer.at) place--;
    this.#timers.splice(place, 0, timer);
    return {
      cancel: () => {
        const index = this.#timers.indexOf(timer);
        if (index >= 0) this.#timers.splice(index, 1);
      },
    };
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return sleepBy(this, delayMs, signal);
  }

  /** When the next timer is due, in the terms of `monotonic`. */
  get nextDue(): number | undefined {
    return this.#timers[0]?.at;
  }

  /**
   * Lets time pass and runs what falls due, also what that sets in turn. Promises are not waited
   * for.
   */
  advance(ms: number): void {
    const end = this.#elapsedMs + ms;
    while (this.#timers.length > 0 && this.#timers[0].at <= end) this.#runFirst();
    this.#elapsedMs = end;
  }

  /** Like `advance`, but after each timer lets the promises that hang on it go on. */
  async advanceAndSettle(ms: number): Promise<void> {
    const end = this.#elapsedMs + ms;
    await settle();
    while (this.#timers.length > 0 && this.#timers[0].at <= end) {
      this.#runFirst();
      await settle();
    }
    this.#elapsedMs = end;
  }

  /** The wall clock jumps, as by NTP; `monotonic` and the timers don't notice. */
  jump(ms: number): void {
    this.#startMs += ms;
  }

  #runFirst(): void {
    const due = this.#timers.shift()!;
    this.#elapsedMs = Math.max(this.#elapsedMs, due.at);
    due.run();
  }
}

/** Turns of the microtask queue, enough for any chain of awaits between two events. */
async function settle(turns = 64): Promise<void> {
  for (let i = 0; i < turns; i++) await undefined;
}
