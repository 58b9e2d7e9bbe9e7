/**
 * The cleaner of all compacted logs of a node: picks the dirtiest one, cleans it, writes down how
 * far that went, and picks the next; when none is due it rests for `log.cleaner.backoff.ms`. It
 * also does retention for them (`cleanup.policy=compact,delete`, and what lies before the log
 * start).
 *
 * `log.cleaner.threads` is how many logs are cleaned side by side; they share the memory for keys
 * and for reading, and the limit of bytes a second. A log that can't be cleaned, for a broken batch
 * most likely, is left alone until the next start and told of once: everything in it can still be
 * read, it only grows.
 */
import { keyOf, type LogEvent, METADATA_TOPIC, type TopicPartition } from "../../base/mod.ts";
import type { BrokerConfig } from "../../config/mod.ts";
import { type Clock, type Disk, isDiskFull, StorageError, type Timer } from "../../platform/mod.ts";
import type { LogDirectory } from "../log_directory.ts";
import type { LogFigures } from "../log_figures.ts";
import type { PartitionLog } from "../partition_log.ts";
import { type CleaningPlan, dirtiest, planCleaning } from "./cleanable.ts";
import { CleaningAborted, cleanLog } from "./clean_log.ts";
import { Pace, Throttle } from "./pace.ts";

/** What may change while it runs, at once. */
const SETTINGS = [
  "log.cleaner.threads",
  "log.cleaner.backoff.ms",
  "log.cleaner.dedupe.buffer.size",
  "log.cleaner.io.buffer.size",
  "log.cleaner.io.buffer.load.factor",
  "log.cleaner.io.max.bytes.per.second",
] as const;

/** What has filled the disk once would fill it again. */
const FULL_REST_MS = 300_000;

export interface LogCleanerOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly log: LogEvent;
  /** The broker's settings as they are now. */
  readonly config: () => BrokerConfig;
  /** Those that are there now; an offline one is passed over. */
  readonly directories: () => Iterable<LogDirectory>;
  /** Retention has moved the beginning of some logs. */
  readonly onRetention?: () => void;
  readonly figures?: LogFigures;
}

interface Candidate {
  readonly log: PartitionLog;
  readonly directory: LogDirectory;
  readonly plan: CleaningPlan;
}

export class LogCleaner {
  readonly #options: LogCleanerOptions;
  readonly #throttle: Throttle;
  readonly #stop = new AbortController();
  /** Logs being cleaned. */
  readonly #running = new Map<PartitionLog, Promise<void>>();
  readonly #uncleanable = new WeakSet<PartitionLog>();
  #uncleanableCount = 0;
  /** Until when those are left alone for whose cleaning there was no room. */
  readonly #resting = new WeakMap<PartitionLog, number>();
  #timer: Timer | undefined;
  #settings = "";

  constructor(options: LogCleanerOptions) {
    this.#options = options;
    const limit = () => options.config().get("log.cleaner.io.max.bytes.per.second");
    this.#throttle = new Throttle(options.clock, limit);
  }

  /** Begins at once, unless `log.cleaner.enable` says no. */
  start(): void {
    if (!this.#options.config().get("log.cleaner.enable")) return;
    this.#settings = this.#settingsNow();
    this.#timer = this.#options.clock.after(0, () => this.#work());
  }

  /** Settings may have changed: a rest that is too long now ends. */
  reconfigure(): void {
    if (this.#settings === "" || this.#settings === this.#settingsNow()) return;
    this.#settings = this.#settingsNow();
    this.#work();
  }

  #settingsNow(): string {
    const config = this.#options.config();
    return SETTINGS.map((name) => config.get(name)).join();
  }

  /** Logs that could not be cleaned, and grow until the next start. */
  get uncleanableCount(): number {
    return this.#uncleanableCount;
  }

  /** No log is being cleaned. */
  get isIdle(): boolean {
    return this.#running.size === 0;
  }

  /** Gives up what it is at, and resolves when nothing of it runs any more. */
  async close(): Promise<void> {
    this.#stop.abort(new CleaningAborted("The cleaner stops"));
    this.#timer?.cancel();
    await Promise.all(this.#running.values());
  }

  /** As many cleanings as may run, and a rest when there are no more logs to clean. */
  #work(): void {
    if (this.#stop.signal.aborted) return;
    this.#timer?.cancel();
    const { clock, config } = this.#options;
    while (this.#running.size < config().get("log.cleaner.threads")) {
      const next = dirtiest(this.#candidates());
      if (next === undefined) break;
      const done = this.#clean(next).then(() => {
        this.#running.delete(next.log);
        this.#work();
      });
      this.#running.set(next.log, done);
    }
    this.#retain();
    this.#timer = clock.after(config().get("log.cleaner.backoff.ms"), () => this.#work());
  }

  /**
   * Logs that the cleaner looks after and is not cleaning. The metadata's is not among them: the
   * quorum's snapshots do that.
   */
  *#idle(): Generator<{ log: PartitionLog; directory: LogDirectory }> {
    for (const directory of this.#options.directories()) {
      if (directory.isOffline) continue;
      for (const log of directory.partitions()) {
        if (!log.isUsable || !log.settings.isCompacted || this.#uncleanable.has(log)) continue;
        // What is being repaired is cleaned when it is whole.
        if (log.isHeld || log.isBeingRepaired || this.#running.has(log)) continue;
        if (log.topicPartition.topic === METADATA_TOPIC) continue;
        yield { log, directory };
      }
    }
  }

  *#candidates(): Generator<Candidate> {
    const now = this.#options.clock.now();
    for (const { log, directory } of this.#idle()) {
      // Cleaning needs room before it gives any.
      if (directory.isFull || (this.#resting.get(log) ?? 0) > this.#options.clock.monotonic()) {
        continue;
      }
      const { topicPartition } = log;
      const checkpoint = directory.cleaned.get(topicPartition);
      const plan = this.#attempt(log, () => planCleaning(log, log.settings, { checkpoint, now }));
      if (plan === undefined) continue;
      if (plan.wasCheckpointWrong) {
        this.#attempt(log, () => directory.cleaned.set(topicPartition, plan.firstDirtyOffset));
      }
      yield { log, directory, plan };
    }
  }

  async #clean({ log, directory, plan }: Candidate): Promise<void> {
    const { disk, clock, config } = this.#options;
    const settings = config();
    const threads = settings.get("log.cleaner.threads");
    const begin = clock.monotonic();
    try {
      const cleaned = await cleanLog(log, plan, {
        disk,
        clock,
        pace: new Pace(clock, this.#throttle, this.#stop.signal),
        keyBytes: settings.get("log.cleaner.dedupe.buffer.size") / threads,
        keyLoadFactor: settings.get("log.cleaner.io.buffer.load.factor"),
        readBytes: Math.floor(settings.get("log.cleaner.io.buffer.size") / threads / 2),
      });
      // Gone, or moved to another directory, while the last step rested.
      if (directory.get(log.topicPartition) !== log) return;
      directory.cleaned.set(log.topicPartition, cleaned.endOffset);
      const ms = clock.monotonic() - begin;
      this.#options.figures?.cleaned({ ...cleaned, ms });
      this.#tellCleaned(log.topicPartition, { ...cleaned, plan, ms });
    } catch (error) {
      this.#onError(log, error);
    }
  }

  #tellCleaned(
    partition: TopicPartition,
    { plan, endOffset, bytesBefore, bytesAfter, keys, ms }: {
      plan: CleaningPlan;
      endOffset: number;
      bytesBefore: number;
      bytesAfter: number;
      keys: number;
      ms: number;
    },
  ): void {
    this.#options.log("info", "log cleaned", {
      partition: keyOf(partition),
      from: plan.firstDirtyOffset,
      to: endOffset,
      keys,
      bytesBefore,
      bytesAfter,
      ms: Math.round(ms),
    });
  }

  #retain(): void {
    const now = this.#options.clock.now();
    let deleted = 0;
    for (const { log, directory } of this.#idle()) {
      const retain = () => directory.withReserve(() => log.applyRetention(now));
      deleted += this.#attempt(log, retain) ?? 0;
    }
    if (deleted > 0) this.#options.onRetention?.();
  }

  #attempt<T>(log: PartitionLog, run: () => T): T | undefined {
    try {
      return run();
    } catch (error) {
      this.#onError(log, error);
    }
  }

  #onError(log: PartitionLog, error: unknown): void {
    // A disk that is full or has failed is told by the directory.
    if (isDiskFull(error)) this.#resting.set(log, this.#options.clock.monotonic() + FULL_REST_MS);
    if (error instanceof CleaningAborted || error instanceof StorageError) return;
    if (log.isBeingRepaired) return; // it met what is damaged
    this.#uncleanable.add(log);
    this.#uncleanableCount++;
    this.#options.log("error", "log cannot be cleaned", {
      partition: keyOf(log.topicPartition),
      reason: error instanceof Error ? error.message : String(error),
    });
  }
}
