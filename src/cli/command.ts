/**
 * What a command is. The table of commands (`commands.ts`) holds names and one-line summaries only;
 * a command's own file is loaded when it is called, so that `--help` and `serve` never pay for what
 * they do not use.
 */
import type { Flags, FlagValues } from "./flags.ts";
import type { Io } from "./io.ts";

export interface Command<T extends Flags = any> {
  /** The words that call it: `topic create`. */
  name: string;
  /** One line for lists of commands. */
  summary: string;
  /** What stands behind the name in the usage line: `NAME… [flags]`. */
  usage?: string;
  /** A paragraph for `--help`. */
  description?: string;
  /** Command lines that work, with what they do. */
  examples: readonly (readonly [line: string, meaning: string])[];
  flags: T;
  /** How many words besides flags it takes; default none. */
  positionals?: { min: number; max: number };
  run(call: CommandCall<T>): Promise<number | void>;
}

export interface CommandCall<T extends Flags = any> {
  values: FlagValues<T>;
  positionals: string[];
  /** Names of the flags that were typed, as against filled in. */
  given: ReadonlySet<string>;
  io: Io;
}

/** Commands under one word: `topic create`, `topic list`. */
export interface CommandGroup {
  name: string;
  summary: string;
  commands: readonly Command[];
}

/**
 * A place in the table: `load` brings the command, `dynamic` one whose flags depend on its
 * arguments.
 */
export interface CommandEntry {
  name: string;
  summary: string;
  /** Heading in the list of commands. */
  section: string;
  load(): Promise<Command | CommandGroup | DynamicCommand>;
}

/** A command that reads its own words: `run ./plugin.ts`, whose flags are the plugin's. */
export interface DynamicCommand {
  resolve(
    words: readonly string[],
    io: Io,
  ): Promise<{ command: Command; words: readonly string[] }>;
}

/** Gives a command its types: the values in `run` follow from the table of flags. */
export function command<const T extends Flags>(definition: Command<T>): Command<T> {
  return definition;
}

/** The flag that every command that meets a cluster has. */
export const BROKERS_FLAG = {
  brokers: {
    type: "string",
    value: "HOST:PORT,…",
    default: "127.0.0.1:9092",
    env: "STREAMER_BROKERS",
    help: "Brokers to begin with; one that answers is enough",
  },
} as const satisfies Flags;

/** The flag of every command that prints a table. */
export const JSON_FLAG = {
  json: { type: "boolean", help: "Print JSON for programs" },
} as const satisfies Flags;
