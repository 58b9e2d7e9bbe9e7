/**
 * Strings, byte strings and counts with their lengths in front, in the two ways of KIP-482: before
 * flexible versions a fixed-width length, where -1 is null; since then "compact", a varint of
 * length + 1, where 0 is null.
 */
import {
  type ByteReader,
  type ByteWriter,
  DecodeError,
  EncodeError,
  utf8Length,
} from "../../bytes/mod.ts";
import type { RecordsInput } from "../fields.ts";
import { NO_BYTES } from "./layout.ts";

const MAX_INT16 = 0x7fff;

/** A length of an old string, -1 for null. */
function shortLength(reader: ByteReader): number {
  const length = reader.int16();
  if (length < -1) throw badLength(length, reader);
  return length;
}

function intLength(reader: ByteReader): number {
  const length = reader.int32();
  if (length < -1) throw badLength(length, reader);
  return length;
}

const compactLength = (reader: ByteReader): number => reader.uvarint() - 1;

const badLength = (length: number, { position }: ByteReader) =>
  new DecodeError(`Cannot read a length of ${length}`, position);

const isNull = ({ position }: ByteReader) =>
  new DecodeError("Cannot read null: the field may not be null", position);

/** What the compiled decoders call. */
export const READ = {
  NO_BYTES,

  string(reader: ByteReader): string {
    const length = shortLength(reader);
    if (length < 0) throw isNull(reader);
    return reader.utf8(length);
  },
  nullableString(reader: ByteReader): string | null {
    const length = shortLength(reader);
    return length < 0 ? null : reader.utf8(length);
  },
  compactString(reader: ByteReader): string {
    const length = compactLength(reader);
    if (length < 0) throw isNull(reader);
    return reader.utf8(length);
  },
  nullableCompactString(reader: ByteReader): string | null {
    const length = compactLength(reader);
    return length < 0 ? null : reader.utf8(length);
  },

  bytes(reader: ByteReader): Uint8Array {
    const length = intLength(reader);
    if (length < 0) throw isNull(reader);
    return reader.view(length);
  },
  nullableBytes(reader: ByteReader): Uint8Array | null {
    const length = intLength(reader);
    return length < 0 ? null : reader.view(length);
  },
  compactBytes(reader: ByteReader): Uint8Array {
    const length = compactLength(reader);
    if (length < 0) throw isNull(reader);
    return reader.view(length);
  },
  nullableCompactBytes(reader: ByteReader): Uint8Array | null {
    const length = compactLength(reader);
    return length < 0 ? null : reader.view(length);
  },

  count(reader: ByteReader, minBytes: number): number {
    const count = intLength(reader);
    if (count < 0) throw isNull(reader);
    return reader.elements(count, minBytes);
  },
  nullableCount(reader: ByteReader, minBytes: number): number {
    const count = intLength(reader);
    return count < 0 ? -1 : reader.elements(count, minBytes);
  },
  compactCount(reader: ByteReader, minBytes: number): number {
    const count = compactLength(reader);
    if (count < 0) throw isNull(reader);
    return reader.elements(count, minBytes);
  },
  nullableCompactCount(reader: ByteReader, minBytes: number): number {
    const count = compactLength(reader);
    return count < 0 ? -1 : reader.elements(count, minBytes);
  },

  /** The presence byte of a nullable struct. */
  isPresent(reader: ByteReader): boolean {
    return reader.int8() >= 0;
  },
  /** The same where the struct is tagged: there, and only there, 0 is null. */
  isTaggedPresent(reader: ByteReader): boolean {
    return reader.uvarint() > 0;
  },

  /** One entry of a tag section: its number, which must be above the one before. */
  tag(reader: ByteReader, previous: number): number {
    const tag = reader.uvarint();
    if (tag <= previous) {
      throw new DecodeError(`Cannot read tag ${tag}: it comes after ${previous}`, reader.position);
    }
    return tag;
  },
  /** Where the entry that begins here must end. */
  tagEnd(reader: ByteReader): number {
    const size = reader.uvarint();
    if (size > reader.remaining) {
      throw new DecodeError(
        `Cannot read ${size} tagged bytes: only ${reader.remaining} are left`,
        reader.position,
      );
    }
    return reader.position + size;
  },
  closeTag(reader: ByteReader, tag: number, end: number): void {
    if (reader.position !== end) {
      throw new DecodeError(
        `Cannot read tag ${tag}: it ends elsewhere than its size says`,
        reader.position,
      );
    }
  },
  /** Steps over a tag section of which nothing is known. */
  skipTags(reader: ByteReader): void {
    let previous = -1;
    for (let left = reader.uvarint(); left > 0; left--) {
      previous = READ.tag(reader, previous);
      reader.position = READ.tagEnd(reader);
    }
  },
};

/** What the compiled encoders call. Null is dealt with before. */
export const WRITE = {
  NO_BYTES,

  string(writer: ByteWriter, text: string): void {
    const length = utf8Length(text);
    if (length > MAX_INT16) {
      throw new EncodeError(`Cannot write a string of ${length} bytes: at most ${MAX_INT16}`);
    }
    writer.int16(length);
    writer.utf8(text);
  },
  compactString(writer: ByteWriter, text: string): void {
    writer.uvarint(utf8Length(text) + 1);
    writer.utf8(text);
  },
  bytes(writer: ByteWriter, bytes: Uint8Array): void {
    writer.int32(bytes.length);
    writer.view(bytes);
  },
  compactBytes(writer: ByteWriter, bytes: Uint8Array): void {
    writer.uvarint(bytes.length + 1);
    writer.view(bytes);
  },
  records(writer: ByteWriter, records: NonNullable<RecordsInput>): void {
    writer.int32(lengthOf(records));
    writeParts(writer, records);
  },
  compactRecords(writer: ByteWriter, records: NonNullable<RecordsInput>): void {
    writer.uvarint(lengthOf(records) + 1);
    writeParts(writer, records);
  },

  /** A version that lacks a field, or null where there must be a value. */
  refuse(what: string): never {
    throw new EncodeError(`Cannot encode ${what}`);
  },
};

function lengthOf(records: NonNullable<RecordsInput>): number {
  if (records instanceof Uint8Array) return records.length;
  let total = 0;
  for (const part of records) total += part.length;
  return total;
}

function writeParts(writer: ByteWriter, records: NonNullable<RecordsInput>): void {
  if (records instanceof Uint8Array) return writer.view(records);
  for (const part of records) writer.view(part);
}
