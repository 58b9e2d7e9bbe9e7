/** What goes in and out of a {@link PartitionLog}. */
import type { LogEvent, Offset, TopicId, TopicPartition } from "../base/mod.ts";
import type { TopicConfig } from "../config/mod.ts";
import type { Clock, Disk, StorageError } from "../platform/mod.ts";
import type { LogFigures } from "./log_figures.ts";
import type { AppendOrigin, UnpackBudget } from "./validation.ts";

export interface AppendOptions {
  /** Written into every batch. */
  readonly leaderEpoch: number;
  readonly now: number;
  readonly origin: AppendOrigin;
  /**
   * Others may have led before: what seems to have a gap before it may have overtaken what one of
   * them has refused (`overtaking.ts`).
   */
  readonly mayOvertake?: boolean;
  /** Of the Produce request: old ones may not use everything. */
  readonly requestVersion?: number;
  /**
   * What the request's batches may still unpack to, all together; without it each has its own bound
   * only.
   */
  readonly unpacking?: UnpackBudget;
}

export interface AppendResult {
  readonly baseOffset: Offset;
  readonly lastOffset: Offset;
  /** The time that the records got, -1 where the producer's counts. */
  readonly logAppendTime: number;
  /** It had been appended before; these are the offsets that it got then. */
  readonly duplicate: boolean;
  readonly logStartOffset: Offset;
}

export interface FollowerAppendOptions {
  /**
   * Of the leader that sent it, as the follower knows it: batches of a later one are left out.
   * Without it all are taken.
   */
  readonly leaderEpoch?: number;
}

export interface ReadOptions {
  /** Whole batches up to this many bytes. */
  readonly maxBytes: number;
  /** Only batches that end before this offset: the high watermark, or the last stable offset. */
  readonly upTo: Offset;
  /** The first batch comes even when it is larger than `maxBytes`. */
  readonly atLeastOneBatch: boolean;
  /**
   * Gives memory of at least `size` bytes to read into, with anything in it; it is the caller's,
   * also when nothing of it is in the result. Without it, fresh memory is taken.
   */
  readonly allocate?: (size: number) => Uint8Array;
}

export interface ReadResult {
  /**
   * Whole batches, in the caller's own memory. The first may begin before the offset that was asked
   * for.
   */
  readonly parts: Uint8Array[];
  readonly bytes: number;
  /** Where to read on. */
  readonly nextOffset: Offset;
}

export interface PartitionLogOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly folder: string;
  readonly topicPartition: TopicPartition;
  readonly topicId: TopicId;
  readonly config: TopicConfig;
  readonly isClean: boolean;
  readonly recoveryPoint: Offset;
  readonly logStartOffset: Offset;
  readonly highWatermark: Offset;
  /**
   * Nothing of it may be missing but what a crash tears off its end: StorageError rather than a log
   * that is cut. For the metadata of a node that has the only copy: what it forgets, the node would
   * clean away.
   */
  readonly mustBeWhole?: boolean;
  readonly log: LogEvent;
  readonly figures?: LogFigures;
  /** Called before a log that was closed properly is mended all the same. */
  readonly beforeMending?: () => void;
  /**
   * Called when the log is about to be cut, with recovery point, high watermark and start lowered.
   * What the device has of them may be no higher than the offset when this returns: what is written
   * in the place of what is cut is not durable by that, nor committed, nor deleted. Throws
   * StorageError when that can't be had; then the log is left as it is.
   */
  readonly beforeCut?: (offset: Offset) => void;
  /** Called when the log was cut; the offset is where its active segment begins now. */
  readonly onTruncated?: (activeOffset: Offset) => void;
  /** Called when something of it is found to be damaged that was not before. */
  readonly onDamaged?: () => void;
  /** Called once, when the disk has failed this log. */
  readonly onFailure: (error: StorageError) => void;
  readonly room?: LogRoom;
}

/** The room on the log's disk, as far as a log must know. */
export interface LogRoom {
  readonly isFull: boolean;
  /** Something did not fit, which left everything as it was. */
  onFull(error: StorageError): void;
  /** Asked before each append; throws StorageError when what is left is not for records. */
  checkForRecords(): void;
}
