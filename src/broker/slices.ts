/**
 * Work for many items that must not keep the event loop from everyone else: a little at a time,
 * with turns for others between. Little of it is done at once, without a promise.
 */
import type { Clock } from "../platform/mod.ts";

/** So long at a stretch. */
const STRETCH_MS = 4;

/** What `of` makes of each, in order. What it looks at may change between two of them. */
export function mapInSlices<T, R>(
  items: Iterable<T>,
  of: (item: T) => R,
  clock: Clock,
): R[] | Promise<R[]> {
  const results: R[] = [];
  const rest = items[Symbol.iterator]();
  /** Whether anything is left. */
  const work = (): boolean => {
    const until = clock.monotonic() + STRETCH_MS;
    for (let next = rest.next(); !next.done; next = rest.next()) {
      results.push(of(next.value));
      if (clock.monotonic() >= until) return true;
    }
    return false;
  };
  const goOn = async () => {
    do await clock.sleep(0); while (work());
    return results;
  };
  return work() ? goOn() : results;
}
