/**
 * Every declaration against Kafka's own message definitions, field by field: order, types,
 * versions, nullability, tags, defaults, what may be dropped. Both sides are brought to one form,
 * in which a range of versions is cut to where the enclosing struct exists, and what changes
 * nothing (a null default of records, `ignorable` on a field that every version has) is left out.
 */
import { deepStrictEqual } from "node:assert/strict";
import { ZERO_UUID } from "../../src/base/mod.ts";
import type { Field, Fields, Message } from "../../src/protocol/mod.ts";
import { ALL_MESSAGES } from "../kit/messages.ts";
import { exists, root } from "../kit/programs.ts";
import { testWith } from "../kit/skip.ts";
import { walk } from "../kit/walk.ts";

const folder = new URL("../shared/reference/kafka-message-schemas", `file://${root}`).pathname;
/** The one kind of 64-bit integer that nobody counts with. */
const BITS = ["metadataHash"];

interface SchemaField {
  name: string;
  type: string;
  versions?: string;
  nullableVersions?: string;
  taggedVersions?: string;
  flexibleVersions?: string;
  tag?: number;
  default?: unknown;
  ignorable?: boolean | string;
  fields?: SchemaField[];
}
interface Schema {
  name: string;
  apiKey?: number;
  listeners?: string[];
  validVersions: string;
  flexibleVersions: string;
  latestVersionUnstable?: boolean;
  fields: SchemaField[];
  commonStructs?: { name: string; fields: SchemaField[] }[];
}

type Range = [first: number, last: number];
const NEVER: Range = [Infinity, -Infinity];
const cut = (a: Range, b: Range): Range => [Math.max(a[0], b[0]), Math.min(a[1], b[1])];
const isEmpty = ([first, last]: Range) => first > last;

/** `"2+"`, `"0-6"`, `"3"`, `"none"`. */
function rangeOf(text: string | undefined): Range {
  const [, first, dash, last] = /^(\d+)(?:(\+)|-(\d+))?$/.exec(text ?? "none") ?? [];
  if (first === undefined) return NEVER;
  return [Number(first), dash ? Infinity : Number(last ?? first)];
}

/** JSON with comments, as Kafka writes it. */
function parse(text: string): Schema {
  return JSON.parse(text.replace(
    /("(?:[^"\\]|\\.)*")|\/\/.*|\/\*[^]*?\*\//g,
    (_, quoted) => quoted ?? "",
  ));
}

/** One field in the form that both sides are brought to. */
interface Plain {
  name: string;
  type: string;
  versions: Range;
  nullable: Range | undefined;
  tagged: Range | undefined;
  tag: number | undefined;
  default: unknown;
  ignorable: boolean;
  isFlexible: boolean;
  fields: Plain[] | undefined;
}

const camel = (name: string) => name[0].toLowerCase() + name.slice(1);
const orUndefined = (range: Range) => isEmpty(range) ? undefined : range;
const isNarrower = (inner: Range, outer: Range) => inner[0] > outer[0] || inner[1] < outer[1];

function zeroOf(type: string): unknown {
  if (type.startsWith("[]")) return "empty";
  if (/int|float/.test(type)) return 0;
  if (type === "bool") return false;
  if (type === "string") return "";
  if (type === "uuid") return ZERO_UUID;
  if (type === "bytes") return "empty";
  return type === "records" ? null : "struct of defaults";
}

function defaultOfSchema(type: string, value: unknown): unknown {
  // A bare null is no default to Kafka's generator, only the text "null" is.
  if (value === undefined || value === null) return zeroOf(type);
  if (value === "null") return null;
  if (type === "bool") return String(value) === "true";
  if (!/int|float/.test(type)) return value;
  return value === "9223372036854775807" ? Number.MAX_SAFE_INTEGER : Number(value);
}

function plainSchema(schema: Schema, fields: SchemaField[], outer: Range): Plain[] {
  return fields.flatMap((field) => {
    const versions = cut(rangeOf(field.versions ?? field.taggedVersions), outer);
    if (isEmpty(versions)) return []; // only versions that are gone had it
    const base = field.type.replace("[]", "");
    const inner = field.fields ?? schema.commonStructs?.find(({ name }) => name === base)?.fields;
    const type = inner ? field.type.replace(base, "struct") : field.type;
    return {
      name: camel(field.name),
      type,
      versions,
      nullable: orUndefined(cut(rangeOf(field.nullableVersions), versions)),
      tagged: orUndefined(cut(rangeOf(field.taggedVersions), versions)),
      tag: field.tag,
      default: defaultOfSchema(type, field.default),
      ignorable: isNarrower(versions, outer) && String(field.ignorable) === "true",
      isFlexible: field.flexibleVersions !== "none",
      fields: inner && plainSchema(schema, inner, versions),
    };
  });
}

function typeOf(name: string, field: Field): string {
  if (field.kind === "array") return `[]${typeOf(name, field.element!)}`;
  return field.kind === "bits64" && BITS.includes(name) ? "int64" : field.kind;
}

function plainDeclaration(fields: Fields, outer: Range): Plain[] {
  return Object.entries(fields).map(([name, field]) => {
    const { since = 0, until = Infinity, nullableSince = 0, taggedSince = 0 } = field;
    const versions = cut([since, until], outer);
    const type = typeOf(name, field);
    const inner = field.fields ?? field.element?.fields;
    return {
      name,
      type,
      versions,
      nullable: field.nullable ? cut([nullableSince, Infinity], versions) : undefined,
      tagged: field.tag === undefined ? undefined : cut([taggedSince, Infinity], versions),
      tag: field.tag,
      default: field.default === undefined ? zeroOf(type) : field.default,
      ignorable: field.ignorable === true,
      isFlexible: field.flexible !== false,
      fields: inner && plainDeclaration(inner, versions),
    };
  });
}

function headOf(message: Message): object {
  const { name, apiKey, listeners, versions, flexibleFrom, latestVersionUnstable } = message;
  return {
    name,
    apiKey,
    listeners,
    versions,
    flexibleFrom,
    unstable: latestVersionUnstable ?? false,
  };
}

function headOfSchema(schema: Schema): object {
  const { name, apiKey, listeners, validVersions, flexibleVersions, latestVersionUnstable } =
    schema;
  const [flexibleFrom] = rangeOf(flexibleVersions);
  return {
    name,
    apiKey,
    listeners,
    versions: rangeOf(validVersions),
    flexibleFrom: flexibleFrom === Infinity ? undefined : flexibleFrom,
    unstable: latestVersionUnstable ?? false,
  };
}

testWith(
  { needs: "../shared/reference/kafka-message-schemas", available: exists(folder) },
  "Every message of Kafka 4.3 is declared, and as Kafka defines it",
  () => {
    const schemas = walk(folder)
      .filter((path) => path.endsWith(".json") && !path.includes("/legacy-"))
      .map((path) => parse(Deno.readTextFileSync(path)))
      .filter(({ validVersions }) => validVersions !== "none");
    const names = (all: readonly { name: string }[]) => all.map(({ name }) => name).sort();
    deepStrictEqual(names(ALL_MESSAGES), names(schemas));
    for (const schema of schemas) {
      const message = ALL_MESSAGES.find(({ name }) => name === schema.name)!;
      deepStrictEqual(headOf(message), headOfSchema(schema));
      const versions = rangeOf(schema.validVersions);
      deepStrictEqual(
        plainDeclaration(message.fields, versions),
        plainSchema(schema, schema.fields, versions),
        `${schema.name} differs from its definition`,
      );
    }
  },
);
