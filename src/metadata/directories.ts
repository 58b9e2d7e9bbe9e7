/**
 * In which log directory of its broker a replica lies (KIP-858). Ids of directories are made up by
 * the brokers; some are reserved, and name none.
 */
import { type BrokerId, type Uuid, ZERO_UUID } from "../base/mod.ts";
import type { BrokerImage } from "./nodes.ts";
import type { PartitionImage } from "./topics.ts";

/** The broker registered none: from before directories had ids. */
export const MIGRATING: Uuid = ZERO_UUID;
/** The broker has several and will choose one. */
export const UNASSIGNED: Uuid = "AAAAAAAAAAAAAAAAAAAAAQ";
/** The directory failed. */
export const LOST: Uuid = "AAAAAAAAAAAAAAAAAAAAAg";

export const RESERVED_DIRECTORIES: readonly Uuid[] = [MIGRATING, UNASSIGNED, LOST];

/** The directory of the broker's replica, undefined as long as none is named. */
export function directoryOf(
  { replicas, directories }: PartitionImage,
  broker: BrokerId | number,
): Uuid | undefined {
  const directory = directories[replicas.indexOf(broker)];
  return directory === undefined || RESERVED_DIRECTORIES.includes(directory)
    ? undefined
    : directory;
}

/** Whether what lies in the directory can be had from the broker, as far as it has said. */
export function isOnline(broker: BrokerImage, directory: Uuid | undefined): boolean {
  if (directory === undefined || RESERVED_DIRECTORIES.includes(directory)) {
    return directory !== LOST;
  }
  return broker.logDirs.length === 0 || broker.logDirs.includes(directory);
}
