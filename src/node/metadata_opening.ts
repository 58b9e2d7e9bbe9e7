/** What a metadata log begins with at a start: its newest snapshot, and the log behind it. */
import type { LogEvent } from "../base/mod.ts";
import type { PartitionLog } from "../log/mod.ts";
import { StorageError } from "../platform/mod.ts";
import type { CommittedMetadata } from "./committed_metadata.ts";
import { BrokenSnapshot, type MetadataSnapshots } from "./metadata_snapshots.ts";

export interface Opened {
  readonly log: PartitionLog;
  readonly snapshots: MetadataSnapshots;
  readonly committed: CommittedMetadata;
  readonly folder: string;
  readonly tell: LogEvent;
}

/** Loads the newest snapshot that is whole and joins the log. Throws StorageError without one. */
export function loadNewest({ log, snapshots, committed, folder, tell }: Opened): void {
  for (const id of snapshots.ids.toReversed()) {
    try {
      committed.load(snapshots.load(id));
      break;
    } catch (error) {
      if (!(error instanceof BrokenSnapshot)) throw error;
      tell("error", "metadata snapshot skipped", { reason: error.message });
    }
  }
  const from = committed.image.offset + 1;
  if (from < log.logStartOffset) {
    throw new StorageError(
      `Cannot load the metadata: the log begins at ${log.logStartOffset}, and no snapshot reaches there`,
      folder,
    );
  }
  // A snapshot that came without its log, as from a backup or from a leader before a crash: the log
  // goes on behind it.
  const { logEndOffset, latestEpoch } = log;
  const isOlder = latestEpoch !== undefined && committed.image.epoch > latestEpoch;
  if (from > logEndOffset || isOlder) log.restartAt(from);
  log.highWatermark = from;
  // Where it began is not noted beside it: at the oldest snapshot that it goes on behind.
  const { logStartOffset } = log;
  const start = snapshots.ids.find(({ endOffset }) => endOffset >= logStartOffset);
  if (logStartOffset > 0 && start !== undefined) log.advanceLogStart(start.endOffset);
}
