/**
 * Programs that tests and benchmarks start: streamer itself, Apache Kafka beside it, other people's
 * clients. Each is ended by its own handle, never by name, and whatever it printed is kept to be
 * told when a test fails.
 */
import { spawnSync } from "node:child_process";
import process from "node:process";

export const root = new URL("../..", import.meta.url).pathname;
/**
 * Where Apache Kafka's starter lies, if it is there: `STREAMER_PEERS`, else beside the checkout.
 */
export const peers = Deno.env.get("STREAMER_PEERS") ??
  new URL("../shared/peers", `file://${root}`).pathname;

/** Where `.ci/run` puts other people's clients that no Debian package has. */
export const cacheFolder = `${Deno.env.get("HOME")}/.cache/streamer`;

export const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Is there a program of this name in PATH (or at this path)? */
export function hasProgram(name: string): boolean {
  return spawnSync("sh", ["-c", `command -v "$1" >/dev/null 2>&1`, "sh", name]).status === 0;
}

/** Can this Python import the module? */
export function hasPythonModule(
  module: string,
  python = "/usr/bin/python3",
  env: Record<string, string> = {},
): boolean {
  const options = { stdio: "ignore", env: { ...process.env, ...env } } as const;
  return spawnSync(python, ["-c", `import ${module}`], options).status === 0;
}

/** The version of Apache Kafka that is started. */
export const kafkaVersion = Deno.env.get("KAFKA_VERSION") ?? "4.3.1";

/** Is Apache Kafka fetched already? Tests never start a download on their own. */
export function hasApacheKafka(): boolean {
  const home = Deno.env.get("PEERS_HOME") ?? `${Deno.env.get("HOME")}/.cache/peers`;
  return hasProgram(`${peers}/kafka`) && hasProgram("java") &&
    exists(`${home}/kafka-${kafkaVersion}/.complete`);
}

export function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

/** One program that was started, with all that it has printed so far. */
export class Program {
  readonly #child: Deno.ChildProcess | undefined;
  readonly #input: WritableStreamDefaultWriter<Uint8Array> | undefined;
  #printed = "";
  readonly #exit: Promise<number>;
  #code: number | undefined;

  constructor(
    command: string,
    args: string[],
    options: { env?: Record<string, string>; cwd?: string; clearEnv?: boolean } = {},
  ) {
    try {
      this.#child = new Deno.Command(command, {
        args,
        cwd: options.cwd ?? root,
        env: { NO_COLOR: "1", ...options.env },
        clearEnv: options.clearEnv,
        stdin: "piped",
        stdout: "piped",
        stderr: "piped",
      }).spawn();
    } catch (error) {
      this.#printed = `${error}\n`;
      this.#code = 127;
      this.#exit = Promise.resolve(127);
      return;
    }
    const child = this.#child;
    this.#input = child.stdin.getWriter();
    const read = Promise.all([this.#keep(child.stdout), this.#keep(child.stderr)]);
    this.#exit = child.status.then(async ({ code }) => {
      // What it left to others that still run may keep the pipe open; its own last words are here
      // by then.
      await Promise.race([read, pause(500)]);
      return this.#code = code;
    });
  }

  async #keep(stream: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    for await (const bytes of stream) {
      this.#printed = (this.#printed + decoder.decode(bytes, { stream: true })).slice(-100_000_000);
    }
  }

  get pid(): number {
    return this.#child!.pid;
  }

  get printed(): string {
    return this.#printed;
  }

  get exited(): Promise<number> {
    return this.#exit;
  }

  write(text: string): void {
    this.#input?.write(new TextEncoder().encode(text)).catch(() => {});
  }

  endInput(): void {
    this.#input?.close().catch(() => {});
  }

  kill(signal: "SIGTERM" | "SIGKILL" | "SIGINT" | "SIGSTOP" | "SIGCONT"): void {
    if (this.#code === undefined) this.#child!.kill(signal);
  }

  /**
   * Waits until the program has printed something that matches; throws with all it said when it
   * ends or time is up.
   */
  async untilPrinted(pattern: RegExp, withinMs = 20_000): Promise<RegExpExecArray> {
    const until = performance.now() + withinMs;
    for (;;) {
      const found = pattern.exec(this.#printed);
      if (found) return found;
      if (this.#code !== undefined || performance.now() > until) {
        const why = this.#code !== undefined
          ? `ended with ${this.#code}`
          : `took over ${withinMs} ms`;
        throw new Error(
          `Waiting for ${pattern}: the program ${why}. It printed:\n${this.#printed}`,
        );
      }
      await pause(10);
    }
  }

  /** Ends it: politely, then not. Returns its exit code. */
  async stop(withinMs = 15_000): Promise<number> {
    if (this.#code !== undefined) return this.#code;
    this.kill("SIGTERM");
    const timer = setTimeout(() => this.kill("SIGKILL"), withinMs);
    const code = await this.#exit;
    clearTimeout(timer);
    return code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

/**
 * Runs a program to its end; throws with all it printed when it fails (unless told not to) or takes
 * too long.
 */
export async function runProgram(
  command: string,
  args: string[],
  options: {
    input?: string;
    withinMs?: number;
    env?: Record<string, string>;
    cwd?: string;
    clearEnv?: boolean;
    mayFail?: boolean;
  } = {},
): Promise<{ code: number; printed: string }> {
  const program = new Program(command, args, options);
  if (options.input !== undefined) program.write(options.input);
  program.endInput();
  const withinMs = options.withinMs ?? 60_000;
  let late = false;
  const timer = setTimeout(() => (late = true, program.kill("SIGKILL")), withinMs);
  const code = await program.exited;
  clearTimeout(timer);
  if (late) {
    throw new Error(`${command} ${args.join(" ")} took over ${withinMs} ms:\n${program.printed}`);
  }
  if (code !== 0 && !options.mayFail) {
    throw new Error(`${command} ${args.join(" ")} ended with ${code}:\n${program.printed}`);
  }
  return { code, printed: program.printed };
}

/** What the program has printed, of that only the lines that match. */
export const linesOf = ({ printed }: { readonly printed: string }, pattern: RegExp): string[] =>
  printed.split("\n").filter((line) => pattern.test(line));

/** How streamer tells of a fault of its own: none of it may ever be seen. */
export const FAULTS = /unexpected|fault in streamer|^\s+at /;

/** A port of the loopback that is free now. */
export function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  return port;
}

/** Kernels take the ports of outgoing connections from 32768 on. */
const STEADY_PORTS = { first: 10_000, count: 22_000 };
let steadyPorts = Deno.pid * 101;

/**
 * A port that is free now, and that no outgoing connection gets meanwhile: for programs that take
 * seconds to listen, or that are stopped and started again.
 */
export function steadyPort(): number {
  for (let tries = 0; tries < 1000; tries++) {
    const port = STEADY_PORTS.first + steadyPorts++ % STEADY_PORTS.count;
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
      return port;
    } catch {
      // Somebody else's.
    }
  }
  throw new Error("no steady port is free");
}

/** So many ports one after the other that nobody listens on now; the first of them. */
export function freePorts(count: number): number {
  for (let tries = 0; tries < 50; tries++) {
    const first = freePort();
    try {
      for (let port = first; port < first + count; port++) {
        Deno.listen({ hostname: "127.0.0.1", port }).close();
      }
      return first;
    } catch {
      // Another try, elsewhere.
    }
  }
  throw new Error(`no ${count} free ports in a row`);
}

/** Resolves when something listens on the port. */
export async function untilListening(
  port: number,
  program: Program,
  withinMs = 60_000,
): Promise<void> {
  const until = performance.now() + withinMs;
  let ended = false;
  program.exited.then(() => ended = true);
  for (;;) {
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      return;
    } catch {
      if (ended || performance.now() > until) {
        throw new Error(`Nothing listens on ${port}:\n${program.printed}`);
      }
      await pause(5);
    }
  }
}

/**
 * Starts `streamer serve` from the checkout (or the packed file) on a port and a folder; resolves
 * when it is ready.
 */
export async function startStreamer(
  options: {
    port?: number;
    data: string;
    args?: string[];
    program?: string;
    env?: Record<string, string>;
  },
): Promise<{ program: Program; port: number; brokers: string }> {
  const port = options.port ?? freePort();
  const command = options.program ?? `${root}bin/streamer`;
  const recording = Deno.env.get("STREAMER_TRAFFIC");
  const address = recording === undefined ? { listen: port, told: [] } : {
    listen: freePort(),
    told: ["--advertise", `127.0.0.1:${port}`],
  };
  const args = [
    "serve",
    "--listen",
    `127.0.0.1:${address.listen}`,
    ...address.told,
    "--data",
    options.data,
    ...options.args ?? [],
  ];
  const program = new Program(command, args, { env: options.env });
  await program.untilPrinted(/[Rr]eady/);
  if (recording !== undefined) await recordRequests(program, port, address.listen, recording);
  return { program, port, brokers: `127.0.0.1:${port}` };
}

/** All that clients ask of the program from now on is noted in the file (`record_traffic.ts`). */
async function recordRequests(program: Program, port: number, brokerPort: number, file: string) {
  const label = Deno.env.get("STREAMER_TRAFFIC_LABEL") ?? "";
  const script = `${root}test/kit/recording_proxy.ts`;
  const ports = [`${port}`, `${brokerPort}`];
  const proxy = new Program(Deno.execPath(), ["run", "-A", script, ...ports, file, label]);
  program.exited.then(() => proxy.stop());
  await proxy.untilPrinted(/Recording/);
}

/** Starts Apache Kafka on a port and a folder; resolves when it listens. */
export async function startApacheKafka(
  options: { port?: number; folder: string; settings?: string[] },
): Promise<{ program: Program; port: number; brokers: string }> {
  const port = options.port ?? freePort();
  const controller = freePort();
  const ports = ["--port", `${port}`, "--controller-port", `${controller}`];
  const program = new Program(`${peers}/kafka`, [
    "serve",
    options.folder,
    ...ports,
    ...options.settings ?? [],
  ]);
  await program.untilPrinted(/Kafka Server started/, 90_000);
  return { program, port, brokers: `127.0.0.1:${port}` };
}
