/**
 * ControllerRegistration, key 70: a controller tells the active one its addresses and features
 * (KIP-919).
 */
import { array, bool, int16, int32, nullable, string, struct, uint16, uuid } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** The controller. */
export const ControllerRegistrationRequest = message({
  name: "ControllerRegistrationRequest",
  apiKey: 70,
  listeners: ["controller"],
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    controllerId: int32(),
    incarnationId: uuid(),
    zkMigrationReady: bool(),
    listeners: array(struct({
      name: string(),
      host: string(),
      port: uint16(),
      securityProtocol: int16(),
    })),
    features: array(struct({
      name: string(),
      minSupportedVersion: int16(),
      maxSupportedVersion: int16(),
    })),
  },
});
export type ControllerRegistrationRequest = ValueOf<typeof ControllerRegistrationRequest>;

/** How it went. */
export const ControllerRegistrationResponse = message({
  name: "ControllerRegistrationResponse",
  apiKey: 70,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: nullable(string()),
  },
});
export type ControllerRegistrationResponse = ValueOf<typeof ControllerRegistrationResponse>;
