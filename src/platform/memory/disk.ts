/**
 * A disk in memory that forgets on purpose. Files keep apart what was written and what was synced
 * (see `inode.ts`), directories what was named and what was synced; `powerCut` throws the dice,
 * from a seed, over everything in between. Names: each change (made, renamed, removed) since the
 * last sync of its directory is kept or lost by itself, a rename as a whole: a directory that was
 * made and never synced is gone with all in it, and a file may have its new name and not its bytes.
 *
 * Faults are injected by `onOperation`, by a `capacityBytes` that fills up, by `isFull` at a place
 * of one's choice, or by hand with `corrupt`. A write that fails has written a part; a sync that
 * fails has given up what it was to write, so that the next one succeeds and proves nothing.
 */
import {
  type DirectoryEntry,
  type Disk,
  type DiskFile,
  type DiskSpace,
  type DiskStat,
  isDiskFull,
  type OpenMode,
  StorageError,
  type StorageFault,
} from "../disk.ts";
import type { Clock } from "../time.ts";
import { DirectoryInode, FileInode, type Inode } from "./inode.ts";
import { SeededRandom } from "./random.ts";

export type DiskOperation = "open" | "read" | "write" | "sync" | "name" | "look";

/** One change of names that a power cut keeps or loses as a whole. */
type NameChange = { directory: DirectoryInode; name: string; inode: Inode | undefined }[];

const UNLIMITED = 2 ** 40;
/** So many paths are kept in parts. */
const MAX_NAMES = 10_000;

export interface MemoryDiskOptions {
  seed?: number;
  clock?: Pick<Clock, "now">;
  capacityBytes?: number;
  /** How long the device takes for a sync. Default: a turn of the microtask queue. */
  syncTakes?: () => Promise<void>;
}

export class MemoryDisk implements Disk {
  /** Asked before each operation; a text that it returns is why the operation fails. */
  onOperation: ((operation: DiskOperation, path: string) => string | undefined) | undefined;
  capacityBytes: number;
  /**
   * Asked before each operation that may take room (what is written, also over what is there; new
   * files and directories; longer names): true, and there is none. Of what was to be written the first
   * half is there, as a real disk has it that fills up in the middle of a write.
   */
  isFull: ((path: string) => boolean) | undefined;
  readonly #random: SeededRandom;
  readonly #clock: Pick<Clock, "now">;
  readonly #root = new DirectoryInode();
  readonly #syncTakes: () => Promise<void>;
  #unsynced: NameChange[] = [];
  /** Of directories whose sync failed: no later sync makes them last. */
  #givenUp: NameChange[] = [];
  #locks = new Set<string>();
  readonly #identities = new WeakMap<FileInode, string>();
  #lastIdentity = 0;
  /** Counts crashes: handles of an earlier life are dead. */
  #life = 0;
  /** Paths in parts; the same few are asked for again and again. */
  readonly #names = new Map<string, readonly string[]>();

  constructor(
    { seed = 1, clock, capacityBytes = UNLIMITED, syncTakes }: MemoryDiskOptions = {},
  ) {
    this.#random = new SeededRandom(seed);
    this.#clock = clock ?? { now: () => 1_700_000_000_000 };
    this.capacityBytes = capacityBytes;
    this.#syncTakes = syncTakes ?? (() => Promise.resolve());
  }

  /**
   * The process dies: open files and locks are gone, everything written stays. Syncs that it was
   * told had failed are forgotten, since the death of a process is ordered by failing all it does.
   */
  crash(): void {
    this.#life++;
    this.#locks.clear();
    this.#unsynced = [...this.#givenUp, ...this.#unsynced];
    this.#givenUp = [];
    this.#eachFile((file) => file.crash());
  }

  /** The machine dies: what was not synced is lost, kept or torn, by chance. */
  powerCut(): void {
    this.crash();
    const survival = this.#random.pick([0, 0.5, 0.5, 1]);
    for (const change of this.#unsynced) if (this.#random.chance(survival)) applyToDevice(change);
    this.#unsynced = [];
    this.#eachFile((file) => file.powerCut(this.#random), (directory) => {
      directory.entries = new Map(directory.device);
    });
  }

  /** Flips the bits of one byte, as a failing device may; not even a sync brings it back. */
  corrupt(path: string, position: number, bits = 0xff): void {
    const file = this.#file(path);
    const byte = new Uint8Array(1);
    if (file.read(byte, position) === 1) file.write(byte.map((value) => value ^ bits), position);
    file.startSync()();
  }

  open(path: string, mode: OpenMode): DiskFile {
    this.check("open", path);
    let inode = this.#find(path);
    if (inode instanceof DirectoryInode) throw failed("open", path, "is a directory");
    if (!inode) {
      if (mode !== "create") throw failed("open", path, "no such file");
      this.#needName("open", path);
      inode = new FileInode();
      this.#setName(path, inode);
    }
    return new MemoryFile(this, path, inode, { mode, life: this.#life });
  }

  exists(path: string): boolean {
    return this.#find(path) !== undefined;
  }

  list(path: string): DirectoryEntry[] {
    this.check("look", path);
    return [...this.#directory(path).entries]
      .map(([name, inode]) => ({ name, isDirectory: inode instanceof DirectoryInode }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  stat(path: string): DiskStat {
    this.check("look", path);
    const inode = this.#find(path);
    if (!inode) throw failed("stat", path, "no such file");
    if (inode instanceof DirectoryInode) {
      return { size: 0, modifiedMs: 1, isDirectory: true, identity: "directory" };
    }
    const { size, modifiedMs } = inode;
    return { size, modifiedMs, isDirectory: false, identity: this.#identityOf(inode) };
  }

  setModified(path: string, modifiedMs: number): void {
    this.check("name", path);
    this.#file(path).modifiedMs = modifiedMs;
  }

  makeDirectory(path: string): void {
    this.check("name", path);
    const names = this.#namesOf(path);
    for (let i = 1; i <= names.length; i++) {
      const part = names.slice(0, i).join("/");
      const inode = this.#find(part);
      if (inode instanceof FileInode) throw failed("make directory", path, "a file is there");
      if (inode) continue;
      this.#needName("make directory", path);
      this.#setName(part, new DirectoryInode());
    }
  }

  rename(from: string, to: string): void {
    this.check("name", from);
    const inode = this.#find(from);
    if (!inode) throw failed("rename", from, "no such file");
    if (from === to) return;
    if (to.length > from.length && this.isFull?.(from)) throw full("rename", from);
    const [source, sourceName] = this.#parent(from);
    const [target, targetName] = this.#parent(to);
    this.#change([
      { directory: source, name: sourceName, inode: undefined },
      { directory: target, name: targetName, inode },
    ]);
  }

  remove(path: string): void {
    this.check("name", path);
    if (!this.#find(path)) return;
    const [directory, name] = this.#parent(path);
    this.#change([{ directory, name, inode: undefined }]);
  }

  readFile(path: string): Uint8Array {
    this.check("read", path);
    const file = this.#file(path);
    const content = new Uint8Array(file.size);
    file.read(content, 0);
    return content;
  }

  writeFile(path: string, content: Uint8Array): void {
    const file = this.open(path, "create");
    file.truncate(0);
    file.write(content, 0);
    file.close();
  }

  syncDirectory(path: string): void {
    const directory = this.#directory(path);
    const isOf = (change: NameChange) => change.some((edit) => edit.directory === directory);
    const changes = this.#unsynced.filter(isOf);
    this.#unsynced = this.#unsynced.filter((change) => !isOf(change));
    try {
      this.check("sync", path);
    } catch (error) {
      this.#givenUp.push(...changes);
      throw error;
    }
    for (const change of changes) {
      this.#settleGivenUp(change);
      applyToDevice(change);
    }
  }

  /** What was given up under these names is written or not before something later is. */
  #settleGivenUp(later: NameChange): void {
    this.#givenUp = this.#givenUp.filter((change) => {
      const isSame = change.some(({ directory, name }) =>
        later.some((edit) => edit.directory === directory && edit.name === name)
      );
      if (isSame && this.#random.chance(0.5)) applyToDevice(change);
      return !isSame;
    });
  }

  space(): DiskSpace {
    const freeBytes = Math.max(0, this.capacityBytes - usedBytes(this.#root));
    return { totalBytes: this.capacityBytes, freeBytes, fileSystem: "memory" };
  }

  lock(path: string): { release(): void } | undefined {
    if (this.#locks.has(path)) return undefined;
    this.#locks.add(path);
    try {
      this.writeFile(path, new TextEncoder().encode("1\n"));
    } catch (error) {
      if (!isDiskFull(error)) throw error; // it holds as well, and only does not tell whose it is
    }
    const life = this.#life;
    return { release: () => life === this.#life && this.#locks.delete(path) };
  }

  lockOwner(path: string): number | undefined {
    return Number.parseInt(new TextDecoder().decode(this.readFile(path))) || undefined;
  }

  /** For the files of this disk: throws what `onOperation` orders. */
  check(operation: DiskOperation, path: string): void {
    const reason = this.onOperation?.(operation, path);
    if (reason !== undefined) throw failed(operation, path, reason);
  }

  /** For the files of this disk: a file that an earlier process opened is of no use. */
  checkLife(operation: DiskOperation, path: string, life: number): void {
    if (life !== this.#life) throw failed(operation, path, "its process is gone");
  }

  /** How much of a write that fails is written nevertheless. */
  partOf(size: number): number {
    return this.#random.chance(0.5) ? 0 : this.#random.int(size + 1);
  }

  /** For the files of this disk: waits as long as the device takes for a sync. */
  syncing(): Promise<void> {
    return this.#syncTakes();
  }

  /**
   * For the files of this disk: takes note of a change, and tells how many bytes of it there is
   * room for.
   */
  touch(path: string, inode: FileInode, { from, to }: { from: number; to: number }): number {
    inode.modifiedMs = this.#clock.now();
    if (this.isFull?.(path)) return Math.floor((to - from) / 2);
    if (to <= inode.size || this.capacityBytes >= UNLIMITED) return to - from;
    const end = inode.size + this.space().freeBytes;
    return Math.max(0, Math.min(to, end) - from);
  }

  #identityOf(inode: FileInode): string {
    let identity = this.#identities.get(inode);
    if (identity === undefined) this.#identities.set(inode, identity = `${++this.#lastIdentity}`);
    return identity;
  }

  #needName(verb: string, path: string): void {
    if (this.isFull?.(path)) throw full(verb, path);
    if (this.capacityBytes < UNLIMITED && this.space().freeBytes === 0) throw full(verb, path);
  }

  #eachFile(
    visit: (file: FileInode) => void,
    enter: (directory: DirectoryInode) => void = () => {},
    directory = this.#root,
  ): void {
    enter(directory);
    for (const inode of directory.entries.values()) {
      if (inode instanceof DirectoryInode) this.#eachFile(visit, enter, inode);
      else visit(inode);
    }
  }

  #find(path: string): Inode | undefined {
    return this.#findBy(this.#namesOf(path));
  }

  #findBy(names: readonly string[], count = names.length): Inode | undefined {
    let inode: Inode | undefined = this.#root;
    for (let i = 0; i < count; i++) {
      inode = inode instanceof DirectoryInode ? inode.entries.get(names[i]) : undefined;
    }
    return inode;
  }

  #namesOf(path: string): readonly string[] {
    let names = this.#names.get(path);
    if (names === undefined) {
      names = path.split("/").filter((name) => name !== "" && name !== ".");
      if (this.#names.size >= MAX_NAMES) this.#names.clear();
      this.#names.set(path, names);
    }
    return names;
  }

  #file(path: string): FileInode {
    const inode = this.#find(path);
    if (!(inode instanceof FileInode)) throw failed("read", path, "no such file");
    return inode;
  }

  #directory(path: string): DirectoryInode {
    const inode = this.#find(path);
    if (!(inode instanceof DirectoryInode)) throw failed("list", path, "no such directory");
    return inode;
  }

  #parent(path: string): [DirectoryInode, string] {
    const names = this.#namesOf(path);
    const directory = this.#findBy(names, names.length - 1);
    if (directory instanceof DirectoryInode) return [directory, names.at(-1)!];
    throw failed("name", path, "no such directory");
  }

  #setName(path: string, inode: Inode): void {
    const [directory, name] = this.#parent(path);
    this.#change([{ directory, name, inode }]);
  }

  #change(change: NameChange): void {
    for (const { directory, name, inode } of change) setEntry(directory.entries, name, inode);
    this.#unsynced.push(change);
  }
}

class MemoryFile implements DiskFile {
  readonly #disk: MemoryDisk;
  readonly #inode: FileInode;
  readonly #mode: OpenMode;
  readonly #life: number;
  #isClosed = false;

  constructor(
    disk: MemoryDisk,
    readonly path: string,
    inode: FileInode,
    { mode, life }: { mode: OpenMode; life: number },
  ) {
    this.#disk = disk;
    this.#inode = inode;
    this.#mode = mode;
    this.#life = life;
  }

  size(): number {
    this.#check("read");
    return this.#inode.size;
  }

  read(into: Uint8Array, position: number): number {
    this.#check("read");
    return this.#inode.read(into, position);
  }

  write(from: Uint8Array, position: number): void {
    this.#checkOpen("write");
    try {
      this.#disk.check("write", this.path);
    } catch (error) {
      this.#inode.write(from.subarray(0, this.#disk.partOf(from.length)), position);
      throw error;
    }
    const to = position + from.length;
    const room = this.#disk.touch(this.path, this.#inode, { from: position, to });
    this.#inode.write(from.subarray(0, room), position);
    if (room < from.length) throw full(`write ${from.length} bytes at ${position} of`, this.path);
  }

  writeAll(parts: readonly Uint8Array[], position: number): void {
    for (const part of parts) {
      this.write(part, position);
      position += part.length;
    }
  }

  truncate(size: number): void {
    this.#check("write");
    const from = this.#inode.size;
    if (size > from && this.#disk.touch(this.path, this.#inode, { from, to: size }) < size - from) {
      throw full(`truncate to ${size} bytes`, this.path);
    }
    this.#inode.truncate(size);
  }

  async sync(): Promise<void> {
    this.#checkSync();
    const apply = this.#inode.startSync();
    await this.#disk.syncing(); // the device takes its time; the world goes on meanwhile
    this.#checkSync();
    apply();
  }

  syncNow(): void {
    this.#checkSync();
    this.#inode.startSync()();
  }

  close(): void {
    this.#isClosed = true;
  }

  #check(operation: DiskOperation): void {
    this.#checkOpen(operation);
    this.#disk.check(operation, this.path);
  }

  #checkSync(): void {
    this.#disk.checkLife("sync", this.path, this.#life);
    try {
      this.#check("sync");
    } catch (error) {
      if (!this.#isClosed) this.#inode.failSync();
      throw error;
    }
  }

  #checkOpen(operation: DiskOperation): void {
    if (this.#isClosed) throw failed(operation, this.path, "file is closed");
    if (operation === "write" && this.#mode === "read") {
      throw failed(operation, this.path, "opened for reading");
    }
    this.#disk.checkLife(operation, this.path, this.#life);
  }
}

function setEntry(entries: Map<string, Inode>, name: string, inode: Inode | undefined): void {
  if (inode) entries.set(name, inode);
  else entries.delete(name);
}

function applyToDevice(change: NameChange): void {
  for (const { directory, name, inode } of change) setEntry(directory.device, name, inode);
}

function usedBytes(directory: DirectoryInode): number {
  let sum = 0;
  for (const inode of directory.entries.values()) {
    sum += inode instanceof DirectoryInode ? usedBytes(inode) : inode.size;
  }
  return sum;
}

function failed(
  verb: string,
  path: string,
  reason: string,
  fault: StorageFault = "failed",
): StorageError {
  return new StorageError(`Cannot ${verb} ${path}: ${reason}`, path, { fault });
}

const full = (verb: string, path: string) => failed(verb, path, "no space left on device", "full");
