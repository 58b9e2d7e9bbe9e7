/**
 * What the files of a partition are called (all as Kafka has them). A segment's files and a
 * producer snapshot carry an offset in twenty digits, so that the order of names is the order of
 * offsets:
 *
 *     orders-3/00000000000000170210.log, .index, .timeindex, .txnindex, .snapshot
 *     orders-3/leader-epoch-checkpoint, partition.metadata
 *
 * A further suffix tells where a file is in its life: `.deleted` waits to be removed, `.cleaned` is
 * the output of a compaction that did not finish, `.swap` of one that did and is being swapped in.
 */
import type { Offset, TopicPartition } from "../base/mod.ts";

export type SegmentSuffix = "log" | "index" | "timeindex" | "txnindex" | "snapshot";

/** Where a segment's files are in their life. */
export type SegmentStage = "" | "cleaned" | "swap" | "deleted";

export const SEGMENT_SUFFIXES: readonly SegmentSuffix[] = ["log", "index", "timeindex", "txnindex"];

/** `00000000000000000042.log` */
export const fileName = (offset: Offset, suffix: SegmentSuffix): string =>
  `${String(offset).padStart(20, "0")}.${suffix}`;

/** Reads such a name, undefined for any other. */
export function parseFileName(
  name: string,
):
  | { offset: Offset; suffix: SegmentSuffix; stage: SegmentStage }
  | undefined {
  const match = /^(\d{20})\.(log|index|timeindex|txnindex|snapshot)(?:\.(deleted|cleaned|swap))?$/
    .exec(name);
  if (!match) return undefined;
  const offset = Number(match[1]);
  if (!Number.isSafeInteger(offset)) return undefined;
  return { offset, suffix: match[2] as SegmentSuffix, stage: (match[3] ?? "") as SegmentStage };
}

/**
 * Reads a partition's folder name, undefined when it is none. The last dash is the one that counts.
 */
export function parseDirectoryName(name: string): TopicPartition | undefined {
  const match = /^([a-zA-Z0-9._-]{1,249})-(\d{1,10})$/.exec(name);
  return match ? { topic: match[1], partition: Number(match[2]) } : undefined;
}

const LONGEST_NAME = 255;

/**
 * What a deleted partition's folder is called until its files are gone: `orders-3.<32 hex
 * digits>-delete`.
 */
export function deletedDirectoryName(name: string, uniqueHex: string): string {
  const suffix = `.${uniqueHex}-delete`;
  return name.slice(0, LONGEST_NAME - suffix.length) + suffix;
}

export const isDeletedDirectoryName = (name: string): boolean =>
  /\.[0-9a-f]{32}-delete$/.test(name);
