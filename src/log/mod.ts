/**
 * log: partitions on disk, in Kafka's own files, byte for byte: any tool of Kafka's reads them, and
 * a directory can be handed to Apache Kafka and back.
 *
 * {@link openLogDirectories} takes folders for this process and opens the partitions in them,
 * mending what a crash left, and says in which of them a new one goes. A {@link PartitionLog}
 * appends record batches after checking all that Kafka checks (sizes, checksums, timestamps,
 * sequences of idempotent producers), reads them back, finds them by time, and forgets them by
 * retention. The {@link LogCleaner} (`cleaner/`) writes compacted logs anew, beside clients who
 * don't feel it. {@link copySlice} copies a log into another directory while it is used. What a disk
 * has lost is found by reads, those of the {@link LogScrubber} too, and put back from another replica
 * (`repair/`).
 *
 * What holds here: an append is whole or not there; `sync` makes everything up to its call lasting,
 * a prefix of the log and never a patchwork; an offset is never given twice; a cleaning leaves the
 * old segments or the new one, also at a crash, and of each key the newest record; files from disk
 * are checked, never trusted; what does not fit on a full disk is refused and all else goes on; and
 * the first failure of a disk takes its whole directory offline, as nothing after it could be
 * promised, and no other directory.
 *
 * Who leads, how far followers are, and what is acknowledged when is `replication`'s affair: it
 * sets `highWatermark`, and waits for `sync` before it answers where the topic's `durability` asks
 * for that. When a copy takes the partition over, and that nothing is appended meanwhile, is its
 * affair too.
 */
export type { Offset } from "../base/mod.ts";
export type { CleanerCheckpoint } from "./cleaner/checkpoint.ts";
export { LogCleaner, type LogCleanerOptions } from "./cleaner/cleaner.ts";
export { DirectoryRefused } from "./directory_refused.ts";
export { isMovableName } from "./file_names.ts";
export { LogScrubber } from "./scrubber.ts";
export { scanFolder } from "./folder_scan.ts";
export { type LogFigures, noLogFigures } from "./log_figures.ts";
export { KeptCopies } from "./kept_copies.ts";
export { keptPartitions } from "./kept_partitions.ts";
export { copySlice } from "./log_copy.ts";
export {
  type DirectoryState,
  isNewer,
  LogDirectories,
  type OpenAllOptions,
  openLogDirectories,
  type Placement,
} from "./log_directories.ts";
export { LogDirectory, openLogDirectory, type OpenOptions } from "./log_directory.ts";
export type { OpeningProgress } from "./opening.ts";
export { PartitionLog } from "./partition_log.ts";
export type {
  AppendOptions,
  AppendResult,
  FollowerAppendOptions,
  PartitionLogOptions,
  ReadOptions,
  ReadResult,
} from "./partition_log_types.ts";
export type { RecordSource } from "./repair/record_source.ts";
export { RepairAborted, type Repaired } from "./repair/repair_log.ts";
export type { ActiveProducer } from "./producer_state.ts";
export type { FoundRecord } from "./time_search.ts";
export type { AbortedTransaction } from "./transaction_index.ts";
export { type AppendOrigin, InvalidRecords, type RecordError, UnpackBudget } from "./validation.ts";
