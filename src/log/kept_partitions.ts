/** Which partitions a folder keeps, from the names in it alone: nothing is opened or touched. */
import { METADATA_TOPIC } from "../base/mod.ts";
import type { Disk } from "../platform/mod.ts";
import { parseDirectoryName, parseStagedDirectoryName } from "./file_names.ts";

/** Like `orders-3`; without what is deleted or stray, and the metadata, which is nobody's own. */
export function keptPartitions(disk: Disk, folder: string): string[] {
  return disk.list(folder).flatMap(({ name, isDirectory }) => {
    if (!isDirectory || parseStagedDirectoryName(name) !== undefined) return [];
    const topic = parseDirectoryName(name)?.topic;
    return topic === undefined || topic === METADATA_TOPIC ? [] : [name];
  });
}
