/**
 * An offset that only grows, and those who wait for it to pass theirs. Offsets are handed out in
 * order, so the line is in order too, and moving on costs as much as there are waiters to release.
 */
import type { Offset } from "../base/mod.ts";

interface Waiter {
  readonly end: Offset;
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (reason: Error) => void;
}

export class OffsetProgress {
  #value: Offset;
  #line: Waiter[] = [];
  #failure: Error | undefined;

  constructor(value: Offset) {
    this.#value = value;
  }

  get value(): Offset {
    return this.#value;
  }

  /** How many wait. */
  get waiting(): number {
    return this.#line.length;
  }

  /**
   * Resolves once all below `end` counts; undefined when it does already, so that nobody waits a
   * turn for nothing. Rejects with the failure's reason.
   */
  reaches(end: Offset): Promise<void> | undefined {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (end <= this.#value) return undefined;
    const last = this.#line.at(-1);
    if (last?.end === end) return last.promise;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiter = { end, promise, resolve, reject };
    if (last === undefined || last.end < end) this.#line.push(waiter);
    else this.#line.splice(this.#line.findIndex((other) => other.end > end), 0, waiter);
    return promise;
  }

  /** Moves on; does nothing for an offset that is not ahead. True when it moved. */
  advance(to: Offset): boolean {
    if (to <= this.#value) return false;
    this.#value = to;
    let released = 0;
    while (released < this.#line.length && this.#line[released].end <= to) {
      this.#line[released++].resolve();
    }
    if (released > 0) this.#line.splice(0, released);
    return true;
  }

  /**
   * Sets it back or forth without judging who waits: only for a log that was truncated or replaced.
   */
  reset(to: Offset): void {
    this.#value = to;
  }

  /** Refuses all who wait. Later ones are refused as well until {@link recover}. */
  fail(reason: Error): void {
    this.#failure = reason;
    const line = this.#line;
    this.#line = [];
    for (const { reject } of line) reject(reason);
  }

  recover(): void {
    this.#failure = undefined;
  }
}
