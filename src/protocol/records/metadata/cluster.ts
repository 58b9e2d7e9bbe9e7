/**
 * Metadata records about the cluster as a whole: features, settings, quotas, producer ids, and the
 * log itself.
 */
import {
  array,
  bool,
  float64,
  int16,
  int32,
  int64,
  int8,
  nullable,
  string,
  struct,
} from "../../fields.ts";
import { message, type ValueOf } from "../../message.ts";

/** A feature has this level from here on; 0 is without it (KIP-584). */
export const FeatureLevelRecord = message({
  name: "FeatureLevelRecord",
  apiKey: 12,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    name: string(),
    featureLevel: int16(),
  },
});
export type FeatureLevelRecord = ValueOf<typeof FeatureLevelRecord>;

/** A setting of a resource was set, or removed by null. */
export const ConfigRecord = message({
  name: "ConfigRecord",
  apiKey: 4,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    resourceType: int8(),
    resourceName: string(),
    name: string(),
    value: nullable(string()), // null removes the setting
  },
});
export type ConfigRecord = ValueOf<typeof ConfigRecord>;

/** A quota of an entity was set or removed (KIP-546). */
export const ClientQuotaRecord = message({
  name: "ClientQuotaRecord",
  apiKey: 14,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    entity: array(struct({
      entityType: string(),
      entityName: nullable(string()),
    })),
    key: string(),
    value: float64(),
    remove: bool(), // true removes the quota
  },
});
export type ClientQuotaRecord = ValueOf<typeof ClientQuotaRecord>;

/** Producer ids below the one given have been handed out in blocks (KIP-730). */
export const ProducerIdsRecord = message({
  name: "ProducerIdsRecord",
  apiKey: 15,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    brokerId: int32(),
    brokerEpoch: int64({ default: -1 }),
    nextProducerId: int64(),
  },
});
export type ProducerIdsRecord = ValueOf<typeof ProducerIdsRecord>;

/**
 * Nothing happened; the log moves on, so that its readers can tell how far behind they are
 * (KIP-835).
 */
export const NoOpRecord = message({
  name: "NoOpRecord",
  apiKey: 20,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {},
});
export type NoOpRecord = ValueOf<typeof NoOpRecord>;

/** How far a move away from ZooKeeper got, of old clusters. Of no meaning any more. */
export const ZkMigrationStateRecord = message({
  name: "ZkMigrationStateRecord",
  apiKey: 21,
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    zkMigrationState: int8(),
  },
});
export type ZkMigrationStateRecord = ValueOf<typeof ZkMigrationStateRecord>;
