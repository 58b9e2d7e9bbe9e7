/**
 * ExpireDelegationToken, key 40: changes when a delegation token ends.
 *
 * Served 1 and 2; 2 is flexible. Refused here: see CreateDelegationToken.
 */
import {
  errorCode,
  ExpireDelegationTokenRequest,
  ExpireDelegationTokenResponse,
  KafkaError,
} from "../../protocol/mod.ts";
import { defineSharedApi } from "../api.ts";

export const expireDelegationToken = defineSharedApi({
  key: 40,
  name: "ExpireDelegationToken",
  request: ExpireDelegationTokenRequest,
  response: ExpireDelegationTokenResponse,
  versions: [1, 2],

  handle() {
    throw new KafkaError("DELEGATION_TOKEN_REQUEST_NOT_ALLOWED");
  },

  failed: (_request, error) => ({ errorCode: errorCode(error.error), expiryTimestampMs: -1 }),
});
