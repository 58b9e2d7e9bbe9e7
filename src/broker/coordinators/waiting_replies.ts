/** Who waits for an answer of a coordinator's, and until when. */
import type { Clock, Timer } from "../../platform/mod.ts";
import { KafkaError } from "../../protocol/mod.ts";
import { NO_ANSWER } from "../api.ts";

/** One who waits. A second answer is for nobody. */
export interface Reply {
  resolve(response: any): void;
  reject(error: Error): void;
}

export class WaitingReplies {
  readonly #clock: Clock;
  readonly #waiting = new Set<Reply>();
  readonly #patience = new Set<Timer>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /**
   * Gives `ask` somebody to answer; resolves with the answer, or with `NO_ANSWER` when the signal
   * says that the client has gone.
   */
  wait<Response>(
    ask: (reply: Reply) => void,
    signal?: AbortSignal,
  ): Promise<Response | typeof NO_ANSWER> {
    return new Promise((resolve, reject) => {
      const onGone = () => reply.resolve(NO_ANSWER);
      const done = () => {
        this.#waiting.delete(reply);
        signal?.removeEventListener("abort", onGone);
      };
      const reply: Reply = {
        resolve: (response) => (done(), resolve(response)),
        reject: (error) => (done(), reject(error)),
      };
      this.#waiting.add(reply);
      signal?.addEventListener("abort", onGone, { once: true });
      try {
        ask(reply);
        if (signal?.aborted) onGone(); // it had gone before this was its turn, and no event will come
      } catch (error) {
        reply.reject(error as Error);
      }
    });
  }

  /** Calls one of the two: `late` when the promise is not settled in time or is refused. */
  afterwards(
    promise: Promise<void>,
    timeoutMs: number,
    { then, late, refused }: { then: () => void; late: () => void; refused: () => void },
  ): void {
    const timer = this.#clock.after(timeoutMs, () => {
      this.#patience.delete(timer);
      late();
    });
    this.#patience.add(timer);
    const end = (run: () => void) => () => {
      timer.cancel();
      this.#patience.delete(timer);
      run();
    };
    promise.then(end(then), end(refused));
  }

  /** All who wait are refused; nobody is left. */
  refuseAll(error: ConstructorParameters<typeof KafkaError>[0]): void {
    for (const timer of this.#patience) timer.cancel();
    this.#patience.clear();
    for (const reply of [...this.#waiting]) reply.reject(new KafkaError(error));
  }
}
