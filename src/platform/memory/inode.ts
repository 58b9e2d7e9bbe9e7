/**
 * One file's bytes twice: as programs see them (the page cache) and as the device holds them. A
 * sync copies the pages that differ; a power cut decides for each of them whether it had been
 * written out by chance.
 *
 * What a cut leaves is as bad as POSIX allows: any subset of the dirty pages, one of them torn in
 * its middle, and any size between what was last synced and what was last seen. Pages that were
 * lost in a file that grew read as zeroes.
 */
import type { SeededRandom } from "./random.ts";

const PAGE_BYTES = 4096;

/** Bytes that grow by doubling; beyond `size` all are zero. */
class Content {
  bytes = new Uint8Array(PAGE_BYTES);
  size = 0;

  resize(size: number): void {
    if (size > this.bytes.length) {
      const grown = new Uint8Array(Math.max(size, this.bytes.length * 2));
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
      for (const { page, write, bytes } of pages) {
        this.#device.put(bytes, page * PAGE_BYTES);
        if (this.#dirty.get(page) === write) this.#dirty.delete(page);
      }
    };
  }

  /** The power goes: afterwards all that is seen is what the device holds. */
  powerCut(random: SeededRandom): void {
    if (this.#dirty.size > 0) {
      const [low, high] = [this.#seen.size, this.#device.size].sort((a, b) => a - b);
      const size = random.chance(0.5) ? random.pick([low, high]) : low + random.int(high - low + 1);
      const survival = random.pick([0, 0.5, 0.9, 1]);
      const torn = random.pick([...this.#dirty.keys()]);
      for (const page of this.#dirty.keys()) {
        const from = page * PAGE_BYTES;
        const whole = this.#seen.view(from, from + PAGE_BYTES);
        if (page === torn) this.#device.put(whole.subarray(0, random.int(whole.length + 1)), from);
        else if (random.chance(survival)) this.#device.put(whole, from);
      }
      this.#device.resize(size);
    }
    this.#dirty.clear();
    this.#seen = new Content();
    this.#seen.put(this.#device.view(0, this.#device.size), 0);
  }

  #markDirty(from: number, to: number): void {
    const write = ++this.#writes;
    const last = Math.max(from, to - 1);
    for (let page = Math.floor(from / PAGE_BYTES); page * PAGE_BYTES <= last; page++) {
      this.#dirty.set(page, write);
    }
  }
}

/** A directory: its entries as programs see them, and as the device holds them. */
export class DirectoryInode {
  entries = new Map<string, Inode>();
  device = new Map<string, Inode>();
}

export type Inode = FileInode | DirectoryInode;
