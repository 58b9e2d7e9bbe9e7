/**
 * Reads the topic live onto the wall, for as long as the viewer runs, and knows whether the brokers
 * are there.
 *
 * A page that opens should show pictures at once, also of a camera that takes one a minute. So
 * besides the live reading, which begins a few seconds ago, the last few records of each partition
 * are looked at once.
 */

import type { PluginClient } from "../../mod.ts";
import { frameOf } from "./frame.ts";
import { sleep } from "./sleep.ts";
import type { Wall } from "./wall.ts";

/** Where the brokers are, as `/state` and the page tell it. */
export interface BrokerState {
  state: "connecting" | "connected" | "disconnected";
  /** Why they are away. */
  reason?: string;
  /** Milliseconds since 1970. */
  since: number;
}

/** The live reading begins so long ago. */
const OVERLAP_MS = 5000;
/** Records looked at before the end of each partition. */
const LAST_RECORDS = 12;
/** Partitions looked at at once, and at most altogether. */
const LOOKERS = 4;
const MAX_PARTITIONS = 256;
const PAUSE_MS = { first: 250, longest: 5000 };

export class LiveReading {
  broker: BrokerState = { state: "connecting", since: Date.now() };
  /** Told when `broker` changes. */
  onChange: (broker: BrokerState) => void = () => {};
  readonly #client: PluginClient;
  readonly #topic: string;
  readonly #wall: Wall;
  #onFrame = () => {};

  constructor(options: { client: PluginClient; topic: string; wall: Wall }) {
    this.#client = options.client;
    this.#topic = options.topic;
    this.#wall = options.wall;
  }

  /** Reads until the signal fires; what fails is tried again. */
  async run(signal: AbortSignal): Promise<void> {
    const lookedBack = this.#lookBack(signal);
    let pauseMs = PAUSE_MS.first;
    this.#onFrame = () => pauseMs = PAUSE_MS.first;
    while (!signal.aborted) {
      try {
        await this.#follow(signal);
      } catch (error) {
        if (!signal.aborted) this.#note("disconnected", messageOf(error));
      }
      await sleep(pauseMs, signal);
      pauseMs = Math.min(pauseMs * 2, PAUSE_MS.longest);
    }
    await lookedBack;
  }

  async #follow(signal: AbortSignal): Promise<void> {
    const records = this.#client.read(this.#topic, {
      from: { timestamp: Date.now() - OVERLAP_MS },
      signal,
      onState: (state, reason) => this.#note(state, reason),
    });
    for await (const record of records) {
      const frame = frameOf(record);
      if (frame) this.#wall.offer(frame, Date.now());
      else this.#wall.counts.notPictures++;
      this.#onFrame();
      this.#note("connected");
    }
  }

  /** Shows the last picture of cameras that are silent or slow. Tried until it works once. */
  async #lookBack(signal: AbortSignal): Promise<void> {
    let pauseMs = PAUSE_MS.first;
    while (!signal.aborted) {
      try {
        const partitions = (await this.#client.offsets(this.#topic)).slice(0, MAX_PARTITIONS);
        this.#note("connected");
        const lookers = Array.from({ length: LOOKERS }, async () => {
          for (let next = partitions.shift(); next; next = partitions.shift()) {
            await this.#lastOf(next, signal);
          }
        });
        await Promise.all(lookers);
        return;
      } catch (error) {
        if (this.broker.state === "connecting") this.#note("disconnected", messageOf(error));
        await sleep(pauseMs, signal);
        pauseMs = Math.min(pauseMs * 2, PAUSE_MS.longest);
      }
    }
  }

  async #lastOf(
    { partition, earliest, latest }: { partition: number; earliest: number; latest: number },
    signal: AbortSignal,
  ): Promise<void> {
    const offset = Math.max(earliest, latest - LAST_RECORDS);
    if (signal.aborted || offset >= latest) return;
    const bounds = { from: { offset }, partition, until: "end", signal } as const;
    for await (const record of this.#client.read(this.#topic, bounds)) {
      const frame = frameOf(record);
      if (frame) this.#wall.offerOld(frame, Date.now());
    }
  }

  #note(state: BrokerState["state"], reason?: string): void {
    if (this.broker.state === state && this.broker.reason === reason) return;
    const since = this.broker.state === state ? this.broker.since : Date.now();
    this.broker = { state, ...(reason !== undefined && { reason }), since };
    this.onChange(this.broker);
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
