/**
 * Reads what is seldom read, slowly and from time to time, so that what a disk forgets is found, and
 * repaired from another replica, before the others have forgotten it too. Every read proves what it
 * reads; nothing is done here but to read: `log.scrub.bytes.per.second`, and so often that a round
 * begins every `log.scrub.interval.ms`.
 */
import type { Offset } from "../base/mod.ts";
import type { BrokerConfig } from "../config/mod.ts";
import { type Clock, StorageError, type Timer } from "../platform/mod.ts";
import { KafkaError } from "../protocol/mod.ts";
import { Pace, Throttle } from "./cleaner/pace.ts";
import type { LogDirectory } from "./log_directory.ts";
import type { PartitionLog } from "./partition_log.ts";

export interface LogScrubberOptions {
  readonly clock: Clock;
  readonly config: () => BrokerConfig;
  readonly directories: () => Iterable<LogDirectory>;
}

const READ_BYTES = 256 * 1024;
/** Another interval is noticed so soon. */
const LOOK_AGAIN_MS = 60_000;

export class LogScrubber {
  readonly #options: LogScrubberOptions;
  readonly #stop = new AbortController();
  readonly #throttle: Throttle;
  #buffer = new Uint8Array(0);
  #timer: Timer | undefined;
  #round: Promise<void> | undefined;

  constructor(options: LogScrubberOptions) {
    this.#options = options;
    const limit = () => options.config().get("log.scrub.bytes.per.second");
    this.#throttle = new Throttle(options.clock, limit);
  }

  /** The first round begins after `log.initial.task.delay.ms`. */
  start(): void {
    this.#plan(this.#options.clock.monotonic() + this.#get("log.initial.task.delay.ms"));
  }

  /** Resolves when nothing of it runs any more. */
  async close(): Promise<void> {
    this.#stop.abort(new Error("The scrubber stops"));
    this.#timer?.cancel();
    await this.#round;
  }

  #get(name: "log.initial.task.delay.ms" | "log.scrub.interval.ms"): number {
    return this.#options.config().get(name);
  }

  #plan(atMs: number): void {
    const { clock } = this.#options;
    const inMs = Math.max(0, Math.min(atMs - clock.monotonic(), LOOK_AGAIN_MS));
    this.#timer = clock.after(inMs, () => {
      const beganMs = clock.monotonic();
      if (beganMs < atMs || this.#get("log.scrub.interval.ms") < 0) return this.#plan(atMs);
      this.#round = this.#readAll().then(() => {
        if (!this.#stop.signal.aborted) this.#plan(beganMs + this.#get("log.scrub.interval.ms"));
      });
    });
  }

  async #readAll(): Promise<void> {
    const pace = new Pace(this.#options.clock, this.#throttle, this.#stop.signal);
    try {
      for (const directory of this.#options.directories()) {
        for (const log of [...directory.partitions()]) await this.#readLog(log, pace);
      }
    } catch (error) {
      if (!this.#stop.signal.aborted) throw error;
    }
    this.#buffer = new Uint8Array(0);
  }

  /** Up to what was on the device when it began. */
  async #readLog(log: PartitionLog, pace: Pace): Promise<void> {
    const upTo = log.durableEndOffset;
    for (let offset = log.logStartOffset; offset < upTo;) {
      if (!log.isUsable || log.isBeingRepaired) return;
      const { nextOffset, bytes } = this.#readSome(log, Math.max(offset, log.logStartOffset), upTo);
      if (nextOffset <= offset) return;
      offset = nextOffset;
      const rest = pace.after(bytes);
      if (rest !== undefined) await rest;
    }
  }

  /** What is damaged is told by the log, and passed over as far as its segment goes. */
  #readSome(
    log: PartitionLog,
    offset: Offset,
    upTo: Offset,
  ): { nextOffset: Offset; bytes: number } {
    const allocate = (size: number) => {
      if (size > this.#buffer.length) this.#buffer = new Uint8Array(size);
      return this.#buffer;
    };
    try {
      return log.read(offset, { maxBytes: READ_BYTES, upTo, atLeastOneBatch: true, allocate });
    } catch (error) {
      if (error instanceof StorageError) return { nextOffset: upTo, bytes: 0 }; // told already
      if (!(error instanceof KafkaError)) throw error;
      const next = log.segments.find(({ baseOffset }) => baseOffset > offset);
      return { nextOffset: next?.baseOffset ?? upTo, bytes: 0 };
    }
  }
}
