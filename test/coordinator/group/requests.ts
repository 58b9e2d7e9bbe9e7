/**
 * Requests with everything at its default but what a test names, and the bytes that members tell
 * each other.
 */
import { ByteReader, ByteWriter } from "../../../src/bytes/mod.ts";
import {
  ConsumerProtocolSubscription,
  decodeMessage,
  encodeMessage,
  type InputOf,
  type Message,
  type ValueOf,
} from "../../../src/protocol/mod.ts";

/** The request as it comes out of the wire in its newest version: every field present. */
export function full<M extends Message>(
  message: M,
  value: InputOf<M>,
  version = message.versions[1],
): ValueOf<M> {
  const writer = new ByteWriter();
  encodeMessage(message, value, version, writer);
  return decodeMessage(message, new ByteReader(writer.finish()), version);
}

/** The answer as a client of this version sees it; throws when it can't be encoded for it. */
export const asSeen = full;

export function subscription(topics: string[], userData: string | null = null): Uint8Array {
  const writer = new ByteWriter();
  writer.int16(1);
  const data = userData === null ? null : utf8(userData);
  encodeMessage(ConsumerProtocolSubscription, { topics, userData: data }, 1, writer);
  return writer.finish();
}

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
export const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
