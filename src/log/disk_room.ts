/**
 * Whether the disk of a log directory has room.
 *
 *     has room ──► something did not fit: full
 *         ▲                                 │
 *         └── the reserve is whole ◄── enough is free
 *
 * A full disk takes nothing offline: what is there is read, what does not fit is refused, and as
 * soon as something fits it is taken, without a restart. This is for all that comes with it. It is
 * told once, with what can be done. What gives room back must go on, and is let into the reserve
 * (see `space_reserve.ts`); as long as that is not whole again no records are appended, which would
 * eat it up. Somebody may make room in a way that we see nothing of, so as long as it is full the
 * file system is asked from time to time, and tried.
 */
import type { LogEvent } from "../base/mod.ts";
import {
  type Clock,
  type Disk,
  isDiskFull,
  orRemove,
  StorageError,
  type Timer,
} from "../platform/mod.ts";
import type { SpaceReserve } from "./space_reserve.ts";

const CHECK_MS = 1000;
const PROBE_FILE = ".room.tmp";
/** So much has to be free, or this part of the disk, before it counts as having room again. */
const MIN_FREE_BYTES = 128 * 1024;
const MAX_FREE_BYTES = 64 * 1024 * 1024;
const FREE_PART = 1 / 64;

const WHAT_TO_DO = "nothing is lost, and no restart is needed: free some room on this disk " +
  "(delete topics or records, shorten their retention, remove other files) or enlarge it. Until " +
  "then records that do not fit are refused with KAFKA_STORAGE_ERROR";

export interface DiskRoomOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  /** The log directory. */
  readonly path: string;
  readonly reserve: SpaceReserve;
  readonly log: LogEvent;
  /** Called when the disk has become full: what is to be deleted some time may go now. */
  readonly onFull: () => void;
  /** Called when it has room again. */
  readonly onRoom: () => void;
  /** The disk has failed while it was asked, or the reserve was made. */
  readonly onFailure: (error: StorageError) => void;
}

export class DiskRoom {
  readonly #options: DiskRoomOptions;
  #timer: Timer | undefined;
  #isClosed = false;

  constructor(options: DiskRoomOptions) {
    this.#options = options;
    const { disk } = options;
    if (disk.exists(this.#probe)) disk.remove(this.#probe); // a crash has left it
  }

  get #probe(): string {
    return `${this.#options.path}/${PROBE_FILE}`;
  }

  get isFull(): boolean {
    return this.#timer !== undefined;
  }

  /** What has to be written has no room either: the reserve is used up, or there is none. */
  get isExhausted(): boolean {
    return this.isFull && this.#options.reserve.isEmpty;
  }

  /** Something did not fit. */
  onFull(error: StorageError): void {
    if (this.isFull || this.#isClosed) return;
    const { path, log, onFull } = this.#options;
    this.#planCheck();
    const { message: reason } = error;
    log("error", "log directory is full", { path, ...this.#free(), reason, next: WHAT_TO_DO });
    onFull();
  }

  /**
   * Runs what gives room back or must go on for other reasons, with as much of the reserve as it
   * takes. It leaves nothing when it throws that the disk is full.
   */
  withReserve<T>(run: () => T): T {
    for (;;) {
      try {
        return run();
      } catch (error) {
        if (!isDiskFull(error)) throw error;
        this.onFull(error);
        if (!this.#options.reserve.giveUpSlice()) throw error;
      }
    }
  }

  /** Throws StorageError when what is free now is not for records. */
  checkForRecords(): void {
    if (!this.isFull || this.#options.reserve.missingBytes === 0) return;
    const { path } = this.#options;
    const why = "no space is left but what its reserve has given up for deletions";
    throw new StorageError(`Cannot append to a log in ${path}: ${why}`, path, { fault: "full" });
  }

  /** Makes the reserve, unless too little is free for that. */
  prepare(): void {
    if (this.isFull || this.#isClosed || !this.#hasMargin()) return;
    this.#options.reserve.fill();
  }

  /**
   * Nothing more is appended: all of the reserve is for what a proper stop writes, and what is left
   * of it is there again for the next start.
   */
  async withAllForStop(run: () => Promise<void>): Promise<void> {
    const { reserve } = this.#options;
    if (!this.isFull) return await run();
    reserve.giveUp();
    await run();
    reserve.fill();
  }

  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
  }

  #planCheck(): void {
    this.#timer = this.#options.clock.after(CHECK_MS, () => this.#check());
  }

  #check(): void {
    const { log, path, onRoom, onFailure, reserve } = this.#options;
    try {
      if (!this.#hasMargin() || !reserve.fill() || !this.#takesFile()) return this.#planCheck();
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      return onFailure(error);
    }
    this.#timer = undefined;
    log("info", "log directory has room again", { path, ...this.#free() });
    onRoom();
  }

  #hasMargin(): boolean {
    const { disk, path, reserve } = this.#options;
    const { totalBytes, freeBytes } = disk.space(path);
    const part = Math.min(MAX_FREE_BYTES, totalBytes * FREE_PART);
    return freeBytes >= reserve.missingBytes + Math.max(MIN_FREE_BYTES, part);
  }

  /** What the file system calls free does not tell of quotas, nor of names that are used up. */
  #takesFile(): boolean {
    const { disk } = this.#options;
    const probe = this.#probe;
    try {
      orRemove(disk, probe, () => disk.writeFile(probe, new Uint8Array(MIN_FREE_BYTES)));
    } catch (error) {
      if (isDiskFull(error)) return false;
      throw error;
    }
    disk.remove(probe);
    return true;
  }

  #free(): { freeBytes?: number } {
    const { disk, path } = this.#options;
    try {
      return { freeBytes: disk.space(path).freeBytes };
    } catch (error) {
      if (error instanceof StorageError) return {};
      throw error;
    }
  }
}
