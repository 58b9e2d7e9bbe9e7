/**
 * How much of a log its own broker stands for: all that is synced when the topic's durability is
 * `disk`, all that is appended when it is `os`.
 *
 * Syncing is a loop that runs while there is something to sync: what one turn of the event loop
 * appended shares one sync, what comes while the disk works shares the next. A failed sync is never
 * retried, since the kernel may have dropped the pages.
 */
import type { Offset } from "../base/mod.ts";
import type { PartitionLog } from "../log/mod.ts";
import { OffsetProgress } from "./offset_progress.ts";

export interface LocalEndOptions {
  /** Another one after the partition has moved to another directory. */
  readonly log: () => PartitionLog;
  /** `durability=disk`: nothing counts before it is synced. */
  readonly isSynced: boolean;
  /** It has grown. */
  readonly onAdvanced: () => void;
  readonly onFailure: (cause: unknown) => void;
}

export class LocalEnd {
  readonly progress: OffsetProgress;
  readonly #options: LocalEndOptions;
  #isSynced: boolean;
  #isSyncing = false;
  #isOver = false;

  /**
   * What a crash left may be in the page cache only: it counts once it is synced, like anything
   * appended.
   */
  constructor(options: LocalEndOptions) {
    this.#options = options;
    this.#isSynced = options.isSynced;
    const { durableEndOffset, logEndOffset } = options.log();
    this.progress = new OffsetProgress(options.isSynced ? durableEndOffset : logEndOffset);
  }

  get value(): Offset {
    return this.progress.value;
  }

  set isSynced(isSynced: boolean) {
    this.#isSynced = isSynced;
    this.onAppended();
  }

  onAppended(): void {
    const log = this.#options.log();
    if (!this.#isSynced) {
      if (this.progress.advance(log.logEndOffset)) this.#options.onAdvanced();
    } else if (!this.#isSyncing && log.durableEndOffset < log.logEndOffset) {
      this.#isSyncing = true;
      void this.#syncAll();
    }
  }

  /** The log was cut: what is appended there again is another record. */
  onTruncated(): void {
    const { logEndOffset, durableEndOffset } = this.#options.log();
    const end = this.#isSynced ? Math.min(durableEndOffset, logEndOffset) : logEndOffset;
    if (end < this.progress.value) this.progress.reset(end);
  }

  /** Refuses all who wait, now and later. */
  fail(reason: Error): void {
    this.#isOver = true;
    this.progress.fail(reason);
  }

  async #syncAll(): Promise<void> {
    try {
      for (;;) {
        const log = this.#options.log();
        if (this.#isOver || log.durableEndOffset >= log.logEndOffset) return;
        try {
          await log.sync();
        } catch (error) {
          if (log === this.#options.log()) throw error;
          continue; // it has moved meanwhile, with all that this sync was for
        }
        if (this.#isOver) return;
        if (this.progress.advance(this.#options.log().durableEndOffset)) this.#options.onAdvanced();
      }
    } catch (cause) {
      this.#options.onFailure(cause);
    } finally {
      this.#isSyncing = false;
    }
  }
}
