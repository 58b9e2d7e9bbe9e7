/**
 * A client as it comes, with all its time-outs at their defaults, that produces to one partition and
 * tells how long it had to wait. What it waits for is in part its own affair: until its request times
 * out, until it asks anew who leads.
 */
import { cacheFolder, pause, peers, Program } from "../../kit/programs.ts";

export type PulseKind = "librdkafka" | "java";

export interface Gap {
  /** The longest that it has waited for an answer since it was last asked. */
  readonly longestMs: number;
  /** For how long it has had none now. */
  readonly nowMs: number;
  /** Has it ever had an answer from where it produces to now? */
  readonly isServed: boolean;
}

/** It produces each 20 ms: who has had an answer within so long is served. */
const SERVED_MS = 300;

export class Pulse implements AsyncDisposable {
  readonly #program: Program;

  constructor(readonly kind: PulseKind, brokers: string, topic: string) {
    const source = (name: string) => new URL(name, import.meta.url).pathname;
    this.#program = kind === "librdkafka"
      ? new Program("/usr/bin/python3", [source("pulse.py"), brokers, topic], {
        env: { PYTHONPATH: `${cacheFolder}/python` },
      })
      : new Program(`${peers}/kafka`, ["java", source("Pulse.java"), brokers, topic], {
        env: { KAFKA_HEAP: "-Xmx96M" },
      });
  }

  /** From now on it produces there. */
  to(partition: number): void {
    this.#program.write(`to ${partition}\n`);
  }

  async gap(): Promise<Gap> {
    const before = this.#program.printed.length;
    this.#program.write("gap?\n");
    for (let tries = 0; tries < 2000; tries++) {
      const found = /gap (\d+) (\d+) (yes|no)\n/.exec(this.#program.printed.slice(before));
      if (found) {
        const [longestMs, nowMs] = [Number(found[1]), Number(found[2])];
        return { longestMs, nowMs, isServed: found[3] === "yes" };
      }
      await pause(10);
    }
    throw new Error(`The pulse of ${this.kind} is gone:\n${this.#program.printed}`);
  }

  /** Resolves once it is served again; with the longest that it waited since it was last asked. */
  async untilServed(withinMs: number): Promise<number> {
    const end = performance.now() + withinMs;
    for (let longestMs = 0;;) {
      const gap = await this.gap();
      longestMs = Math.max(longestMs, gap.longestMs);
      if (gap.isServed && gap.nowMs < SERVED_MS) return longestMs;
      if (performance.now() > end) {
        throw new Error(`The pulse of ${this.kind} has had no answer for ${gap.nowMs} ms`);
      }
      await pause(50);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#program.kill("SIGKILL");
    await this.#program.exited;
  }
}
