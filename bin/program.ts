/**
 * The program as a person starts it: makes the terminal into what commands take (`Io`), hands over
 * the arguments, and ends with the exit code. The first ^C or SIGTERM asks the command to end, a
 * second one does not ask. Programs that run programs (`timeout`, task runners) pass on a signal
 * that the terminal or they themselves send to the whole group as well: what comes at the same
 * moment is one signal.
 */
import { BrokenPipe, type Io, main } from "../src/cli/mod.ts";
import { DenoThreads } from "../src/platform/deno/threads.ts";

const encoder = new TextEncoder();
const stopping = new AbortController();

const SAME_MOMENT_MS = 100;
let askedAt = 0;

function onSignal(exitCode: number): void {
  if (stopping.signal.aborted) {
    if (performance.now() - askedAt < SAME_MOMENT_MS) return;
    Deno.exit(exitCode);
  }
  askedAt = performance.now();
  stopping.abort(new DOMException("stopped by a signal", "AbortError"));
}

function listenToSignals(): void {
  Deno.addSignalListener("SIGINT", () => onSignal(130));
  if (Deno.build.os !== "windows") Deno.addSignalListener("SIGTERM", () => onSignal(143));
}

let writing: Promise<void> = Promise.resolve();

async function writeAll(chunk: Uint8Array): Promise<void> {
  try {
    for (let at = 0; at < chunk.length;) at += await Deno.stdout.write(chunk.subarray(at));
  } catch (error) {
    if (error instanceof Deno.errors.BrokenPipe) throw new BrokenPipe("nobody reads any more");
    throw error;
  }
}

function writeError(text: string): void {
  const bytes = encoder.encode(text);
  try {
    for (let at = 0; at < bytes.length;) at += Deno.stderr.writeSync(bytes.subarray(at));
  } catch {
    // Nobody to tell, and nobody to tell that.
  }
}

const terminal = (): Io => ({
  write(chunk) {
    const bytes = typeof chunk === "string" ? encoder.encode(chunk) : chunk;
    const written = writing.then(() => writeAll(bytes));
    writing = written.catch(() => {});
    return written;
  },
  say: (line) => writeError(`${line}\n`),
  showStatus: (line) => writeError(`\r\x1b[2K${line}`),
  stdin: () => Deno.stdin.readable,
  isInTerminal: Deno.stdin.isTerminal(),
  isOutTerminal: Deno.stdout.isTerminal(),
  isErrTerminal: Deno.stderr.isTerminal(),
  get columns() {
    try {
      return Deno.stdout.isTerminal() ? Deno.consoleSize().columns : undefined;
    } catch {
      return undefined;
    }
  },
  env: (name) => Deno.env.get(name),
  signal: stopping.signal,
  platform: async () => (await import("../src/platform/deno/mod.ts")).denoPlatform(),
  threads: new DenoThreads(Deno.mainModule),
  workingDirectory: Deno.cwd(),
});

export async function runProgram(): Promise<never> {
  listenToSignals();
  const code = await main(Deno.args, terminal());
  await writing;
  Deno.exit(code);
}
