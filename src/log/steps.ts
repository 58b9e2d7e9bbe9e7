/**
 * Work that is done step by step, so that whoever does it can let others have a turn in between. A
 * step gives the bytes that it has read.
 */
export type Steps<Result> = Generator<number, Result, void>;

/** Does all of it at once. */
export function runToEnd<Result>(steps: Steps<Result>): Result {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}
