/**
 * What offset and time index share: a file of small entries of one size, in rising order, one for
 * every few KiB of log.
 *
 * An index is kept in two ways. The active segment's is in memory, where it grows, and reaches its
 * file when the segment is sealed or the log closed; a crash loses it and recovery builds it again
 * from the batches, which it reads anyway. A sealed segment's stays in its file and is searched
 * there, entry by entry: some twenty reads of a page that the kernel keeps, so that old segments
 * cost no memory of ours.
 */
import { type Disk, type DiskFile, orRemove } from "../platform/mod.ts";

const FIRST_BYTES = 512;

export abstract class SparseIndex {
  /** Changes when the segment's files are renamed. */
  path: string;
  readonly #disk: Disk;
  readonly #entryBytes: number;
  #count = 0;
  /** The entries of an index that can grow; undefined when sealed. */
  #memory: Uint8Array | undefined;
  /** The file of a sealed one, opened at the first search. */
  #file: DiskFile | undefined;
  /** Where a sealed index's entry is read to. */
  #entry: DataView;

  constructor(disk: Disk, path: string, entryBytes: number) {
    this.#disk = disk;
    this.path = path;
    this.#entryBytes = entryBytes;
    this.#entry = new DataView(new ArrayBuffer(entryBytes));
  }

  get count(): number {
    return this.#count;
  }

  get sizeInBytes(): number {
    return this.#count * this.#entryBytes;
  }

  get isSealed(): boolean {
    return this.#memory === undefined;
  }

  /** Begins anew, empty and growing. */
  reset(): void {
    this.#closeFile();
    this.#memory = new Uint8Array(FIRST_BYTES);
    this.#count = 0;
  }

  /**
   * Takes on the file as it is, sealed. False when it is missing or its size makes no sense: then
   * the index is to be built again.
   */
  tryOpen(): boolean {
    this.#closeFile();
    this.#memory = undefined;
    this.#count = 0;
    if (!this.#disk.exists(this.path)) return false;
    const { size } = this.#disk.stat(this.path);
    if (size % this.#entryBytes !== 0) return false;
    this.#count = size / this.#entryBytes;
    return true;
  }

  /** Takes a sealed index into memory, to grow on. */
  unseal(): void {
    if (this.#memory) return;
    const content = this.#count > 0 ? this.#disk.readFile(this.path) : new Uint8Array(0);
    this.#closeFile();
    this.#memory = new Uint8Array(Math.max(FIRST_BYTES, content.length * 2));
    this.#memory.set(content);
  }

  /** Ends the growth of an index that has just been saved, and lets go of the memory. */
  seal(): void {
    this.#memory = undefined;
  }

  /**
   * Writes a growing index to its file. Not synced. On a full disk there is no file then: one that
   * is cut short would pass for whole.
   */
  save(): void {
    const memory = this.#memory;
    if (!memory) return;
    orRemove(this.#disk, this.path, () => {
      const file = this.#disk.open(this.path, "create");
      try {
        file.truncate(0);
        file.write(memory.subarray(0, this.sizeInBytes), 0);
      } finally {
        file.close();
      }
    });
  }

  /**
   * The file on the device; for sealed ones. By a handle of its own: a cut of the log may have the
   * index grow again meanwhile, and that one is closed then.
   */
  async sync(): Promise<void> {
    const file = this.#disk.open(this.path, "read");
    try {
      await file.sync();
    } finally {
      file.close();
    }
  }

  /** Closes the file of a sealed index until the next search. */
  release(): void {
    this.#closeFile();
  }

  close(): void {
    this.#closeFile();
    this.#memory = undefined;
  }

  /** Keeps the first `count` entries. Growing ones only. */
  protected keepFirst(count: number): void {
    this.#count = Math.min(count, this.#count);
  }

  /** The entry in a view of its own bytes, good until the next call. */
  protected entryAt(index: number): DataView {
    const at = index * this.#entryBytes;
    const bytes = new Uint8Array(this.#entry.buffer);
    if (this.#memory) bytes.set(this.#memory.subarray(at, at + this.#entryBytes));
    else {
      this.#file ??= this.#disk.open(this.path, "read");
      bytes.fill(0);
      this.#file.read(bytes, at);
    }
    return this.#entry;
  }

  /** Adds an entry whose bytes are written into the view that comes back. Growing ones only. */
  protected addEntry(): DataView {
    const memory = this.#memory!;
    const at = this.sizeInBytes;
    let room = memory;
    if (at + this.#entryBytes > memory.length) {
      room = new Uint8Array(memory.length * 2);
      room.set(memory);
      this.#memory = room;
    }
    this.#count++;
    return new DataView(room.buffer, at, this.#entryBytes);
  }

  /** How many leading entries satisfy `isBefore`, which holds for a prefix of them. */
  protected countWhile(isBefore: (entry: DataView) => boolean): number {
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (isBefore(this.entryAt(middle))) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #closeFile(): void {
    this.#file?.close();
    this.#file = undefined;
  }
}
