/**
 * Data of cores that are not to run: who starts with fewer than before would lose sight of it, and
 * of all that is on no other broker.
 */
import { keptPartitions } from "../../log/mod.ts";
import type { Disk } from "../../platform/mod.ts";
import { CORES_FOLDER } from "./core_plan.ts";

export interface LeftBehind {
  readonly id: number;
  readonly folder: string;
  readonly partitions: readonly string[];
}

/**
 * The first of them; undefined when nothing would be left behind.
 *
 * @param folders `log.dirs` of the first core, as full paths
 * @param ids of those that are to run
 */
export function leftBehind(
  disk: Disk,
  folders: readonly string[],
  ids: ReadonlySet<number>,
): LeftBehind | undefined {
  for (const folder of folders) {
    for (const id of coresIn(disk, folder)) {
      if (ids.has(id)) continue;
      const path = `${folder}/${CORES_FOLDER}/${id}`;
      const partitions = keptPartitions(disk, path);
      if (partitions.length > 0) return { id, folder: path, partitions };
    }
  }
}

function coresIn(disk: Disk, folder: string): number[] {
  const path = `${folder}/${CORES_FOLDER}`;
  if (!disk.exists(path)) return [];
  return disk.list(path).filter(({ name, isDirectory }) => isDirectory && /^\d{1,10}$/.test(name))
    .map(({ name }) => Number(name)).sort((a, b) => a - b);
}
