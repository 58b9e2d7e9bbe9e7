/**
 * What ends a start before it has come to its end: others may be waited for as long as they are not
 * there, so a start is told to end (its caller's signal), has its own longest time
 * (`server.max.startup.time.ms`), and ends when the node has failed meanwhile.
 */
import { type BrokerConfig, ConfigError, NO_LIMIT } from "../config/mod.ts";
import type { Clock, Timer } from "../platform/mod.ts";

const LONGEST = "server.max.startup.time.ms";

export interface StartEndOptions {
  readonly config: BrokerConfig;
  readonly clock: Clock;
  /** The caller's; its reason is that of the end. */
  readonly signal: AbortSignal | undefined;
  /** Resolves when the node can't go on. */
  readonly failed: Promise<Error>;
}

export class StartEnd {
  readonly #ended = new AbortController();
  #timer: Timer | undefined;

  constructor({ config, clock, signal, failed }: StartEndOptions) {
    const longestMs = config.get(LONGEST);
    const message = `Cannot start: it takes longer than ${longestMs} ms (${LONGEST})`;
    const onLate = () => this.#ended.abort(new ConfigError(LONGEST, longestMs, "", message));
    if (longestMs < NO_LIMIT) this.#timer = clock.after(longestMs, onLate);
    const onAbort = () => this.#ended.abort(signal!.reason);
    if (signal?.aborted) onAbort();
    signal?.addEventListener("abort", onAbort, { once: true });
    void failed.then((error) => this.#ended.abort(error));
  }

  get signal(): AbortSignal {
    return this.#ended.signal;
  }

  /** Its longest time counts no more: the start is through, or given up. */
  close(): void {
    this.#timer?.cancel();
  }

  /**
   * Rejects as soon as the start has to end. What was waited for ends with what it is done with,
   * which the node's `close` closes.
   */
  async unless<T>(promise: Promise<T>): Promise<T> {
    const { signal } = this;
    const end = Promise.withResolvers<never>();
    const onEnd = () => end.reject(signal.reason);
    if (signal.aborted) onEnd();
    signal.addEventListener("abort", onEnd, { once: true });
    try {
      return await Promise.race([promise, end.promise]);
    } finally {
      signal.removeEventListener("abort", onEnd);
    }
  }
}
