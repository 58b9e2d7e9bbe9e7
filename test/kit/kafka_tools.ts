/**
 * Kafka's command-line tools, many runs in one Java machine: its start is most of what a run takes.
 */
import { pause, peers, Program } from "./programs.ts";

export interface ToolRun {
  readonly code: number;
  readonly printed: string;
}

/** An answer is a line of its own among what Java may print beside. */
const ANSWER = /^\d+ [A-Za-z0-9+/=]*$/;
const PATIENCE_MS = 60_000;

export class KafkaTools implements AsyncDisposable {
  readonly #program: Program;
  #read = 0;

  constructor() {
    const source = new URL("KafkaTools.java", import.meta.url).pathname;
    this.#program = new Program(`${peers}/kafka`, ["java", source]);
  }

  /** Runs one tool to its end; one at a time. */
  async run(mainClass: string, args: readonly string[]): Promise<ToolRun> {
    this.#program.write([mainClass, ...args].join("\t") + "\n");
    const answer = await this.#next();
    const [code, printed] = answer.split(" ");
    const bytes = Uint8Array.fromBase64(printed);
    return { code: Number(code), printed: new TextDecoder().decode(bytes) };
  }

  async #next(): Promise<string> {
    const until = performance.now() + PATIENCE_MS;
    for (; performance.now() < until; await pause(10)) {
      const fresh = this.#program.printed.slice(this.#read);
      const end = fresh.lastIndexOf("\n") + 1;
      this.#read += end;
      const answer = fresh.slice(0, end).split("\n").find((line) => ANSWER.test(line));
      if (answer !== undefined) return answer;
    }
    throw new Error(`no tool has ended:\n${this.#program.printed.slice(-2000)}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#program.endInput();
    await this.#program.exited;
  }
}
