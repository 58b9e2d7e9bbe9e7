/**
 * The frame around each record of the metadata log: a varint frame version (1), the record's type
 * and version as varints, then the message. A record that is not understood to its last byte stops
 * Apache Kafka's nodes, and must stop us: an image that lacks a change is worse than no image.
 */
import { ByteReader, ByteWriter, DecodeError } from "../bytes/mod.ts";
import {
  decodeMessage,
  encodeMessage,
  type InputOf,
  type Message,
  type ValueOf,
} from "./message.ts";
import * as brokers from "./records/metadata/brokers.ts";
import * as cluster from "./records/metadata/cluster.ts";
import * as security from "./records/metadata/security.ts";
import * as topics from "./records/metadata/topics.ts";
import * as transactions from "./records/metadata/transactions.ts";

/** Every type of record that the metadata log may hold, by Kafka's name. */
export const METADATA_RECORDS = { ...brokers, ...cluster, ...security, ...topics, ...transactions };

export type MetadataRecordType = keyof typeof METADATA_RECORDS;

/** One record of the metadata log as it was decoded. */
export type MetadataRecord = {
  [Type in MetadataRecordType]: {
    readonly type: Type;
    readonly version: number;
    readonly value: ValueOf<(typeof METADATA_RECORDS)[Type]>;
  };
}[MetadataRecordType];

/** One to encode: what is absent in its value is at its default. */
export type MetadataRecordInput = {
  [Type in MetadataRecordType]: {
    readonly type: Type;
    readonly version: number;
    readonly value: InputOf<(typeof METADATA_RECORDS)[Type]>;
  };
}[MetadataRecordType];

const FRAME_VERSION = 1;
const byType = new Map<number, Message>(
  Object.values(METADATA_RECORDS).map((message) => [message.apiKey!, message]),
);

/** The value of a record in the metadata log; its key is null. */
export function encodeMetadataRecord({ type, version, value }: MetadataRecordInput): Uint8Array {
  const message: Message = METADATA_RECORDS[type];
  const writer = new ByteWriter(128);
  writer.uvarint(FRAME_VERSION);
  writer.uvarint(message.apiKey!);
  writer.uvarint(version);
  encodeMessage(message, value, version, writer);
  return writer.finish();
}

/** Throws `DecodeError` for an unknown frame, type or version, and for bytes that are left over. */
export function decodeMetadataRecord(bytes: Uint8Array): MetadataRecord {
  const reader = new ByteReader(bytes);
  const frameVersion = reader.uvarint();
  if (frameVersion !== FRAME_VERSION) {
    throw new DecodeError(`Cannot decode a metadata record: frame version is ${frameVersion}`, 0);
  }
  const type = reader.uvarint();
  const version = reader.uvarint();
  const message = byType.get(type);
  if (message === undefined) {
    throw new DecodeError(
      `Cannot decode a metadata record: type ${type} is unknown`,
      reader.position,
    );
  }
  const value = decodeMessage(message, reader, version);
  if (reader.remaining > 0) {
    throw new DecodeError(
      `Cannot decode ${message.name}: ${reader.remaining} bytes are left over`,
      reader.position,
    );
  }
  return { type: message.name, version, value } as MetadataRecord;
}
