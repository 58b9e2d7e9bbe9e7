/**
 * DescribeDelegationToken, key 41: the delegation tokens of owners.
 *
 * Served 1 to 3: 2 is flexible, 3 tells who asked for a token (KIP-373). Refused here: see
 * CreateDelegationToken.
 */
import {
  DescribeDelegationTokenRequest,
  DescribeDelegationTokenResponse,
  errorCode,
  KafkaError,
} from "../../protocol/mod.ts";
import { defineSharedApi } from "../api.ts";

export const describeDelegationToken = defineSharedApi({
  key: 41,
  name: "DescribeDelegationToken",
  request: DescribeDelegationTokenRequest,
  response: DescribeDelegationTokenResponse,
  versions: [1, 3],

  handle() {
    throw new KafkaError("DELEGATION_TOKEN_REQUEST_NOT_ALLOWED");
  },

  failed: (_request, error) => ({ errorCode: errorCode(error.error) }),
});
