/** GetTelemetrySubscriptions, key 71: which metrics a client is to push (KIP-714). */
import { array, bool, int16, int32, int8, string, uuid } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** The client, by its instance id; all-zero asks for one. */
export const GetTelemetrySubscriptionsRequest = message({
  name: "GetTelemetrySubscriptionsRequest",
  apiKey: 71,
  listeners: ["broker"],
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    clientInstanceId: uuid(),
  },
});
export type GetTelemetrySubscriptionsRequest = ValueOf<typeof GetTelemetrySubscriptionsRequest>;

/** The metrics wanted, and how often. */
export const GetTelemetrySubscriptionsResponse = message({
  name: "GetTelemetrySubscriptionsResponse",
  apiKey: 71,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    clientInstanceId: uuid(),
    subscriptionId: int32(),
    acceptedCompressionTypes: array(int8()),
    pushIntervalMs: int32(),
    telemetryMaxBytes: int32(),
    deltaTemporality: bool(),
    requestedMetrics: array(string()),
  },
});
export type GetTelemetrySubscriptionsResponse = ValueOf<typeof GetTelemetrySubscriptionsResponse>;
