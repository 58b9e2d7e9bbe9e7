/**
 * BrokerRegistration, key 62: a broker enters the cluster: the controller gives it an epoch
 * (KIP-631).
 */
import {
  array,
  bool,
  int16,
  int32,
  int64,
  nullable,
  string,
  struct,
  uint16,
  uuid,
} from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** The broker, its addresses, features and log directories. */
export const BrokerRegistrationRequest = message({
  name: "BrokerRegistrationRequest",
  apiKey: 62,
  listeners: ["controller"],
  versions: [0, 4],
  flexibleFrom: 0,
  fields: {
    brokerId: int32(),
    clusterId: string(),
    incarnationId: uuid(),
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
    rack: nullable(string()),
    isMigratingZkBroker: bool({ since: 1 }),
    logDirs: array(uuid(), { since: 2, ignorable: true }),
    previousBrokerEpoch: int64({ since: 3, default: -1, ignorable: true }),
  },
});
export type BrokerRegistrationRequest = ValueOf<typeof BrokerRegistrationRequest>;

/** The broker's epoch. */
export const BrokerRegistrationResponse = message({
  name: "BrokerRegistrationResponse",
  apiKey: 62,
  versions: [0, 4],
  flexibleFrom: 0,
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    brokerEpoch: int64({ default: -1 }),
  },
});
export type BrokerRegistrationResponse = ValueOf<typeof BrokerRegistrationResponse>;
