/**
 * The `.snapshot` files of one partition: written at rolls and at a clean stop, read at the start.
 */
import type { Offset } from "../base/mod.ts";
import { DecodeError } from "../bytes/mod.ts";
import { type Disk, orRemove, replaceFile } from "../platform/mod.ts";
import { fileName, parseFileName } from "./file_names.ts";
import {
  decodeProducerSnapshot,
  encodeProducerSnapshot,
  type ProducerSnapshotEntry,
} from "./producer_snapshot.ts";

export class ProducerSnapshotFiles {
  readonly #disk: Disk;
  #folder: string;
  /**
   * What is in the folder, oldest first; undefined until somebody asks. Nobody else writes there.
   */
  #offsets: Offset[] | undefined;

  constructor(disk: Disk, folder: string) {
    this.#disk = disk;
    this.#folder = folder;
  }

  movedTo(folder: string): void {
    this.#folder = folder;
  }

  /** Offsets of the snapshots that are there, oldest first. */
  offsets(): readonly Offset[] {
    return this.#offsets ??= this.#disk.list(this.#folder)
      .map(({ name }) => parseFileName(name))
      .filter((file) => file?.suffix === "snapshot" && file.stage === "")
      .map((file) => file!.offset);
  }

  /**
   * Synced when it returns; its name is not, but a lost snapshot only costs work. On a full disk
   * there is none then. One that is there already is the old or the new at any moment: what it knows
   * may be of batches that retention has deleted, and nowhere else.
   */
  write(offset: Offset, entries: ProducerSnapshotEntry[]): void {
    const path = this.#pathOf(offset);
    if (this.offsets().includes(offset)) {
      return replaceFile(this.#disk, path, encodeProducerSnapshot(entries));
    }
    orRemove(this.#disk, path, () => {
      const file = this.#disk.open(path, "create");
      try {
        file.truncate(0);
        file.write(encodeProducerSnapshot(entries), 0);
        file.syncNow();
      } finally {
        file.close();
      }
    });
    this.#offsets = [...this.offsets(), offset].sort((a, b) => a - b);
  }

  /** Broken ones that were found, and removed: what they knew is in the log. */
  readonly broken: string[] = [];

  /** The newest good one at or before the offset; bad ones are removed on the way. */
  newest(upTo: Offset): { offset: Offset; entries: ProducerSnapshotEntry[] } | undefined {
    for (const offset of this.offsets().toReversed()) {
      if (offset > upTo) continue;
      try {
        return {
          offset,
          entries: decodeProducerSnapshot(this.#disk.readFile(this.#pathOf(offset))),
        };
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error;
        this.broken.push(this.#pathOf(offset));
        this.#remove([offset]);
      }
    }
    return undefined;
  }

  /** True when there were any. Their names are not gone on the device yet. */
  removeAfter(offset: Offset): boolean {
    const behind = this.offsets().filter((other) => other > offset);
    this.#remove(behind);
    return behind.length > 0;
  }

  /** Keeps those at which a segment begins, and the newest. */
  removeStray(baseOffsets: ReadonlySet<Offset>): void {
    this.#remove(this.offsets().slice(0, -1).filter((offset) => !baseOffsets.has(offset)));
  }

  removeAll(): boolean {
    return this.removeAfter(-1);
  }

  #remove(offsets: readonly Offset[]): void {
    for (const offset of offsets) this.#disk.remove(this.#pathOf(offset));
    this.#offsets = this.offsets().filter((offset) => !offsets.includes(offset));
  }

  #pathOf(offset: Offset): string {
    return `${this.#folder}/${fileName(offset, "snapshot")}`;
  }
}
