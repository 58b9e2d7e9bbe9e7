/** The machine's clock and its randomness. */
import type { Clock, Random, Timer } from "../time.ts";

/** The longest delay that setTimeout takes; longer ones are waited for in pieces. */
const LONGEST_DELAY_MS = 2 ** 31 - 1;

export class DenoClock implements Clock {
  now(): number {
    return Date.now();
  }

  monotonic(): number {
    return performance.now();
  }

  after(delayMs: number, run: () => void): Timer {
    let id: ReturnType<typeof setTimeout>;
    const wait = (leftMs: number) => {
      const step = Math.min(Math.max(leftMs, 0), LONGEST_DELAY_MS);
      id = setTimeout(() => leftMs > step ? wait(leftMs - step) : run(), step);
    };
    wait(delayMs);
    return { cancel: () => clearTimeout(id) };
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const onAbort = () => {
        timer.cancel();
        reject(signal!.reason);
      };
      const timer = this.after(delayMs, () => {
        signal?.removeEventListener("abort", onAbort);
        resolve();
      });
      signal?.addEventListener("abort", onAbort, { once: true });
    });
  }
}

export class DenoRandom implements Random {
  readonly #pool = new Uint32Array(512);
  #used = this.#pool.length;

  int(below: number): number {
    // 53 random bits scaled down: the bias is below 2^-20 for every `below` that is counted with
    // here.
    const bits = this.#word() * 0x20_0000 + (this.#word() >>> 11);
    return Math.floor(bits / 2 ** 53 * below);
  }

  fill(into: Uint8Array): Uint8Array {
    for (let at = 0; at < into.length; at += 65_536) {
      crypto.getRandomValues(into.subarray(at, at + 65_536) as Uint8Array<ArrayBuffer>);
    }
    return into;
  }

  #word(): number {
    if (this.#used === this.#pool.length) {
      crypto.getRandomValues(this.#pool);
      this.#used = 0;
    }
    return this.#pool[this.#used++];
  }
}
