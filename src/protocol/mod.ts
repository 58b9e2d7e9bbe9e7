/**
 * protocol: the wire. Every message of Kafka 4.3 is declared once, with all its versions; types,
 * encoders and decoders derive from the declaration.
 *
 * {@link decodeMessage} gives one shape for every version, with defaults where the version lacks a
 * field; {@link encodeMessage} takes values in which anything may be left out that is at its
 * default. Byte strings and record batches decode to views of what was read. Bytes that do not
 * parse throw `DecodeError` and never make us allocate more than a small multiple of what was sent.
 *
 * The room knows what messages look like and what errors are called. What is answered to them is
 * `broker`'s affair, what they are framed in is `net`'s, and record batches are `records`'.
 */
export { DecodeError, EncodeError } from "../bytes/mod.ts";
export * from "./apis.ts";
export * from "./coordinator_records.ts";
export * from "./errors.ts";
export * from "./fields.ts";
export * from "./headers.ts";
export * from "./message.ts";
export * from "./messages/mod.ts";
export * from "./metadata_records.ts";
export * from "./records/mod.ts";
export * from "./resource_types.ts";
