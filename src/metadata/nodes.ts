/** Registered brokers and controllers as the image holds them, and what a record changes in one. */
import { assert } from "../base/mod.ts";
import type {
  BrokerRegistrationChangeRecord,
  RegisterBrokerRecord,
  RegisterControllerRecord,
} from "../protocol/mod.ts";

/** One incarnation of a broker, known by its epoch. */
export type BrokerImage = Readonly<Omit<RegisterBrokerRecord, "isMigratingZkBroker">>;
export type ControllerImage = Readonly<Omit<RegisterControllerRecord, "zkMigrationReady">>;

/**
 * Kafka keeps them in a hash map, so that their order in a record is chance; here it is that of
 * their names.
 */
const byName = <T extends { name: string }>(features: readonly T[]): T[] =>
  [...features].sort((a, b) => a.name < b.name ? -1 : 1);

export function brokerFrom(record: RegisterBrokerRecord): BrokerImage {
  const { isMigratingZkBroker: _, ...broker } = record;
  return { ...broker, features: byName(broker.features) };
}

export function controllerFrom(record: RegisterControllerRecord): ControllerImage {
  const { zkMigrationReady: _, ...controller } = record;
  return { ...controller, features: byName(controller.features) };
}

/** The registration after a change, which must be of that very incarnation. */
export function changedBroker(
  before: BrokerImage | undefined,
  change:
    & Pick<BrokerRegistrationChangeRecord, "brokerId" | "brokerEpoch">
    & Partial<BrokerRegistrationChangeRecord>,
): BrokerImage {
  const { brokerId, brokerEpoch, fenced = 0, inControlledShutdown = 0 } = change;
  assert(before !== undefined, `broker ${brokerId} changed and is not registered`);
  assert(
    before.brokerEpoch === brokerEpoch,
    `broker ${brokerId} changed in epoch ${brokerEpoch}, registered is ${before.brokerEpoch}`,
  );
  return {
    ...before,
    fenced: fenced === 0 ? before.fenced : fenced > 0,
    inControlledShutdown: before.inControlledShutdown || inControlledShutdown > 0,
    logDirs: change.logDirs?.length ? change.logDirs : before.logDirs,
    cordonedLogDirs: change.cordonedLogDirs ?? before.cordonedLogDirs,
  };
}
