/**
 * The real executable, ended in every way that a machine ends a program, at moments drawn from a
 * seed: killed while it serves, while it starts, while it stops; stopped politely; frozen for a
 * while. What may never happen is found: a fault of its own in what it printed, a polite stop that
 * is not clean, a start that does not come to an end.
 */
import { FAULTS, freePort, linesOf, pause, Program, root } from "../kit/programs.ts";

export const WAYS = ["kill", "killWhileStarting", "killWhileStopping", "stop", "freeze"] as const;
export type Way = (typeof WAYS)[number];

export interface KilledBrokerOptions {
  /** `log.dirs`, by commas. */
  readonly data: string;
  readonly settings: Record<string, string>;
  readonly random: () => number;
  /** The executable; default the checkout's. */
  readonly program?: string;
}

const START_MS = 90_000, STOP_MS = 30_000;
/** Of a start that takes longer than this, what it printed is told. */
const SLOW_MS = 5000;

export class KilledBroker implements AsyncDisposable {
  readonly port = freePort();
  /** Where it shows its metrics. */
  readonly metricsPort = freePort();
  /** What went wrong with the program itself. */
  readonly findings: string[] = [];
  /** How long starts took until it was ready, in milliseconds. */
  readonly starts: number[] = [];
  readonly counts: Record<Way, number> = {
    kill: 0,
    killWhileStarting: 0,
    killWhileStopping: 0,
    stop: 0,
    freeze: 0,
  };
  readonly #options: KilledBrokerOptions;
  #program: Program | undefined;
  #startedAt = 0;

  constructor(options: KilledBrokerOptions) {
    this.#options = options;
  }

  get brokers(): string {
    return `127.0.0.1:${this.port}`;
  }

  get pid(): number {
    return this.#program!.pid;
  }

  /** How long it has been serving, in milliseconds. */
  get ageMs(): number {
    return performance.now() - this.#startedAt;
  }

  async start(): Promise<void> {
    this.#spawn();
    const began = performance.now();
    await this.#program!.untilPrinted(/Ready on/, START_MS);
    this.#startedAt = performance.now();
    const tookMs = Math.round(this.#startedAt - began);
    this.starts.push(tookMs);
    if (tookMs > SLOW_MS) console.log(`a start took ${tookMs} ms:\n${this.#program!.printed}`);
  }

  #spawn(): void {
    const { data, settings, program = `${root}bin/streamer` } = this.#options;
    const metrics = { "metrics.listener": `127.0.0.1:${this.metricsPort}` };
    const set = Object.entries({ ...settings, ...metrics }).flatMap((
      [name, value],
    ) => ["--set", `${name}=${value}`]);
    const args = ["serve", "--listen", this.brokers, "--data", data, ...set];
    this.#program = new Program(program, args);
  }

  /** Ends it this way and has it serve again. */
  async end(way: Way): Promise<void> {
    const { random } = this.#options;
    this.counts[way]++;
    if (way === "freeze") {
      this.#program!.kill("SIGSTOP");
      await pause(500 + random() * 3500);
      this.#program!.kill("SIGCONT");
      return;
    }
    if (way === "stop") await this.#stop();
    else {
      if (way === "killWhileStopping") {
        this.#program!.kill("SIGTERM");
        await pause(random() * 250);
      }
      await this.#kill();
    }
    for (let again = way === "killWhileStarting"; again; again = random() < 0.4) {
      this.#spawn();
      await pause(random() * 1.2 * (this.starts.at(-1) ?? 1000));
      await this.#kill();
    }
    await this.start();
  }

  /** Stops it politely. */
  async #stop(): Promise<void> {
    const began = performance.now();
    const code = await this.#program!.stop(STOP_MS);
    const tookMs = Math.round(performance.now() - began);
    if (code !== 0) this.#find(`a polite stop ended with ${code} after ${tookMs} ms`, true);
    this.#look();
  }

  async #kill(): Promise<void> {
    this.#program!.kill("SIGKILL");
    await this.#program!.exited;
    this.#look();
  }

  /** Nothing that it says is a fault of its own. */
  #look(): void {
    for (const line of linesOf(this.#program!, FAULTS).slice(0, 3)) this.#find(line);
  }

  #find(text: string, hasOutput = false): void {
    const printed = hasOutput ? `\n${this.#program!.printed.slice(-3000)}` : "";
    this.findings.push(`broker: ${text}${printed}`);
  }

  /** Lines that it printed since it was started, of warnings and errors. */
  get complaints(): string[] {
    return linesOf(this.#program!, /\b(?:WARN|ERROR)\b|(?:warn|error)\b/);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#program) await this.#stop();
  }
}

/** A way by weight: mostly killed in the middle of work. */
export function drawWay(random: () => number): Way {
  const weights: Record<Way, number> = {
    kill: 60,
    killWhileStarting: 15,
    killWhileStopping: 10,
    stop: 7,
    freeze: 8,
  };
  let at = random() * 100;
  for (const way of WAYS) if ((at -= weights[way]) < 0) return way;
  return "kill";
}
