/**
 * How far one follower has come, as its leader knows it from the follower's fetches: a fetch at an
 * offset says that all below it is safe with the follower (with durability `disk`: on its device).
 *
 * A follower is caught up as of the last moment at which it had all that the leader had. A busy
 * leader is ahead of each fetch by what came in while the fetch was on its way, so what counts is
 * where the leader's log ended at the fetch before: whoever has reached that was caught up when he
 * sent that one (KAFKA-1546, `replica.lag.time.max.ms`).
 */
import type { Offset } from "../base/mod.ts";

/** It has not fetched in this leader's epoch. */
export const UNKNOWN_OFFSET = -1;

/** What a follower's fetch says of it. */
export interface FollowerFetch {
  /** All below is safe with it. */
  readonly fetchOffset: Offset;
  readonly logStartOffset: Offset;
  /** The incarnation of the broker that asks; -1 when it does not say (KIP-903). */
  readonly brokerEpoch: number;
}

export class FollowerProgress {
  #endOffset: Offset = UNKNOWN_OFFSET;
  #logStartOffset: Offset = UNKNOWN_OFFSET;
  #brokerEpoch: number | undefined;
  #caughtUpMs: number;
  #fetchedMs = -Infinity;
  #leaderEndAtFetch: Offset = UNKNOWN_OFFSET;

  /**
   * One of the ISR is taken as caught up when its leader begins, and has as long as any other to
   * show that it is.
   */
  constructor({ isInSync, now }: { isInSync: boolean; now: number }) {
    this.#caughtUpMs = isInSync ? now : -Infinity;
  }

  /** All below is safe with it; {@link UNKNOWN_OFFSET} before its first fetch. */
  get endOffset(): Offset {
    return this.#endOffset;
  }

  get logStartOffset(): Offset {
    return this.#logStartOffset;
  }

  /** -1 when it never said; undefined before its first fetch. */
  get brokerEpoch(): number | undefined {
    return this.#brokerEpoch;
  }

  /** When it last had all that its leader had. */
  get caughtUpMs(): number {
    return this.#caughtUpMs;
  }

  onFetch(
    { fetchOffset, logStartOffset, brokerEpoch }: FollowerFetch,
    { leaderEnd, now }: { leaderEnd: Offset; now: number },
  ): void {
    if (fetchOffset >= leaderEnd) this.#caughtUpMs = Math.max(this.#caughtUpMs, now);
    else if (fetchOffset >= this.#leaderEndAtFetch) {
      this.#caughtUpMs = Math.max(this.#caughtUpMs, this.#fetchedMs);
    }
    this.#endOffset = fetchOffset;
    this.#logStartOffset = logStartOffset;
    this.#brokerEpoch = brokerEpoch;
    this.#leaderEndAtFetch = leaderEnd;
    this.#fetchedMs = now;
  }

  isCaughtUp({ leaderEnd, now, maxLagMs }: {
    leaderEnd: Offset;
    now: number;
    maxLagMs: number;
  }): boolean {
    return this.#endOffset === leaderEnd || now - this.#caughtUpMs <= maxLagMs;
  }
}
