/**
 * `.txnindex`: the transactions that were aborted, so that a read_committed consumer can pass over
 * their records (KIP-98). Entries of 34 bytes: int16 version 0, int64 producer id, int64 first
 * offset, int64 last offset (the marker's), int64 last stable offset when the marker was written.
 * No aborts, no file.
 *
 * No other file tells where a transaction began, and a changed bit there would show aborted records
 * to a read_committed consumer. So we put a `.txnsum` beside it, as text, how many bytes of the file
 * have which CRC-32C:
 *
 *     68 1c9f3a02
 *
 * Apache Kafka takes no notice of it, and what it adds behind those bytes is believed.
 *
 * The entries in memory are what counts while the segment grows; after a crash they come from its
 * batches. So what does not fit on a full disk is written later, before the segment is sealed at
 * the latest.
 */
import type { Offset } from "../base/mod.ts";
import { ByteReader, ByteWriter, crc32c, DecodeError } from "../bytes/mod.ts";
import { type Disk, isDiskFull } from "../platform/mod.ts";
import { readText } from "./checkpoints.ts";

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
  readonly #disk: Disk;
  readonly #pathOf: (suffix: "txnindex" | "txnsum") => string;
  /** In order of lastOffset; undefined until somebody asks. Aborts are few. */
  #entries: AbortedTransaction[] | undefined;
  /** So many of the first entries are in the file as they are; the rest of it may be anything. */
  #written = 0;
  /** So many of the first entries are summed up; undefined when there is no sum. */
  #summed: number | undefined;

  /** @param pathOf what its files are called now. */
  constructor(disk: Disk, pathOf: (suffix: "txnindex" | "txnsum") => string) {
    this.#disk = disk;
    this.#pathOf = pathOf;
  }

  get #path(): string {
    return this.#pathOf("txnindex");
  }

  get entries(): readonly AbortedTransaction[] {
    return this.#entries ??= this.#load();
  }

  add(entry: AbortedTransaction): void {
    (this.#entries ??= this.#load()).push(entry);
    this.#writeIfRoom();
  }

  /**
   * What is not in the file yet goes there, and is summed up. The index is not synced. Throws when
   * the disk is too full for it.
   */
  save(): void {
    this.#write();
    this.#sum();
  }

  #write(): void {
    const entries = this.#entries;
    if (entries === undefined || this.#written === entries.length) return;
    const file = this.#disk.open(this.#path, "create");
    try {
      const { ENTRY_BYTES } = TransactionIndex;
      file.truncate(this.#written * ENTRY_BYTES);
      file.write(encode(entries.slice(this.#written)), this.#written * ENTRY_BYTES);
    } finally {
      file.close();
    }
    this.#written = entries.length;
  }

  #sum(): void {
    const entries = this.#entries ?? [];
    if (entries.length === 0 || this.#summed === entries.length) return;
    const bytes = encode(entries);
    const file = this.#disk.open(this.#pathOf("txnsum"), "create");
    try {
      file.truncate(0);
      file.write(new TextEncoder().encode(sumLine(bytes)), 0);
      file.syncNow(); // a part of it would pass for damage
    } finally {
      file.close();
    }
    this.#summed = entries.length;
  }

  #forgetSum(): void {
    this.#disk.remove(this.#pathOf("txnsum"));
    this.#summed = undefined;
  }

  #writeIfRoom(): void {
    try {
      this.#write();
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
    this.#forgetSum();
    this.#entries = kept;
    this.#written = Math.min(this.#written, kept.length);
    if (kept.length === 0) this.#disk.remove(this.#path);
    else if (this.#disk.exists(this.#path)) this.#cut();
  }

  #cut(): void {
    const file = this.#disk.open(this.#path, "write");
    try {
      file.truncate(this.#written * TransactionIndex.ENTRY_BYTES);
    } finally {
      file.close();
    }
  }

  /** Begins anew. */
  reset(): void {
    this.#forgetSum();
    this.#disk.remove(this.#path);
    this.#entries = [];
    this.#written = 0;
  }

  async sync(): Promise<void> {
    if (!this.#disk.exists(this.#path)) return;
    const file = this.#disk.open(this.#path, "read");
    try {
      await file.sync();
    } finally {
      file.close();
    }
  }

  /** Whether the file is what was written: whole entries of our version, in order, as summed up. */
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
    if (!this.#disk.exists(this.#path)) return [];
    const bytes = this.#disk.readFile(this.#path);
    this.#summed = this.#checkSum(bytes);
    const entries = decode(bytes);
    this.#written = entries.length;
    return entries;
  }

  /** How many of the first entries are as they were written, as far as that is known. */
  #checkSum(bytes: Uint8Array): number | undefined {
    const line = readText(this.#disk, this.#pathOf("txnsum"));
    if (line === undefined || line === "") return undefined;
    const summed = Number.parseInt(line);
    if (line === sumLine(bytes.subarray(0, summed))) return summed / TransactionIndex.ENTRY_BYTES;
    throw new DecodeError("Cannot read a transaction index: it is not what was summed up", 0);
  }
}

function sumLine(bytes: Uint8Array): string {
  return `${bytes.length} ${crc32c(bytes).toString(16).padStart(8, "0")}\n`;
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
