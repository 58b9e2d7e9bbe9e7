/**
 * One loop serves all connections, and what is ready goes on without it looking elsewhere: clients
 * whose next requests always lie there already would keep it for as long as they like, and a socket
 * on which something comes only now would not be looked at. So whenever connections have worked for
 * a while, all that want to go on wait until the sockets were looked at, and go on in the order in
 * which they came.
 *
 * Who has asked for something that takes long waits longer: what others do in one piece takes
 * several looks.
 */
import type { Clock } from "../platform/mod.ts";

/** So long connections work, all together, before the sockets are looked at. */
const TURN_MS = 5;
/** Where less than this share of the time is worked, the loop finds the time by itself. */
const SHARE = 0.25;
/** Work is forgotten after so long. */
const WINDOW_MS = 100;
/** A request that takes longer makes its connection wait for as long, up to a bound. */
const LONG_MS = 10;
const LONGEST_WAIT_MS = 100;

export class Turns {
  readonly #clock: Clock;
  #since = 0;
  #workedMs = 0;
  /** The sockets will be looked at: who works until then waits for it. */
  #look: Promise<void> | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Notes a request's work that has just ended; a promise when its connection has to make way. */
  worked(fromMs: number, toMs: number): Promise<void> | undefined {
    if (toMs - this.#since > WINDOW_MS) {
      this.#since = fromMs;
      this.#workedMs = 0;
    }
    const tookMs = toMs - fromMs;
    this.#workedMs += tookMs;
    if (this.#look === undefined) {
      const share = this.#workedMs / (toMs - this.#since);
      if (this.#workedMs < TURN_MS || share < SHARE) return undefined;
      this.#look = this.#clock.sleep(0).then(() => this.#looked());
    }
    if (tookMs < LONG_MS) return this.#look;
    return this.#look.then(() => this.#clock.sleep(Math.min(tookMs, LONGEST_WAIT_MS)));
  }

  #looked(): void {
    this.#look = undefined;
    this.#since = this.#clock.monotonic();
    this.#workedMs = 0;
  }
}
