/**
 * What lies on the disks at a start and is no partition of ours: what was deleted or reassigned
 * meanwhile goes, what nobody knows is set aside, and of a partition that is there twice the newer
 * copy counts.
 */
import {
  type BrokerId,
  keyOf,
  type LogEvent,
  METADATA_TOPIC,
  type TopicId,
  ZERO_UUID,
} from "../base/mod.ts";
import { isNewer, type LogDirectories, type LogDirectory, type PartitionLog } from "../log/mod.ts";
import { hasReplica, type MetadataImage } from "../metadata/mod.ts";
import { StorageError } from "../platform/mod.ts";

export interface FoundLogsOptions {
  readonly nodeId: BrokerId;
  readonly directories: LogDirectories;
  /** Whether the metadata is known to have deleted the topic. */
  readonly isDeleted?: (id: TopicId) => boolean;
  readonly log: LogEvent;
}

interface Found {
  readonly directory: LogDirectory;
  readonly log: PartitionLog;
}

/**
 * Leaves only what is assigned here, once each. Throws StorageError, before anything is touched, for
 * records of which the metadata has never heard.
 */
export function tidyUp(image: MetadataImage, options: FoundLogsOptions): void {
  const { directories, log } = options;
  const strays: (Found & { isKnown: boolean })[] = [];
  for (const directory of directories.online()) {
    for (const found of directory.partitions()) {
      const isOurs = found.topicPartition.topic === METADATA_TOPIC ||
        isAssigned(image, found, options.nodeId);
      if (isOurs) continue;
      const stray = { directory, log: found };
      strays.push({ ...stray, isKnown: checkIsKnown(image, stray, options) });
    }
  }
  const twins = twinsIn(image, options);
  for (const stray of strays) dropStray(stray, log);
  for (const { directory, log: { topicPartition } } of twins) {
    const { path } = directory;
    log("warn", "older copy removed", { partition: keyOf(topicPartition), path });
    directory.delete(topicPartition);
  }
}

/** Whether the log is one of ours by the metadata; by its name if it does not know its id. */
function isAssigned(
  image: MetadataImage,
  { topicPartition, topicId }: PartitionLog,
  nodeId: BrokerId,
): boolean {
  const topic = image.topicByName(topicPartition.topic);
  const state = topic?.partitions[topicPartition.partition];
  return state !== undefined && hasReplica(state, nodeId) &&
    (topicId === topic!.id || topicId === ZERO_UUID);
}

/**
 * What can't be told apart from lost metadata is never cleaned away. A directory beside the one with
 * the metadata may have been offline when the topic was deleted, and long enough that nobody
 * remembers that: false then. So may have been a broker among others.
 */
function checkIsKnown(
  image: MetadataImage,
  { directory, log: { topicPartition, topicId, sizeInBytes } }: Found,
  { directories, isDeleted = () => false }: FoundLogsOptions,
): boolean {
  const { topic } = topicPartition;
  const assigned = image.topicByName(topic);
  const isKnown = sizeInBytes === 0 || isDeleted(topicId) ||
    (assigned?.id === topicId && assigned.partitions[topicPartition.partition] !== undefined);
  if (isKnown) return true;
  if (image.brokers.size > 1) return false;
  if (directory !== directories.metadata && directories.states().length > 1) return false;
  const folder = `${directory.path}/${keyOf(topicPartition)}`;
  const known = assigned === undefined ? "no such topic" : `${topic} with id ${assigned.id}`;
  throw new StorageError(
    `Cannot use ${folder}: by its partition.metadata it has records of ${topic} with id ` +
      `${topicId}, and the metadata in ${METADATA_TOPIC}-0 knows ${known}. Restore what was ` +
      `changed, or move the folder away`,
    folder,
  );
}

function dropStray(
  { directory, log: { topicPartition }, isKnown }: Found & { isKnown: boolean },
  log: LogEvent,
): void {
  const partition = keyOf(topicPartition);
  if (isKnown) {
    log("info", "stray partition removed", { partition });
    directory.delete(topicPartition);
  } else {
    const folder = directory.setAside(topicPartition);
    log("error", "partition of an unknown topic set aside", { partition, folder });
  }
}

/**
 * Of partitions that lie in two directories the copies that are not gone on with. A crash at the end
 * of a move leaves two that are alike, and what was appended since is in one of them only. A
 * directory that failed while the partition was made in it has a folder that is empty and may not
 * know its id, beside the one that was made elsewhere then. Two that both have what the other has
 * not were made by somebody's hand. Throws StorageError.
 */
function twinsIn(image: MetadataImage, { directories, nodeId }: FoundLogsOptions): Found[] {
  const older: Found[] = [];
  for (const { topicPartition } of directories.partitions()) {
    const holders = directories.directoriesOf(topicPartition)
      .map((directory) => ({ directory, log: directory.get(topicPartition)! }))
      .filter(({ log }) => isAssigned(image, log, nodeId));
    const isSeen = holders.some(({ log }) => older.some((other) => other.log === log));
    if (holders.length < 2 || isSeen) continue;
    const [newest, ...others] = holders.sort((a, b) => isNewer(a.log, b.log) ? -1 : 1);
    for (const other of others) {
      if (other.log.logEndOffset <= newest.log.logEndOffset) continue;
      throw new StorageError(
        `Cannot use ${newest.log.folder}: ${other.log.folder} is the same partition, and each has ` +
          `records that the other has not. Move one of the two folders away`,
        newest.log.folder,
      );
    }
    older.push(...others);
  }
  return older;
}
