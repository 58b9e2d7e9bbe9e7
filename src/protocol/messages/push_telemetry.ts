/** PushTelemetry, key 72: a client pushes its metrics, as OpenTelemetry bytes (KIP-714). */
import { bool, bytes, int16, int32, int8, uuid } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** The metrics. */
export const PushTelemetryRequest = message({
  name: "PushTelemetryRequest",
  apiKey: 72,
  listeners: ["broker"],
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    clientInstanceId: uuid(),
    subscriptionId: int32(),
    terminating: bool(),
    compressionType: int8(),
    metrics: bytes(),
  },
});
export type PushTelemetryRequest = ValueOf<typeof PushTelemetryRequest>;

/** How it went. */
export const PushTelemetryResponse = message({
  name: "PushTelemetryResponse",
  apiKey: 72,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16(),
  },
});
export type PushTelemetryResponse = ValueOf<typeof PushTelemetryResponse>;
