/**
 * `cleaner-offset-checkpoint` of a log directory: up to where each compacted log was cleaned, in
 * the format of all checkpoints. A log without a line begins at its start; so does one whose line
 * lies outside of it. On a full disk the file stays behind what is known until it is written the
 * next time: after a crash, some of a log is cleaned again, or later.
 */
import { keyOf, type Offset, type TopicPartition } from "../../base/mod.ts";
import { isDiskFull, StorageError } from "../../platform/mod.ts";
import { encodeOffsets, entriesOf } from "../checkpoints.ts";
import type { KeptCopies } from "../kept_copies.ts";

const CLEANER_FILE = "cleaner-offset-checkpoint";

/** The file in one directory. Every method but `get` writes it. All throw StorageError. */
export class CleanerCheckpoint {
  readonly #files: KeptCopies;
  readonly #onFailure: (error: StorageError) => void;
  readonly #entries: Map<string, TopicPartition & { offset: Offset }>;

  /** @param onFailure told when the file can't be written. */
  constructor(files: KeptCopies, folder: string, onFailure: (error: StorageError) => void) {
    this.#files = files;
    this.#onFailure = onFailure;
    const entries = entriesOf(files.read(CLEANER_FILE), `${folder}/${CLEANER_FILE}`);
    this.#entries = new Map(entries.map((entry) => [keyOf(entry), entry]));
  }

  /** All below was cleaned; undefined when nothing was. */
  get(partition: TopicPartition): Offset | undefined {
    return this.#entries.get(keyOf(partition))?.offset;
  }

  set({ topic, partition }: TopicPartition, offset: Offset): void {
    if (this.get({ topic, partition }) === offset) return;
    this.#entries.set(keyOf({ topic, partition }), { topic, partition, offset });
    this.#write();
  }

  /** The partition is gone from this directory. */
  remove(partition: TopicPartition): void {
    if (this.#entries.delete(keyOf(partition))) this.#write();
  }

  /** The log was cut: what comes behind the offset was not cleaned. */
  truncate(partition: TopicPartition, offset: Offset): void {
    if ((this.get(partition) ?? 0) > offset) this.set(partition, offset);
  }

  /** The partition has moved to another directory. */
  moveTo(other: CleanerCheckpoint, partition: TopicPartition): void {
    const offset = this.get(partition);
    if (offset !== undefined) other.set(partition, offset);
    this.remove(partition);
  }

  #write(): void {
    try {
      this.#files.replace(CLEANER_FILE, encodeOffsets(this.#entries.values()));
      this.#files.save();
    } catch (error) {
      if (isDiskFull(error)) return;
      if (error instanceof StorageError) this.#onFailure(error);
      throw error;
    }
  }
}
