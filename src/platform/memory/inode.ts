/**
 * One file's bytes twice: as programs see them (the page cache) and as the device holds them. A
 * sync copies the pages that differ; a power cut decides for each of them whether it had been
 * written out by chance.
 *
 * What a cut leaves is as bad as POSIX allows: any subset of the dirty pages, one of them torn (its
 * beginning only, or any of its sectors), and any size that the file had since it was last synced,
 * or between them. Pages that were lost in a file that grew read as zeroes.
 *
 * A sync that fails has given its pages up, as Linux does: the kernel takes them for clean, no later
 * sync writes them, and yet programs go on seeing them until the power goes.
 */
import type { SeededRandom } from "./random.ts";

const PAGE_BYTES = 4096;
/** What a device writes whole or not at all. */
const SECTOR_BYTES = 512;
/** Most files are small. */
const FIRST_BYTES = 256;
const NOTHING = new Uint8Array(0);

/** Bytes that grow by doubling; beyond `size` all are zero. */
class Content {
  bytes: Uint8Array = NOTHING;
  size = 0;

  resize(size: number): void {
    if (size > this.bytes.length) {
      const grown = new Uint8Array(Math.max(size, this.bytes.length * 2, FIRST_BYTES));
      grown.set(this.bytes.subarray(0, this.size));
      this.bytes = grown;
    } else if (size < this.size) this.bytes.fill(0, size, this.size);
    this.size = size;
  }

  put(from: Uint8Array, position: number): void {
    if (position + from.length > this.size) this.resize(position + from.length);
    this.bytes.set(from, position);
  }

  view(from: number, to: number): Uint8Array {
    return this.bytes.subarray(Math.min(from, this.size), Math.min(to, this.size));
  }
}

/** A file, whatever its names. */
export class FileInode {
  modifiedMs = 0;
  #seen = new Content();
  #device = new Content();
  /** Pages that may differ, each with the number of its last write. */
  #dirty = new Map<number, number>();
  /** Pages that differ and that no sync will write, since one has failed over them. */
  #givenUp = new Set<number>();
  /** The smallest that the file was since the device last had its size. */
  #leastSize = 0;
  #writes = 0;
  #syncsStarted = 0;
  /** The number of the sync that the device's bytes are from. */
  #syncApplied = 0;

  get size(): number {
    return this.#seen.size;
  }

  read(into: Uint8Array, position: number): number {
    const found = this.#seen.view(position, position + into.length);
    into.set(found);
    return found.length;
  }

  write(from: Uint8Array, position: number): void {
    if (from.length === 0) return;
    this.#markDirty(Math.min(position, this.#seen.size), position + from.length);
    this.#seen.put(from, position);
  }

  truncate(size: number): void {
    this.#leastSize = Math.min(this.#leastSize, size);
    this.#markDirty(Math.min(size, this.#seen.size), Math.max(size, this.#seen.size));
    this.#seen.resize(size);
  }

  /** What is to be on the device once this sync is through; `apply` puts it there. */
  startSync(): () => void {
    const sync = ++this.#syncsStarted;
    const size = this.#seen.size;
    const pages = [...this.#dirty].map(([page, write]) => ({
      page,
      write,
      bytes: this.#seen.view(page * PAGE_BYTES, (page + 1) * PAGE_BYTES).slice(),
    }));
    return () => {
      if (sync < this.#syncApplied) return; // one that began later is through and has put all of it there
      this.#syncApplied = sync;
      this.#device.resize(size);
      this.#leastSize = Math.min(size, this.#seen.size);
      for (const { page, write, bytes } of pages) {
        this.#device.put(bytes, page * PAGE_BYTES);
        if (this.#dirty.get(page) === write) this.#dirty.delete(page);
      }
    };
  }

  /** A sync has failed: what it was to write is taken for clean from now on. */
  failSync(): void {
    for (const page of this.#dirty.keys()) this.#givenUp.add(page);
    this.#dirty.clear();
  }

  /** The process that saw its syncs fail is gone: pages that were given up count as dirty again. */
  crash(): void {
    for (const page of this.#givenUp) this.#dirty.set(page, ++this.#writes);
    this.#givenUp.clear();
  }

  /** The power goes: afterwards all that is seen is what the device holds. */
  powerCut(random: SeededRandom): void {
    this.crash();
    const unsure = [...this.#dirty.keys()];
    if (unsure.length > 0) {
      const size = this.#sizeAfterCut(random);
      const survival = random.pick([0, 0.5, 0.9, 1]);
      const torn = random.pick(unsure);
      for (const page of unsure) {
        const from = page * PAGE_BYTES;
        const whole = this.#seen.view(from, from + PAGE_BYTES);
        if (page === torn) this.#tear(whole, from, random);
        else if (random.chance(survival)) this.#device.put(whole, from);
      }
      this.#device.resize(size);
    }
    this.#dirty.clear();
    this.#seen = new Content();
    this.#seen.put(this.#device.view(0, this.#device.size), 0);
    this.#leastSize = this.#seen.size;
  }

  #sizeAfterCut(random: SeededRandom): number {
    const known = [this.#leastSize, this.#device.size, this.#seen.size].sort((a, b) => a - b);
    if (random.chance(0.5)) return random.pick(known);
    return known[0] + random.int(known[2] - known[0] + 1);
  }

  /** A page that was being written: its first bytes, or some of its sectors in any order. */
  #tear(page: Uint8Array, at: number, random: SeededRandom): void {
    if (random.chance(0.5)) {
      this.#device.put(page.subarray(0, random.int(page.length + 1)), at);
      return;
    }
    for (let from = 0; from < page.length; from += SECTOR_BYTES) {
      const sector = page.subarray(from, from + SECTOR_BYTES);
      if (random.chance(0.5)) this.#device.put(sector, at + from);
    }
  }

  #markDirty(from: number, to: number): void {
    const write = ++this.#writes;
    const last = Math.max(from, to - 1);
    for (let page = Math.floor(from / PAGE_BYTES); page * PAGE_BYTES <= last; page++) {
      this.#dirty.set(page, write);
      this.#givenUp.delete(page); // written again as a whole
    }
  }
}

/** A directory: its entries as programs see them, and as the device holds them. */
export class DirectoryInode {
  entries = new Map<string, Inode>();
  device = new Map<string, Inode>();
}

export type Inode = FileInode | DirectoryInode;
