/**
 * ExpireDelegationToken, key 40: changes when a delegation token ends; at once when the time is
 * negative.
 */
import { bytes, int16, int32, int64 } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** The token's secret, and the time. */
export const ExpireDelegationTokenRequest = message({
  name: "ExpireDelegationTokenRequest",
  apiKey: 40,
  listeners: ["broker", "controller"],
  versions: [1, 2],
  flexibleFrom: 2,
  fields: {
    hmac: bytes(),
    expiryTimePeriodMs: int64(),
  },
});
export type ExpireDelegationTokenRequest = ValueOf<typeof ExpireDelegationTokenRequest>;

/** When it ends now. */
export const ExpireDelegationTokenResponse = message({
  name: "ExpireDelegationTokenResponse",
  apiKey: 40,
  versions: [1, 2],
  flexibleFrom: 2,
  fields: {
    errorCode: int16(),
    expiryTimestampMs: int64(),
    throttleTimeMs: int32(),
  },
});
export type ExpireDelegationTokenResponse = ValueOf<typeof ExpireDelegationTokenResponse>;
