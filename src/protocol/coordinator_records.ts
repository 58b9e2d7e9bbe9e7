/**
 * Records of the coordinators' topics. A key is the record's type as int16 and the key message in
 * version 0; a value is its version as int16 and the value message; no value is a tombstone. A type
 * that is not known is skipped, so that one can go back to an older version after a newer one has
 * written.
 */
import { ByteReader, ByteWriter } from "../bytes/mod.ts";
import {
  decodeMessage,
  encodeMessage,
  type InputOf,
  type Message,
  type ValueOf,
} from "./message.ts";
import * as classic from "./records/group/classic_group.ts";
import * as consumer from "./records/group/consumer_group.ts";
import * as offsets from "./records/group/offsets.ts";
import * as share from "./records/group/share_group.ts";
import * as streams from "./records/group/streams_group.ts";
import * as shareState from "./records/share_state.ts";
import * as transactionState from "./records/transaction_state.ts";

/** The messages of one type of record. */
interface Pair {
  readonly key: Message;
  readonly value: Message;
}
/** Types of records by name, as one of the tables below. */
export type CoordinatorRecords = Readonly<Record<string, Pair>>;

/** `FooKey` and `FooValue` of a room full of messages, as `Foo`. */
type PairsOf<M> = {
  readonly [Name in keyof M as Name extends `${infer Type}Key` ? Type : never]: {
    readonly key: M[Name] & Message;
    readonly value: Name extends `${infer Type}Key` ? M[`${Type}Value` & keyof M] & Message
      : never;
  };
};

function pairsOf<M extends object>(messages: M): PairsOf<M> {
  const byName = messages as Record<string, Message>;
  const types = Object.keys(messages).filter((name) => name.endsWith("Key")).map((name) =>
    name.slice(0, -3)
  );
  return Object.fromEntries(
    types.map((type) => [type, { key: byName[`${type}Key`], value: byName[`${type}Value`] }]),
  ) as unknown as PairsOf<M>;
}

/** What stands in `__consumer_offsets`. */
export const GROUP_RECORDS = pairsOf({ ...offsets, ...classic, ...consumer, ...share, ...streams });
/** What stands in `__transaction_state`. */
export const TRANSACTION_RECORDS = pairsOf(transactionState);
/** What stands in `__share_group_state`. */
export const SHARE_STATE_RECORDS = pairsOf(shareState);

/** A decoded record: its type, its key, and its value or null for a tombstone. */
export type CoordinatorRecord<P extends CoordinatorRecords> = {
  [Type in keyof P]: {
    readonly type: Type;
    readonly key: ValueOf<P[Type]["key"]>;
    readonly value: ValueOf<P[Type]["value"]> | null;
    /** The value's version; -1 for a tombstone. */
    readonly version: number;
  };
}[keyof P];

export type GroupRecord = CoordinatorRecord<typeof GROUP_RECORDS>;
export type TransactionRecord = CoordinatorRecord<typeof TRANSACTION_RECORDS>;
export type ShareStateRecord = CoordinatorRecord<typeof SHARE_STATE_RECORDS>;

const byNumber = new WeakMap<CoordinatorRecords, Map<number, string>>();

/** Names by the number of the type, made when first needed. */
function typesOf(pairs: CoordinatorRecords): Map<number, string> {
  let types = byNumber.get(pairs);
  if (types === undefined) {
    types = new Map(Object.entries(pairs).map(([type, { key }]) => [key.apiKey!, type]));
    byNumber.set(pairs, types);
  }
  return types;
}

/**
 * Decodes a record of one of the tables above: `decodeCoordinatorRecord(GROUP_RECORDS, key,
 * value)`. Undefined for a type that the table lacks; throws `DecodeError` for what does not parse,
 * an unknown version of a value included.
 */
export function decodeCoordinatorRecord<P extends CoordinatorRecords>(
  pairs: P,
  key: Uint8Array,
  value: Uint8Array | null,
): CoordinatorRecord<P> | undefined {
  const keyReader = new ByteReader(key);
  const type = typesOf(pairs).get(keyReader.int16());
  if (type === undefined) return undefined;
  const pair = pairs[type];
  const decodedKey = decodeMessage(pair.key, keyReader, 0);
  if (value === null) {
    return { type, key: decodedKey, value: null, version: -1 } as CoordinatorRecord<P>;
  }
  const valueReader = new ByteReader(value);
  const version = valueReader.int16();
  const decodedValue = decodeMessage(pair.value, valueReader, version);
  return { type, key: decodedKey, value: decodedValue, version } as CoordinatorRecord<P>;
}

/** The bytes of a key: `encodeCoordinatorKey(OffsetCommitKey, { group, topic, partition })`. */
export function encodeCoordinatorKey<M extends Message>(message: M, key: InputOf<M>): Uint8Array {
  const writer = new ByteWriter(64);
  writer.int16(message.apiKey!);
  encodeMessage(message, key, 0, writer);
  return writer.finish();
}

/** The bytes of a value: `encodeCoordinatorValue(OffsetCommitValue, { offset, … }, 4)`. */
export function encodeCoordinatorValue<M extends Message>(
  message: M,
  value: InputOf<M>,
  version: number,
): Uint8Array {
  const writer = new ByteWriter(128);
  writer.int16(version);
  encodeMessage(message, value, version, writer);
  return writer.finish();
}
