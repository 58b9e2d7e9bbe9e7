/**
 * CreateDelegationToken, key 38: a token by which others act for the principal that asks (KIP-48).
 *
 * Served 1 to 3: 2 is flexible, 3 makes tokens for another owner (KIP-373).
 *
 * Tokens may only be asked for by who has proved who it is. Nobody has here, as there is no
 * authentication yet, and so all four requests about tokens are refused with
 * DELEGATION_TOKEN_REQUEST_NOT_ALLOWED, as Kafka does on a connection without it.
 */
import {
  CreateDelegationTokenRequest,
  CreateDelegationTokenResponse,
  errorCode,
  KafkaError,
} from "../../protocol/mod.ts";
import { defineSharedApi } from "../api.ts";

/** Who asks, as long as nobody can say who it is. */
const ANYONE = { type: "User", name: "ANONYMOUS" };

export const createDelegationToken = defineSharedApi({
  key: 38,
  name: "CreateDelegationToken",
  request: CreateDelegationTokenRequest,
  response: CreateDelegationTokenResponse,
  versions: [1, 3],

  handle() {
    throw new KafkaError("DELEGATION_TOKEN_REQUEST_NOT_ALLOWED");
  },

  failed({ ownerPrincipalType, ownerPrincipalName }, error, { version }) {
    const isForOther = Boolean(ownerPrincipalName);
    return {
      errorCode: errorCode(error.error),
      principalType: isForOther ? ownerPrincipalType ?? "" : ANYONE.type,
      principalName: isForOther ? ownerPrincipalName! : ANYONE.name,
      ...(version >= 3
        ? {
          tokenRequesterPrincipalType: ANYONE.type,
          tokenRequesterPrincipalName: ANYONE.name,
        }
        : {}),
      issueTimestampMs: -1,
      expiryTimestampMs: -1,
      maxTimestampMs: -1,
    };
  },
});
