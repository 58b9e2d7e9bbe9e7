/**
 * A quota on a rate: bytes produced, bytes fetched, or the time that requests take. Who goes beyond
 * it is served, and then waits for as long as brings the rate back (KIP-13, KIP-124, KIP-219).
 *
 * Pure: the time is an argument.
 */
import { Meters, type RateWindows, SampledRate } from "../../base/mod.ts";
import type { ClientQuotaImage } from "../../metadata/mod.ts";
import { Limits } from "./limits.ts";

/** Whom a request comes from. */
export interface Caller {
  readonly user: string;
  /** Empty when the client gave none. */
  readonly clientId: string;
}

/** What an answer can say; 25 days. */
const LONGEST_MS = 2 ** 31 - 1;

export class RateQuota {
  readonly #key: string;
  readonly #windows: RateWindows;
  readonly #longestMs: number;
  readonly #meters = new Meters<SampledRate>();
  #limits: Limits;

  /**
   * @param key the kind of quota, as in `producer_byte_rate`
   * @param longestMs the longest that one request makes wait
   */
  constructor(key: string, windows: RateWindows, longestMs = LONGEST_MS) {
    this.#key = key;
    this.#windows = windows;
    this.#longestMs = longestMs;
    this.#limits = new Limits([], key);
  }

  /** Whether anybody is limited: if not, nothing needs to be counted. */
  get isSet(): boolean {
    return !this.#limits.isEmpty;
  }

  /** From here on these limits count. What was recorded under others is kept. */
  apply(quotas: Iterable<ClientQuotaImage>): void {
    this.#limits = new Limits(quotas, this.#key);
    if (this.#limits.isEmpty) this.#meters.clear();
  }

  /** Records, and says for how many milliseconds the caller has to wait; mostly 0. */
  record({ user, clientId }: Caller, amount: number, now: number): number {
    const limited = this.#limits.of(user, clientId);
    if (limited === undefined) return 0;
    const meter = this.#meters.get(
      limited.shared,
      () => new SampledRate(this.#windows),
      (other) => other.isAtRest(now),
    );
    meter.record(amount, now);
    return Math.min(this.#longestMs, meter.throttleMs(limited.limit, now));
  }

  /** Takes back what was recorded just now, since it did not come about. */
  unrecord({ user, clientId }: Caller, amount: number, now: number): void {
    const limited = this.#limits.of(user, clientId);
    if (limited !== undefined) this.#meters.peek(limited.shared)?.record(-amount, now);
  }

  /** The most that the windows hold without a wait; Infinity for who is not limited. */
  mostInWindows({ user, clientId }: Caller): number {
    const limited = this.#limits.of(user, clientId);
    // Kafka takes even NaN for a limit; nothing is beyond that.
    if (limited === undefined || Number.isNaN(limited.limit)) return Infinity;
    const { count, sizeMs } = this.#windows;
    return Math.floor(limited.limit * (count - 1) * sizeMs / 1000);
  }
}
