/**
 * Whether a log can be used: it is open, and its disk has not failed. A failure of the disk ends
 * the log for good: nobody can tell what else the device has lost, and after a failed sync the
 * kernel may have dropped what it could not write.
 *
 * A full disk is no failure. Whatever meets one is as if it had never begun, and the log goes on.
 * Here we knowingly differ from Apache Kafka, which takes the log directory offline at the first
 * write that does not fit, so that a broker has to be started again after somebody made room, and
 * nothing can be deleted, nor read, until then. It can't do otherwise, since it does not undo what
 * was half done; the operating system tells the two apart well enough (`StorageFault`).
 */
import type { LogEvent } from "../base/mod.ts";
import { isDiskFull, StorageError } from "../platform/mod.ts";
import { KafkaError } from "../protocol/mod.ts";
import { CorruptRecords } from "../records/mod.ts";

/** Places that are told of. */
const MAX_TOLD = 100;

export interface LogHealthOptions {
  /** The log, as messages call it. */
  readonly name: string;
  readonly log: LogEvent;
  /** Called once, when the disk has failed this log. */
  readonly onFailure: (error: StorageError) => void;
  /** Called each time when something did not fit on the disk. */
  readonly onFull: (error: StorageError) => void;
}

export class LogHealth {
  readonly #options: LogHealthOptions;
  #failure: StorageError | undefined;
  /** What was told; a place once. */
  readonly #told = new Set<string>();
  #isClosed = false;
  /**
   * What can't be read is being fetched from another replica: who asks for it comes again, and is not
   * told that it is lost.
   */
  isBeingRepaired = false;

  constructor(options: LogHealthOptions) {
    this.#options = options;
  }

  get failure(): StorageError | undefined {
    return this.#failure;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  get isUsable(): boolean {
    return !this.#isClosed && this.#failure === undefined;
  }

  close(): void {
    this.#isClosed = true;
  }

  /** Throws StorageError when the log is closed or has failed. */
  check(folder: string): void {
    if (this.#failure) throw this.#failure;
    if (this.#isClosed) {
      throw new StorageError(`Cannot use ${this.#options.name}: it is closed`, folder);
    }
  }

  /**
   * Runs what touches the disk. A StorageError ends the log, unless the disk is only full: what is
   * run leaves everything as it was then. Of records that can't be read, the place is told.
   */
  attempt<T>(run: () => T): T {
    try {
      return run();
    } catch (thrown) {
      const error = thrown instanceof CorruptRecords
        ? new KafkaError(
          "CORRUPT_MESSAGE",
          `Cannot read ${this.#options.name}: ${thrown.message}`,
        )
        : thrown;
      if (error instanceof KafkaError && error.error === "CORRUPT_MESSAGE") this.#onBroken(error);
      if (isDiskFull(error)) this.#options.onFull(error);
      else if (error instanceof StorageError) throw this.fail(error);
      throw error;
    }
  }

  #onBroken(error: KafkaError): void {
    if (this.isBeingRepaired) throw new KafkaError("KAFKA_STORAGE_ERROR", error.message);
    this.tell("records cannot be read", { reason: error.message });
  }

  /**
   * Tells of something wrong in a file. Readers try again for long, and one line a place is enough;
   * of a log with more such places than can be remembered, no more is told.
   */
  tell(event: string, fields: Record<string, string | number>): void {
    const what = `${event} ${fields.file} ${fields.position} ${fields.reason}`;
    if (this.#told.has(what) || this.#told.size >= MAX_TOLD) return;
    this.#told.add(what);
    const { name: partition, log } = this.#options;
    log("error", event, { partition, ...fields });
  }

  tellFull(error: StorageError): void {
    this.#options.onFull(error);
  }

  /** The disk has failed; returns what all who wait are told: the first failure. */
  fail(error: StorageError): StorageError {
    if (this.#failure) return this.#failure;
    this.#failure = error;
    this.#options.onFailure(error);
    return error;
  }

  /** The disk has failed elsewhere in the directory, which knows it. */
  failWithout(error: StorageError): void {
    this.#failure ??= error;
  }
}
