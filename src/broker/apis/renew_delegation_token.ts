/**
 * RenewDelegationToken, key 39: makes a delegation token live longer.
 *
 * Served 1 and 2; 2 is flexible. Refused here: see CreateDelegationToken.
 */
import {
  errorCode,
  KafkaError,
  RenewDelegationTokenRequest,
  RenewDelegationTokenResponse,
} from "../../protocol/mod.ts";
import { defineSharedApi } from "../api.ts";

export const renewDelegationToken = defineSharedApi({
  key: 39,
  name: "RenewDelegationToken",
  request: RenewDelegationTokenRequest,
  response: RenewDelegationTokenResponse,
  versions: [1, 2],

  handle() {
    throw new KafkaError("DELEGATION_TOKEN_REQUEST_NOT_ALLOWED");
  },

  failed: (_request, error) => ({ errorCode: errorCode(error.error), expiryTimestampMs: -1 }),
});
