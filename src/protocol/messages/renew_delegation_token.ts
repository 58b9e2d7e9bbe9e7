/** RenewDelegationToken, key 39: makes a delegation token live longer. */
import { bytes, int16, int32, int64 } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** The token's secret, and for how long. */
export const RenewDelegationTokenRequest = message({
  name: "RenewDelegationTokenRequest",
  apiKey: 39,
  listeners: ["broker", "controller"],
  versions: [1, 2],
  flexibleFrom: 2,
  fields: {
    hmac: bytes(),
    renewPeriodMs: int64(),
  },
});
export type RenewDelegationTokenRequest = ValueOf<typeof RenewDelegationTokenRequest>;

/** When it ends now. */
export const RenewDelegationTokenResponse = message({
  name: "RenewDelegationTokenResponse",
  apiKey: 39,
  versions: [1, 2],
  flexibleFrom: 2,
  fields: {
    errorCode: int16(),
    expiryTimestampMs: int64(),
    throttleTimeMs: int32(),
  },
});
export type RenewDelegationTokenResponse = ValueOf<typeof RenewDelegationTokenResponse>;
