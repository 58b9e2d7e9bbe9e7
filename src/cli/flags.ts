/**
 * Flags are declared once, as a table; parsing, help and types come from it. `node:util` cuts the
 * words into tokens; what they mean is decided here, since its strict mode knows no suggestions and
 * refuses values that begin with a dash (`--from -5m`).
 *
 * A plugin's options become such a table too (`src/plugin/flags.ts`), so that both read alike.
 */
import { parseArgs } from "node:util";
import { nearest, parseDuration, parseSize } from "../base/mod.ts";
import { UsageError } from "./io.ts";

export interface Flag {
  /**
   * `duration` gives milliseconds, `size` bytes, `integer` and `number` numbers; all others text.
   */
  type: "string" | "boolean" | "integer" | "number" | "duration" | "size";
  help: string;
  /** One letter, `-n`. */
  short?: string;
  /** What stands for the value in help: `HOST:PORT`. */
  value?: string;
  choices?: readonly string[];
  /** May be given more than once; the value is then a list. */
  multiple?: boolean;
  default?: string | number | boolean;
  /** Used where the flag is not given. */
  env?: string;
  min?: number;
  max?: number;
  required?: boolean;
  /** Left out of help. */
  hidden?: boolean;
}

export type Flags = Record<string, Flag>;

type Single<F extends Flag> = F["type"] extends "boolean" ? boolean
  : F["type"] extends "string" ? string
  : number;
type Value<F extends Flag> = F["type"] extends "boolean" ? boolean
  : F extends { multiple: true } ? Single<F>[]
  : F extends { default: string | number | boolean } | { required: true } ? Single<F>
  : Single<F> | undefined;
/** What the flags of a table come to; names stay as they are typed: `values["max-messages"]`. */
export type FlagValues<T extends Flags> = string extends keyof T ? any
  : { [Name in keyof T]: Value<T[Name]> };

export interface ParsedArguments<T extends Flags> {
  values: FlagValues<T>;
  positionals: string[];
  /** Names of the flags that were typed, as against filled in. */
  given: Set<string>;
}

/**
 * Understands a command line, or throws a {@link UsageError} that says which word is wrong and what
 * is near it.
 */
export function parseFlags<const T extends Flags>(
  table: T,
  words: readonly string[],
  env: (name: string) => string | undefined = () => undefined,
): ParsedArguments<T> {
  const { given, positionals } = readTokens(table, words);
  const values: Record<string, unknown> = {};
  for (const [name, flag] of Object.entries(table)) {
    values[name] = valueOf(name, flag, given.get(name), env);
  }
  return {
    values: values as FlagValues<T>,
    positionals,
    given: new Set(given.keys()),
  };
}

function readTokens(table: Flags, words: readonly string[]) {
  const given = new Map<string, (string | boolean)[]>();
  const positionals: string[] = [];
  const options = Object.fromEntries(
    Object.entries(table).map(([name, { type, short }]) => [name, {
      type: type === "boolean" ? "boolean" as const : "string" as const,
      ...(short && { short }),
    }]),
  );
  const { tokens } = parseArgs({
    args: words as string[],
    options,
    strict: false,
    tokens: true,
    allowPositionals: true,
  });
  for (const token of tokens) {
    if (token.kind === "positional") positionals.push(token.value);
    if (token.kind !== "option") continue;
    const { name, value } = readOption(table, token);
    given.set(name, [...given.get(name) ?? [], value]);
  }
  return { given, positionals };
}

function readOption(table: Flags, token: { name: string; rawName: string; value?: string }) {
  const isNegated = token.rawName.startsWith("--no-") && table[token.name] === undefined;
  const name = isNegated ? token.rawName.slice("--no-".length) : token.name;
  const flag = Object.hasOwn(table, name) ? table[name] : undefined;
  if (flag === undefined) {
    const near = nearest(name, Object.keys(table));
    throw new UsageError(
      `Unknown flag ${token.rawName}`,
      near && token.rawName.startsWith("--") ? `Did you mean --${near}?` : undefined,
    );
  }
  if (flag.type === "boolean") {
    if (token.value === undefined) return { name, value: !isNegated };
    if (token.value === "true" || token.value === "false") {
      return { name, value: (token.value === "true") !== isNegated };
    }
    throw new UsageError(`--${name} takes no value, got "${token.value}"`);
  }
  if (isNegated) throw new UsageError(`--no-${name} makes no sense: --${name} takes a value`);
  if (token.value === undefined) {
    throw new UsageError(`--${name} needs a value`, `For example: --${name} ${exampleOf(flag)}`);
  }
  return { name, value: token.value };
}

function valueOf(
  name: string,
  flag: Flag,
  given: (string | boolean)[] | undefined,
  env: (name: string) => string | undefined,
): unknown {
  if (given === undefined) {
    const fromEnv = flag.env ? env(flag.env) : undefined;
    if (fromEnv !== undefined && fromEnv !== "") return convertText(flag.env!, flag, fromEnv);
    if (flag.required) {
      throw new UsageError(`--${name} is missing`, `For example: --${name} ${exampleOf(flag)}`);
    }
    if (flag.default !== undefined && typeof flag.default !== "boolean") {
      return flag.multiple ? [flag.default] : flag.default;
    }
    if (flag.multiple) return [];
    return flag.type === "boolean" ? flag.default ?? false : undefined;
  }
  const values = given.map((value) =>
    typeof value === "boolean" ? value : convertText(`--${name}`, flag, value)
  );
  if (flag.multiple) return values;
  if (values.length > 1 && flag.type !== "boolean") {
    throw new UsageError(`--${name} is given ${values.length} times, it can be given once`);
  }
  return values.at(-1);
}

/** One value, from its text. `label` is what the message calls it. */
export function convertText(label: string, flag: Flag, text: string): string | number {
  if (flag.choices && !flag.choices.includes(text)) {
    const near = nearest(text, flag.choices);
    throw new UsageError(
      `${label} cannot be "${text}": it is one of ${flag.choices.join(", ")}`,
      near && `Did you mean ${near}?`,
    );
  }
  if (flag.type === "string" || flag.type === "boolean") return text;
  const number = numberOf(flag.type, text);
  if (number === undefined) {
    throw new UsageError(`${label} cannot be "${text}": ${WANTED[flag.type]}`);
  }
  if (
    (flag.min !== undefined && number < flag.min) || (flag.max !== undefined && number > flag.max)
  ) {
    throw new UsageError(`${label} cannot be ${text}: it must be ${rangeOf(flag)}`);
  }
  return number;
}

const WANTED = {
  integer: "it is a whole number",
  number: "it is a number",
  duration: "it is a duration like 250ms, 5s or 1h30m",
  size: "it is a size like 512, 64KiB or 4MiB",
};

function numberOf(type: keyof typeof WANTED, text: string): number | undefined {
  switch (type) {
    case "duration":
      return parseDuration(text);
    case "size":
      return parseSize(text);
    case "integer":
      return /^-?\d+$/.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : undefined;
    case "number":
      return text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : undefined;
  }
}

function rangeOf({ min, max }: Flag): string {
  if (min !== undefined && max !== undefined) return `from ${min} to ${max}`;
  return min !== undefined ? `${min} or more` : `${max} or less`;
}

/** What stands for the value in help and in examples. */
export function placeholderOf(flag: Flag): string {
  if (flag.value) return flag.value;
  if (flag.choices) return flag.choices.join("|");
  return { string: "TEXT", boolean: "", integer: "N", number: "N", duration: "TIME", size: "SIZE" }[
    flag.type
  ];
}

function exampleOf(flag: Flag): string {
  if (flag.default !== undefined && flag.default !== "") return String(flag.default);
  if (flag.choices) return flag.choices[0];
  return { duration: "5s", size: "1MiB" }[flag.type as string] ?? placeholderOf(flag);
}
