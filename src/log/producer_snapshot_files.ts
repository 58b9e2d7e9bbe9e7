/** The `.snapshot` files of one partition: written at rolls and at a clean stop, read at the start. */
import type { Offset } from "../base/mod.ts";
import { DecodeError } from "../bytes/mod.ts";
import type { Disk } from "../platform/mod.ts";
import { fileName, parseFileName } from "./file_names.ts";
import {
  decodeProducerSnapshot,
  encodeProducerSnapshot,
  type ProducerSnapshotEntry,
} from "./producer_snapshot.ts";

export class ProducerSnapshotFiles {
  readonly #disk: Disk;
  readonly #folder: string;

  constructor(disk: Disk, folder: string) {
    this.#disk = disk;
    this.#folder = folder;
  }

  /** Offsets of the snapshots that are there, oldest first. */
  offsets(): Offset[] {
    return this.#disk.list(this.#folder)
      .map(({ name }) => parseFileName(name))
      .filter((file) => file?.suffix === "snapshot" && file.stage === "")
      .map((file) => file!.offset);
  }

  /** Synced when it returns; its name is not, but a lost snapshot only costs work. */
  write(offset: Offset, entries: ProducerSnapshotEntry[]): void {
    const file = this.#disk.open(this.#pathOf(offset), "create");
    try {
      file.truncate(0);
      file.write(encodeProducerSnapshot(entries), 0);
      file.syncNow();
    } finally {
      file.close();
    }
  }

  /** The newest good one at or before the offset; bad ones are removed on the way. */
  newest(upTo: Offset): { offset: Offset; entries: ProducerSnapshotEntry[] } | undefined {
    for (const offset of this.offsets().reverse()) {
      if (offset > upTo) continue;
      try {
        return {
          offset,
          entries: decodeProducerSnapshot(this.#disk.readFile(this.#pathOf(offset))),
        };
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error;
        this.#disk.remove(this.#pathOf(offset));
      }
    }
    return undefined;
  }

  removeAfter(offset: Offset): void {
    for (const other of this.offsets()) if (other > offset) this.#disk.remove(this.#pathOf(other));
  }

  /** Keeps those at which a segment begins, and the newest. */
  removeStray(baseOffsets: ReadonlySet<Offset>): void {
    const offsets = this.offsets();
    offsets.pop();
    for (const offset of offsets) {
      if (!baseOffsets.has(offset)) this.#disk.remove(this.#pathOf(offset));
    }
  }

  removeAll(): void {
    this.removeAfter(-1);
  }

  #pathOf(offset: Offset): string {
    return `${this.#folder}/${fileName(offset, "snapshot")}`;
  }
}
