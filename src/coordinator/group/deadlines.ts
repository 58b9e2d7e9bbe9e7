/**
 * What is due when. A deadline is set again far more often than it is met (every heartbeat moves
 * one), so that moving one further away only notes the new time; the heap, which still has the old
 * one, learns of it when that comes up.
 */

interface Entry<T> {
  readonly at: number;
  readonly key: string;
  readonly timer: T;
}

/** Deadlines by key: at most one a key. Times are absolute, in milliseconds. */
export class Deadlines<T> {
  readonly #current = new Map<string, { at: number; heapedAt: number; timer: T }>();
  /** A binary heap by `at`; entries that are not current are dropped when they reach the top. */
  readonly #heap: Entry<T>[] = [];

  /** Sets or moves the deadline of a key. */
  set(key: string, at: number, timer: T): void {
    const known = this.#current.get(key);
    if (known !== undefined && known.heapedAt <= at) {
      known.at = at;
      known.timer = timer;
      return;
    }
    this.#current.set(key, { at, heapedAt: at, timer });
    this.#push({ at, key, timer });
  }

  cancel(key: string): void {
    this.#current.delete(key);
  }

  get(key: string): number | undefined {
    return this.#current.get(key)?.at;
  }

  get size(): number {
    return this.#current.size;
  }

  /** When the next one is due; undefined when there is none. */
  next(): number | undefined {
    this.#settle();
    return this.#heap[0]?.at;
  }

  /** Takes out one that is due at `now`. */
  takeDue(now: number): T | undefined {
    this.#settle();
    const top = this.#heap[0];
    if (top === undefined || top.at > now) return undefined;
    this.#pop();
    const { timer } = this.#current.get(top.key)!;
    this.#current.delete(top.key);
    return timer;
  }

  /** Drops or moves stale entries until the top one is true. */
  #settle(): void {
    while (this.#heap.length > 0) {
      const top = this.#heap[0];
      const current = this.#current.get(top.key);
      if (current !== undefined && current.heapedAt === top.at && current.at === top.at) return;
      this.#pop();
      if (current === undefined || current.heapedAt !== top.at) continue; // cancelled, or brought forward
      current.heapedAt = current.at;
      this.#push({ at: current.at, key: top.key, timer: current.timer });
    }
  }

  #push(entry: Entry<T>): void {
    const heap = this.#heap;
    let at = heap.push(entry) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (heap[parent].at <= entry.at) break;
      heap[at] = heap[parent];
      at = parent;
    }
    heap[at] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let at = 0;
    while (true) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && heap[child + 1].at < heap[child].at) child++;
      if (heap[child].at >= last.at) break;
      heap[at] = heap[child];
      at = child;
    }
    heap[at] = last;
  }
}
