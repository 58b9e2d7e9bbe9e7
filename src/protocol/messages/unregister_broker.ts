/** UnregisterBroker, key 64: takes a broker that is gone out of the cluster (KIP-631). */
import { int16, int32, nullable, string } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** The broker. */
export const UnregisterBrokerRequest = message({
  name: "UnregisterBrokerRequest",
  apiKey: 64,
  listeners: ["broker", "controller"],
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    brokerId: int32(),
  },
});
export type UnregisterBrokerRequest = ValueOf<typeof UnregisterBrokerRequest>;

/** How it went. */
export const UnregisterBrokerResponse = message({
  name: "UnregisterBrokerResponse",
  apiKey: 64,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: nullable(string()),
  },
});
export type UnregisterBrokerResponse = ValueOf<typeof UnregisterBrokerResponse>;
