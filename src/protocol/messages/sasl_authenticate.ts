/** SaslAuthenticate, key 36: carries one step of a SASL exchange (KIP-152). */
import { bytes, int16, int64, nullable, string } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** The client's bytes. */
export const SaslAuthenticateRequest = message({
  name: "SaslAuthenticateRequest",
  apiKey: 36,
  listeners: ["broker", "controller"],
  versions: [0, 2],
  flexibleFrom: 2,
  fields: {
    authBytes: bytes(),
  },
});
export type SaslAuthenticateRequest = ValueOf<typeof SaslAuthenticateRequest>;

/** The server's bytes, and how long the session lasts (KIP-368). */
export const SaslAuthenticateResponse = message({
  name: "SaslAuthenticateResponse",
  apiKey: 36,
  versions: [0, 2],
  flexibleFrom: 2,
  fields: {
    errorCode: int16(),
    errorMessage: nullable(string()),
    authBytes: bytes(),
    sessionLifetimeMs: int64({ since: 1, ignorable: true }),
  },
});
export type SaslAuthenticateResponse = ValueOf<typeof SaslAuthenticateResponse>;
