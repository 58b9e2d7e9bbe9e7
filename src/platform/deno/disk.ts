/**
 * The real disk. Positional reads and writes go through `node:fs`, whose synchronous calls are the
 * cheapest that Deno has (1 KiB: 2 µs, 128 KiB: 15 to 50 µs); syncs go through a second, lazily
 * opened `Deno.FsFile` of the same file, whose fdatasync off the event loop takes a third of the
 * time of node's. Both handles name one inode, and fdatasync writes out what the inode has dirty,
 * whoever wrote it. A file that nobody has used for long may be closed meanwhile (`open_files.ts`).
 */
import fs from "node:fs";
import { promisify } from "node:util";
import {
  type DirectoryEntry,
  type Disk,
  type DiskFile,
  type DiskSpace,
  type DiskStat,
  type OpenMode,
  StorageError,
  type StorageFault,
} from "../disk.ts";
import { type LiveFile, LiveFiles } from "./live_files.ts";
import { lockAgainstOthers, lockOwner } from "./lock_file.ts";
import { type Closable, OpenFiles } from "./open_files.ts";

const FLAGS: Record<OpenMode, number> = {
  read: fs.constants.O_RDONLY,
  write: fs.constants.O_RDWR,
  create: fs.constants.O_RDWR | fs.constants.O_CREAT,
};

/**
 * Up to this many bytes, parts are joined and written at once: a copy costs less than another call.
 */
const JOIN_BYTES = 64 * 1024;
const scratch = new Uint8Array(JOIN_BYTES);

/** What all files of a process share. */
const openFiles = new OpenFiles();

class DenoFile implements DiskFile, Closable, LiveFile {
  wasUsed = false;
  #path: string;
  readonly #mode: OpenMode;
  /** -1 while it is closed, for now or for good. */
  #fd: number;
  readonly #ino: number;
  /** For syncs; see above. */
  #handle: Deno.FsFile | undefined;
  #syncs = 0;
  /** Written to since the last sync began. */
  #isDirty = false;
  /** There is no way back to it once it is closed. */
  #isNameless = false;
  #isClosed = false;
  /** What went wrong when it was closed for a while. */
  #failure: StorageError | undefined;
  readonly #live: LiveFiles;

  constructor(path: string, mode: OpenMode, live: LiveFiles) {
    this.#path = path;
    this.#mode = mode;
    this.#live = live;
    this.#fd = this.#openAgain(FLAGS[mode]);
    this.#ino = fs.fstatSync(this.#fd).ino;
    live.add(this);
  }

  get path(): string {
    return this.#path;
  }

  size(): number {
    return attempt("tell the size of", this.path, () => fs.fstatSync(this.#open()).size);
  }

  read(into: Uint8Array, position: number): number {
    const fd = this.#open();
    let done = 0;
    try {
      while (done < into.length) {
        const read = fs.readSync(fd, into, done, into.length - done, position + done);
        if (read === 0) break;
        done += read;
      }
    } catch (cause) {
      throw storageError(`read ${into.length} bytes at ${position} of`, this.path, cause);
    }
    return done;
  }

  write(from: Uint8Array, position: number): void {
    const fd = this.#open();
    this.#isDirty = true;
    let done = 0;
    try {
      while (done < from.length) {
        done += fs.writeSync(fd, from, done, from.length - done, position + done);
      }
    } catch (cause) {
      throw storageError(`write ${from.length} bytes at ${position} of`, this.path, cause);
    }
  }

  writeAll(parts: readonly Uint8Array[], position: number): void {
    let joined = 0;
    for (const part of parts) {
      if (joined + part.length > JOIN_BYTES) {
        this.write(scratch.subarray(0, joined), position);
        position += joined;
        joined = 0;
      }
      if (part.length > JOIN_BYTES) {
        this.write(part, position);
        position += part.length;
      } else {
        scratch.set(part, joined);
        joined += part.length;
      }
    }
    if (joined > 0) this.write(scratch.subarray(0, joined), position);
  }

  truncate(size: number): void {
    const fd = this.#open();
    this.#isDirty = true;
    attempt(`truncate to ${size} bytes`, this.path, () => fs.ftruncateSync(fd, size));
  }

  sync(): Promise<void> {
    return openFiles.syncing(() => this.#sync());
  }

  async #sync(): Promise<void> {
    const fd = this.#open();
    this.#syncs++;
    this.#isDirty = false;
    try {
      this.#handle ??= openFiles.withRoom(() => this.#secondHandle(fd));
      if (this.#handle) await this.#handle.syncData();
      else await promisify(fs.fdatasync)(fd);
    } catch (cause) {
      throw storageError("sync", this.path, cause, "failed");
    } finally {
      this.#syncs--;
    }
  }

  /** Undefined when the path has meanwhile been given to another file, or to none. */
  #secondHandle(fd: number): Deno.FsFile | undefined {
    const { ino } = fs.fstatSync(fd);
    try {
      const handle = Deno.openSync(this.path, { read: true });
      if (handle.statSync().ino === ino) return handle;
      handle.close();
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }

  syncNow(): void {
    const fd = this.#open();
    this.#isDirty = false;
    attempt("sync", this.path, () => fs.fdatasyncSync(fd), "failed");
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#live.delete(this);
    openFiles.delete(this);
    // Where writes are told to fail only here (NFS), they are lost as by a failed sync.
    attempt("close", this.path, () => this.#closeDescriptors(), "failed");
  }

  #closeDescriptors(): void {
    const fd = this.#fd;
    this.#fd = -1;
    this.#handle?.close();
    this.#handle = undefined;
    if (fd >= 0) fs.closeSync(fd);
  }

  /**
   * What is not on the device is synced first: once nobody has the file open, the system may forget
   * that it could not write it.
   */
  release(): boolean {
    if (this.#syncs > 0 || this.#isNameless) return false;
    try {
      if (this.#isDirty) this.syncNow();
      this.#closeDescriptors();
    } catch (error) {
      this.#failure = storageError("close", this.path, error, "failed");
    }
    return true;
  }

  /** The file has another name from now on. */
  movedTo(path: string): void {
    this.#path = path;
  }

  /** Its name goes, and who has it open may use it as before. */
  keepOpen(): void {
    if (this.#fd < 0) this.#open();
    this.#isNameless = true;
  }

  #open(): number {
    if (this.#failure) throw this.#failure;
    if (this.#fd < 0) {
      if (this.#isClosed) throw storageError("use", this.path, "it is closed");
      this.#fd = this.#openAgain(FLAGS[this.#mode] & ~fs.constants.O_CREAT);
      const { ino } = fs.fstatSync(this.#fd);
      if (ino !== this.#ino) {
        this.#failure = storageError("use", this.path, "it was replaced by another file");
        throw this.#failure;
      }
    }
    this.wasUsed = true;
    return this.#fd;
  }

  #openAgain(flags: number): number {
    const fd = attempt("open", this.path, () => fs.openSync(this.path, flags, 0o644));
    openFiles.add(this);
    return fd;
  }
}

/** The file systems of this machine. */
export class DenoDisk implements Disk {
  readonly #live = new LiveFiles();

  open(path: string, mode: OpenMode): DiskFile {
    return attempt("open", path, () => new DenoFile(path, mode, this.#live));
  }

  exists(path: string): boolean {
    return fs.existsSync(path);
  }

  list(path: string): DirectoryEntry[] {
    const entries = attempt("list", path, () => fs.readdirSync(path, { withFileTypes: true }));
    return entries
      .map((entry) => ({ name: entry.name, isDirectory: entry.isDirectory() }))
      .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  }

  stat(path: string): DiskStat {
    const stat = attempt("stat", path, () => fs.statSync(path));
    return {
      size: stat.size,
      modifiedMs: stat.mtimeMs,
      isDirectory: stat.isDirectory(),
      // An inode is used again soon after its file is gone, so its time of birth belongs to it. Where
      // none is known, that of the last change does: then a file written to seems another.
      identity: `${stat.ino}.${stat.birthtimeMs || stat.mtimeMs}`,
    };
  }

  setModified(path: string, modifiedMs: number): void {
    attempt(
      "set the time of",
      path,
      () => fs.utimesSync(path, modifiedMs / 1000, modifiedMs / 1000),
    );
  }

  makeDirectory(path: string): void {
    attempt("make directory", path, () => fs.mkdirSync(path, { recursive: true }));
  }

  rename(from: string, to: string): void {
    attempt(`rename to ${to}`, from, () => {
      this.#live.onRemove(to);
      fs.renameSync(from, to);
      this.#live.onRenamed(from, to);
    });
  }

  remove(path: string): void {
    attempt("remove", path, () => {
      this.#live.onRemove(path);
      fs.rmSync(path, { recursive: true, force: true });
    });
  }

  readFile(path: string): Uint8Array {
    return attempt("read", path, () => Deno.readFileSync(path));
  }

  writeFile(path: string, content: Uint8Array): void {
    attempt("write", path, () => Deno.writeFileSync(path, content));
  }

  syncDirectory(path: string): void {
    if (Deno.build.os === "windows") return; // no such thing there; NTFS journals its names
    attempt("sync directory", path, () => {
      const fd = fs.openSync(path, fs.constants.O_RDONLY);
      try {
        fs.fsyncSync(fd);
      } finally {
        fs.closeSync(fd);
      }
    }, "failed");
  }

  space(path: string): DiskSpace {
    return attempt("tell the space of", path, () => {
      const { blocks, bavail, bsize } = fs.statfsSync(path);
      const fileSystem = String(fs.statSync(path).dev);
      return { totalBytes: blocks * bsize, freeBytes: bavail * bsize, fileSystem };
    });
  }

  lock(path: string): { release(): void } | undefined {
    if (heldLocks.has(path)) return undefined;
    return attempt("lock", path, () => {
      const file = Deno.openSync(path, { read: true, write: true, create: true });
      const others = file.tryLockSync(true) ? emptied(file, path) : "taken";
      if (others === "taken") {
        file.close();
        return undefined;
      }
      try {
        file.writeSync(new TextEncoder().encode(`${Deno.pid}\n`));
      } catch (error) {
        // On a full disk the lock holds as well, and only does not tell whose it is.
        if (faultOf(error) !== "full") throw error;
      }
      heldLocks.add(path);
      return {
        release() {
          others.release();
          file.close();
          heldLocks.delete(path);
        },
      };
    });
  }

  lockOwner(path: string): number | undefined {
    return lockOwner(path) ??
      (Number.parseInt(new TextDecoder().decode(this.readFile(path))) || undefined);
  }
}

/** By this process; see `lock_file.ts` for why no such file may be opened again. */
const heldLocks = new Set<string>();

/** What an earlier owner left in it goes before the other kind of lock is taken. */
function emptied(file: Deno.FsFile, path: string): ReturnType<typeof lockAgainstOthers> {
  file.truncateSync(0);
  return lockAgainstOthers(path);
}

/** A full disk and a used-up quota, by the names that the system gives them. */
const FULL = new Set(["ENOSPC", "EDQUOT"]);

function faultOf(cause: unknown): StorageFault {
  return FULL.has((cause as { code?: string } | undefined)?.code ?? "") ? "full" : "failed";
}

function storageError(
  verb: string,
  path: string,
  cause: unknown,
  fault = faultOf(cause),
): StorageError {
  if (cause instanceof StorageError) return cause; // from within a larger operation
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new StorageError(`Cannot ${verb} ${path}: ${reason}`, path, { cause, fault });
}

function attempt<T>(verb: string, path: string, run: () => T, fault?: StorageFault): T {
  try {
    return openFiles.withRoom(run);
  } catch (cause) {
    throw storageError(verb, path, cause, fault);
  }
}
