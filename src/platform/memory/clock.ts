/**
 * Time that moves only when told to, so that hours pass in no time and the same way in every run.
 */
import type { Clock, Timer } from "../time.ts";
import { sleepBy } from "./sleep.ts";
import { Timers } from "./timers.ts";

export class SimulatedClock implements Clock {
  #elapsedMs = 0;
  #startMs: number;
  readonly #timers = new Timers();

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
    return { cancel: this.#timers.add(this.#elapsedMs + Math.max(delayMs, 0), run) };
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return sleepBy(this, delayMs, signal);
  }

  /** When the next timer is due, in the terms of `monotonic`. */
  get nextDue(): number | undefined {
    return this.#timers.nextDue;
  }

  /**
   * Lets time pass and runs what falls due, also what that sets in turn. Promises are not waited
   * for.
   */
  advance(ms: number): void {
    const end = this.#elapsedMs + ms;
    while (this.#isDue(end)) this.#runFirst();
    this.#elapsedMs = end;
  }

  /** Like `advance`, but after each timer lets the promises that hang on it go on. */
  async advanceAndSettle(ms: number): Promise<void> {
    const end = this.#elapsedMs + ms;
    await settle();
    while (this.#isDue(end)) {
      this.#runFirst();
      await settle();
    }
    this.#elapsedMs = end;
  }

  /** The wall clock jumps, as by NTP; `monotonic` and the timers don't notice. */
  jump(ms: number): void {
    this.#startMs += ms;
  }

  #isDue(end: number): boolean {
    const at = this.#timers.nextDue;
    return at !== undefined && at <= end;
  }

  #runFirst(): void {
    this.#elapsedMs = Math.max(this.#elapsedMs, this.#timers.nextDue!);
    this.#timers.takeFirst()();
  }
}

/** Turns of the microtask queue, enough for any chain of awaits between two events. */
async function settle(turns = 64): Promise<void> {
  for (let i = 0; i < turns; i++) await undefined;
}
