/**
 * When the image is written down, and what the metadata log forgets then: after so many bytes or so
 * much time (KIP-630). When the disk is too full for it, the log goes on growing, and it is tried
 * again later.
 */
import type { LogEvent } from "../base/mod.ts";
import type { BrokerConfig } from "../config/mod.ts";
import type { PartitionLog } from "../log/mod.ts";
import { type Clock, isDiskFull } from "../platform/mod.ts";
import type { CommittedMetadata } from "./committed_metadata.ts";
import type { MetadataSnapshots } from "./metadata_snapshots.ts";
import { trimMetadata } from "./metadata_trimming.ts";

/** A snapshot that did not fit on the disk is tried again after this. */
const FULL_REST_MS = 60_000;

export interface SnapshottingOptions {
  readonly log: PartitionLog;
  readonly snapshots: MetadataSnapshots;
  readonly committed: CommittedMetadata;
  readonly config: BrokerConfig;
  readonly clock: Clock;
  readonly tell: LogEvent;
}

export class Snapshotting {
  readonly #options: SnapshottingOptions;
  #lastAt: number;
  #notBefore = -Infinity;

  constructor(options: SnapshottingOptions) {
    this.#options = options;
    this.#lastAt = options.clock.monotonic();
  }

  /** Throws StorageError, but not for a disk that is only full. */
  writeIfDue(): void {
    const { config, clock, committed } = this.#options;
    const now = clock.monotonic();
    if (now < this.#notBefore) return;
    const isLarge = committed.bytesSinceSnapshot >=
      config.get("metadata.log.max.record.bytes.between.snapshots");
    const intervalMs = config.get("metadata.log.max.snapshot.interval.ms");
    const isOld = intervalMs > 0 && now - this.#lastAt >= intervalMs;
    if (isLarge || isOld) this.write();
  }

  /** The same, due or not. */
  write(): void {
    const { tell, clock } = this.#options;
    try {
      this.#write();
    } catch (error) {
      if (!isDiskFull(error)) throw error;
      tell("warn", "no room for a metadata snapshot", { reason: error.message });
      this.#notBefore = clock.monotonic() + FULL_REST_MS;
    }
  }

  #write(): void {
    const { log, snapshots, committed, config, clock, tell } = this.#options;
    const { image, quorum, lastTimestamp: lastContainedLogTimestamp } = committed;
    if (image.parts.openTransaction !== undefined) return; // half of something
    if (snapshots.ids.at(-1)?.endOffset === image.offset + 1) return;
    const begin = clock.monotonic();
    const times = { lastContainedLogTimestamp, now: clock.now() };
    const { endOffset, epoch } = snapshots.write(image, quorum, times);
    committed.onSnapshotWritten();
    this.#lastAt = clock.monotonic();
    tell("info", "metadata snapshot written", {
      endOffset,
      epoch,
      ms: Math.round(this.#lastAt - begin),
    });
    trimMetadata({ log, snapshots, highWatermark: image.offset + 1 }, config, clock.now());
  }
}
