/**
 * New partitions whose logs are not made yet. A request may create thousands of topics, and each
 * log is a folder and two files, which takes a file system some tenth of a millisecond or a whole
 * one: made in one go they would hold up everyone for seconds. So the first few of them are made at
 * once, and the others bit by bit, or when somebody asks for one.
 *
 * Nothing is lost with one that was not made when the node ended: the metadata has it, it was never
 * written to, and the next start makes it.
 */
import { keyOf, type TopicId, type TopicPartition } from "../base/mod.ts";
import type { Clock, Timer } from "../platform/mod.ts";

/** As many as most requests ask for, and the topic of groups has. */
const AT_ONCE = 64;
/** How long the event loop is kept from everyone else. */
const TURN_MS = 4;
const PAUSE_MS = 1;

export interface Waiting {
  readonly topicPartition: TopicPartition;
  readonly topicId: TopicId;
  /** It never was anywhere. */
  readonly isNew: boolean;
}

export class WaitingPartitions {
  readonly #clock: Clock;
  readonly #open: (topicPartition: TopicPartition) => void;
  readonly #waiting = new Map<string, Waiting>();
  #timer: Timer | undefined;
  #room = AT_ONCE;

  /** @param open asks for the partition, and so takes it from here */
  constructor(clock: Clock, open: (topicPartition: TopicPartition) => void) {
    this.#clock = clock;
    this.#open = open;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** A change of the metadata begins, or the node: some partitions may be made at once. */
  begin(): void {
    this.#room = AT_ONCE;
  }

  /** Whether the partition has to wait; then it does. What changes meanwhile finds it waiting. */
  mustWait(waiting: Waiting): boolean {
    const key = keyOf(waiting.topicPartition);
    if (this.#waiting.has(key)) return true;
    if (this.#room-- > 0) return false;
    this.#waiting.set(key, waiting);
    this.#timer ??= this.#clock.after(PAUSE_MS, () => this.#openSome());
    return true;
  }

  /** It waits no longer; undefined when it did not. */
  take(topicPartition: TopicPartition): Waiting | undefined {
    if (this.#waiting.size === 0) return undefined;
    const key = keyOf(topicPartition);
    const waiting = this.#waiting.get(key);
    this.#waiting.delete(key);
    return waiting;
  }

  close(): void {
    this.#timer?.cancel();
    this.#waiting.clear();
  }

  #openSome(): void {
    const until = this.#clock.monotonic() + TURN_MS;
    for (const { topicPartition } of this.#waiting.values()) {
      this.#open(topicPartition);
      this.#waiting.delete(keyOf(topicPartition));
      if (this.#clock.monotonic() >= until) break;
    }
    this.#timer = this.#waiting.size === 0
      ? undefined
      : this.#clock.after(PAUSE_MS, () => this.#openSome());
  }
}
