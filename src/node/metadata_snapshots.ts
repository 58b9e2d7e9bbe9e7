/**
 * Snapshots of the metadata (KIP-630): files beside the metadata log that hold the whole image as
 * of one offset, so that a start need not replay all that ever happened, and the log can drop what
 * they cover.
 *
 *     __cluster_metadata-0/00000000000000000060-0000000001.checkpoint
 *
 * The name has the offset behind the last record in it, and that record's epoch. Inside are record
 * batches numbered from 0: a control batch with a SNAPSHOT_HEADER (and, where the log holds them,
 * the quorum's voters), the records of the image, a control batch with a SNAPSHOT_FOOTER. Without
 * its footer a snapshot is no snapshot. It is written as `.part`, synced, and then named.
 *
 * `kafka storage format` leaves one at offset 0, which has voters at most.
 */
import type { Offset } from "../base/mod.ts";
import type { MetadataImage } from "../metadata/mod.ts";
import { type Disk, orRemove, StorageError } from "../platform/mod.ts";
import {
  decodeMetadataRecord,
  encodeMetadataRecord,
  type Message,
  type MetadataRecord,
  SnapshotFooterRecord,
  SnapshotHeaderRecord,
} from "../protocol/mod.ts";
import {
  batchesOf,
  type BatchView,
  type ControlRecord,
  type ControlRecordInput,
  type ControlType,
  decodeControlRecord,
  encodeBatch,
  encodeControlBatch,
  recordsOf,
} from "../records/mod.ts";
import {
  decodeControlValue,
  encodeControlValue,
  type QuorumVoters,
  STATIC_VOTERS,
  votersAfter,
  votersRecords,
} from "./quorum_voters.ts";

/** Beside the partitions: what `kafka storage format` wants a new cluster's log to begin with. */
const BOOTSTRAP_FILE = "bootstrap.checkpoint";
const PART_SUFFIX = ".part";
/** Records a batch; Kafka reads batches of at most 8 MiB. */
const MAX_BATCH_BYTES = 1 << 20;
/** What a batch of the metadata log may unpack to. */
export const MAX_UNPACKED_BYTES = 64 << 20;

export interface SnapshotId {
  /** Behind the last record in it. */
  readonly endOffset: Offset;
  /** Of that record. */
  readonly epoch: number;
}

export interface Snapshot {
  readonly id: SnapshotId;
  readonly records: MetadataRecord[];
  readonly voters: QuorumVoters;
  /** The time of the last record of the log that is in it. */
  readonly lastContainedLogTimestamp: number;
}

/** A file that was read and makes no sense: an older one may do, if the log reaches back to it. */
export class BrokenSnapshot extends StorageError {}

const digits = (value: number, count: number) => `${value}`.padStart(count, "0");

export const snapshotName = ({ endOffset, epoch }: SnapshotId): string =>
  `${digits(endOffset, 20)}-${digits(epoch, 10)}.checkpoint`;

/** Reads such a name, undefined for any other. */
export function parseSnapshotName(name: string): SnapshotId | undefined {
  const match = /^(\d{20})-(\d{10})\.checkpoint$/.exec(name);
  return match ? { endOffset: Number(match[1]), epoch: Number(match[2]) } : undefined;
}

const byPlace = (a: SnapshotId, b: SnapshotId) => a.endOffset - b.endOffset || a.epoch - b.epoch;

/** The snapshots in the folder of the metadata log. */
export class MetadataSnapshots {
  #ids: SnapshotId[];

  /** Removes what a crash left half written. */
  constructor(private readonly disk: Disk, private readonly folder: string) {
    const names = disk.list(folder).map(({ name }) => name);
    this.#ids = names.map(parseSnapshotName).filter((id) => id !== undefined)
      .sort(byPlace);
    for (const name of names) {
      if (name.endsWith(`.checkpoint${PART_SUFFIX}`)) disk.remove(`${folder}/${name}`);
    }
  }

  /** Oldest first. */
  get ids(): readonly SnapshotId[] {
    return this.#ids;
  }

  sizeOf(id: SnapshotId): number {
    return this.disk.stat(this.#pathOf(id)).size;
  }

  /**
   * Throws {@link BrokenSnapshot} when the file is not a whole snapshot, any other StorageError
   * when it can't be read.
   */
  load(id: SnapshotId): Snapshot {
    return this.#read(this.#pathOf(id), id);
  }

  #readPart(part: string, id: SnapshotId): Snapshot {
    try {
      return this.#read(part, id);
    } catch (error) {
      if (error instanceof BrokenSnapshot) this.disk.remove(part);
      throw error;
    }
  }

  #read(path: string, id: SnapshotId): Snapshot {
    try {
      return { id, ...decodeSnapshot(this.disk.readFile(path)) };
    } catch (cause) {
      if (cause instanceof StorageError) throw cause;
      throw new BrokenSnapshot(`Cannot load ${path}: ${(cause as Error).message}`, path, { cause });
    }
  }

  /** Writes the image; it is on the device when this returns. On a full disk nothing is left. */
  write(
    image: MetadataImage,
    voters: QuorumVoters,
    times: { lastContainedLogTimestamp: number; now: number },
  ): SnapshotId {
    const id = { endOffset: image.offset + 1, epoch: image.epoch };
    const path = this.#pathOf(id);
    orRemove(this.disk, path + PART_SUFFIX, () => {
      const file = this.disk.open(path + PART_SUFFIX, "create");
      try {
        file.truncate(0);
        file.writeAll(encodeSnapshot(image, times, voters), 0);
        file.syncNow();
      } finally {
        file.close();
      }
      this.disk.rename(path + PART_SUFFIX, path);
    });
    this.disk.syncDirectory(this.folder);
    this.#ids = [...this.#ids.filter(({ endOffset }) => endOffset !== id.endOffset), id];
    return id;
  }

  /** Bytes of the file from the position on, for a node that fetches it (KIP-630). */
  readPiece(id: SnapshotId, position: number, maxBytes: number): Uint8Array {
    const path = this.#pathOf(id);
    const file = this.disk.open(path, "read");
    try {
      const bytes = new Uint8Array(Math.max(0, Math.min(maxBytes, file.size() - position)));
      return bytes.subarray(0, file.read(bytes, position));
    } finally {
      file.close();
    }
  }

  /** Writes a piece that was fetched behind those before it; the first begins the file anew. */
  writePiece(id: SnapshotId, position: number, bytes: Uint8Array): void {
    const file = this.disk.open(this.#pathOf(id) + PART_SUFFIX, "create");
    try {
      file.truncate(position);
      file.writeAll([bytes], position);
    } finally {
      file.close();
    }
  }

  /**
   * All of a fetched snapshot is there: it is on the device, and the newest, when this returns.
   * Throws {@link BrokenSnapshot}, and leaves nothing, when it makes no sense.
   */
  freeze(id: SnapshotId): Snapshot {
    const path = this.#pathOf(id);
    const part = path + PART_SUFFIX;
    const snapshot = this.#readPart(part, id);
    const file = this.disk.open(part, "write");
    try {
      file.syncNow();
    } finally {
      file.close();
    }
    this.disk.rename(part, path);
    this.disk.syncDirectory(this.folder);
    const isOther = ({ endOffset, epoch }: SnapshotId) =>
      endOffset !== id.endOffset || epoch !== id.epoch;
    this.#ids = [...this.#ids.filter(isOther), id].sort(byPlace);
    return snapshot;
  }

  remove(id: SnapshotId): void {
    this.disk.remove(this.#pathOf(id));
    this.#ids = this.#ids.filter((other) => other !== id);
  }

  #pathOf(id: SnapshotId): string {
    return `${this.folder}/${snapshotName(id)}`;
  }
}

/**
 * What a directory was formatted with; undefined when it was not. Throws StorageError when it
 * cannot be read: it may hold the only credentials.
 */
export function readBootstrap(disk: Disk, directory: string): MetadataRecord[] | undefined {
  const path = `${directory}/${BOOTSTRAP_FILE}`;
  if (!disk.exists(path)) return undefined;
  try {
    return decodeSnapshot(disk.readFile(path)).records;
  } catch (cause) {
    if (cause instanceof StorageError) throw cause;
    throw new StorageError(`Cannot load ${path}: ${(cause as Error).message}`, path, { cause });
  }
}

/** The batches of a snapshot, in order. */
export function encodeSnapshot(
  image: MetadataImage,
  { lastContainedLogTimestamp, now }: { lastContainedLogTimestamp: number; now: number },
  voters: QuorumVoters = STATIC_VOTERS,
): Uint8Array[] {
  const options = { timestamp: now, partitionLeaderEpoch: image.epoch };
  let baseOffset = 0;
  const control = (
    type: ControlType,
    message: Message,
    value: object,
    others: ControlRecordInput[] = [],
  ) => {
    const records = [{ type, value: encodeControlValue(message, value) }, ...others];
    const batch = encodeControlBatch(records, { ...options, baseOffset });
    baseOffset += records.length;
    return batch;
  };
  const times = { lastContainedLogTimestamp };
  const batches = [
    control("SNAPSHOT_HEADER", SnapshotHeaderRecord, times, votersRecords(voters)),
  ];
  for (const values of chunksOf(image.toRecords().map(encodeMetadataRecord))) {
    const records = values.map((value) => ({ value, timestamp: now }));
    batches.push(encodeBatch(records, { baseOffset, partitionLeaderEpoch: image.epoch }));
    baseOffset += values.length;
  }
  return [...batches, control("SNAPSHOT_FOOTER", SnapshotFooterRecord, {})];
}

function* chunksOf(values: readonly Uint8Array[]): Generator<Uint8Array[]> {
  let chunk: Uint8Array[] = [];
  let bytes = 0;
  for (const value of values) {
    if (bytes + value.length > MAX_BATCH_BYTES && chunk.length > 0) {
      yield chunk;
      chunk = [];
      bytes = 0;
    }
    chunk.push(value);
    bytes += value.length;
  }
  if (chunk.length > 0) yield chunk;
}

/** Throws an Error that tells what is wrong. */
export function decodeSnapshot(bytes: Uint8Array): Omit<Snapshot, "id"> {
  const records: MetadataRecord[] = [];
  let voters = STATIC_VOTERS;
  let header: SnapshotHeaderRecord | undefined;
  let hasFooter = false;
  let next = 0;
  for (const batch of batchesOf(bytes)) {
    if (!batch.isCrcValid()) throw new Error(`the checksum is wrong at record ${batch.baseOffset}`);
    if (batch.baseOffset !== next) throw new Error(`record ${next} is missing`);
    next = batch.nextOffset;
    if (hasFooter) throw new Error("something follows its footer");
    for (const { control, record } of readBatch(batch)) {
      if (control?.type === "SNAPSHOT_HEADER") {
        header = decodeControlValue(SnapshotHeaderRecord, control);
      } else if (header === undefined) throw new Error("it has no header");
      else if (control?.type === "SNAPSHOT_FOOTER") hasFooter = true;
      else if (record !== undefined) records.push(record);
      else if (control !== undefined) voters = votersAfter(voters, control);
    }
  }
  if (header === undefined || !hasFooter) throw new Error("it is cut short");
  return { records, voters, lastContainedLogTimestamp: header.lastContainedLogTimestamp };
}

/** What stands at one offset of the metadata log or a snapshot. */
export interface LogEntry {
  readonly offset: Offset;
  readonly control?: ControlRecord;
  readonly record?: MetadataRecord;
}

/** Reads a batch out. Throws an Error for what is not understood. */
export function readBatch(batch: BatchView): LogEntry[] {
  const entries: LogEntry[] = [];
  for (const raw of recordsOf(batch, { maxDecompressedBytes: MAX_UNPACKED_BYTES })) {
    const { offset, value } = raw;
    if (batch.isControl) entries.push({ offset, control: decodeControlRecord(raw) });
    else if (value === null) throw new Error(`the record at offset ${offset} is empty`);
    else entries.push({ offset, record: decodeMetadataRecord(value) });
  }
  return entries;
}
