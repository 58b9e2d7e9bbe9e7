/**
 * cli: the commands a person types. `main` finds the command in the table, parses its flags, runs
 * it, and turns what goes wrong into one message and an exit code:
 *
 * - 0: done; also a long-running command that was stopped with ^C
 * - 1: it cannot be done, and the message says what stood in the way and what to do next; also a
 *   cluster whose status is not well
 * - 2: the command line makes no sense, with the nearest thing that does
 *
 * Output for programs goes to stdout, everything said to people besides to stderr. Commands get the
 * terminal handed in (`Io`), so tests are terminals. Nothing here loads what the called command
 * does not need.
 */
import { nearest } from "../base/mod.ts";
import type { Command, CommandEntry, CommandGroup, DynamicCommand } from "./command.ts";
import { COMMANDS } from "./commands.ts";
import { parseFlags } from "./flags.ts";
import { renderCommandHelp, renderGroupHelp, renderMainHelp } from "./help.ts";
import { BrokenPipe, CommandError, type Io, UsageError } from "./io.ts";

export { BROKERS_FLAG, command, JSON_FLAG } from "./command.ts";
export type { Command, CommandCall, CommandEntry, CommandGroup } from "./command.ts";
export type { Flag, Flags, FlagValues } from "./flags.ts";
export { BrokenPipe, CommandError, type Io, UsageError } from "./io.ts";

/** Runs the command line `words`; resolves to the exit code and never rejects. */
export async function main(words: readonly string[], io: Io): Promise<number> {
  const typed: string[] = [];
  try {
    return await dispatch(words, io, typed);
  } catch (error) {
    return await report(error, io, typed);
  }
}

const isHelp = (word: string | undefined) => word === "--help" || word === "-h" || word === "help";

/** Words before a `--` that ask for help, wherever they stand: `topic create --help`. */
function asksForHelp(words: readonly string[]): boolean {
  const end = words.indexOf("--");
  return words.slice(0, end < 0 ? undefined : end).some((word) =>
    word === "--help" || word === "-h"
  );
}

/** `typed` collects the command's words as they are understood, for the hint after an error. */
async function dispatch(words: readonly string[], io: Io, typed: string[]): Promise<number> {
  const columns = Math.min(io.columns ?? 100, 120);
  const [first, ...rest] = words;
  if (
    first === undefined || first === "--help" || first === "-h" || (first === "help" && !rest[0])
  ) {
    await io.write(renderMainHelp(COMMANDS, columns));
    return 0;
  }
  if (first === "help") return await dispatch([...rest, "--help"], io, typed);
  if (first === "--version" || first === "-V") return await dispatch(["version"], io, typed);

  const entry = entryNamed(first, COMMANDS);
  typed.push(first);
  const loaded = await entry.load();
  if ("commands" in loaded) return await dispatchGroup(loaded, rest, io, typed, columns);
  const { command, words: left } = "resolve" in loaded
    ? await loaded.resolve(rest, io)
    : { command: loaded, words: rest };
  return await runCommand(command, left, io, columns);
}

async function dispatchGroup(
  group: CommandGroup,
  words: readonly string[],
  io: Io,
  typed: string[],
  columns: number,
): Promise<number> {
  const [first, ...rest] = words;
  if (first === undefined || isHelp(first)) {
    await io.write(renderGroupHelp(group, columns));
    return first === undefined ? 2 : 0;
  }
  const name = `${group.name} ${first}`;
  const command = group.commands.find((command) => command.name === name);
  if (command === undefined) {
    const near = nearest(name, group.commands.map(({ name }) => name));
    const all = group.commands.map(({ name }) => name.split(" ").at(-1)).join(", ");
    throw new UsageError(
      `Unknown command "${name}"`,
      near ? `Did you mean "streamer ${near}"?` : `There are ${all}`,
    );
  }
  typed.push(first);
  return await runCommand(command, rest, io, columns);
}

async function runCommand(
  command: Command,
  words: readonly string[],
  io: Io,
  columns: number,
): Promise<number> {
  if (asksForHelp(words)) {
    await io.write(renderCommandHelp(command, columns));
    return 0;
  }
  const { values, positionals, given } = parseFlags(command.flags, words, io.env);
  checkPositionals(command, positionals);
  return (await command.run({ values, positionals, given, io })) ?? 0;
}

function checkPositionals(command: Command, positionals: readonly string[]): void {
  const { min, max } = command.positionals ?? { min: 0, max: 0 };
  const usage = `Usage: streamer ${command.name} ${command.usage ?? "[flags]"}`;
  if (positionals.length < min) throw new UsageError(`Something is missing`, usage);
  if (positionals.length > max) {
    throw new UsageError(`"${positionals[max]}" is one word too many`, usage);
  }
}

function entryNamed(name: string, entries: readonly CommandEntry[]): CommandEntry {
  const entry = entries.find((entry) => entry.name === name);
  if (entry) return entry;
  if (name.startsWith("-")) {
    throw new UsageError(`Unknown flag ${name}`, "Flags stand behind the command");
  }
  const near = nearest(name, entries.map(({ name }) => name));
  throw new UsageError(
    `Unknown command "${name}"`,
    near ? `Did you mean "streamer ${near}"?` : undefined,
  );
}

/** The one place where an error becomes words and a code. */
async function report(error: unknown, io: Io, typed: readonly string[]): Promise<number> {
  if (error instanceof BrokenPipe) return 0;
  if (io.signal.aborted && error === io.signal.reason) return 0;
  if (error instanceof UsageError) {
    io.say(`${error.message}${error.hint ? `. ${error.hint}` : ""}`);
    io.say(`See: ${["streamer", ...typed, "--help"].join(" ")}`);
    return 2;
  }
  const { message, hint } = await describe(error);
  io.say(message);
  if (hint) io.say(hint);
  return 1;
}

/**
 * What to say of an error: ours say it themselves; anything else is a bug of ours and keeps its
 * stack.
 */
async function describe(error: unknown): Promise<{ message: string; hint?: string }> {
  if (error instanceof CommandError) return error;
  const name = error instanceof Error ? error.name : "";
  if (
    /^(ClientError|BrokersUnreachable|ConnectionLost|KafkaError|PluginError|ConfigError|ListenError|StorageError)$/
      .test(name)
  ) {
    const { hintFor } = await import("./hints.ts");
    return { message: (error as Error).message, hint: hintFor(error as Error) };
  }
  if (name.startsWith("KafkaJS")) return { message: (error as Error).message };
  const stack = error instanceof Error ? error.stack ?? error.message : String(error);
  return { message: `This is a fault in streamer itself, please report it:\n${stack}` };
}

export type { DynamicCommand };
