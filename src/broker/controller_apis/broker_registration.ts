/**
 * BrokerRegistration, key 62: a broker that starts makes itself known and gets its epoch (KIP-631).
 *
 * Served 0 to 4: 2 names log directories (KIP-858), 3 the epoch of the last clean stop (KIP-966), 4
 * features whose lowest level is 0.
 */
import { BrokerRegistrationRequest, BrokerRegistrationResponse } from "../../protocol/mod.ts";
import { defineControllerApi } from "../api.ts";

export const brokerRegistration = defineControllerApi({
  key: 62,
  name: "BrokerRegistration",
  request: BrokerRegistrationRequest,
  response: BrokerRegistrationResponse,
  versions: [0, 4],

  handle: (request, _context, { controller }) => controller.registerBroker(request),

  failed: (_request, { code }) => ({ errorCode: code, brokerEpoch: -1 }),
});
