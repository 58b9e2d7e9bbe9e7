/**
 * BrokerHeartbeat, key 63: a broker is alive, and says how far it has read and what it wishes
 * (KIP-631). The connection is looked at as well: its end, with nothing heard after it, is the
 * broker's.
 *
 * Served 0 to 2: 1 names log directories that failed (KIP-858), 2 those that get nothing new.
 */
import { BrokerHeartbeatRequest, BrokerHeartbeatResponse } from "../../protocol/mod.ts";
import { defineControllerApi } from "../api.ts";

export const brokerHeartbeat = defineControllerApi({
  key: 63,
  name: "BrokerHeartbeat",
  request: BrokerHeartbeatRequest,
  response: BrokerHeartbeatResponse,
  versions: [0, 2],

  handle: (request, { connection }, { controller }) =>
    controller.heartbeat(request, connection.signal),

  failed: (_request, { code }) => ({ errorCode: code }),
});
