/**
 * A bucket that fills with time and is drawn from: so much at once, and so much a second in the
 * long run (KIP-599). It may be drawn below nothing once; who comes then is told how long to wait.
 * One that holds nothing saves nothing up, and only tells how long what was drawn has to last.
 *
 * Pure: the time is an argument, in milliseconds of a clock that never goes back. So is the rate,
 * which may change while the bucket is in use.
 */
export class TokenBucket {
  #tokens: number;
  #updatedMs: number;

  /** Full. @param burstSeconds what the bucket holds is the rate times this */
  constructor(private readonly burstSeconds: number, rate: number, now: number) {
    this.#tokens = burstSeconds * rate;
    this.#updatedMs = now;
  }

  /** What is in it now; below 0 when it is owed something. */
  tokens(rate: number, now: number): number {
    const filled = this.#tokens + rate * (now - this.#updatedMs) / 1000;
    this.#tokens = Math.min(this.burstSeconds * rate, filled);
    this.#updatedMs = now;
    return this.#tokens;
  }

  draw(amount: number, rate: number, now: number): void {
    this.#tokens = this.tokens(rate, now) - amount;
  }

  /** How long until nothing is owed any more; 0 when nothing is. */
  throttleMs(rate: number, now: number): number {
    const tokens = this.tokens(rate, now);
    return tokens < 0 ? Math.round(-tokens / rate * 1000) : 0;
  }

  /** It is full: a new one would say the same. */
  isAtRest(rate: number, now: number): boolean {
    return this.tokens(rate, now) >= this.burstSeconds * rate;
  }
}
