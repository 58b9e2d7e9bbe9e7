/**
 * PushTelemetry, key 72: a client pushes its figures, as OpenTelemetry bytes (KIP-714).
 *
 * Served 0. Advertised while there is a subscription: see `client_telemetry.ts`.
 */
import { errorCode, PushTelemetryRequest, PushTelemetryResponse } from "../../protocol/mod.ts";
import { defineApi } from "../api.ts";

export const pushTelemetry = defineApi({
  key: 72,
  name: "PushTelemetry",
  request: PushTelemetryRequest,
  response: PushTelemetryResponse,
  versions: [0, 0],
  isAdvertised: (broker) => broker.telemetry.isWanted(broker.image()),

  handle(request, { clientId, connection }, broker) {
    const caller = {
      clientId,
      connection,
      now: broker.clock.monotonic(),
      image: broker.image(),
    };
    const maxBytes = broker.config.get("telemetry.max.bytes");
    broker.telemetry.push(request, caller, { maxBytes });
    return {};
  },

  failed: (_request, error) => ({ errorCode: errorCode(error.error) }),
});
