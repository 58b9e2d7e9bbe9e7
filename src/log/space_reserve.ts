/**
 * `.reserve` in a log directory: a file of bytes that mean nothing. On a full disk they are given
 * up slice by slice, so that what gives room back can be written: that a topic is deleted, say, or
 * the segment that follows those which retention takes away. Apache Kafka passes the file over.
 *
 * The bytes are random, since a file system that compresses or notices equal blocks would keep
 * nothing for zeroes.
 */
import { type Disk, type DiskFile, isDiskFull, type Random } from "../platform/mod.ts";

const RESERVE_FILE = ".reserve";
const BLOCK_BYTES = 4096;
const CHUNK_BYTES = 64 * BLOCK_BYTES;
/** Given up at a time; other processes are quick to fill what is free. */
const SLICES = 16;
/** No more than this part of a small disk. */
const MAX_PART = 1 / 32;

export interface SpaceReserveOptions {
  readonly disk: Disk;
  readonly random: Random;
  /** The log directory. */
  readonly folder: string;
  /** As the setting has it; less on a small disk. */
  readonly wantedBytes: number;
}

export class SpaceReserve {
  readonly #options: SpaceReserveOptions;
  readonly #path: string;
  readonly #wantedBytes: number;
  #bytes: number;

  /** As it lies there. Throws StorageError. */
  constructor(options: SpaceReserveOptions) {
    this.#options = options;
    const { disk, folder, wantedBytes } = options;
    this.#path = `${folder}/${RESERVE_FILE}`;
    const part = disk.space(folder).totalBytes * MAX_PART;
    this.#wantedBytes = Math.floor(Math.min(wantedBytes, part) / BLOCK_BYTES) * BLOCK_BYTES;
    this.#bytes = this.#found();
  }

  /** How much is not there of what should be. */
  get missingBytes(): number {
    return Math.max(0, this.#wantedBytes - this.#bytes);
  }

  get isEmpty(): boolean {
    return this.#bytes === 0;
  }

  /** Makes it as large as it should be. Returns false when the disk is too full for that. */
  fill(): boolean {
    if (this.#bytes === this.#wantedBytes) return true;
    try {
      this.#open((file) => {
        if (this.#bytes > this.#wantedBytes) this.#cut(file, this.#wantedBytes);
        else this.#grow(file);
      });
    } catch (error) {
      if (!isDiskFull(error)) throw error;
      this.#bytes = this.#found(); // perhaps there was no room for so much as its name
    }
    return this.missingBytes === 0;
  }

  /** Gives a slice up. Returns false when there is none left. */
  giveUpSlice(): boolean {
    if (this.#bytes === 0) return false;
    // There may be more than is wanted now, as when nothing is wanted any more.
    const most = Math.max(this.#wantedBytes, this.#bytes);
    const slice = Math.ceil(most / SLICES / BLOCK_BYTES) * BLOCK_BYTES;
    this.#open((file) => this.#cut(file, Math.max(0, this.#bytes - slice)));
    return true;
  }

  /** Gives all of it up. */
  giveUp(): void {
    if (this.#bytes > 0) this.#open((file) => this.#cut(file, 0));
  }

  #found(): number {
    const { disk } = this.#options;
    return disk.exists(this.#path) ? disk.stat(this.#path).size : 0;
  }

  #grow(file: DiskFile): void {
    const missing = Math.min(CHUNK_BYTES, this.#wantedBytes - this.#bytes);
    const noise = this.#options.random.fill(new Uint8Array(missing));
    while (this.#bytes < this.#wantedBytes) {
      const left = Math.min(noise.length, this.#wantedBytes - this.#bytes);
      file.write(noise.subarray(0, left), this.#bytes);
      this.#bytes += left;
    }
    file.syncNow(); // or the device may find out later that there was no room
  }

  #cut(file: DiskFile, size: number): void {
    file.truncate(size);
    this.#bytes = size;
  }

  #open(run: (file: DiskFile) => void): void {
    const file = this.#options.disk.open(this.#path, "create");
    try {
      run(file);
    } finally {
      file.close();
    }
  }
}
