/**
 * How `consume` prints records: their values, JSON for programs, hex for the curious, or a template
 * of one's own.
 *
 * Values go to a program byte for byte. To a terminal they do not when they are not text: a picture
 * would be taken for commands to the terminal, so its size is shown in its place.
 */
import { formatSize } from "../base/mod.ts";
import type { IncomingRecord } from "../client/mod.ts";
import { UsageError } from "./io.ts";

export type RecordFormat = (record: IncomingRecord) => Uint8Array | string;

const FIELDS: Record<
  string,
  (record: IncomingRecord, text: (bytes: Uint8Array | null) => string) => string
> = {
  topic: ({ topic }) => topic,
  partition: ({ partition }) => `${partition}`,
  offset: ({ offset }) => `${offset}`,
  timestamp: ({ timestamp }) => `${timestamp}`,
  time: ({ timestamp }) => timestamp < 0 ? "" : new Date(timestamp).toISOString(),
  key: ({ key }, text) => text(key),
  value: ({ value }, text) => text(value),
  size: ({ value }) => `${value?.length ?? 0}`,
  headers: ({ headers }, text) =>
    Object.entries(headers).map(([name, value]) => `${name}=${text(value)}`).join(","),
};

/** The format of this name, or the template. Throws a {@link UsageError}. */
export function recordFormat(name: string, { isTerminal }: { isTerminal: boolean }): RecordFormat {
  switch (name) {
    case "value":
      return isTerminal ? ({ value }) => `${shown(value)}\n` : ({ value }) => lineOf(value);
    case "raw":
      return ({ value }) => value ?? new Uint8Array();
    case "json":
      return (record) => `${JSON.stringify(asJson(record))}\n`;
    case "hex":
      return hexDump;
    default:
      if (name.includes("{")) return template(name, isTerminal);
      throw new UsageError(
        `--format cannot be "${name}": it is value, raw, json, hex, or a template`,
        `For example: --format '{partition}/{offset} {key}: {value}\\n'`,
      );
  }
}

const ESCAPES: Record<string, string> = {
  n: "\n",
  t: "\t",
  r: "\r",
  "0": "\0",
  "\\": "\\",
  "{": "{",
  "}": "}",
};

function template(text: string, isTerminal: boolean): RecordFormat {
  const parts: (string | typeof FIELDS[string])[] = [];
  for (const [whole, escape, field] of text.matchAll(/\\(.)|\{([^}]*)\}|[^\\{]+|\\$|\{/g)) {
    if (escape !== undefined) parts.push(ESCAPES[escape] ?? whole);
    else if (field === undefined) parts.push(whole);
    else if (Object.hasOwn(FIELDS, field)) parts.push(FIELDS[field]);
    else {
      throw new UsageError(
        `--format knows no {${field}}`,
        `There are ${Object.keys(FIELDS).map((one) => `{${one}}`).join(" ")}`,
      );
    }
  }
  const show = isTerminal
    ? shown
    : (bytes: Uint8Array | null) => bytes === null ? "" : new TextDecoder().decode(bytes);
  return (record) =>
    parts.map((part) => typeof part === "string" ? part : part(record, show)).join("");
}

function lineOf(value: Uint8Array | null): Uint8Array {
  const line = new Uint8Array((value?.length ?? 0) + 1);
  if (value) line.set(value);
  line[line.length - 1] = 10;
  return line;
}

const strict = new TextDecoder("utf-8", { fatal: true });

/** The text, or undefined where the bytes are none. */
function textOf(bytes: Uint8Array): string | undefined {
  try {
    return strict.decode(bytes);
  } catch {
    return undefined;
  }
}

/** For a terminal: text without what would steer it; anything else by its size. */
function shown(bytes: Uint8Array | null): string {
  if (bytes === null) return "(null)";
  const text = textOf(bytes);
  // deno-lint-ignore no-control-regex
  const isText = text !== undefined && !/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/.test(text);
  return isText ? text : `(${formatSize(bytes.length)}, not text)`;
}

/** Text as text; bytes that are none under a name that says so. */
function asJson({ topic, partition, offset, timestamp, key, value, headers }: IncomingRecord) {
  const field = (name: string, bytes: Uint8Array | null) => {
    const text = bytes === null ? null : textOf(bytes);
    return text === undefined ? { [`${name}Base64`]: bytes!.toBase64() } : { [name]: text };
  };
  const named = Object.entries(headers).map((
    [name, bytes],
  ) => [name, textOf(bytes) ?? { base64: bytes.toBase64() }]);
  return {
    topic,
    partition,
    offset,
    timestamp,
    ...field("key", key),
    ...field("value", value),
    headers: Object.fromEntries(named),
  };
}

function hexDump({ topic, partition, offset, value }: IncomingRecord): string {
  const bytes = value ?? new Uint8Array();
  const lines = [
    `${topic}-${partition} offset ${offset}, ${value === null ? "null" : `${bytes.length} bytes`}`,
  ];
  for (let at = 0; at < bytes.length; at += 16) {
    const row = bytes.subarray(at, at + 16);
    const hex = [...row].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    const text = [...row].map((byte) => byte >= 32 && byte < 127 ? String.fromCharCode(byte) : ".")
      .join("");
    lines.push(`${at.toString(16).padStart(8, "0")}  ${hex.padEnd(47)}  ${text}`);
  }
  return `${lines.join("\n")}\n`;
}
