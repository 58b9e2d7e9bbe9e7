/**
 * Kafka's checkpoint files: text, one fact a line.
 *
 *     0                 version
 *     2                 how many lines follow
 *     orders 0 170210   topic, partition, offset
 *     orders 1 88
 *
 * A root of partitions has four: `recovery-point-offset-checkpoint` (all below is synced),
 * `replication-offset-checkpoint` (high watermarks), `log-start-offset-checkpoint`, and the
 * cleaner's. They are replaced as a whole, so a crash never mixes two; one that does not parse
 * means that somebody else has written to it, and the log directory goes offline rather than guess.
 */
import { keyOf, type Offset, type TopicPartition } from "../base/mod.ts";
import { type Disk, StorageError } from "../platform/mod.ts";
import { newerFormat, UnknownVersion } from "./directory_refused.ts";

export const RECOVERY_POINT_FILE = "recovery-point-offset-checkpoint";
export const HIGH_WATERMARK_FILE = "replication-offset-checkpoint";
export const LOG_START_FILE = "log-start-offset-checkpoint";

export interface CheckpointEntry extends TopicPartition {
  readonly offset: Offset;
}

/**
 * Reads lines of `fields` numbers or words each, checked against the count. Shared with the leader
 * epochs.
 */
export function parseCheckpoint(text: string, fields: number): string[][] {
  const lines = text.split("\n");
  checkVersionLine(text);
  if (lines.pop() !== "") throw new Error("its last line is cut short");
  if (lines[0] !== "0") throw new Error(`its version is ${JSON.stringify(lines[0])}, not 0`);
  const count = parseCount(lines[1]);
  if (count !== lines.length - 2) {
    throw new Error(`it announces ${lines[1]} entries and holds ${lines.length - 2}`);
  }
  return lines.slice(2).map((line) => {
    const words = line.split(" ");
    if (words.length !== fields) throw new Error(`it has a line ${JSON.stringify(line)}`);
    return words;
  });
}

/** Throws {@link UnknownVersion} for a file that begins with a number that is no version of ours. */
export function checkVersionLine(text: string): void {
  const [version] = /^[1-9]\d{0,3}(?=\n)/.exec(text) ?? [];
  if (version !== undefined) throw new UnknownVersion(version, "0");
}

/** A number of a checkpoint: digits, within 2^53. */
export function parseCount(word: string | undefined): number {
  const value = /^\d+$/.test(word ?? "") ? Number(word) : NaN;
  if (!Number.isSafeInteger(value)) throw new Error(`it has ${JSON.stringify(word)} for a number`);
  return value;
}

export function formatCheckpoint(lines: readonly string[]): string {
  return ["0", String(lines.length), ...lines, ""].join("\n");
}

/** Throws a plain Error that tells what is wrong. */
export function decodeOffsets(text: string): CheckpointEntry[] {
  return parseCheckpoint(text, 3).map(([topic, partition, offset]) => ({
    topic,
    partition: parseCount(partition),
    offset: parseCount(offset),
  }));
}

export function encodeOffsets(entries: Iterable<CheckpointEntry>): string {
  const lines: string[] = [];
  for (const { topic, partition, offset } of entries) lines.push(`${topic} ${partition} ${offset}`);
  return formatCheckpoint(lines);
}

/**
 * The entries of a file's text; none when there is no such file. Throws StorageError for one that
 * makes no sense.
 */
export function entriesOf(text: string | undefined, path: string): CheckpointEntry[] {
  if (text === undefined || text === "") return [];
  try {
    return decodeOffsets(text);
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

/** The same, as offsets by partition. */
export function offsetsOf(text: string | undefined, path: string): Map<string, Offset> {
  return new Map(entriesOf(text, path).map((entry) => [keyOf(entry), entry.offset]));
}

/** A small text file, undefined when it is missing. */
export function readText(disk: Disk, path: string): string | undefined {
  if (!disk.exists(path)) return undefined;
  return new TextDecoder().decode(disk.readFile(path));
}

export function unreadable(path: string, cause: unknown): StorageError {
  if (cause instanceof UnknownVersion) return newerFormat(path, cause);
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new StorageError(`Cannot read ${path}: ${reason}`, path, { cause });
}
