/**
 * Values as Apache Kafka's own JSON converters read and write them, so that its encoder and ours
 * can be given the same thing: byte strings in base64, 64-bit integers as plain (long) JSON
 * numbers, fields that a version lacks left out.
 */
import { Buffer } from "node:buffer";
import type { Field, Fields, Message } from "../../src/protocol/mod.ts";

/** What stands for Kafka's largest and smallest long, which a `number` cannot hold. */
const LONGS: Record<string, number> = {
  "9223372036854775807": Number.MAX_SAFE_INTEGER,
  "-9223372036854775808": Number.MIN_SAFE_INTEGER,
};

/** The value as one line of JSON text. */
export const toKafkaJson = (message: Message, value: unknown): string =>
  structToJson(message.fields, value as Record<string, unknown>);

function structToJson(fields: Fields, value: Record<string, unknown>): string {
  const members = Object.entries(value).map(([name, member]) =>
    `${JSON.stringify(name)}:${fieldToJson(fields[name], member)}`
  );
  return `{${members.join(",")}}`;
}

function fieldToJson(field: Field, value: any): string {
  if (value === null) return "null";
  switch (field.kind) {
    case "struct":
      return structToJson(field.fields!, value);
    case "array":
      return `[${value.map((item: unknown) => fieldToJson(field.element!, item)).join(",")}]`;
    case "bytes":
    case "records":
      return JSON.stringify(Buffer.from(value).toString("base64"));
    case "int64":
      return Object.keys(LONGS).find((long) => LONGS[long] === value) ?? String(value);
    case "bits64":
      return String(value);
    case "float64":
      return /[.e]/.test(`${value}`) ? `${value}` : `${value}.0`;
    default:
      return JSON.stringify(value);
  }
}

/** Reads such a line back into a value for our encoder. */
export function fromKafkaJson(message: Message, json: string): Record<string, unknown> {
  // Long numbers lose their last digits in JSON.parse: as strings they keep them.
  const quoted = json.replace(/(?<=[:\[,]\s*)-?\d{16,}(?=\s*[,}\]])/g, '"$&"');
  return structFromJson(message.fields, JSON.parse(quoted));
}

function structFromJson(fields: Fields, json: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(json).map(([name, member]) => {
      if (!(name in fields)) throw new Error(`There is no field ${name}`);
      return [name, fieldFromJson(fields[name], member)];
    }),
  );
}

function fieldFromJson(field: Field, json: any): unknown {
  if (json === null) return null;
  switch (field.kind) {
    case "struct":
      return structFromJson(field.fields!, json);
    case "array":
      return json.map((item: unknown) => fieldFromJson(field.element!, item));
    case "bytes":
    case "records":
      return new Uint8Array(Buffer.from(json, "base64"));
    case "int64":
      return LONGS[json] ?? Number(json);
    case "bits64":
      return BigInt(json);
    default:
      return json;
  }
}
