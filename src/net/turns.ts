/**
 * One loop serves all connections, and what is ready goes on without it looking elsewhere: a client
 * whose next request always lies there already would keep it for as long as it likes. So who has
 * had the loop for a while makes way, until the sockets have been looked at and whoever was ready
 * has been served.
 *
 * They make way in a line: of many that flood one goes on at a time, so that the others wait for
 * one turn and not for all of them. Who has asked for something that takes long waits longer, since
 * what others do in one piece takes several looks at the sockets.
 */
import type { Clock } from "../platform/mod.ts";

/** So long a connection may work at a stretch. */
const TURN_MS = 5;
/** Less than this share of the time is nobody's trouble. */
const SHARE = 0.25;
/** Work is forgotten after so long. */
const WINDOW_MS = 100;
/** The longest that one has to wait at the head of the line. */
const LONGEST_WAIT_MS = 100;

/** The line of those who make way, over all connections. */
export class Turns {
  readonly #clock: Clock;
  #last: Promise<void> = Promise.resolve();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves when it is this one's turn again, who has worked for so long. */
  next(workedMs: number): Promise<void> {
    const waitMs = Math.min(Math.max(0, workedMs - 2 * TURN_MS), LONGEST_WAIT_MS);
    return this.#last = this.#last.then(() => this.#clock.sleep(waitMs));
  }
}

/** How much of the loop one connection has had of late. */
export class Turn {
  readonly #turns: Turns;
  #since = 0;
  #workedMs = 0;

  constructor(turns: Turns) {
    this.#turns = turns;
  }

  /** Notes work that has just ended; a promise when the connection has to make way now. */
  worked(fromMs: number, toMs: number): Promise<void> | undefined {
    if (toMs - this.#since > WINDOW_MS) {
      this.#since = fromMs;
      this.#workedMs = 0;
    }
    this.#workedMs += toMs - fromMs;
    const workedMs = this.#workedMs;
    if (workedMs < TURN_MS || workedMs < SHARE * (toMs - this.#since)) return undefined;
    this.#since = toMs;
    this.#workedMs = 0;
    return this.#turns.next(workedMs);
  }
}
