/**
 * SaslHandshake, key 17: chooses the SASL mechanism of a connection. Never flexible. With version 1
 * the exchange goes on in SaslAuthenticate, with 0 as bare bytes (KIP-152).
 */
import { array, int16, string } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** The mechanism that the client wants. */
export const SaslHandshakeRequest = message({
  name: "SaslHandshakeRequest",
  apiKey: 17,
  listeners: ["broker", "controller"],
  versions: [0, 1],
  fields: {
    mechanism: string(),
  },
});
export type SaslHandshakeRequest = ValueOf<typeof SaslHandshakeRequest>;

/** Whether it is offered, and what else is. */
export const SaslHandshakeResponse = message({
  name: "SaslHandshakeResponse",
  apiKey: 17,
  versions: [0, 1],
  fields: {
    errorCode: int16(),
    mechanisms: array(string()),
  },
});
export type SaslHandshakeResponse = ValueOf<typeof SaslHandshakeResponse>;
