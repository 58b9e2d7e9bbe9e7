/** Metadata records about the cluster's nodes. */
import {
  array,
  bool,
  int16,
  int32,
  int64,
  int8,
  nullable,
  string,
  struct,
  uint16,
  uuid,
} from "../../fields.ts";
import { message, type ValueOf } from "../../message.ts";

/** A broker has registered: one incarnation of it, known by its epoch. */
export const RegisterBrokerRecord = message({
  name: "RegisterBrokerRecord",
  apiKey: 0,
  versions: [0, 4],
  flexibleFrom: 0,
  fields: {
    brokerId: int32(),
    isMigratingZkBroker: bool({ since: 2 }),
    incarnationId: uuid(),
    brokerEpoch: int64(),
    endPoints: array(struct({
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
    fenced: bool({ default: true }),
    inControlledShutdown: bool({ since: 1 }),
    logDirs: array(uuid(), { since: 3, tag: 0 }),
    cordonedLogDirs: nullable(array(uuid()), { since: 4, tag: 1, default: null }),
  },
});
export type RegisterBrokerRecord = ValueOf<typeof RegisterBrokerRecord>;

/** A broker is no longer a part of the cluster. */
export const UnregisterBrokerRecord = message({
  name: "UnregisterBrokerRecord",
  apiKey: 1,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    brokerId: int32(),
    brokerEpoch: int64(),
  },
});
export type UnregisterBrokerRecord = ValueOf<typeof UnregisterBrokerRecord>;

/** A broker was fenced. From before 3.3; now BrokerRegistrationChange says it. */
export const FenceBrokerRecord = message({
  name: "FenceBrokerRecord",
  apiKey: 7,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    id: int32(),
    epoch: int64(),
  },
});
export type FenceBrokerRecord = ValueOf<typeof FenceBrokerRecord>;

/** A broker was unfenced. From before 3.3; now BrokerRegistrationChange says it. */
export const UnfenceBrokerRecord = message({
  name: "UnfenceBrokerRecord",
  apiKey: 8,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    id: int32(),
    epoch: int64(),
  },
});
export type UnfenceBrokerRecord = ValueOf<typeof UnfenceBrokerRecord>;

/** Something about a registered broker changed; what is at its default stayed. */
export const BrokerRegistrationChangeRecord = message({
  name: "BrokerRegistrationChangeRecord",
  apiKey: 17,
  versions: [0, 3],
  flexibleFrom: 0,
  fields: {
    brokerId: int32(),
    brokerEpoch: int64(),
    fenced: int8({ tag: 0 }), // -1 unfences, 1 fences, 0: unchanged
    inControlledShutdown: int8({ since: 1, tag: 1 }), // 1: now in shutdown, 0: unchanged
    logDirs: array(uuid(), { since: 2, tag: 2 }),
    cordonedLogDirs: nullable(array(uuid()), { since: 3, tag: 3, default: null }),
  },
});
export type BrokerRegistrationChangeRecord = ValueOf<typeof BrokerRegistrationChangeRecord>;

/** A controller has registered (KIP-919). */
export const RegisterControllerRecord = message({
  name: "RegisterControllerRecord",
  apiKey: 27,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    controllerId: int32(),
    incarnationId: uuid(),
    zkMigrationReady: bool(),
    endPoints: array(struct({
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
export type RegisterControllerRecord = ValueOf<typeof RegisterControllerRecord>;
