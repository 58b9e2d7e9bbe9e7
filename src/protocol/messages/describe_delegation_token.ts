/** DescribeDelegationToken, key 41: the delegation tokens of owners. */
import { array, bytes, int16, int32, int64, nullable, string, struct } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** The owners; null is all that the principal may see. */
export const DescribeDelegationTokenRequest = message({
  name: "DescribeDelegationTokenRequest",
  apiKey: 41,
  listeners: ["broker", "controller"],
  versions: [1, 3],
  flexibleFrom: 2,
  fields: {
    owners: nullable(array(struct({
      principalType: string(),
      principalName: string(),
    }))),
  },
});
export type DescribeDelegationTokenRequest = ValueOf<typeof DescribeDelegationTokenRequest>;

/** The tokens. */
export const DescribeDelegationTokenResponse = message({
  name: "DescribeDelegationTokenResponse",
  apiKey: 41,
  versions: [1, 3],
  flexibleFrom: 2,
  fields: {
    errorCode: int16(),
    tokens: array(struct({
      principalType: string(),
      principalName: string(),
      tokenRequesterPrincipalType: string({ since: 3 }),
      tokenRequesterPrincipalName: string({ since: 3 }),
      issueTimestamp: int64(),
      expiryTimestamp: int64(),
      maxTimestamp: int64(),
      tokenId: string(),
      hmac: bytes(),
      renewers: array(struct({
        principalType: string(),
        principalName: string(),
      })),
    })),
    throttleTimeMs: int32(),
  },
});
export type DescribeDelegationTokenResponse = ValueOf<typeof DescribeDelegationTokenResponse>;
