/**
 * CreateDelegationToken, key 38: makes a delegation token, for the principal that asks or, since
 * version 3, for another one (KIP-373).
 */
import { array, bytes, int16, int32, int64, nullable, string, struct } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** Who may renew the token, and how long it may live. */
export const CreateDelegationTokenRequest = message({
  name: "CreateDelegationTokenRequest",
  apiKey: 38,
  listeners: ["broker", "controller"],
  versions: [1, 3],
  flexibleFrom: 2,
  fields: {
    ownerPrincipalType: nullable(string(), { since: 3 }),
    ownerPrincipalName: nullable(string(), { since: 3 }),
    renewers: array(struct({
      principalType: string(),
      principalName: string(),
    })),
    maxLifetimeMs: int64(),
  },
});
export type CreateDelegationTokenRequest = ValueOf<typeof CreateDelegationTokenRequest>;

/** The token, with the secret that goes with it. */
export const CreateDelegationTokenResponse = message({
  name: "CreateDelegationTokenResponse",
  apiKey: 38,
  versions: [1, 3],
  flexibleFrom: 2,
  fields: {
    errorCode: int16(),
    principalType: string(),
    principalName: string(),
    tokenRequesterPrincipalType: string({ since: 3 }),
    tokenRequesterPrincipalName: string({ since: 3 }),
    issueTimestampMs: int64(),
    expiryTimestampMs: int64(),
    maxTimestampMs: int64(),
    tokenId: string(),
    hmac: bytes(),
    throttleTimeMs: int32(),
  },
});
export type CreateDelegationTokenResponse = ValueOf<typeof CreateDelegationTokenResponse>;
