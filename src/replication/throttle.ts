/**
 * The limit on what is copied for replicas that are not in sync yet (KIP-73), so that a reassignment
 * or a broker that comes back takes no more of the network than it may. One counts what this broker
 * sends as a leader, one what it fetches as a follower:
 *
 *     leader|follower.replication.throttled.rate       bytes a second, of each broker
 *     leader|follower.replication.throttled.replicas   which replicas, of each topic
 *
 * Whoever is in sync is never held up, since producers wait for him; what he copies is counted.
 */
import { SampledRate } from "../base/mod.ts";
import { type BrokerConfig, NO_LIMIT } from "../config/mod.ts";

export type ThrottledSide = "leader" | "follower";

export class ReplicationThrottle {
  readonly #rate: SampledRate;
  readonly #limit: () => number;

  constructor(side: ThrottledSide, config: () => BrokerConfig) {
    this.#rate = new SampledRate({
      count: config().get("replication.quota.window.num"),
      sizeMs: config().get("replication.quota.window.size.seconds") * 1000,
    });
    this.#limit = () => config().get(`${side}.replication.throttled.rate`);
  }

  /** So much was copied of throttled replicas. */
  record(bytes: number, now: number): void {
    if (this.#limit() < NO_LIMIT) this.#rate.record(bytes, now);
  }

  isExceeded(now: number): boolean {
    const limit = this.#limit();
    return limit < NO_LIMIT && this.#rate.rate(now) > limit;
  }
}

/** Whether a topic's list of throttled replicas has this one: `*`, or `partition:broker` by commas. */
export function isListed(list: string, partition: number, brokerId: number): boolean {
  return list === "*" || list.split(",").includes(`${partition}:${brokerId}`);
}
