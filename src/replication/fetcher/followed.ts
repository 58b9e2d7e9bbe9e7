/** A partition that is being fetched from one leader, in one leader epoch of it. */
import type { BrokerConfig } from "../../config/mod.ts";
import type { Replica } from "../replica.ts";
import type { FetchedPartition } from "./session.ts";

/** The first try after a failure comes soon: leaders hear of changes at other times than others. */
const LEAST_BACKOFF_MS = 20;

/** Before that it is most likely a change that has not got around. */
export const WORTH_A_LINE = 5;

/** Doubles with each failure, up to `replica.fetch.backoff.ms`. */
export function backoffMs(failures: number, config: BrokerConfig): number {
  const most = config.get("replica.fetch.backoff.ms");
  return Math.min(most, LEAST_BACKOFF_MS * 2 ** Math.min(failures - 1, 20));
}

export class Followed {
  readonly key: string;
  readonly leaderEpoch: number;
  #failures = 0;
  #notBeforeMs = -Infinity;
  #asked: FetchedPartition | undefined;
  /** The leader has committed what is not here yet, as far as is known. */
  isBehind = true;

  constructor(readonly replica: Replica) {
    this.key = `${replica.topicId}:${replica.topicPartition.partition}`;
    this.leaderEpoch = replica.leaderEpoch;
  }

  /** When it may be asked for again. */
  get notBeforeMs(): number {
    return this.#notBeforeMs;
  }

  /** True when it is worth a line, once in a row of failures. */
  onFailure(now: number, config: BrokerConfig): boolean {
    this.#failures++;
    this.#notBeforeMs = now + backoffMs(this.#failures, config);
    return this.#failures === WORTH_A_LINE;
  }

  onSuccess(): void {
    this.#failures = 0;
  }

  /** What was asked for last. */
  get asked(): FetchedPartition | undefined {
    return this.#asked;
  }

  /** What to ask for; the same object as long as that is the same. */
  ask(maxBytes: number): FetchedPartition {
    const { replica, leaderEpoch: currentLeaderEpoch } = this;
    const { localEndOffset: fetchOffset, logStartOffset, highWatermark } = replica;
    const lastFetchedEpoch = replica.log.latestEpoch ?? -1;
    const before = this.#asked;
    if (
      before !== undefined && before.fetchOffset === fetchOffset &&
      before.lastFetchedEpoch === lastFetchedEpoch && before.logStartOffset === logStartOffset &&
      before.highWatermark === highWatermark && before.maxBytes === maxBytes
    ) return before;
    return this.#asked = {
      topic: replica.topicPartition.topic,
      topicId: replica.topicId,
      partition: replica.topicPartition.partition,
      currentLeaderEpoch,
      fetchOffset,
      lastFetchedEpoch,
      logStartOffset,
      highWatermark,
      maxBytes,
    };
  }
}
