/**
 * log: partitions on disk, in Kafka's own files, byte for byte: any tool of Kafka's reads them, and
 * a directory can be handed to Apache Kafka and back.
 *
 * {@link openLogDirectories} takes folders for this process and opens the partitions in them,
 * mending what a crash left; one of them that fails does not take the others along. A
 * {@link PartitionLog} appends record batches after checking all that Kafka
 * checks (sizes, checksums, timestamps, sequences of idempotent producers), reads them back, finds
 * them by time, and forgets them by retention.
 *
 * What holds here: an append is whole or not there; `sync` makes everything up to its call lasting,
 * a prefix of the log and never a patchwork; an offset is never given twice; files from disk are
 * checked, never trusted; and the first failure of the disk takes the whole directory offline, as
 * nothing after it could be promised.
 *
 * Who leads, how far followers are, and what is acknowledged when is `replication`'s affair: it
 * sets `highWatermark`, and waits for `sync` before it answers where the topic's `durability` asks
 * for that.
 */
export type { Offset } from "../base/mod.ts";
export type { CleanerCheckpoint } from "./cleaner/checkpoint.ts";
export { LogCleaner, type LogCleanerOptions } from "./cleaner/cleaner.ts";
export { isMovableName } from "./file_names.ts";
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
export { PartitionLog } from "./partition_log.ts";
export type {
  AppendOptions,
  AppendResult,
  PartitionLogOptions,
  ReadOptions,
  ReadResult,
} from "./partition_log_types.ts";
export type { ActiveProducer } from "./producer_state.ts";
export type { FoundRecord } from "./time_search.ts";
export type { AbortedTransaction } from "./transaction_index.ts";
export { type AppendOrigin, InvalidRecords, type RecordError, UnpackBudget } from "./validation.ts";
