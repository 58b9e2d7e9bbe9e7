/**
 * What the files of a partition are called, as Kafka has them; `.txnsum` is ours. A segment's files
 * and a producer snapshot carry an offset in twenty digits, so that the order of names is the order
 * of offsets:
 *
 *     orders-3/00000000000000170210.log, .index, .timeindex, .txnindex, .txnsum, .snapshot
 *     orders-3/leader-epoch-checkpoint, partition.metadata
 *
 * A further suffix tells where a file is in its life: `.deleted` waits to be removed, `.cleaned` is
 * the output of a compaction that did not finish, `.swap` of one that did and is being swapped in.
 */
import { keyOf, type Offset, type TopicPartition } from "../base/mod.ts";

export type SegmentSuffix = "log" | "index" | "timeindex" | "txnindex" | "txnsum" | "snapshot";

/** Where a segment's files are in their life. */
export type SegmentStage = "" | "cleaned" | "swap" | "deleted";

export const SEGMENT_SUFFIXES: readonly SegmentSuffix[] = [
  "log",
  "index",
  "timeindex",
  "txnindex",
  "txnsum",
];

/** `00000000000000000042.log` */
export const fileName = (offset: Offset, suffix: SegmentSuffix): string =>
  `${String(offset).padStart(20, "0")}.${suffix}`;

/** Reads such a name, undefined for any other. */
export function parseFileName(
  name: string,
):
  | { offset: Offset; suffix: SegmentSuffix; stage: SegmentStage }
  | undefined {
  const match =
    /^(\d{20})\.(log|index|timeindex|txnindex|txnsum|snapshot)(?:\.(deleted|cleaned|swap))?$/
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
 * What a partition's folder is called that is no partition's any more, or not yet one:
 *
 *     orders-3.<32 hex digits>-delete    deleted, until its files are gone
 *     orders-3.<32 hex digits>-future    being copied here from another directory
 *     orders-3.<32 hex digits>-stray     of a topic that nobody knows; left for its owner to see
 *
 * A deleted one's name may be cut to fit; the others must be read again.
 */
export type DirectoryStage = "delete" | "future" | "stray";

export function stagedDirectoryName(
  name: string,
  uniqueHex: string,
  stage: DirectoryStage,
): string {
  const suffix = `.${uniqueHex}-${stage}`;
  return name.slice(0, LONGEST_NAME - suffix.length) + suffix;
}

/**
 * Whether the name of the partition's copy fits: cut, it would not tell whose it is (KAFKA-4893).
 */
export const isMovableName = (topicPartition: TopicPartition): boolean =>
  keyOf(topicPartition).length + `.-future`.length + 32 <= LONGEST_NAME;

/** Reads such a name, undefined for any other. */
export function parseStagedDirectoryName(
  name: string,
): { name: string; stage: DirectoryStage } | undefined {
  const match = /^(.+)\.[0-9a-f]{32}-(delete|future|stray)$/.exec(name);
  return match ? { name: match[1], stage: match[2] as DirectoryStage } : undefined;
}
