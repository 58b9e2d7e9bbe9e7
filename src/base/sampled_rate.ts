/**
 * How fast something happens, looked at over the last few windows of time, as Kafka's quotas look
 * at it: the sum of all windows, over the time since the oldest began, with windows that are yet to
 * come counted as passed. So a rate begins low, and a burst in a quiet client is spread over the
 * whole span.
 *
 * Pure: the time is an argument, in milliseconds of a clock that never goes back.
 */

/** `quota.window.num` and `quota.window.size.seconds`. */
export interface RateWindows {
  readonly count: number;
  readonly sizeMs: number;
}

/** What happened between two moments. */
interface Sample {
  startMs: number;
  lastMs: number;
  sum: number;
}

export class SampledRate {
  readonly #windows: RateWindows;
  /** At most one more than there are windows, used in a circle. */
  readonly #samples: Sample[] = [];
  #current = 0;

  constructor(windows: RateWindows) {
    this.#windows = windows;
  }

  record(amount: number, now: number): void {
    let sample = this.#samples[this.#current] ?? this.#begin(now);
    if (now - sample.startMs >= this.#windows.sizeMs) {
      this.#current = (this.#current + 1) % (this.#windows.count + 1);
      sample = this.#begin(now);
    }
    sample.sum += amount;
    sample.lastMs = now;
  }

  /** Per second. */
  rate(now: number): number {
    this.#forgetOld(now);
    let sum = 0;
    for (const sample of this.#samples) sum += sample.sum;
    return sum / (this.#spanMs(now) / 1000);
  }

  /**
   * How long to wait until the rate is back at the limit, from now on; 0 when it is not above it.
   */
  throttleMs(limit: number, now: number): number {
    const rate = this.rate(now);
    return rate > limit ? Math.round((rate - limit) / limit * this.#spanMs(now)) : 0;
  }

  /** Nothing that was recorded counts any more: a new one would say the same. */
  isAtRest(now: number): boolean {
    this.#forgetOld(now);
    return this.#samples.every(({ sum }) => sum === 0);
  }

  #spanMs(now: number): number {
    const { count, sizeMs } = this.#windows;
    let oldest = now;
    for (const { startMs } of this.#samples) oldest = Math.min(oldest, startMs);
    const elapsedMs = now - oldest;
    const missing = count - 1 - Math.floor(elapsedMs / sizeMs);
    return Math.max(1, elapsedMs + Math.max(0, missing) * sizeMs);
  }

  #begin(now: number): Sample {
    return this.#samples[this.#current] = { startMs: now, lastMs: now, sum: 0 };
  }

  #forgetOld(now: number): void {
    const spanMs = this.#windows.count * this.#windows.sizeMs;
    for (const sample of this.#samples) {
      if (now - sample.lastMs >= spanMs) {
        Object.assign(sample, { startMs: now, lastMs: now, sum: 0 });
      }
    }
  }
}
