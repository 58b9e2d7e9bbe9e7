/** In which log directory a new replica is, as far as the controller can say (KIP-858). */
import type { Uuid } from "../base/mod.ts";
import { type MetadataImage, MIGRATING, UNASSIGNED } from "../metadata/mod.ts";

export function directoryFor(image: MetadataImage, brokerId: number): Uuid {
  const logDirs = image.brokers.get(brokerId)?.logDirs ?? [];
  if (logDirs.length === 0) return MIGRATING;
  return logDirs.length === 1 ? logDirs[0] : UNASSIGNED;
}
