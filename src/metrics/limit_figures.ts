/**
 * How near the limits are and how often somebody came to one, for the table in `config/limits.ts`.
 */
import { type LimitName, LIMITS, type OnLimit } from "../config/mod.ts";
import type { Value } from "./metric.ts";
import type { Metrics } from "./registry.ts";

/** What is asked for when the figures are read. */
export interface LimitState {
  /** Infinity where there is none. */
  readonly limit: () => number;
  /** Left out where it belongs to one request or one connection each. */
  readonly used?: () => number;
}

export class LimitFigures {
  readonly #hits = {} as Record<LimitName, Value>;
  readonly #states = new Map<LimitName, LimitState>();

  constructor(metrics: Metrics) {
    const hits = metrics.counter("streamer_limit_hits_total", {
      help: "How often somebody came to a limit",
      labels: ["limit"],
    });
    for (const name of Object.keys(LIMITS) as LimitName[]) this.#hits[name] = hits.with(name);
    const shown = { kind: "gauge", labels: ["limit"] } as const;
    metrics.collect("streamer_limit", { ...shown, help: "How much there may be" }, () => {
      return [...this.#states].map(([name, { limit }]) => [[name], limit()]);
    });
    metrics.collect("streamer_limit_used", { ...shown, help: "How much there is of it" }, () => {
      return [...this.#states].flatMap(([name, { used }]) => used ? [[[name], used()]] : []);
    });
  }

  readonly hit: OnLimit = (name) => this.#hits[name].add();

  /** From now on it is shown how near the limit is. */
  follow(name: LimitName, state: LimitState): void {
    this.#states.set(name, state);
  }
}
