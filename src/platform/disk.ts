/**
 * The disk as the rooms above see it. Reads and writes are synchronous, since they meet the page
 * cache and a trip through a thread pool costs ten times the call itself; `sync` is asynchronous,
 * since it meets the device. What was written and not synced may be lost, reordered or torn by a
 * power cut, and so may sizes, renames and new names until their directory is synced:
 * `platform/memory` does all of that on purpose.
 */

/** Why the disk refused; see {@link StorageError.fault}. */
export type StorageFault =
  /**
   * There is no room: the file system is full (ENOSPC), or a quota is used up (EDQUOT). What is
   * there is as good as before, what was refused may be there in part, and it passes when somebody
   * makes room.
   */
  | "full"
  /**
   * All else, an input or output error above all: nobody can tell what the device will do next. A
   * sync that failed is always this, whatever the reason that it gives: the kernel may have dropped
   * what it could not write, and says so only once.
   */
  | "failed";

/**
 * The disk failed: what could not be done, on which path. When it is not only full, the log
 * directory that the path lies in goes offline.
 */
export class StorageError extends Error {
  override name = "StorageError";
  readonly fault: StorageFault;

  constructor(
    message: string,
    readonly path: string,
    { fault = "failed", ...options }: ErrorOptions & { fault?: StorageFault } = {},
  ) {
    super(message, options);
    this.fault = fault;
  }
}

/** Whether this came of a disk that has no room left, and of nothing worse. */
export function isDiskFull(error: unknown): error is StorageError {
  return error instanceof StorageError && error.fault === "full";
}

export type OpenMode =
  /** Must exist; writes throw. */
  | "read"
  /** Must exist; read and write. */
  | "write"
  /** Made when missing; read and write. */
  | "create";

export interface DirectoryEntry {
  readonly name: string;
  readonly isDirectory: boolean;
}

/** One open file. Every method throws {@link StorageError} when the disk refuses. */
export interface DiskFile {
  readonly path: string;
  /** Size in bytes now. */
  size(): number;
  /** Fills `into` from `position`; returns the bytes read, fewer only at the end of the file. */
  read(into: Uint8Array, position: number): number;
  /**
   * Writes all of `from` at `position`; the file grows as needed. When it throws, any part of it
   * may have been written.
   */
  write(from: Uint8Array, position: number): void;
  /** Writes the parts one behind the other from `position` on. */
  writeAll(parts: readonly Uint8Array[], position: number): void;
  /** Cuts the file, or grows it by zeroes, which take their room when they are written over. */
  truncate(size: number): void;
  /**
   * fdatasync off the event loop: resolves when everything written before the call is on the
   * device.
   */
  sync(): Promise<void>;
  /** fdatasync that blocks; for the few places that must not go on before (votes, start, stop). */
  syncNow(): void;
  close(): void;
}

/** The room on a file system. Some have no blocks to count, and a total of 0. */
export interface DiskSpace {
  readonly totalBytes: number;
  readonly freeBytes: number;
  /** The same for all paths on one file system. */
  readonly fileSystem: string;
}

export interface DiskStat {
  readonly size: number;
  /** When it was last written to. */
  readonly modifiedMs: number;
  readonly isDirectory: boolean;
  /**
   * Stays with a file that is written to or renamed, and is another's for one that takes its place.
   */
  readonly identity: string;
}

/**
 * The file system below one root of trust. Paths use `/`. Everything throws {@link StorageError}.
 */
export interface Disk {
  open(path: string, mode: OpenMode): DiskFile;
  exists(path: string): boolean;
  /** Entries in order of name. Throws when the directory is missing. */
  list(path: string): DirectoryEntry[];
  /** Throws when nothing is there. */
  stat(path: string): DiskStat;
  /** Sets the time of a file's last change, which a copy takes over from what it was made of. */
  setModified(path: string, modifiedMs: number): void;
  /** Makes the directory and those above it; fine when it is there. */
  makeDirectory(path: string): void;
  /** Atomic; replaces a file that is there. Lasting only after `syncDirectory` of the parent. */
  rename(from: string, to: string): void;
  /** Removes a file, or a directory with all in it. Fine when it is missing. */
  remove(path: string): void;
  readFile(path: string): Uint8Array;
  /** Writes the whole file anew; not atomic (see `replaceFile`). */
  writeFile(path: string, content: Uint8Array): void;
  /** Makes names in the directory last: files made, renamed and removed there. */
  syncDirectory(path: string): void;
  /** Of the file system that holds the path. */
  space(path: string): DiskSpace;
  /**
   * Takes the lock file for this process, or returns undefined when another holds it. The lock dies
   * with the process, so that a crash never leaves it behind. While it is held the file's content
   * is the owner's process id as text, so that whoever is refused can tell by whom.
   */
  lock(path: string): { release(): void } | undefined;
  /** The id of the process that holds the lock file; undefined when that can't be told. */
  lockOwner(path: string): number | undefined;
}

const encoder = new TextEncoder();

/**
 * Replaces a small file so that a crash leaves the old content or the new, never a mix: `.tmp`,
 * sync, rename, sync. On a full disk the old content stays, and nothing else.
 */
export function replaceFile(disk: Disk, path: string, content: Uint8Array | string): void {
  const temporary = `${path}.tmp`;
  const bytes = typeof content === "string" ? encoder.encode(content) : content;
  orRemove(disk, temporary, () => {
    const file = disk.open(temporary, "create");
    try {
      file.truncate(0);
      file.write(bytes, 0);
      file.syncNow();
    } finally {
      file.close();
    }
    disk.rename(temporary, path);
  });
  disk.syncDirectory(path.slice(0, path.lastIndexOf("/")) || "/");
}

/** Runs what makes the file; when the disk is too full for it, what there is of it is removed. */
export function orRemove<T>(disk: Disk, path: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (isDiskFull(error)) disk.remove(path);
    throw error;
  }
}
