/**
 * How the cleaner shares the event loop and the disk with clients: it works for a moment, then
 * rests for a millisecond, or as long as it worked if that was more: a request never waits long,
 * and most of the core stays free; and it reads and writes no faster than
 * `log.cleaner.io.max.bytes.per.second`.
 */
import { TokenBucket } from "../../base/mod.ts";
import type { Clock } from "../../platform/mod.ts";

/** A request meets the event loop some four times until it is answered, and may wait each time. */
const SLICE_MS = 0.5;
/** A rest for the sake of the disk looks up so often whether it may be faster by now. */
const MAX_REST_MS = 250;

/** Bytes that all cleanings together have moved, and may move. */
export class Throttle {
  readonly #clock: Clock;
  readonly #bytesPerSecond: () => number;
  /** Nothing is saved up: it only tells what is owed. */
  readonly #bucket: TokenBucket;

  constructor(clock: Clock, bytesPerSecond: () => number) {
    this.#clock = clock;
    this.#bytesPerSecond = () => Math.max(bytesPerSecond(), 1);
    this.#bucket = new TokenBucket(0, 0, clock.monotonic());
  }

  spend(bytes: number): void {
    this.#bucket.draw(bytes, this.#bytesPerSecond(), this.#clock.monotonic());
  }

  /** How long to rest until what was spent is within the limit. */
  get delayMs(): number {
    return this.#bucket.throttleMs(this.#bytesPerSecond(), this.#clock.monotonic());
  }
}

/** The pace of one cleaning. */
export class Pace {
  readonly #clock: Clock;
  readonly #throttle: Throttle;
  readonly #signal: AbortSignal;
  #since: number;

  constructor(clock: Clock, throttle: Throttle, signal: AbortSignal) {
    this.#clock = clock;
    this.#throttle = throttle;
    this.#signal = signal;
    this.#since = clock.monotonic();
  }

  /**
   * After each bit of work that moved so many bytes. Undefined while there is time; else resolves
   * when there is again, and rejects with the signal's reason when the cleaning is called off.
   */
  after(bytes: number): Promise<void> | undefined {
    this.#throttle.spend(bytes);
    const isLate = this.#clock.monotonic() - this.#since >= SLICE_MS;
    return isLate || this.#throttle.delayMs >= 1 ? this.rest() : undefined;
  }

  /** While the device works, others do. */
  async during(work: Promise<void>): Promise<void> {
    await work;
    this.#signal.throwIfAborted();
    this.#since = this.#clock.monotonic();
  }

  async rest(): Promise<void> {
    const worked = this.#clock.monotonic() - this.#since;
    await this.#clock.sleep(Math.max(1, worked), this.#signal);
    for (let delay = this.#throttle.delayMs; delay >= 1; delay = this.#throttle.delayMs) {
      await this.#clock.sleep(Math.min(delay, MAX_REST_MS), this.#signal);
    }
    this.#since = this.#clock.monotonic();
  }
}
