/**
 * The words that messages are declared with: a builder for each of Kafka's types, with what a
 * field's history adds to it (`since`, `until`, `tag`, …). A declaration is plain data; TypeScript
 * infers from it what a decoded value looks like and what may be left out of a value to encode, and
 * `codec/` compiles it to code.
 */
import type { Uuid } from "../base/mod.ts";

declare const VALUE: unique symbol;
declare const INPUT: unique symbol;

export type FieldKind =
  | "int8"
  | "int16"
  | "uint16"
  | "int32"
  | "uint32"
  | "int64"
  | "bits64"
  | "float64"
  | "bool"
  | "string"
  | "bytes"
  | "records"
  | "uuid"
  | "array"
  | "struct";

/** What a field's history adds to its type. Versions are the message's. */
export interface FieldOptions<Value> {
  /** First version that has the field; without it, all from the message's first. */
  since?: number;
  /** Last version that has it. */
  until?: number;
  /**
   * Assumed where the field is absent. Without it: 0, false, "", empty, all-zero uuid, struct of
   * defaults.
   */
  default?: Value;
  /**
   * Dropped silently where a version lacks it; otherwise anything but the default is then refused.
   */
  ignorable?: boolean;
  /**
   * Its number in the tag section (KIP-482), where it is written only when it differs from its
   * default.
   */
  tag?: number;
  /** First version that has it as a tagged field, when it stood among the others before. */
  taggedSince?: number;
  /** false: its length is written in the old way even in flexible versions. */
  flexible?: false;
}

/** For {@link nullable}; its options stand for those of the field it wraps. */
export interface NullableOptions<Value> extends FieldOptions<Value | null> {
  /** First version in which null may be written; without it, all that have the field. */
  nullableSince?: number;
}

/** One field: its type, its history, and (for the compiler only) the types of its values. */
export interface Field<Value = any, Input = any> extends FieldOptions<any> {
  readonly kind: FieldKind;
  readonly nullable?: boolean;
  readonly nullableSince?: number;
  /** Of an array. */
  readonly element?: Field;
  /** Of a struct. */
  readonly fields?: Fields;
  readonly [VALUE]: Value;
  readonly [INPUT]: Input;
}

/** Fields by name, in the order in which they stand on the wire. */
export type Fields = Readonly<Record<string, Field>>;

/** What decoding gives: every field present, whatever the version. */
export type ValueOfFields<F extends Fields> = { [Name in keyof F]: F[Name][typeof VALUE] };
/** What encoding takes: an absent field is its default. */
export type InputOfFields<F extends Fields> = { [Name in keyof F]?: F[Name][typeof INPUT] };

/**
 * Record batches to encode: one piece or several, written one after the other without joining them.
 */
export type RecordsInput = Uint8Array | readonly Uint8Array[] | null;

function field<Value, Input>(kind: FieldKind, rest: object | undefined): Field<Value, Input> {
  return { kind, ...rest } as Field<Value, Input>;
}

type Simple<Value> = (options?: FieldOptions<Value>) => Field<Value, Value>;
const simple = <Value>(kind: FieldKind): Simple<Value> => (options) => field(kind, options);

export const int8 = simple<number>("int8");
export const int16 = simple<number>("int16");
export const uint16 = simple<number>("uint16");
export const int32 = simple<number>("int32");
export const uint32 = simple<number>("uint32");
/**
 * Counted with, so a `number`: what lies beyond 2^53 does not decode, Kafka's "no limit" saturates.
 */
export const int64 = simple<number>("int64");
/** Kafka's int64 where it is not counted with: a hash, a bit set. */
export const bits64 = simple<bigint>("bits64");
export const float64 = simple<number>("float64");
export const bool = simple<boolean>("bool");
export const string = simple<string>("string");
/** Decodes to a view of the bytes that were read: who keeps it copies it. */
export const bytes = simple<Uint8Array>("bytes");
export const uuid = simple<Uuid>("uuid");

/**
 * Record batches, never looked into: decodes to a view, encodes by reference. Its default is null.
 */
export const records = (options?: FieldOptions<null>): Field<Uint8Array | null, RecordsInput> =>
  field("records", options);

/** A counted list of `element`. */
export const array = <Value, Input>(
  element: Field<Value, Input>,
  options?: FieldOptions<Value[]>,
): Field<Value[], readonly Input[]> => field("array", { element, ...options });

/** Fields within a field; given another struct, one with the same fields. */
export const struct = <F extends Fields>(
  fields: F,
  options?: Omit<FieldOptions<never>, "default">,
): Field<ValueOfFields<F>, InputOfFields<F>> => field("struct", { fields, ...options });

/** Lets a field be null, e.g. `nullable(string(), { since: 3, default: null })`. */
export const nullable = <Value, Input>(
  inner: Field<Value, Input>,
  options?: NullableOptions<Value>,
): Field<Value | null, Input | null> =>
  ({ ...inner, ...options, nullable: true }) as unknown as Field<Value | null, Input | null>;
