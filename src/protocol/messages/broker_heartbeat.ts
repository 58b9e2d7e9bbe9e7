/**
 * BrokerHeartbeat, key 63: a broker says that it lives, how far it has read the metadata, and what
 * it wishes (KIP-631).
 */
import { array, bool, int16, int32, int64, nullable, uuid } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** The broker's state and wishes. */
export const BrokerHeartbeatRequest = message({
  name: "BrokerHeartbeatRequest",
  apiKey: 63,
  listeners: ["controller"],
  versions: [0, 2],
  flexibleFrom: 0,
  fields: {
    brokerId: int32(),
    brokerEpoch: int64({ default: -1 }),
    currentMetadataOffset: int64(),
    wantFence: bool(),
    wantShutDown: bool(),
    offlineLogDirs: array(uuid(), { since: 1, tag: 0 }),
    cordonedLogDirs: nullable(array(uuid()), { since: 2, tag: 1, default: null }),
  },
});
export type BrokerHeartbeatRequest = ValueOf<typeof BrokerHeartbeatRequest>;

/** What the controller makes of them. */
export const BrokerHeartbeatResponse = message({
  name: "BrokerHeartbeatResponse",
  apiKey: 63,
  versions: [0, 2],
  flexibleFrom: 0,
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    isCaughtUp: bool(),
    isFenced: bool({ default: true }),
    shouldShutDown: bool(),
  },
});
export type BrokerHeartbeatResponse = ValueOf<typeof BrokerHeartbeatResponse>;
