/**
 * What stands in front of every request and answer. Which version does follows from the API and its
 * version: `headers.ts` one folder up knows.
 */
import { int16, int32, nullable, string } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/**
 * Version 2 adds a tag section. The client id keeps its old length in both, so that any broker can
 * read the header of an ApiVersions request that is too new for it.
 */
export const RequestHeader = message({
  name: "RequestHeader",
  versions: [1, 2],
  flexibleFrom: 2,
  fields: {
    requestApiKey: int16(),
    requestApiVersion: int16(),
    correlationId: int32(),
    clientId: nullable(string(), { flexible: false }), // always with a length of two bytes
  },
});
export type RequestHeader = ValueOf<typeof RequestHeader>;

/** Version 1 adds a tag section. Answers to ApiVersions always have version 0. */
export const ResponseHeader = message({
  name: "ResponseHeader",
  versions: [0, 1],
  flexibleFrom: 1,
  fields: {
    correlationId: int32(),
  },
});
export type ResponseHeader = ValueOf<typeof ResponseHeader>;
