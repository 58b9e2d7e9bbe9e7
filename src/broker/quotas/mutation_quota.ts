/**
 * The quota on changes of topics (`controller_mutation_rate`, KIP-599): partitions made and deleted
 * a second, drawn from a bucket that holds the changes of all windows. Clients that know of it are
 * refused (THROTTLING_QUOTA_EXCEEDED) while they owe something; older ones are served, and wait.
 */
import { Meters, TokenBucket } from "../../base/mod.ts";
import type { MutationQuota } from "../../controller/mod.ts";
import type { ClientQuotaImage } from "../../metadata/mod.ts";
import { KafkaError } from "../../protocol/mod.ts";
import { type Limit, Limits } from "./limits.ts";
import type { Caller } from "./rate_quota.ts";

const KEY = "controller_mutation_rate";
const LONGEST_MS = 2 ** 31 - 1;

/** The bucket of one request's caller, while the request is decided. */
export interface Drawing extends MutationQuota {
  /** For how long the caller has to wait; 0 when it need not. */
  readonly throttleMs: number;
}

/** For who is not limited. */
const FREE: Drawing = { take() {}, throttleMs: 0 };

export class MutationQuotas {
  readonly #burstSeconds: number;
  readonly #buckets = new Meters<{ bucket: TokenBucket; rate: number }>();
  #limits = new Limits([], KEY);

  /** @param burstSeconds what a bucket holds is its rate times this */
  constructor(burstSeconds: number) {
    this.#burstSeconds = burstSeconds;
  }

  apply(quotas: Iterable<ClientQuotaImage>): void {
    this.#limits = new Limits(quotas, KEY);
    if (this.#limits.isEmpty) this.#buckets.clear();
  }

  /**
   * @param isStrict the client knows how to be refused
   */
  open({ user, clientId }: Caller, isStrict: boolean, now: number): Drawing {
    const limited = this.#limits.of(user, clientId);
    return limited === undefined
      ? FREE
      : new LimitedDrawing(this.#bucketOf(limited, now), limited.limit, isStrict, now);
  }

  #bucketOf({ shared, limit }: Limit, now: number): TokenBucket {
    const entry = this.#buckets.get(
      shared,
      () => ({ bucket: new TokenBucket(this.#burstSeconds, limit, now), rate: limit }),
      ({ bucket, rate }) => bucket.isAtRest(rate, now),
    );
    entry.rate = limit;
    return entry.bucket;
  }
}

class LimitedDrawing implements Drawing {
  #throttleMs = 0;

  constructor(
    private readonly bucket: TokenBucket,
    private readonly rate: number,
    private readonly isStrict: boolean,
    private readonly now: number,
  ) {}

  get throttleMs(): number {
    return Math.min(LONGEST_MS, this.#throttleMs);
  }

  take(partitions: number): void {
    const { bucket, rate, now, isStrict } = this;
    if (isStrict && bucket.tokens(rate, now) < 0) {
      this.#throttleMs = Math.max(this.#throttleMs, bucket.throttleMs(rate, now));
      throw new KafkaError("THROTTLING_QUOTA_EXCEEDED");
    }
    bucket.draw(partitions, rate, now);
    if (isStrict) return;
    this.#throttleMs = Math.max(this.#throttleMs, bucket.throttleMs(rate, now));
  }
}
