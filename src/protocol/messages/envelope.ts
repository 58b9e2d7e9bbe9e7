/**
 * Envelope, key 58: a broker forwards a client's request to the controller, with the client's
 * principal (KIP-590).
 */
import { bytes, int16, nullable } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** The request as it came, header and all. */
export const EnvelopeRequest = message({
  name: "EnvelopeRequest",
  apiKey: 58,
  listeners: ["controller"],
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    requestData: bytes(),
    requestPrincipal: nullable(bytes()),
    clientHostAddress: bytes(),
  },
});
export type EnvelopeRequest = ValueOf<typeof EnvelopeRequest>;

/** The answer to pass on. */
export const EnvelopeResponse = message({
  name: "EnvelopeResponse",
  apiKey: 58,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    responseData: nullable(bytes(), { default: null }),
    errorCode: int16(),
  },
});
export type EnvelopeResponse = ValueOf<typeof EnvelopeResponse>;
