/**
 * What stands in front of each request and answer. The version of a header follows from the API's
 * key and version, which are the first four bytes of a request: version 2 (and 1 for answers) adds
 * a tag section, from the API's first flexible version on. Answers to ApiVersions never have it,
 * since the client that reads them may not know yet what the broker speaks (KIP-511).
 */
import type { ByteReader, ByteWriter } from "../bytes/mod.ts";
import { API_KEYS, apiByKey } from "./apis.ts";
import { decodeMessage, encodeMessage } from "./message.ts";
import { RequestHeader, ResponseHeader } from "./messages/headers.ts";

/** A request's header as `net` and `broker` use it. */
export interface RequestHead {
  readonly apiKey: number;
  readonly apiVersion: number;
  readonly correlationId: number;
  readonly clientId: string | null;
}

/** A request of an API that Kafka does not have: its header cannot be read further than this. */
export class UnsupportedRequest extends Error {
  override name = "UnsupportedRequest";

  constructor(
    readonly apiKey: number,
    readonly apiVersion: number,
    readonly correlationId: number,
  ) {
    super(`Cannot read a request of API ${apiKey} version ${apiVersion}: there is no such API`);
  }
}

/** Whether the API's version has compact lengths and tag sections; undefined for an unknown key. */
function isFlexible(key: number, version: number): boolean | undefined {
  const api = apiByKey(key);
  return api && version >= api.flexibleFrom;
}

/** 1, or 2 for a flexible version; of an unknown key 1. */
export const requestHeaderVersion = (key: number, version: number): number =>
  isFlexible(key, version) ? 2 : 1;

/** 0, or 1 for a flexible version; of ApiVersions always 0. */
export const responseHeaderVersion = (key: number, version: number): number =>
  isFlexible(key, version) && key !== API_KEYS.ApiVersions ? 1 : 0;

/**
 * Reads a header and leaves the reader at the body. Versions that the API does not have are no
 * error here: the caller knows what it serves, and ApiVersions is answered in any version. Throws
 * {@link UnsupportedRequest} for an unknown key.
 */
export function decodeRequestHeader(reader: ByteReader): RequestHead {
  const start = reader.position;
  const [key, version] = [reader.int16(), reader.int16()];
  if (apiByKey(key) === undefined) throw new UnsupportedRequest(key, version, reader.int32());
  reader.position = start;
  const header = decodeMessage(RequestHeader, reader, requestHeaderVersion(key, version));
  const { requestApiKey: apiKey, requestApiVersion: apiVersion, correlationId, clientId } = header;
  return { apiKey, apiVersion, correlationId, clientId };
}

export function encodeRequestHeader(writer: ByteWriter, head: RequestHead): void {
  const { apiKey, apiVersion, correlationId, clientId } = head;
  const header = {
    requestApiKey: apiKey,
    requestApiVersion: apiVersion,
    correlationId,
    clientId,
  };
  encodeMessage(RequestHeader, header, requestHeaderVersion(apiKey, apiVersion), writer);
}

/** Reads the header of an answer to a request of this key and version; gives its correlation id. */
export function decodeResponseHeader(reader: ByteReader, key: number, version: number): number {
  return decodeMessage(ResponseHeader, reader, responseHeaderVersion(key, version)).correlationId;
}

export function encodeResponseHeader(
  writer: ByteWriter,
  key: number,
  version: number,
  correlationId: number,
): void {
  encodeMessage(ResponseHeader, { correlationId }, responseHeaderVersion(key, version), writer);
}
