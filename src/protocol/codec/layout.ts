/**
 * What a declaration says about one version: which fields stand there, in which way, and what
 * stands for those that don't. Shared by the two compilers, so that a decoder and an encoder cannot
 * see a field differently.
 */
import { ZERO_UUID } from "../../base/mod.ts";
import type { Field, FieldKind, Fields } from "../fields.ts";

/** The default of every field of bytes. */
export const NO_BYTES = new Uint8Array(0);

/** The part of a message that the compilers need. */
export interface Layout {
  readonly name: string;
  readonly versions: readonly [number, number];
  readonly flexibleFrom?: number;
  readonly fields: Fields;
}

export const isFlexible = ({ flexibleFrom }: Layout, version: number): boolean =>
  flexibleFrom !== undefined && version >= flexibleFrom;

export const existsIn = ({ since = 0, until = Infinity }: Field, version: number): boolean =>
  version >= since && version <= until;

export const isTaggedIn = (field: Field, version: number): boolean =>
  field.tag !== undefined && existsIn(field, version) && version >= (field.taggedSince ?? 0);

export const isNullableIn = ({ nullable, nullableSince = 0 }: Field, version: number): boolean =>
  nullable === true && version >= nullableSince;

/** Bytes of the types that always take the same. */
export const FIXED_SIZES: Partial<Record<FieldKind, number>> = {
  int8: 1,
  bool: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  int64: 8,
  bits64: 8,
  float64: 8,
  uuid: 16,
};

/**
 * Fewest bytes that a field can take where it is not tagged; what an array's count is held against.
 */
export function minBytes(field: Field, version: number, flexible: boolean): number {
  const fixed = FIXED_SIZES[field.kind];
  if (fixed !== undefined) return fixed;
  if (field.kind === "struct") {
    return isNullableIn(field, version) ? 1 : minBytesOfStruct(field.fields!, version, flexible);
  }
  if (flexible && field.flexible !== false) return 1;
  return field.kind === "string" ? 2 : 4;
}

function minBytesOfStruct(fields: Fields, version: number, flexible: boolean): number {
  let total = flexible ? 1 : 0;
  for (const field of Object.values(fields)) {
    if (existsIn(field, version) && !isTaggedIn(field, version)) {
      total += minBytes(field, version, flexible);
    }
  }
  return total;
}

/** What stands for a field that is absent; a fresh one each time. */
export function defaultOf(field: Field): unknown {
  if (field.default !== undefined) return field.default;
  switch (field.kind) {
    case "bool":
      return false;
    case "string":
      return "";
    case "bytes":
      return NO_BYTES;
    case "uuid":
      return ZERO_UUID;
    case "records":
      return null;
    case "array":
      return [];
    case "bits64":
      return 0n;
    case "struct":
      return Object.fromEntries(
        Object.entries(field.fields!).map(([name, member]) => [name, defaultOf(member)]),
      );
    default:
      return 0;
  }
}

/** The same as an expression of the compiled code. */
export function defaultSource(field: Field): string {
  if (field.kind === "struct" && field.default === undefined) {
    const members = Object.entries(field.fields!).map(([name, member]) =>
      `${name}: ${defaultSource(member)}`
    );
    return `{ ${members.join(", ")} }`;
  }
  const value = defaultOf(field);
  if (value === NO_BYTES) return "NO_BYTES";
  return typeof value === "bigint" ? `${value}n` : JSON.stringify(value);
}

/** A condition: does `value` (which may be undefined) say no more than the default does? */
export function isDefaultSource(field: Field, value: string): string {
  if (field.default === null || field.kind === "records") {
    return `(${value} === undefined || ${value} === null)`;
  }
  switch (field.kind) {
    case "array":
    case "bytes":
      return `(${value} === undefined || ${value} !== null && ${value}.length === 0)`;
    case "struct": {
      const members = Object.entries(field.fields!).map(([name, member]) =>
        isDefaultSource(member, `${value}.${name}`)
      );
      return `(${value} === undefined || ${value} !== null && ${members.join(" && ") || "true"})`;
    }
    default:
      return `(${value} === undefined || ${value} === ${defaultSource(field)})`;
  }
}
