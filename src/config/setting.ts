/**
 * What one setting is: its type as Kafka names it, its default, what is allowed, whether it can
 * change while the node runs, and a sentence about it. Every setting is declared once, in
 * `settings/`, by the makers below; parsing, messages, DescribeConfigs and the types of `get` all
 * come from that declaration.
 */

/** Kafka's types of settings, by their numbers in DescribeConfigs (KIP-569). */
export const SETTING_TYPES = {
  boolean: 1,
  string: 2,
  int: 3,
  short: 4,
  long: 5,
  double: 6,
  list: 7,
  class: 8,
  password: 9,
} as const;
export type SettingType = keyof typeof SETTING_TYPES;

/**
 * Kafka's update modes: only at the start, for one broker, or also for the whole cluster at once.
 */
export type Dynamic = "no" | "broker" | "cluster";

/** The declaration of one setting whose values are `T` in the code. */
export interface Setting<T> {
  readonly type: SettingType;
  readonly default: T;
  /** As the end of "it must be …". */
  readonly allowed: string;
  readonly dynamic: Dynamic;
  /** In our own words, one sentence or two. */
  readonly doc: string;
  /**
   * Known and kept, but not listed by DescribeConfigs unless it is set; so are Kafka's internal
   * ones.
   */
  readonly isHidden: boolean;
  /** For topic and group settings: the broker setting that is its default. */
  readonly from?: string;
  /** The first release of ours that knew it, when that is not the first of all. */
  readonly since?: string;
  /** The value of a text, or undefined when it is not allowed. */
  parse(text: string): T | undefined;
  /** The text of a value, as Kafka prints it; null for no value. */
  format(value: T): string | null;
}

export type ValueOf<S> = S extends Setting<infer T> ? T : never;
/** The typed values of a table of declarations. */
export type ValuesOf<Table> = { readonly [N in keyof Table]: ValueOf<Table[N]> };

interface Common {
  doc: string;
  dynamic?: Dynamic;
  isHidden?: boolean;
  from?: string;
  since?: string;
}

interface NumberOptions<D> extends Common {
  default: D;
  min?: number;
  max?: number;
  /** Allowed beside the range. */
  or?: number;
}

interface TextOptions<D> extends Common {
  default: D;
  /** The only values allowed. */
  oneOf?: readonly string[];
  /** Compare with {@link oneOf} without regard to case. */
  ignoresCase?: boolean;
  /** The empty text is refused. */
  isFilled?: boolean;
}

interface ListOptions<D> extends Common {
  default: D;
  /** The only members allowed. */
  of?: readonly string[];
  isFilled?: boolean;
  /** Nothing between two commas is a member too. */
  mayHaveGaps?: boolean;
}

export const int = <D extends number | null>(options: NumberOptions<D>) =>
  numeric("int", -(2 ** 31), 2 ** 31 - 1, options);
export const short = <D extends number | null>(options: NumberOptions<D>) =>
  numeric("short", -(2 ** 15), 2 ** 15 - 1, options);
/** Values beyond 2^53 mean "no limit" wherever Kafka uses them, and saturate. */
export const long = <D extends number | null>(options: NumberOptions<D>) =>
  numeric("long", -Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, options);

/** The largest long, which Kafka takes for "no limit". */
export const NO_LIMIT = Number.MAX_SAFE_INTEGER;
const LONGEST = "9223372036854775807";
const MAX_LONG = 2n ** 63n - 1n;

type Widened<D> = D extends number ? number : D extends string ? string : D;

function numeric<D extends number | null>(
  type: "int" | "short" | "long",
  lowest: number,
  highest: number,
  options: NumberOptions<D>,
): Setting<Widened<D>> {
  const { min = lowest, max = highest, or } = options;
  return setting<number | null>(type, options, {
    allowed: allowedNumbers("a whole number", options),
    parse(text) {
      const trimmed = text.trim();
      if (!/^[+-]?\d+$/.test(trimmed)) return undefined;
      const value = type === "long" ? parseLong(trimmed) : Number(trimmed);
      const fits = value !== undefined && ((value >= min && value <= max) || value === or);
      return fits ? value : undefined;
    },
    format: (value) => value === NO_LIMIT ? LONGEST : value === null ? null : String(value),
  }) as Setting<Widened<D>>;
}

function parseLong(text: string): number | undefined {
  const exact = BigInt(text.replace(/^\+/, ""));
  if (exact > MAX_LONG || exact < -MAX_LONG - 1n) return undefined;
  return Math.max(-NO_LIMIT, Math.min(NO_LIMIT, Number(exact)));
}

// A digit can be read in one way only, so that a long text takes no longer than its length says.
const DECIMAL = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;

export function double(options: NumberOptions<number>): Setting<number> {
  const { min = -Infinity, max = Infinity } = options;
  return setting<number>("double", options, {
    allowed: allowedNumbers("a number", options),
    parse(text) {
      const value = DECIMAL.test(text.trim()) ? Number(text) : NaN;
      return value >= min && value <= max ? value : undefined;
    },
    // As Java prints it: at least one digit behind the point, and a large E.
    format: (value) =>
      Number.isInteger(value) && Math.abs(value) < 1e7
        ? value.toFixed(1)
        : String(value).replace(/e\+?/, "E"),
  });
}

function allowedNumbers(
  kind: string,
  { min, max, or }: { min?: number; max?: number; or?: number },
): string {
  const range = min !== undefined && max !== undefined
    ? ` from ${min} to ${max}`
    : min !== undefined
    ? ` of at least ${min}`
    : max !== undefined
    ? ` of at most ${max}`
    : "";
  return kind + range + (or === undefined ? "" : `, or ${or}`);
}

export function boolean(options: Common & { default: boolean }): Setting<boolean> {
  return setting<boolean>("boolean", options, {
    allowed: "true or false",
    parse(text) {
      const value = text.trim().toLowerCase();
      return value === "true" ? true : value === "false" ? false : undefined;
    },
    format: String,
  });
}

export const string = <D extends string | null>(options: TextOptions<D>) =>
  textual("string", options);
/** The name of a Java class, which is kept and never loaded. */
export const javaClass = <D extends string | null>(options: TextOptions<D>) =>
  textual("class", options);
/** Never shown again once it is set. */
export const password = (options: Common) => textual("password", { ...options, default: null });

function textual<D extends string | null>(
  type: "string" | "class" | "password",
  options: TextOptions<D>,
): Setting<Widened<D>> {
  const { oneOf, ignoresCase = false, isFilled = false } = options;
  const find = (text: string) =>
    ignoresCase
      ? oneOf?.find((value) => value.toLowerCase() === text.toLowerCase())
      : oneOf?.find((value) => value === text);
  return setting<string | null>(type, options, {
    allowed: oneOf ? `one of ${oneOf.join(", ")}` : isFilled ? "some text" : "text",
    parse(text) {
      const value = type === "password" ? text : text.trim();
      if (oneOf) return find(value);
      return isFilled && value === "" ? undefined : value;
    },
    format: (value) => value,
  }) as Setting<Widened<D>>;
}

/** One of a few words, typed as such. */
export function choice<const V extends string>(
  options: Common & { default: V; oneOf: readonly V[]; ignoresCase?: boolean },
): Setting<V> {
  return textual("string", options as TextOptions<string>) as unknown as Setting<V>;
}

/** Values by commas; blanks around them don't count. */
export function list<D extends readonly string[] | null>(
  options: ListOptions<D>,
): Setting<D extends null ? readonly string[] | null : readonly string[]> {
  const { of, isFilled = false, mayHaveGaps = false } = options;
  return setting<readonly string[] | null>("list", options, {
    allowed: (isFilled ? "at least one of a list by commas" : "a list by commas") +
      (of ? ` of ${of.join(", ")}` : ""),
    parse(text) {
      const values = splitList(text);
      if (isFilled && values.length === 0) return undefined;
      if (values.includes("") && !mayHaveGaps) return undefined;
      return of && values.some((value) => !of.includes(value)) ? undefined : values;
    },
    format: (values) => values?.join(",") ?? null,
  }) as Setting<D extends null ? readonly string[] | null : readonly string[]>;
}

/**
 * Something of more parts than a word or a number; `parse` returns undefined for what is not
 * allowed.
 */
export function structured<T>(
  type: "string" | "list",
  options: Common & {
    default: T;
    allowed: string;
    parse: (text: string) => T | undefined;
    format: (value: T) => string | null;
  },
): Setting<T> {
  return setting<T>(type, options, options);
}

export function splitList(text: string): string[] {
  const values = text.split(",").map((value) => value.trim());
  return values.length === 1 && values[0] === "" ? [] : values;
}

function setting<T>(
  type: SettingType,
  options: Common & { default: T },
  rest: Pick<Setting<T>, "allowed" | "parse" | "format">,
): Setting<T> {
  const { default: byDefault, dynamic = "no", doc, isHidden = false, from, since } = options;
  return { type, default: byDefault, dynamic, doc, isHidden, from, since, ...rest };
}
