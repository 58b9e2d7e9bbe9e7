/**
 * One broker's thread, from its start to its end. It is loaded first, which takes a while, and told
 * later what to be; it serves or fails; and it is over when it has stopped, however that came.
 */
import type { Clock, Thread, Threads, Timer } from "../../platform/mod.ts";
import {
  type CoreNews,
  type CoreOrder,
  type CoreReady,
  type CoreStart,
  errorOf,
} from "./core_messages.ts";

/** What is told on the way; how it starts and ends is told by promises. */
export type CoreStory = Exclude<CoreNews, { type: "ready" | "failed" | "stopped" }>;

export interface RunningCoreOptions {
  readonly name: string;
  readonly threads: Threads;
  readonly clock: Clock;
  readonly onStory: (story: CoreStory) => void;
}

/** One that has failed puts on disk what it can, and is ended then. */
const FAILED_STOP_MS = 5000;

export class RunningCore {
  readonly #thread: Thread<CoreOrder>;
  readonly #clock: Clock;
  readonly #ready = Promise.withResolvers<CoreReady>();
  readonly #ended = Promise.withResolvers<Error | undefined>();
  #serving: CoreReady | undefined;
  #hasBegun = false;
  #error: Error | undefined;
  #bound: Timer | undefined;

  constructor({ name, threads, clock, onStory }: RunningCoreOptions) {
    this.#clock = clock;
    this.#ready.promise.catch(() => {}); // `ended` tells it too
    this.#thread = threads.start<CoreOrder, CoreNews>(name, {
      onNews: (news) => {
        if (news.type === "ready") this.#ready.resolve(this.#serving = news);
        else if (news.type === "failed") this.#onFailed(errorOf(news.error));
        else if (news.type === "stopped") this.#end();
        else onStory(news);
      },
      onCrash: (error) => {
        this.#error ??= error;
        this.#end();
      },
    });
  }

  /** What it serves, while it does. */
  get serving(): CoreReady | undefined {
    return this.#serving;
  }

  /** Resolves, with what ended it, or with undefined when it was told to. Never rejects. */
  get ended(): Promise<Error | undefined> {
    return this.#ended.promise;
  }

  /** Resolves once it serves; rejects when it cannot, or is stopped before. */
  begin(start: Omit<CoreStart, "type">): Promise<CoreReady> {
    this.#hasBegun = true;
    this.#thread.tell({ type: "start", ...start });
    return this.#ready.promise;
  }

  /** Resolves once it has stopped properly. */
  async stop(): Promise<void> {
    if (this.#hasBegun) this.#thread.tell({ type: "stop" });
    else this.#end();
    await this.ended;
  }

  #onFailed(error: Error): void {
    this.#error ??= error;
    this.#serving = undefined;
    this.#bound ??= this.#clock.after(FAILED_STOP_MS, () => this.#end());
  }

  #end(): void {
    this.#bound?.cancel();
    this.#thread.end();
    this.#serving = undefined;
    this.#ready.reject(this.#error ?? new Error("stopped before it was ready"));
    this.#ended.resolve(this.#error);
  }
}
