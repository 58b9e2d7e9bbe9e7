/**
 * A look at a partition's folder before anything in it is touched: what is there, in which formats,
 * and how much of it must be read after a crash. Throws {@link DirectoryRefused} for what a newer
 * version wrote.
 */
import type { LogEvent, Offset, TopicId, TopicPartition } from "../base/mod.ts";
import type { Disk } from "../platform/mod.ts";
import { checkVersionLine, readText } from "./checkpoints.ts";
import { newerFormat, UnknownVersion } from "./directory_refused.ts";
import { type DirectoryStage, fileName, parseFileName } from "./file_names.ts";
import { LEADER_EPOCH_FILE } from "./leader_epochs.ts";
import { readPartitionMetadata } from "./partition_metadata.ts";
import { checkSnapshotVersion } from "./producer_snapshot.ts";

export interface FoundPartition {
  /** The partition's, also for a copy that is on its way. */
  readonly name: string;
  readonly folder: string;
  readonly topicPartition: TopicPartition;
  readonly stage: DirectoryStage | undefined;
}

export interface SurveyedPartition extends FoundPartition {
  /** As the folder says; undefined when it does not. */
  readonly topicId: TopicId | undefined;
  /** Of segments that a crash may have left half written. */
  readonly bytesToRead: number;
}

/** @param recoveryPoint undefined after a clean stop, when nothing has to be read. */
export function surveyPartition(
  disk: Disk,
  found: FoundPartition,
  { recoveryPoint, log }: { recoveryPoint: Offset | undefined; log: LogEvent },
): SurveyedPartition {
  const { folder } = found;
  const topicId = readPartitionMetadata(disk, folder, log);
  const epochs = `${folder}/${LEADER_EPOCH_FILE}`;
  checkFormat(epochs, () => checkVersionLine(readText(disk, epochs) ?? ""));
  const files = disk.list(folder).map(({ name }) => parseFileName(name)).filter((file) =>
    file !== undefined && file.stage === ""
  );
  for (const file of files) {
    if (file?.suffix !== "snapshot") continue;
    const path = `${folder}/${fileName(file.offset, "snapshot")}`;
    checkFormat(path, () => checkSnapshotVersion(disk.readFile(path)));
  }
  if (recoveryPoint === undefined) return { ...found, topicId, bytesToRead: 0 };
  const bases = files.filter((file) => file!.suffix === "log").map((file) => file!.offset);
  const first = Math.max(0, bases.findLastIndex((base) => base < recoveryPoint));
  const sizes = bases.slice(first)
    .map((base) => disk.stat(`${folder}/${fileName(base, "log")}`).size);
  return { ...found, topicId, bytesToRead: sizes.reduce((sum, size) => sum + size, 0) };
}

function checkFormat(path: string, check: () => void): void {
  try {
    check();
  } catch (error) {
    throw error instanceof UnknownVersion ? newerFormat(path, error) : error;
  }
}
