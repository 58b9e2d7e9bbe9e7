/**
 * Whose a log directory is: what its `meta.properties` says, checked against the node that opens
 * it, or written when the directory is new.
 */
import { randomUuid } from "../bytes/mod.ts";
import type { Clock, Disk, Random } from "../platform/mod.ts";
import { unreadable } from "./checkpoints.ts";
import { DirectoryRefused } from "./directory_refused.ts";
import { parseDirectoryName } from "./file_names.ts";
import type { KeptCopies } from "./kept_copies.ts";
import {
  decodeMetaProperties,
  encodeMetaProperties,
  javaDate,
  META_PROPERTIES_FILE,
  type MetaProperties,
} from "./meta_properties.ts";

export interface IdentityOptions {
  readonly disk: Disk;
  readonly files: KeptCopies;
  readonly clock: Clock;
  readonly random: Random;
  readonly path: string;
  readonly nodeId: number;
  readonly clusterId?: string;
  /** The node learns later of which cluster it is: none begins here. */
  readonly awaitsCluster?: boolean;
}

/** Reads the directory's deed, or writes that of a new one; throws {@link DirectoryRefused}. */
export function claimDirectory(options: IdentityOptions): MetaProperties {
  const { disk, files, clock, random, nodeId, path, awaitsCluster = false } = options;
  const { clusterId } = options;
  const begun = () => clusterId ?? (awaitsCluster ? undefined : randomUuid(random));
  const meta = readIdentity(files, path);
  if (meta === undefined) {
    if (disk.list(path).some(({ name }) => parseDirectoryName(name) !== undefined)) {
      throw new DirectoryRefused(
        `Cannot use ${path}: it has partitions and no meta.properties`,
        path,
      );
    }
    const fresh = {
      clusterId: begun(),
      nodeId,
      directoryId: randomUuid(random),
      writtenAt: javaDate(clock.now()),
    };
    files.replace(META_PROPERTIES_FILE, encodeMetaProperties(fresh));
    return fresh;
  }
  if (meta.nodeId !== nodeId) {
    throw new DirectoryRefused(`Cannot use ${path}: it belongs to node ${meta.nodeId}`, path);
  }
  if (meta.clusterId === undefined) {
    const id = begun();
    return id === undefined ? meta : writeCluster(files, meta, id);
  }
  if (clusterId !== undefined && meta.clusterId !== clusterId) {
    throw new DirectoryRefused(
      `Cannot use ${path}: it belongs to cluster ${meta.clusterId}, and this node to ${clusterId}`,
      path,
    );
  }
  return meta;
}

/** Writes down of which cluster the directory is from now on. */
export function writeCluster(
  files: KeptCopies,
  meta: MetaProperties,
  clusterId: string,
): MetaProperties {
  const told = { ...meta, clusterId };
  files.replace(META_PROPERTIES_FILE, encodeMetaProperties(told));
  return told;
}

/** What is in `meta.properties`; undefined without one. Throws StorageError. */
export function readIdentity(files: KeptCopies, path: string): MetaProperties | undefined {
  const file = `${path}/${META_PROPERTIES_FILE}`;
  const text = files.read(META_PROPERTIES_FILE);
  if (text === undefined) return undefined;
  try {
    return decodeMetaProperties(text);
  } catch (cause) {
    throw unreadable(file, cause);
  }
}

/**
 * Makes the directory and those above it, so that a power cut does not take it away with all in it.
 * Until it has its `meta.properties` nobody knows whether that was done to its end, and it is done
 * again.
 */
export function makeLastingDirectory(disk: Disk, path: string): void {
  disk.makeDirectory(path);
  if (disk.exists(`${path}/${META_PROPERTIES_FILE}`)) return;
  for (let at = parentOf(path);; at = parentOf(at)) {
    try {
      disk.syncDirectory(at);
    } catch (error) {
      if (at === parentOf(path)) throw error;
      // Further up there may be folders that we can't open. Those were not made by us.
    }
    if (at === "/" || at === ".") return;
  }
}

function parentOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash > 0 ? path.slice(0, slash) : slash === 0 ? "/" : ".";
}
