/** AlterUserScramCredentials, key 51: sets and removes SCRAM credentials (KIP-554). */
import { array, bytes, int16, int32, int8, nullable, string, struct } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** Credentials to delete, and to insert or replace. */
export const AlterUserScramCredentialsRequest = message({
  name: "AlterUserScramCredentialsRequest",
  apiKey: 51,
  listeners: ["broker", "controller"],
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    deletions: array(struct({
      name: string(),
      mechanism: int8(),
    })),
    upsertions: array(struct({
      name: string(),
      mechanism: int8(),
      iterations: int32(),
      salt: bytes(),
      saltedPassword: bytes(),
    })),
  },
});
export type AlterUserScramCredentialsRequest = ValueOf<typeof AlterUserScramCredentialsRequest>;

/** How each user's change went. */
export const AlterUserScramCredentialsResponse = message({
  name: "AlterUserScramCredentialsResponse",
  apiKey: 51,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    throttleTimeMs: int32(),
    results: array(struct({
      user: string(),
      errorCode: int16(),
      errorMessage: nullable(string()),
    })),
  },
});
export type AlterUserScramCredentialsResponse = ValueOf<typeof AlterUserScramCredentialsResponse>;
