/**
 * `partition.metadata`: to which incarnation of its topic a partition's folder belongs (KIP-516). A
 * topic that was deleted and made again under the same name has another id, and the old folder is
 * not to be taken for the new one's. Two lines, the last without an end of line:
 *
 *     version: 0
 *     topic_id: xe1BttuRRhecNZt-hJXVpg
 */
import { type LogEvent, type TopicId, topicId } from "../base/mod.ts";
import { isUuid } from "../bytes/mod.ts";
import type { Disk } from "../platform/mod.ts";
import { readText, unreadable } from "./checkpoints.ts";
import { UnknownVersion } from "./directory_refused.ts";

export const PARTITION_METADATA_FILE = "partition.metadata";

export const encodePartitionMetadata = (id: TopicId): string => `version: 0\ntopic_id: ${id}`;

/** Throws a plain Error that tells what is wrong. */
export function decodePartitionMetadata(text: string): TopicId {
  const match = /^version: (\d+)\r?\ntopic_id: (\S+)\s*$/.exec(text);
  if (!match || !isUuid(match[2])) throw new Error("it is not two lines, version and topic_id");
  if (match[1] !== "0") throw new UnknownVersion(match[1], "0");
  return topicId(match[2]);
}

/**
 * The topic's id; undefined when the folder has no such file, or one that makes no sense, which is
 * told: the metadata knows the id, and it is written again. Throws StorageError for a newer version.
 */
export function readPartitionMetadata(
  disk: Disk,
  folder: string,
  log: LogEvent,
): TopicId | undefined {
  const path = `${folder}/${PARTITION_METADATA_FILE}`;
  const text = readText(disk, path);
  if (text === undefined) return undefined;
  try {
    return decodePartitionMetadata(text);
  } catch (cause) {
    if (cause instanceof UnknownVersion) throw unreadable(path, cause);
    log("error", "file is broken, and written again", {
      file: path,
      reason: (cause as Error).message,
    });
    return undefined;
  }
}

/**
 * Writes the file whole or not at all. Its name is not synced: until the partition's first sync
 * nothing in it was promised to anyone, and that sync covers the names too.
 */
export function writePartitionMetadata(disk: Disk, folder: string, id: TopicId): void {
  const path = `${folder}/${PARTITION_METADATA_FILE}`;
  const file = disk.open(`${path}.tmp`, "create");
  try {
    file.truncate(0);
    file.write(new TextEncoder().encode(encodePartitionMetadata(id)), 0);
    file.syncNow();
  } finally {
    file.close();
  }
  disk.rename(`${path}.tmp`, path);
}
