/** In which log directory a new replica is, as far as the controller can say (KIP-858). */
import { type Uuid, ZERO_UUID } from "../base/mod.ts";
import type { MetadataImage } from "../metadata/mod.ts";

/** The broker registered none: from before directories had ids. */
export const MIGRATING: Uuid = ZERO_UUID;
/** The broker has several and will choose one. */
export const UNASSIGNED: Uuid = "AAAAAAAAAAAAAAAAAAAAAQ";
/** The directory failed. */
export const LOST: Uuid = "AAAAAAAAAAAAAAAAAAAAAg";

export function directoryFor(image: MetadataImage, brokerId: number): Uuid {
  const logDirs = image.brokers.get(brokerId)?.logDirs ?? [];
  if (logDirs.length === 0) return MIGRATING;
  return logDirs.length === 1 ? logDirs[0] : UNASSIGNED;
}
