/**
 * DescribeUserScramCredentials, key 50: which SCRAM credentials users have, never the credentials
 * themselves (KIP-554).
 */
import { array, int16, int32, int8, nullable, string, struct } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** The users; null or none is all. */
export const DescribeUserScramCredentialsRequest = message({
  name: "DescribeUserScramCredentialsRequest",
  apiKey: 50,
  listeners: ["broker", "controller"],
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    users: nullable(array(struct({
      name: string(),
    }))),
  },
});
export type DescribeUserScramCredentialsRequest = ValueOf<
  typeof DescribeUserScramCredentialsRequest
>;

/** Mechanisms and iterations of each user. */
export const DescribeUserScramCredentialsResponse = message({
  name: "DescribeUserScramCredentialsResponse",
  apiKey: 50,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: nullable(string()),
    results: array(struct({
      user: string(),
      errorCode: int16(),
      errorMessage: nullable(string()),
      credentialInfos: array(struct({
        mechanism: int8(),
        iterations: int32(),
      })),
    })),
  },
});
export type DescribeUserScramCredentialsResponse = ValueOf<
  typeof DescribeUserScramCredentialsResponse
>;
