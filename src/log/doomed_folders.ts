/**
 * Folders of deleted partitions. They lose their name at once and their files after
 * `file.delete.delay.ms`; what is due when the directory closes goes at the next start. On a full
 * disk nothing waits for its delay, and where there is no room even for another name, the files go
 * at once.
 */
import type { Clock, Disk, Timer } from "../platform/mod.ts";
import { isDiskFull } from "../platform/mod.ts";
import { parseStagedDirectoryName } from "./file_names.ts";
import { PARTITION_METADATA_FILE } from "./partition_metadata.ts";

export interface DoomedFoldersOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  /** The log directory. */
  readonly path: string;
  /** Runs what is due later; its failures are for nobody else to see. */
  readonly attemptLater: (run: () => void) => void;
}

export class DoomedFolders {
  readonly #options: DoomedFoldersOptions;
  readonly #timers = new Map<string, Timer>();
  /** Names that were changed and are not on the device yet, while they go together. */
  #unsynced: number | undefined;

  constructor(options: DoomedFoldersOptions) {
    this.#options = options;
  }

  /** What the last run had deleted and not removed yet. */
  removeLeft(): void {
    const { disk, path } = this.#options;
    for (const { name, isDirectory } of disk.list(path)) {
      if (!isDirectory || parseStagedDirectoryName(name)?.stage !== "delete") continue;
      disk.remove(`${path}/${name}`);
    }
  }

  /** From here to {@link end} names that change are put on the device together. */
  begin(): void {
    this.#unsynced = 0;
  }

  /** What was doomed since then has lost its name on the device too when this returns. */
  end(): void {
    const count = this.#unsynced ?? 0;
    this.#unsynced = undefined;
    if (count > 0) this.#options.disk.syncDirectory(this.#options.path);
  }

  /** The folder is called otherwise from now on, and goes after the delay. */
  add(folder: string, doomed: string, delayMs: number): void {
    const { disk, path } = this.#options;
    try {
      disk.rename(folder, doomed);
    } catch (error) {
      if (!isDiskFull(error)) throw error;
      this.#removeInPlace(folder);
    }
    if (this.#unsynced === undefined) disk.syncDirectory(path);
    else this.#unsynced++;
    this.#schedule(doomed, delayMs);
  }

  /** What waits goes, soon and not in the middle of something. */
  hurry(): void {
    for (const [folder, timer] of this.#timers) {
      timer.cancel();
      this.#schedule(folder, 0);
    }
  }

  #schedule(folder: string, delayMs: number): void {
    const { clock, disk, attemptLater } = this.#options;
    const timer = clock.after(delayMs, () => {
      this.#timers.delete(folder);
      attemptLater(() => disk.remove(folder));
    });
    this.#timers.set(folder, timer);
  }

  /** What tells whose the records are goes last, should it not come to its end. */
  #removeInPlace(folder: string): void {
    const { disk } = this.#options;
    for (const { name } of disk.list(folder)) {
      if (name !== PARTITION_METADATA_FILE) disk.remove(`${folder}/${name}`);
    }
    disk.remove(folder);
  }
}
