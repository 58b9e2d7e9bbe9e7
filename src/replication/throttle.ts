/**
 * The limit on what is copied for replicas that are not in sync yet (KIP-73), so that a reassignment
 * or a broker that comes back takes no more of the network than it may. One counts what this broker
 * sends as a leader, one what it fetches as a follower:
 *
 *     leader|follower.replication.throttled.rate       bytes a second, of each broker
 *     leader|follower.replication.throttled.replicas   which replicas, of each topic
 *
 * Whoever is in sync is never held up, since producers wait for him; what he copies is counted.
 * Kafka looks at the rate over its windows and so sends in bursts; here it is a bucket of the same
 * size, which fills all the time.
 */
import { TokenBucket } from "../base/mod.ts";
import { type BrokerConfig, NO_LIMIT } from "../config/mod.ts";

export type ThrottledSide = "leader" | "follower";

export class ReplicationThrottle {
  /** Holds what all windows together may have. */
  readonly #bucket: TokenBucket;
  readonly #limit: () => number;

  constructor(side: ThrottledSide, config: () => BrokerConfig) {
    const burstSeconds = config().get("replication.quota.window.num") *
      config().get("replication.quota.window.size.seconds");
    this.#limit = () => config().get(`${side}.replication.throttled.rate`);
    this.#bucket = new TokenBucket(burstSeconds, this.#limit(), 0);
  }

  /** So much was copied of throttled replicas. */
  record(bytes: number, now: number): void {
    const limit = this.#limit();
    if (limit < NO_LIMIT) this.#bucket.draw(bytes, limit, now);
  }

  isExceeded(now: number): boolean {
    const limit = this.#limit();
    return limit < NO_LIMIT && this.#bucket.tokens(limit, now) <= 0;
  }
}

/** Whether a topic's list of throttled replicas has this one: `*`, or `partition:broker` by commas. */
export function isListed(list: string, partition: number, brokerId: number): boolean {
  return list === "*" || list.split(",").includes(`${partition}:${brokerId}`);
}
