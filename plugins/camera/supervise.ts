/**
 * Keeps a capture program running: when it dies or stalls it is started again, after a pause that
 * doubles from half a second to half a minute, so that a camera that is unplugged for a night costs
 * nothing and one that hiccups loses little. A run that gave pictures for a while starts the pauses
 * anew.
 */

import { capture, type CaptureEnd, type CaptureLimits, type Command } from "./capture.ts";
import { PictureSplitter, type SplitterCounts } from "./splitter.ts";
import { sleep } from "./sleep.ts";

export interface Pauses {
  firstMs: number;
  longestMs: number;
  /** A run that gave pictures for as long as this was a good one. */
  goodRunMs: number;
}

export const PAUSES: Pauses = { firstMs: 500, longestMs: 30_000, goodRunMs: 10_000 };

export interface Supervision {
  limits: CaptureLimits;
  maxFrameBytes: number;
  signal: AbortSignal;
  pauses?: Pauses;
  /** Told of each end that is followed by another start. */
  onRestart(end: CaptureEnd & { pauseMs: number }): void;
}

/** A program's pictures across all of its runs. */
export class SupervisedCapture {
  restarts = 0;
  readonly #command: Command;
  readonly #options: Supervision;
  #splitter: PictureSplitter;
  readonly #earlier: SplitterCounts = { pictures: 0, tooLarge: 0, broken: 0, skippedBytes: 0 };
  #run: ReturnType<typeof capture> | undefined;
  #first: Uint8Array | undefined;

  constructor(command: Command, options: Supervision) {
    this.#command = command;
    this.#options = options;
    this.#splitter = new PictureSplitter(options);
  }

  /** What was cut from the programs' output, all runs together. */
  get counts(): SplitterCounts {
    const { counts } = this.#splitter;
    return {
      pictures: this.#earlier.pictures + counts.pictures,
      tooLarge: this.#earlier.tooLarge + counts.tooLarge,
      broken: this.#earlier.broken + counts.broken,
      skippedBytes: this.#earlier.skippedBytes + counts.skippedBytes,
    };
  }

  /**
   * Starts the program and waits for its first picture; undefined once it is there, else why there
   * is none. One that is too large will do: it is this camera that a person then hears of, not the
   * next best.
   */
  async probe(): Promise<CaptureEnd | undefined> {
    const run = this.#start();
    const first = await run.next();
    if (first.done) return first.value;
    this.#run = run;
    this.#first = first.value;
    return undefined;
  }

  /** Yields pictures until the signal fires. Goes on with the run that `probe` began. */
  async *pictures(): AsyncGenerator<Uint8Array> {
    const { signal, onRestart, pauses = PAUSES } = this.#options;
    let pauseMs = pauses.firstMs;
    while (!signal.aborted) {
      const run = this.#run ?? this.#start();
      this.#run = undefined;
      const started = Date.now();
      let isGood = false;
      let end: CaptureEnd;
      try {
        if (this.#first !== undefined) yield this.#first;
        this.#first = undefined;
        let step = await run.next();
        for (; !step.done; step = await run.next()) {
          isGood = Date.now() - started >= pauses.goodRunMs;
          if (step.value !== undefined) yield step.value;
        }
        end = step.value;
      } finally {
        await run.return({ reason: "was ended", lastWords: "" });
      }
      if (signal.aborted) return;

      this.#splitter.end();
      if (isGood) pauseMs = pauses.firstMs;
      this.restarts++;
      onRestart({ ...end, pauseMs });
      await sleep(pauseMs, signal);
      pauseMs = Math.min(pauseMs * 2, pauses.longestMs);
    }
  }

  #start(): ReturnType<typeof capture> {
    // The half picture that a dead program left must not be joined with the next one's first.
    const { counts } = this;
    Object.assign(this.#earlier, counts);
    this.#splitter = new PictureSplitter(this.#options);
    return capture(this.#command, this.#splitter, this.#options.limits, this.#options.signal);
  }
}
