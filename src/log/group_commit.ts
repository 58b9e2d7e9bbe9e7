/**
 * Many waiters, one sync. At most one flush runs; whoever asks meanwhile shares the next one, which
 * begins when it is done. A flush begins a microtask after it was asked for, so it covers all that
 * one turn of the event loop appended.
 */
export class GroupCommit {
  readonly #flush: () => Promise<void>;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  /** `flush` makes last whatever was written before it was called. */
  constructor(flush: () => Promise<void>) {
    this.#flush = flush;
  }

  get isIdle(): boolean {
    return this.#running === undefined && this.#next === undefined;
  }

  /** Resolves once a flush that began after this call is done; rejects when that one failed. */
  wait(): Promise<void> {
    return this.#next ??= this.#runNext();
  }

  async #runNext(): Promise<void> {
    try {
      await this.#running;
    } catch {
      // Told to those who waited for it. What it means for us, the flush itself finds out.
    }
    this.#running = this.#next;
    const mine = this.#running;
    this.#next = undefined;
    try {
      await this.#flush();
    } finally {
      if (this.#running === mine) this.#running = undefined;
    }
  }
}
