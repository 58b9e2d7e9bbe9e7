/**
 * Timers in the order in which they fall due: a binary heap, since a simulated cluster has
 * thousands under way and sets another one for every segment on the wire. One that is called off
 * stays where it is and is passed over later.
 */
interface Due {
  readonly at: number;
  readonly run: () => void;
  /** Of two timers due at one moment the one that was set first runs first. */
  readonly order: number;
  isCancelled: boolean;
}

export class Timers {
  /** Each is due no later than its children, which lie at twice its place and one or two more. */
  #heap: Due[] = [];
  #order = 0;
  #cancelled = 0;

  /** Returns how to call it off. */
  add(at: number, run: () => void): () => void {
    const timer: Due = { at, run, order: this.#order++, isCancelled: false };
    this.#heap.push(timer);
    this.#rise(this.#heap.length - 1);
    return () => this.#cancel(timer);
  }

  /** When the first is due. */
  get nextDue(): number | undefined {
    while (this.#heap.length > 0 && this.#heap[0].isCancelled) this.#take();
    return this.#heap[0]?.at;
  }

  /** The first, which is there: what to run. */
  takeFirst(): () => void {
    const first = this.#take();
    first.isCancelled = true; // it is too late to call it off
    return first.run;
  }

  #cancel(timer: Due): void {
    if (timer.isCancelled) return;
    timer.isCancelled = true;
    this.#cancelled++;
    if (2 * this.#cancelled <= this.#heap.length + 64) return;
    this.#heap = this.#heap.filter(({ isCancelled }) => !isCancelled).sort(byDue);
    this.#cancelled = 0;
  }

  #take(): Due {
    const [first] = this.#heap;
    const last = this.#heap.pop()!;
    if (last !== first) {
      this.#heap[0] = last;
      this.#sink(0);
    }
    if (first.isCancelled) this.#cancelled--;
    return first;
  }

  #rise(place: number): void {
    const heap = this.#heap;
    const timer = heap[place];
    while (place > 0) {
      const above = (place - 1) >> 1;
      if (byDue(heap[above], timer) < 0) break;
      heap[place] = heap[above];
      place = above;
    }
    heap[place] = timer;
  }

  #sink(place: number): void {
    const heap = this.#heap;
    const timer = heap[place];
    for (;;) {
      let below = 2 * place + 1;
      if (below >= heap.length) break;
      if (below + 1 < heap.length && byDue(heap[below + 1], heap[below]) < 0) below++;
      if (byDue(timer, heap[below]) < 0) break;
      heap[place] = heap[below];
      place = below;
    }
    heap[place] = timer;
  }
}

const byDue = (a: Due, b: Due): number => a.at - b.at || a.order - b.order;
