/**
 * The clock of one host, as one process sees it: all hosts share a simulated time, and each has its
 * own idea of it. The wall clock is off by some amount and may be set; the crystal runs a little
 * too fast or too slow, which the monotonic clock and the timers show as well.
 */
import type { Clock, Timer } from "../time.ts";
import type { HostProcess } from "./host_process.ts";
import { sleepBy } from "./sleep.ts";

/** What belongs to the machine and outlives its processes. */
export interface HostTime {
  /** How far the wall clock is ahead; changed when somebody sets it. */
  wallOffsetMs: number;
  /** Milliseconds that this host counts in one of the simulation. */
  readonly rate: number;
  /** When it was switched on, in the time of the simulation: its monotonic clock begins there. */
  bootedAt: number;
}

export class HostClock implements Clock {
  readonly #shared: Clock;
  readonly #time: HostTime;
  readonly #process: HostProcess;
  /** The wall clock at the simulation's beginning. */
  readonly #beginning: number;

  constructor(shared: Clock, time: HostTime, process: HostProcess) {
    this.#shared = shared;
    this.#time = time;
    this.#process = process;
    this.#beginning = shared.now() - shared.monotonic();
  }

  now(): number {
    const { wallOffsetMs, rate } = this.#time;
    return Math.floor(this.#beginning + wallOffsetMs + this.#shared.monotonic() * rate);
  }

  monotonic(): number {
    return (this.#shared.monotonic() - this.#time.bootedAt) * this.#time.rate;
  }

  after(delayMs: number, run: () => void): Timer {
    let isCancelled = false;
    const timer = this.#shared.after(inMicroseconds(delayMs / this.#time.rate), () => {
      this.#process.run(() => isCancelled || run());
    });
    return {
      cancel: () => {
        isCancelled = true; // also when it is due and the process stopped
        timer.cancel();
      },
    };
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return sleepBy(this, delayMs, signal);
  }
}

/**
 * Rounded up, and one more: whoever was woken and looks at the clock must find that the time has
 * come, or it sets a timer again and again for a rest that is too small to be counted.
 */
function inMicroseconds(ms: number): number {
  return (Math.ceil(Math.max(0, ms) * 1000) + 1) / 1000;
}
