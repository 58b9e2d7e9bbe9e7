/** A terminal made of strings, for tests of commands. */
import { BrokenPipe, type Io, main } from "../../src/cli/mod.ts";
import { denoPlatform } from "../../src/platform/deno/mod.ts";
import { DenoThreads } from "../../src/platform/deno/threads.ts";

export interface Ran {
  code: number;
  out: string;
  err: string;
  outBytes: Uint8Array;
}

export interface TerminalOptions {
  stdin?: string | Uint8Array;
  env?: Record<string, string>;
  isOutTerminal?: boolean;
  signal?: AbortSignal;
  workingDirectory?: string;
  /** Called with all that stdout has got so far. */
  onOut?: (text: string) => void;
  /** The reader of our output goes away after so many bytes. */
  pipeBreaksAfter?: number;
}

/** Runs a command line as a person would and gives what they would see. */
export async function run(words: string[], options: TerminalOptions = {}): Promise<Ran> {
  const out: Uint8Array[] = [];
  let bytes = 0;
  let err = "";
  const joined = () => new Uint8Array(out.flatMap((part) => [...part]));
  const stdin = options.stdin ?? "";
  const io: Io = {
    write(chunk) {
      const part = typeof chunk === "string" ? new TextEncoder().encode(chunk) : chunk.slice();
      bytes += part.length;
      if (bytes > (options.pipeBreaksAfter ?? Infinity)) {
        return Promise.reject(new BrokenPipe("gone"));
      }
      out.push(part);
      options.onOut?.(new TextDecoder().decode(joined()));
      return Promise.resolve();
    },
    say: (line) => err += `${line}\n`,
    showStatus: () => {},
    stdin: () =>
      new Blob([stdin as string]).stream() as
        & AsyncIterable<Uint8Array>
        & ReadableStream<Uint8Array>,
    isInTerminal: false,
    isOutTerminal: options.isOutTerminal ?? false,
    isErrTerminal: false,
    columns: undefined,
    env: (name) => options.env?.[name],
    signal: options.signal ?? new AbortController().signal,
    platform: () => Promise.resolve(denoPlatform()),
    threads: new DenoThreads(new URL("../../bin/streamer.ts", import.meta.url).href),
    workingDirectory: options.workingDirectory ?? Deno.cwd(),
  };
  const code = await main(words, io);
  return { code, out: new TextDecoder().decode(joined()), err, outBytes: joined() };
}
