/**
 * How far back the log goes: the offset and time of the first record of each partition, for the
 * scrub bar. It is looked up when someone wants to know, at most every few seconds; the first
 * record itself is read only when retention has moved it.
 */

import type { IncomingRecord, PluginClient } from "../../mod.ts";

export interface Start {
  offset: number;
  /** Milliseconds since 1970; undefined for an empty partition. */
  timestamp: number | undefined;
}

const REFRESH_MS = 5000;
const PATIENCE_MS = 4000;

export class Reach {
  readonly #client: PluginClient;
  readonly #topic: string;
  readonly #starts = new Map<number, Start>();
  #lookedAt = -Infinity;
  #looking: Promise<void> | undefined;

  constructor(client: PluginClient, topic: string) {
    this.#client = client;
    this.#topic = topic;
  }

  /** The partition's start as last known, while it is looked up again if that was long ago. */
  startOf(partition: number): Start | undefined {
    const isOld = performance.now() - this.#lookedAt > REFRESH_MS;
    if (isOld || !this.#starts.has(partition)) this.refresh().catch(() => {});
    return this.#starts.get(partition);
  }

  /** Looks it up now, unless that is being done. */
  refresh(): Promise<void> {
    if (performance.now() - this.#lookedAt < 500) return Promise.resolve();
    this.#looking ??= this.#look().finally(() => this.#looking = undefined);
    return this.#looking;
  }

  async #look(): Promise<void> {
    this.#lookedAt = performance.now();
    for (const { partition, earliest, latest } of await this.#client.offsets(this.#topic)) {
      const known = this.#starts.get(partition);
      if (known?.offset === earliest && known.timestamp !== undefined) continue;
      const first = earliest < latest ? await this.#firstOf(partition, earliest) : undefined;
      this.#starts.set(partition, { offset: earliest, timestamp: first?.timestamp });
    }
  }

  async #firstOf(partition: number, offset: number): Promise<IncomingRecord | undefined> {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const bounds = { from: { offset }, partition, until: "end", signal, maxBytes: 1 } as const;
    for await (const record of this.#client.read(this.#topic, bounds)) return record;
    return undefined;
  }
}
