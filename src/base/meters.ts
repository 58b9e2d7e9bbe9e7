/**
 * Meters by whom they measure. Names come from outside, so there may be as many as anyone likes: a
 * meter at rest, which says no more than a new one would, is forgotten; and where there are too
 * many all the same, the one unused for longest goes, and its owner begins anew.
 */

/** Of each kind; some hundred bytes each. */
const MAX_METERS = 10_000;
/** Looked at, at most, for each that is made: so what is at rest goes faster than it comes. */
const SWEPT_AT_ONCE = 4;

export class Meters<M> {
  /** The one unused for longest comes first. */
  readonly #meters = new Map<string, M>();
  readonly #max: number;

  constructor(max = MAX_METERS) {
    this.#max = max;
  }

  get size(): number {
    return this.#meters.size;
  }

  /** The meter of that name, made if need be. */
  get(name: string, make: () => M, isAtRest: (meter: M) => boolean): M {
    let meter = this.#meters.get(name);
    if (meter === undefined) {
      this.#sweep(isAtRest);
      meter = make();
    } else {
      this.#meters.delete(name);
    }
    this.#meters.set(name, meter);
    return meter;
  }

  peek(name: string): M | undefined {
    return this.#meters.get(name);
  }

  clear(): void {
    this.#meters.clear();
  }

  #sweep(isAtRest: (meter: M) => boolean): void {
    let looked = 0;
    for (const [name, meter] of this.#meters) {
      if (isAtRest(meter) || this.#meters.size >= this.#max) this.#meters.delete(name);
      if (++looked === SWEPT_AT_ONCE) return;
    }
  }
}
