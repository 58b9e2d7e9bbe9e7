/**
 * Data of cores that are not to run: who starts with fewer than before would lose sight of it, and
 * of all that is on no other broker.
 */
import { ConfigError } from "../../config/mod.ts";
import { keptPartitions } from "../../log/mod.ts";
import type { Disk } from "../../platform/mod.ts";
import { CORES_FOLDER } from "./core_plan.ts";

/** So many are named, of the partitions that would be left behind. */
const NAMED = 3;

/**
 * Throws {@link ConfigError} for the first one that has partitions and is not to run.
 *
 * @param folders `log.dirs` of the first core, as full paths
 * @param ids of those that are to run, the first one's first
 */
export function leaveNoneBehind(
  disk: Disk,
  folders: readonly string[],
  ids: readonly number[],
): void {
  for (const folder of folders) {
    for (const id of coresIn(disk, folder)) {
      if (ids.includes(id)) continue;
      const path = `${folder}/${CORES_FOLDER}/${id}`;
      const partitions = keptPartitions(disk, path);
      if (partitions.length === 0) continue;
      const some = partitions.slice(0, NAMED).join(", ");
      const all = partitions.length > NAMED ? `${some}, … (${partitions.length} in all)` : some;
      const message = `Cannot run without node ${id}: its partitions are in ${path}: ${all}. ` +
        whatToDo(id, ids[0]);
      throw new ConfigError("node.cores", ids.length, "", message);
    }
  }
}

function whatToDo(id: number, first: number): string {
  if (id < first) {
    return `Start with --node-id ${id}, or with the folder that belongs to node ${first}`;
  }
  return `Start with --cores ${id - first + 1}; to have fewer, move them off first: ` +
    `streamer cluster drain ${id}`;
}

function coresIn(disk: Disk, folder: string): number[] {
  const path = `${folder}/${CORES_FOLDER}`;
  if (!disk.exists(path)) return [];
  return disk.list(path).filter(({ name, isDirectory }) => isDirectory && /^\d{1,10}$/.test(name))
    .map(({ name }) => Number(name)).sort((a, b) => a - b);
}
