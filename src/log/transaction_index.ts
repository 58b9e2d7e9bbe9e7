/**
 * `.txnindex`: the transactions that were aborted, so that a read_committed consumer can pass over
 * their records (KIP-98). Entries of 34 bytes: int16 version 0, int64 producer id, int64 first
 * offset, int64 last offset (the marker's), int64 last stable offset when the marker was written.
 * No aborts, no file.
 *
 * The entries in memory are what counts while the segment grows; after a crash they come from its
 * batches. So what does not fit on a full disk is written later, before the segment is sealed at
 * the latest.
 */
import type { Offset } from "../base/mod.ts";
import { ByteReader, ByteWriter, DecodeError } from "../bytes/mod.ts";
import { type Disk, isDiskFull } from "../platform/mod.ts";

export interface AbortedTransaction {
  readonly producerId: number;
  readonly firstOffset: Offset;
  /** Of the abort marker. */
  readonly lastOffset: Offset;
  readonly lastStableOffset: Offset;
}

const VERSION = 0;

export class TransactionIndex {
  static readonly ENTRY_BYTES = 34;
  /** Changes when the segment's files are renamed. */
  path: string;
  readonly #disk: Disk;
  /** In order of lastOffset; undefined until somebody asks. Aborts are few. */
  #entries: AbortedTransaction[] | undefined;
  /** So many of the first entries are in the file as they are; the rest of it may be anything. */
  #written = 0;

  constructor(disk: Disk, path: string) {
    this.#disk = disk;
    this.path = path;
  }

  get entries(): readonly AbortedTransaction[] {
    return this.#entries ??= this.#load();
  }

  add(entry: AbortedTransaction): void {
    (this.#entries ??= this.#load()).push(entry);
    this.#saveIfRoom();
  }

  /** What is not in the file yet goes there. Not synced. Throws when the disk is too full for it. */
  save(): void {
    const entries = this.#entries;
    if (entries === undefined || this.#written === entries.length) return;
    const file = this.#disk.open(this.path, "create");
    try {
      const { ENTRY_BYTES } = TransactionIndex;
      file.truncate(this.#written * ENTRY_BYTES);
      file.write(encode(entries.slice(this.#written)), this.#written * ENTRY_BYTES);
    } finally {
      file.close();
    }
    this.#written = entries.length;
  }

  #saveIfRoom(): void {
    try {
      this.save();
    } catch (error) {
      if (!isDiskFull(error)) throw error;
    }
  }

  /**
   * Adds to `found` what overlaps [from, upTo). False once entries of later segments can't matter
   * any more, because all that was open at `upTo` had been decided by then.
   */
  collect(from: Offset, upTo: Offset, found: AbortedTransaction[]): boolean {
    for (const entry of this.entries) {
      if (entry.lastOffset >= from && entry.firstOffset < upTo) found.push(entry);
      if (entry.lastStableOffset >= upTo) return false;
    }
    return true;
  }

  /** Forgets the aborts whose marker lies at or behind the offset. */
  truncateTo(offset: Offset): void {
    const kept = this.entries.filter(({ lastOffset }) => lastOffset < offset);
    if (kept.length === this.entries.length) return;
    this.#entries = kept;
    this.#written = Math.min(this.#written, kept.length);
    if (kept.length === 0) this.#disk.remove(this.path);
    else if (this.#disk.exists(this.path)) this.#cut();
  }

  #cut(): void {
    const file = this.#disk.open(this.path, "write");
    try {
      file.truncate(this.#written * TransactionIndex.ENTRY_BYTES);
    } finally {
      file.close();
    }
  }

  /** Begins anew. */
  reset(): void {
    this.#disk.remove(this.path);
    this.#entries = [];
    this.#written = 0;
  }

  async sync(): Promise<void> {
    if (!this.#disk.exists(this.path)) return;
    const file = this.#disk.open(this.path, "read");
    try {
      await file.sync();
    } finally {
      file.close();
    }
  }

  /** Whether the file makes sense: whole entries of our version, in order. */
  isSound(): boolean {
    try {
      this.#entries = this.#load();
      return true;
    } catch (error) {
      if (error instanceof DecodeError) return false;
      throw error;
    }
  }

  #load(): AbortedTransaction[] {
    this.#written = 0;
    if (!this.#disk.exists(this.path)) return [];
    const entries = decode(this.#disk.readFile(this.path));
    this.#written = entries.length;
    return entries;
  }
}

function encode(entries: readonly AbortedTransaction[]): Uint8Array {
  const writer = new ByteWriter(entries.length * TransactionIndex.ENTRY_BYTES);
  for (const entry of entries) {
    writer.int16(VERSION);
    writer.int64(entry.producerId);
    writer.int64(entry.firstOffset);
    writer.int64(entry.lastOffset);
    writer.int64(entry.lastStableOffset);
  }
  return writer.finish();
}

/** Throws DecodeError for an entry that is cut short, of another version, or out of order. */
function decode(bytes: Uint8Array): AbortedTransaction[] {
  const reader = new ByteReader(bytes);
  const entries: AbortedTransaction[] = [];
  let previous = -1;
  while (reader.remaining > 0) {
    const version = reader.int16();
    if (version !== VERSION) {
      throw new DecodeError(
        `Cannot read a transaction index: entry of version ${version}`,
        reader.position - 2,
      );
    }
    const entry = {
      producerId: reader.int64(),
      firstOffset: reader.int64(),
      lastOffset: reader.int64(),
      lastStableOffset: reader.int64(),
    };
    if (entry.lastOffset <= previous) {
      throw new DecodeError("Cannot read a transaction index: out of order", reader.position);
    }
    previous = entry.lastOffset;
    entries.push(entry);
  }
  return entries;
}
