/**
 * A message: one declaration for all its versions, and the two functions that go between its bytes
 * and its values. Encoders and decoders are compiled one a version, when first asked for, so that
 * declaring three hundred messages costs nothing at start.
 */
import { ByteReader, type ByteWriter, DecodeError, EncodeError } from "../bytes/mod.ts";
import { compileDecoder, type Decoder, type Trace } from "./codec/decoder.ts";
import { compileEncoder, type Encoder } from "./codec/encoder.ts";
import { defaultOf } from "./codec/layout.ts";
import type { Field, Fields, InputOfFields, ValueOfFields } from "./fields.ts";

declare const VALUE: unique symbol;
declare const INPUT: unique symbol;

/** Who serves an API, by the kind of listener it comes in on. */
export type ListenerKind = "broker" | "controller";

/** What is said of a message in its declaration. */
export interface Declaration<F extends Fields> {
  /** Kafka's name, e.g. `FetchRequest`. */
  readonly name: string;
  /** Of requests and responses the API, of records in a log their type. */
  readonly apiKey?: number;
  /** Of requests: who answers it. */
  readonly listeners?: readonly ListenerKind[];
  /** First and last version. */
  readonly versions: readonly [number, number];
  /** First version with compact lengths and tag sections (KIP-482); without it, none has them. */
  readonly flexibleFrom?: number;
  /** The last version is still being worked on and must not be advertised. */
  readonly latestVersionUnstable?: boolean;
  readonly fields: F;
}

/** A declared message. Use {@link decodeMessage} and {@link encodeMessage}. */
export interface Message<Value = any, Input = any> extends Declaration<Fields> {
  readonly [VALUE]: Value;
  readonly [INPUT]: Input;
}

/** What decoding gives: every field present, one shape for all versions. */
export type ValueOf<M extends Message> = M[typeof VALUE];
/** What encoding takes: an absent field is its default, at any depth. */
export type InputOf<M extends Message> = M[typeof INPUT];

class DeclaredMessage {
  readonly decoders: Decoder[] = [];
  readonly encoders: Encoder[] = [];
  /** Decoders that note where they are; made at a version's first malformed message. */
  readonly tracers: { decode: Decoder; trace: Trace }[] = [];
  readonly name!: string;
  readonly apiKey?: number;
  readonly listeners?: readonly ListenerKind[];
  readonly versions!: readonly [number, number];
  readonly flexibleFrom?: number;
  readonly latestVersionUnstable?: boolean;
  readonly fields!: Fields;

  constructor(declaration: Declaration<Fields>) {
    Object.assign(this, declaration);
  }

  has(version: number): boolean {
    return Number.isInteger(version) && version >= this.versions[0] && version <= this.versions[1];
  }

  get range(): string {
    return `${this.versions[0]} to ${this.versions[1]}`;
  }
}

/** Declares a message. */
export function message<const F extends Fields>(
  declaration: Declaration<F>,
): Message<ValueOfFields<F>, InputOfFields<F>> {
  return new DeclaredMessage(declaration) as unknown as Message<ValueOfFields<F>, InputOfFields<F>>;
}

/**
 * Reads one message and leaves the reader behind it; surplus bytes are the caller's affair. Fields
 * that the version lacks have their defaults, unknown tagged fields are skipped. Throws {@link
 * DecodeError}, which names the field. `bytes` and `records` are views of what was read.
 */
export function decodeMessage<M extends Message>(
  message: M,
  reader: ByteReader,
  version: number,
): ValueOf<M> {
  const declared = message as unknown as DeclaredMessage;
  let decode = declared.decoders[version];
  if (decode === undefined) {
    if (!declared.has(version)) {
      throw new DecodeError(
        `Cannot decode ${message.name} version ${version}: known are ${declared.range}`,
        reader.position,
      );
    }
    decode = declared.decoders[version] = compileDecoder(declared, version);
  }
  const { position, elementBudget } = reader;
  try {
    return decode(reader);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    const again = new ByteReader(reader.bytes, position, reader.end);
    again.elementBudget = elementBudget;
    throw withField(error, declared, version, again);
  }
}

/**
 * Decodes again from the start with a decoder that notes where it is, so that the fast one need
 * not. What is malformed is read twice and no more: the connection it came from is closed.
 */
function withField(
  error: DecodeError,
  message: DeclaredMessage,
  version: number,
  reader: ByteReader,
): DecodeError {
  const { decode, trace } = message.tracers[version] ??= tracerOf(message, version);
  try {
    decode(reader);
  } catch (again) {
    if (again instanceof DecodeError) {
      return new DecodeError(again.message, again.position, trace.field, again.isTooMuch);
    }
  }
  return error;
}

function tracerOf(message: DeclaredMessage, version: number): { decode: Decoder; trace: Trace } {
  const trace = { field: message.name };
  return { decode: compileDecoder(message, version, trace), trace };
}

/**
 * Writes one message. Throws {@link EncodeError} where the version cannot say what the value says.
 */
export function encodeMessage<M extends Message>(
  message: M,
  value: InputOf<M>,
  version: number,
  writer: ByteWriter,
): void {
  const declared = message as unknown as DeclaredMessage;
  let encode = declared.encoders[version];
  if (encode === undefined) {
    if (!declared.has(version)) {
      throw new EncodeError(
        `Cannot encode ${message.name} version ${version}: known are ${declared.range}`,
      );
    }
    encode = declared.encoders[version] = compileEncoder(declared, version);
  }
  encode(writer, value);
}

/** The same value with every absent field at its default, as if it had been encoded and decoded. */
export function withDefaults<M extends Message>(message: M, value: InputOf<M>): ValueOf<M> {
  return completeStruct(message.fields, value as Record<string, unknown>) as ValueOf<M>;
}

function completeStruct(fields: Fields, value: Record<string, unknown>): Record<string, unknown> {
  const complete: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(fields)) {
    complete[name] = value[name] === undefined
      ? defaultOf(field)
      : completeField(field, value[name]);
  }
  return complete;
}

function completeField(field: Field, value: any): unknown {
  if (value === null) return null;
  if (field.kind === "struct") return completeStruct(field.fields!, value);
  if (field.kind === "array") {
    return value.map((item: unknown) => completeField(field.element!, item));
  }
  return value;
}
