/**
 * A plugin's schema as flags. `cameraId: z.string().describe("…")` becomes `--camera-id TEXT`, with
 * its default, range and choices in the help. What a flag's text means follows from the schema's
 * type:
 *
 * - numbers; those that say `.meta({ unit: "ms" })` or end in `Ms` also take `5s`, those of `unit:
 *   "bytes"` or ending in `Bytes` also take `4MiB`
 * - booleans: `--live`, `--no-live`; enums: one of the choices
 * - lists: a flag that can be repeated; anything deeper: JSON
 *
 * The schema is read by way of JSON Schema, which any instance of zod 4 can tell of itself, so a
 * plugin may bring its own zod. What the flags cannot check (patterns, refinements) the schema
 * still does, when options are made.
 */
import type { ZodObject } from "zod";
import type { Plugin, Z } from "./contract.ts";
import { PluginError, PluginOptionError } from "./errors.ts";

/** One option as a flag. */
export interface OptionFlag {
  type: "string" | "boolean" | "integer" | "number" | "duration" | "size";
  help: string;
  default?: string | number | boolean;
  choices?: readonly string[];
  multiple?: boolean;
  min?: number;
  max?: number;
  required?: boolean;
  value?: string;
}

interface JsonSchema {
  type?: string;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  description?: string;
  default?: unknown;
  enum?: unknown[];
  const?: unknown;
  anyOf?: JsonSchema[];
  items?: JsonSchema;
  minimum?: number;
  maximum?: number;
  unit?: string;
}

/** A plugin's options: the flags they become, and the way back. */
export interface PluginOptions {
  flags: Record<string, OptionFlag>;
  /**
   * The options as the schema makes them from the flags that were given. Throws {@link
   * PluginOptionError}.
   */
  fromFlags(given: Readonly<Record<string, unknown>>): unknown;
  /** The same from values by the schema's own names. */
  fromValues(values: Readonly<Record<string, unknown>>): unknown;
  has(property: string): boolean;
}

const MAX_LIMIT = Number.MAX_SAFE_INTEGER;

/**
 * Reads the schema. Throws {@link PluginError} when it is none, or when two options share a flag.
 */
export async function optionsOf(
  plugin: Plugin,
  reserved: readonly string[],
): Promise<PluginOptions> {
  const { z } = await import("zod");
  const schema = schemaOf(plugin, z as unknown as Z);
  const json = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as JsonSchema;
  const flags: Record<string, OptionFlag> = {};
  const properties = new Map<string, { property: string; json: JsonSchema }>();
  for (const [property, of] of Object.entries(json.properties ?? {})) {
    const name = kebab(property);
    if (properties.has(name) || reserved.includes(name)) {
      throw new PluginError(
        `Cannot run the plugin ${plugin.name}: its option "${property}" wants the flag --${name}, ` +
          (properties.has(name)
            ? `as does "${properties.get(name)!.property}"`
            : "which is streamer's own"),
      );
    }
    properties.set(name, { property, json: of });
    flags[name] = flagOf(property, of, json.required?.includes(property) ?? false);
  }
  const fromValues = (values: Readonly<Record<string, unknown>>) => {
    const result = schema.safeParse(values);
    if (result.success) return result.data;
    const [issue] = result.error.issues;
    throw new PluginOptionError(issueText(String(issue.path[0] ?? ""), issue.message, values));
  };
  return {
    flags,
    has: (property) => [...properties.values()].some((known) => known.property === property),
    fromValues,
    fromFlags: (given) =>
      fromValues(Object.fromEntries(
        Object.entries(given).filter(([name]) => properties.has(name)).map(([name, value]) => {
          const { property, json } = properties.get(name)!;
          return [property, isDeep(json) ? parsedJson(name, value) : value];
        }),
      )),
  };
}

function schemaOf(plugin: Plugin, z: Z): ZodObject {
  const schema = typeof plugin.options === "function" ? plugin.options(z) : plugin.options;
  if (typeof schema?.safeParse === "function" && "shape" in schema) return schema;
  throw new PluginError(
    `Cannot run the plugin ${plugin.name}: "options" does not give a z.object({ … })`,
  );
}

function flagOf(property: string, json: JsonSchema, isRequired: boolean): OptionFlag {
  const flag: OptionFlag = { type: "string", help: json.description ?? "" };
  if (isRequired) flag.required = true;
  const of = json.type === "array" && json.items && !isDeep(json) ? json.items : json;
  if (of !== json) flag.multiple = true;
  const fallback = json.default;
  if (
    typeof fallback === "string" || typeof fallback === "number" || typeof fallback === "boolean"
  ) {
    flag.default = fallback;
  }
  const choices = of.enum ?? (of.const !== undefined ? [of.const] : undefined) ??
    (of.anyOf?.every(({ const: only }) => only !== undefined)
      ? of.anyOf.map((one) => one.const)
      : undefined);
  if (choices) flag.choices = choices.map(String);
  else if (of.type === "boolean") flag.type = "boolean";
  else if (of.type === "number" || of.type === "integer") {
    Object.assign(flag, numberFlag(property, of));
  } else if (isDeep(json)) flag.value = "JSON";
  return flag;
}

function numberFlag(property: string, json: JsonSchema): Partial<OptionFlag> {
  const type = json.unit === "ms" || /Ms$/.test(property)
    ? "duration"
    : json.unit === "bytes" || /Bytes$/.test(property)
    ? "size"
    : json.type as "integer" | "number";
  return {
    type,
    // Limits of the safe integers are what zod says of every integer; they tell a person nothing.
    ...(json.minimum !== undefined && json.minimum !== -MAX_LIMIT && { min: json.minimum }),
    ...(json.maximum !== undefined && json.maximum !== MAX_LIMIT && { max: json.maximum }),
  };
}

/** Is a value of this type written as JSON, because a word or a list of words cannot say it? */
function isDeep(json: JsonSchema): boolean {
  if (json.type === "object") return true;
  if (json.type !== "array") return false;
  return !["string", "number", "integer"].includes(json.items?.type ?? "");
}

function parsedJson(flag: string, value: unknown): unknown {
  try {
    return JSON.parse(String(value));
  } catch (cause) {
    throw new PluginOptionError(`--${flag} cannot be "${value}": it is JSON`, { cause });
  }
}

function issueText(
  property: string,
  message: string,
  values: Readonly<Record<string, unknown>>,
): string {
  const text = message.charAt(0).toLowerCase() + message.slice(1);
  if (!property) return `The options cannot be so: ${text}`;
  const value = values[property];
  if (value === undefined) return `--${kebab(property)} is missing`;
  return `--${kebab(property)} cannot be ${
    typeof value === "string" ? `"${value}"` : JSON.stringify(value)
  }: ${text}`;
}

/** `cameraId` is `camera-id`, `maxFPS` is `max-fps`. */
export function kebab(name: string): string {
  return name.replace(/([a-z0-9])([A-Z])/g, "$1-$2").replace(/([A-Z])([A-Z][a-z])/g, "$1-$2")
    .replaceAll("_", "-").toLowerCase();
}
