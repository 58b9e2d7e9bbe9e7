/**
 * How the opening of a log directory goes on: bit by bit, so that the process hears signals and
 * clients are refused rather than left hanging, and with a word now and then of how far it is.
 */
import type { LogEvent } from "../base/mod.ts";
import type { Clock } from "../platform/mod.ts";
import type { Steps } from "./steps.ts";

/** How far it is. Bytes are those that a crash makes necessary to read. */
export interface OpeningProgress {
  readonly path: string;
  readonly partitions: number;
  readonly ofPartitions: number;
  readonly bytes: number;
  readonly ofBytes: number;
}

export interface OpeningOptions {
  readonly clock: Clock;
  readonly log: LogEvent;
  readonly path: string;
  /** Ends the opening; what was mended by then stays so. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: OpeningProgress) => void;
}

/** How long others wait for their turn. */
const TURN_MS = 20;
const TELL_EVERY_MS = 2000;

export class Opening {
  readonly #options: OpeningOptions;
  readonly #beganAt: number;
  #turnAt: number;
  #toldAt: number;
  #hasTold = false;
  #progress: OpeningProgress;

  constructor(options: OpeningOptions) {
    this.#options = options;
    this.#beganAt = this.#turnAt = this.#toldAt = options.clock.monotonic();
    const { path } = options;
    this.#progress = { path, partitions: 0, ofPartitions: 0, bytes: 0, ofBytes: 0 };
  }

  get tookMs(): number {
    return Math.round(this.#options.clock.monotonic() - this.#beganAt);
  }

  /** What there is to do. */
  begin({ ofPartitions, ofBytes }: { ofPartitions: number; ofBytes: number }): void {
    this.#progress = { ...this.#progress, ofPartitions, ofBytes };
  }

  readBytes(bytes: number): void {
    const { bytes: before, ofBytes } = this.#progress;
    this.#progress = { ...this.#progress, bytes: Math.min(before + bytes, ofBytes) };
  }

  /** Does the next of the work; false when it is done. */
  goOn(steps: Steps<void>): boolean {
    const { done, value } = steps.next();
    if (!done) this.readBytes(value);
    return !done;
  }

  openedPartition(): void {
    this.#progress = { ...this.#progress, partitions: this.#progress.partitions + 1 };
  }

  /** Asked often; undefined most of the time. Rejects with the signal's reason. */
  pause(): Promise<void> | undefined {
    if (this.#options.clock.monotonic() - this.#turnAt < TURN_MS) return undefined;
    return this.#letOthers();
  }

  /** The last word. */
  end(): void {
    if (this.#hasTold) this.#options.onProgress?.(this.#progress);
  }

  async #letOthers(): Promise<void> {
    const { clock, signal, log, onProgress } = this.#options;
    onProgress?.(this.#progress);
    this.#hasTold = true;
    if (clock.monotonic() - this.#toldAt >= TELL_EVERY_MS) {
      this.#toldAt = clock.monotonic();
      const { path, partitions, ofPartitions, bytes, ofBytes } = this.#progress;
      log("info", "opening log directory", {
        path,
        partitions: `${partitions}/${ofPartitions}`,
        ...(ofBytes > 0 ? { bytes: `${bytes}/${ofBytes}` } : {}),
      });
    }
    await clock.sleep(0);
    signal?.throwIfAborted();
    this.#turnAt = clock.monotonic();
  }
}
