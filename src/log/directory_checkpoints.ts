/**
 * The checkpoint files of a log directory: what it knows of each partition that its folder does not
 * tell. How far it is on the device with its indexes, how far it is committed, and where it begins
 * if its first segment begins before that.
 */
import { keyOf, METADATA_TOPIC, type Offset, type TopicPartition } from "../base/mod.ts";
import {
  type CheckpointEntry,
  encodeOffsets,
  HIGH_WATERMARK_FILE,
  LOG_START_FILE,
  offsetsOf,
  RECOVERY_POINT_FILE,
} from "./checkpoints.ts";
import type { KeptCopies } from "./kept_copies.ts";

/** What the files say of one partition; 0 where they say nothing. */
export interface CheckpointedOffsets {
  readonly recoveryPoint: Offset;
  readonly logStartOffset: Offset;
  readonly highWatermark: Offset;
}

/** A log, as far as it is checkpointed. */
interface CheckpointedLog extends CheckpointedOffsets {
  readonly topicPartition: TopicPartition;
  readonly hasMovedStart: boolean;
}

const NOTHING: CheckpointedOffsets = { recoveryPoint: 0, logStartOffset: 0, highWatermark: 0 };

export class DirectoryCheckpoints {
  readonly #files: KeptCopies;
  readonly #folder: string;
  /** What the files say. */
  #offsets = new Map<string, CheckpointedOffsets>();
  /** What the files hold, so that they are written when something changed and not else. */
  readonly #written = new Map<string, string>();

  constructor(files: KeptCopies, folder: string) {
    this.#files = files;
    this.#folder = folder;
  }

  /** Reads the files. Throws StorageError for one that makes no sense. */
  load(): void {
    const offsets = this.#offsets;
    for (const [name, field] of FIELDS) {
      for (const [partition, offset] of offsetsOf(this.#files.read(name), this.#pathOf(name))) {
        offsets.set(partition, { ...NOTHING, ...offsets.get(partition), [field]: offset });
      }
    }
  }

  /** All partitions that the files name. */
  entries(): Iterable<[string, CheckpointedOffsets]> {
    return this.#offsets;
  }

  /** By its name, as `keyOf` has it. */
  has(partition: string): boolean {
    return this.#offsets.has(partition);
  }

  of(partition: string): CheckpointedOffsets {
    return this.#offsets.get(partition) ?? NOTHING;
  }

  /** On the device when it returns. Throws StorageError. */
  write(logs: Iterable<CheckpointedLog>): void {
    const recoveryPoints: CheckpointEntry[] = [];
    const highWatermarks: CheckpointEntry[] = [];
    const logStarts: CheckpointEntry[] = [];
    const written = new Map<string, CheckpointedOffsets>();
    for (const log of logs) {
      const { topic, partition } = log.topicPartition;
      // Recovered from its own beginning at every unclean start, as in Kafka.
      if (topic === METADATA_TOPIC) continue;
      const { recoveryPoint, highWatermark } = log;
      const logStartOffset = log.hasMovedStart ? log.logStartOffset : 0;
      recoveryPoints.push({ topic, partition, offset: recoveryPoint });
      highWatermarks.push({ topic, partition, offset: highWatermark });
      if (log.hasMovedStart) logStarts.push({ topic, partition, offset: logStartOffset });
      written.set(keyOf(log.topicPartition), { recoveryPoint, highWatermark, logStartOffset });
    }
    this.#replace(RECOVERY_POINT_FILE, encodeOffsets(recoveryPoints));
    this.#replace(LOG_START_FILE, encodeOffsets(logStarts));
    this.#replace(HIGH_WATERMARK_FILE, encodeOffsets(highWatermarks));
    this.#files.save();
    this.#offsets = written;
  }

  #replace(name: string, text: string): void {
    if (this.#written.get(name) === text) return;
    this.#files.replace(name, text);
    this.#written.set(name, text);
  }

  #pathOf(name: string): string {
    return `${this.#folder}/${name}`;
  }
}

const FIELDS: readonly [string, keyof CheckpointedOffsets][] = [
  [RECOVERY_POINT_FILE, "recoveryPoint"],
  [LOG_START_FILE, "logStartOffset"],
  [HIGH_WATERMARK_FILE, "highWatermark"],
];
