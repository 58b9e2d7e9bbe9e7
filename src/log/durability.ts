/**
 * What of a log is on the device, and getting it there. A sync covers everything before its call:
 * segments that were sealed since the last one, with their indexes, then names, then the active
 * segment. So what is lasting is always a prefix of the log.
 */
import type { Offset } from "../base/mod.ts";
import { type Clock, type Disk, StorageError } from "../platform/mod.ts";
import { GroupCommit } from "./group_commit.ts";
import type { LogFigures } from "./log_figures.ts";
import type { Segment } from "./segment.ts";

/** The log, as far as its durability must ask it. */
export interface DurableLog {
  end(): Offset;
  segments(): readonly Segment[];
  isClosed(): boolean;
  /** The disk has failed; returns what all who wait are told. */
  fail(cause: unknown): StorageError;
}

export interface DurabilityOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly folder: string;
  readonly log: DurableLog;
  readonly figures: LogFigures;
}

export class Durability {
  readonly #disk: Disk;
  readonly #clock: Clock;
  readonly #figures: LogFigures;
  #folder: string;
  readonly #log: DurableLog;
  #endOffset: Offset;
  /** Sealed segments whose files are not on the device yet, oldest first. */
  #unsynced: Segment[] = [];
  /** Names in the folder, or the folder's own, that are not on the device yet. */
  #hasUnsyncedNames = true;
  /** Counts truncations: a sync that ran through one proves nothing. */
  #truncations = 0;
  readonly #commit = new GroupCommit(() => this.#syncAll());

  /** All that the log has at this moment counts as being on the device. */
  constructor({ disk, clock, folder, log, figures }: DurabilityOptions) {
    this.#disk = disk;
    this.#clock = clock;
    this.#figures = figures;
    this.#folder = folder;
    this.#log = log;
    this.#endOffset = log.end();
  }

  /** All below is on the device. */
  get endOffset(): Offset {
    return this.#endOffset;
  }

  /** How often the log was cut. */
  get truncations(): number {
    return this.#truncations;
  }

  /** After a crash nothing below it needs to be read again: on the device, with indexes. */
  get recoveryPoint(): Offset {
    return Math.min(this.#endOffset, this.#unsynced[0]?.baseOffset ?? Infinity);
  }

  /** Resolves when all that was appended before the call is on the device. Many share one. */
  sync(): Promise<void> {
    const isAllThere = this.#endOffset === this.#log.end() && this.#unsynced.length === 0;
    return isAllThere ? Promise.resolve() : this.#commit.wait();
  }

  async #syncAll(): Promise<void> {
    if (this.#log.isClosed()) throw this.#closed();
    const truncations = this.#truncations;
    const began = this.#clock.monotonic();
    const end = this.#log.end();
    const sealed = [...this.#unsynced];
    const active = this.#log.segments().at(-1)!;
    try {
      for (const segment of sealed) await this.#syncSegment(segment);
      this.keepNames();
      await this.#syncSegment(active);
    } catch (cause) {
      // Deleted meanwhile: no fault of the disk, but nothing was made lasting either.
      throw this.#log.isClosed() ? this.#closed(cause) : this.#log.fail(cause);
    }
    this.#figures.synced(this.#clock.monotonic() - began);
    if (truncations !== this.#truncations) return await this.#syncAll();
    this.#unsynced = this.#unsynced.filter((segment) => !sealed.includes(segment));
    this.#endOffset = Math.max(this.#endOffset, end);
  }

  /**
   * A segment that was deleted or cut off while its sync ran has closed its files, and owes
   * nothing.
   */
  async #syncSegment(segment: Segment): Promise<void> {
    try {
      await segment.sync();
    } catch (error) {
      if (this.#log.isClosed() || this.#log.segments().includes(segment)) throw error;
    }
  }

  #closed(cause?: unknown): StorageError {
    return new StorageError(`Cannot sync ${this.#folder}: it is closed`, this.#folder, { cause });
  }

  /**
   * As {@link sync}, for the few places where nothing may happen meanwhile. The indexes of sealed
   * segments are left to the next one: the recovery point tells that they may be lost.
   */
  syncNow(): void {
    this.keepNames();
    for (const segment of this.#unsynced) segment.file.syncNow();
    this.#log.segments().at(-1)!.file.syncNow();
    this.#endOffset = this.#log.end();
  }

  movedTo(folder: string): void {
    this.#folder = folder;
  }

  /** Names that are new are on the device when it returns. */
  keepNames(): void {
    if (this.#hasUnsyncedNames) this.syncNames();
  }

  /** The same of the names in the folder; its own is left to whoever closes many of them. */
  keepFolder(): void {
    if (this.#hasUnsyncedNames) this.#disk.syncDirectory(this.#folder);
  }

  syncNames(): void {
    this.#hasUnsyncedNames = false;
    this.#disk.syncDirectory(this.#folder);
    this.#disk.syncDirectory(this.#folder.slice(0, this.#folder.lastIndexOf("/")) || "/");
  }

  /**
   * What an unclean start has read back may be in the page cache only. It is made lasting at once,
   * so that what is seen from now on is never lost to the next power cut. The folder's own name is
   * left to whoever opens many of them.
   */
  keepRecovered(segments: readonly Segment[]): void {
    for (const segment of segments) segment.file.syncNow();
    this.#disk.syncDirectory(this.#folder);
    this.#unsynced = segments.slice(0, -1);
  }

  /**
   * The old segment, its name first, before the next is begun: or a power cut may leave a hole
   * between them.
   */
  keepBeforeRoll(old: Segment): void {
    this.keepNames();
    if (this.#endOffset < this.#log.end()) old.file.syncNow();
  }

  onSealed(segment: Segment): void {
    this.#unsynced.push(segment);
  }

  onNewNames(): void {
    this.#hasUnsyncedNames = true;
  }

  /** Before the log is cut there: a sync that is under way must not count what goes. */
  onTruncation(offset: Offset): void {
    this.#truncations++;
    this.#endOffset = Math.min(this.#endOffset, offset);
  }

  /** After it was cut. What was sealed and grows again owes its batches only. */
  onShortened(): void {
    const sealed = this.#log.segments().slice(0, -1);
    this.#unsynced = this.#unsynced.filter((segment) => sealed.includes(segment));
    this.#endOffset = Math.min(this.#endOffset, this.#log.end());
    this.#hasUnsyncedNames = true;
  }

  onDeleted(segments: readonly Segment[]): void {
    this.#unsynced = this.#unsynced.filter((segment) => !segments.includes(segment));
  }
}
