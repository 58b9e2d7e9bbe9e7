/**
 * How many bytes of large requests may be in memory at once, over all connections
 * (`queued.max.request.bytes`). Who finds it spent waits in line, and its socket is not read
 * meanwhile: the sender feels it as TCP back-pressure.
 */

interface Waiter {
  readonly bytes: number;
  readonly admit: (admitted: boolean) => void;
}

/**
 * A counted budget with a fair line. A request larger than all of it is admitted when it is alone.
 */
export class ByteBudget {
  #used = 0;
  readonly #line = new Set<Waiter>();

  /** `onFull` is told of each who has to wait. */
  constructor(readonly limit: number, readonly onFull: () => void = () => {}) {}

  /** Bytes that are taken now. */
  get used(): number {
    return this.#used;
  }

  /** Whether someone waits: then those who hold bytes and send nothing are in the way. */
  get isContended(): boolean {
    return this.#line.size > 0;
  }

  /** Takes the bytes if they are free and nobody is ahead in line. */
  tryTake(bytes: number): boolean {
    if (this.#line.size > 0 || !this.#fits(bytes)) return false;
    this.#used += bytes;
    return true;
  }

  /** Resolves to true once the bytes are taken, to false when the signal came first. */
  take(bytes: number, signal: AbortSignal): Promise<boolean> {
    if (this.tryTake(bytes)) return Promise.resolve(true);
    if (signal.aborted) return Promise.resolve(false);
    this.onFull();
    return new Promise((resolve) => {
      const giveUp = () => {
        this.#line.delete(waiter);
        resolve(false);
        this.#admitNext(); // who stood behind may fit where this one did not
      };
      const waiter: Waiter = {
        bytes,
        admit: (admitted) => {
          signal.removeEventListener("abort", giveUp);
          resolve(admitted);
        },
      };
      signal.addEventListener("abort", giveUp, { once: true });
      this.#line.add(waiter);
    });
  }

  give(bytes: number): void {
    this.#used -= bytes;
    this.#admitNext();
  }

  #fits(bytes: number): boolean {
    return this.#used === 0 || this.#used + bytes <= this.limit;
  }

  #admitNext(): void {
    for (const waiter of this.#line) {
      if (!this.#fits(waiter.bytes)) return;
      this.#line.delete(waiter);
      this.#used += waiter.bytes;
      waiter.admit(true);
    }
  }
}
