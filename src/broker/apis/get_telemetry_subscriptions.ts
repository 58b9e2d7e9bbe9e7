/**
 * GetTelemetrySubscriptions, key 71: which of its figures a client is to push, and how often
 * (KIP-714).
 *
 * Served 0. Advertised while there is a subscription: see `client_telemetry.ts`.
 */
import {
  errorCode,
  GetTelemetrySubscriptionsRequest,
  GetTelemetrySubscriptionsResponse,
} from "../../protocol/mod.ts";
import { CODECS } from "../../records/mod.ts";
import { defineApi } from "../api.ts";

/** The best first. */
const ACCEPTED = (["zstd", "lz4", "gzip", "snappy"] as const).map((codec) => CODECS.indexOf(codec));

export const getTelemetrySubscriptions = defineApi({
  key: 71,
  name: "GetTelemetrySubscriptions",
  request: GetTelemetrySubscriptionsRequest,
  response: GetTelemetrySubscriptionsResponse,
  versions: [0, 0],
  isAdvertised: (broker) => broker.telemetry.isWanted(broker.image()),

  handle({ clientInstanceId: asked }, { clientId, connection }, broker) {
    const now = broker.clock.monotonic();
    const caller = { clientId, connection, now, image: broker.image() };
    const { clientInstanceId, subscription } = broker.telemetry.subscriptionOf(asked, caller);
    return {
      clientInstanceId,
      subscriptionId: subscription.id,
      acceptedCompressionTypes: ACCEPTED,
      pushIntervalMs: subscription.pushIntervalMs,
      telemetryMaxBytes: broker.config.get("telemetry.max.bytes"),
      deltaTemporality: true,
      requestedMetrics: subscription.metrics,
    };
  },

  failed: (_request, error) => ({ errorCode: errorCode(error.error) }),
});
