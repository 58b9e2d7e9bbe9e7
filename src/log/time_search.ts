/**
 * Finding records by their time: ListOffsets. The indexes narrow it down to a few batches, which
 * are read.
 */
import type { Offset } from "../base/mod.ts";
import { type BatchView, recordsOf } from "../records/mod.ts";
import type { Segment } from "./segment.ts";

export interface FoundRecord {
  readonly offset: Offset;
  readonly timestamp: number;
  readonly leaderEpoch: number;
}

/**
 * Stored batches were validated when they came; this only keeps a damaged one from taking all
 * memory.
 */
const MAX_UNPACKED_BYTES = 1024 * 1024 * 1024;

/** A search reads so much at once; what it seeks is near. */
const READ_BYTES = 16 * 1024;

/** The first record in [from, upTo) whose timestamp is at or after `timestamp`. */
export function findByTime(
  segments: readonly Segment[],
  { timestamp, from, upTo }: { timestamp: number; from: Offset; upTo: Offset },
): FoundRecord | undefined {
  for (let i = 0; i < segments.length; i++) {
    const segment = segments[i];
    if (segment.baseOffset >= upTo) return undefined;
    const isBeforeStart = i + 1 < segments.length && segments[i + 1].baseOffset <= from;
    if (isBeforeStart || segment.maxTimestamp < timestamp) continue;
    const start = Math.max(segment.offsetBefore(timestamp), from);
    const found = searchFrom(
      { segment, endOffset: segments[i + 1]?.baseOffset ?? segment.nextOffset },
      start,
      (batch) => batch.maxTimestamp >= timestamp ? recordAt(batch, { timestamp, from }) : undefined,
    );
    if (found) return found.offset < upTo ? found : undefined;
  }
  return undefined;
}

/**
 * The first of the records with the largest timestamp of all that are left; without any times, the
 * first record.
 */
export function findMaxTimestamp(
  segments: readonly Segment[],
  logStartOffset: Offset,
): FoundRecord | undefined {
  const left = segments
    .map((segment, i) => ({
      segment,
      endOffset: segments[i + 1]?.baseOffset ?? segment.nextOffset,
    }))
    .filter((_, i) => !(segments[i + 1]?.baseOffset <= logStartOffset));
  const latest = youngest(left);
  if (latest === undefined) return undefined;
  const from = logStartOffset;
  const found = youngestIn(latest, from);
  if (found !== undefined || latest.segment.baseOffset >= from) return found;
  // Its youngest record was deleted. Only the first segment that is left can be one of this kind.
  const rest = scanForYoungest(latest, from);
  const other = youngest(left.slice(1));
  if (other === undefined || (rest && rest.timestamp >= other.segment.maxTimestamp)) return rest;
  return youngestIn(other, from);
}

/** A segment, and where the next one begins. */
interface Bounded {
  readonly segment: Segment;
  readonly endOffset: Offset;
}

function youngest(segments: readonly Bounded[]): Bounded | undefined {
  let latest: Bounded | undefined;
  for (const each of segments) {
    const { segment } = each;
    if (segment.sizeInBytes === 0) continue;
    if (latest === undefined || segment.maxTimestamp > latest.segment.maxTimestamp) latest = each;
  }
  return latest;
}

function youngestIn(bounded: Bounded, from: Offset): FoundRecord | undefined {
  const { maxTimestamp: timestamp, lastOffsetOfMaxTimestamp } = bounded.segment;
  return searchFrom(
    bounded,
    lastOffsetOfMaxTimestamp,
    (batch) => recordAt(batch, { timestamp, from }),
  );
}

function scanForYoungest(bounded: Bounded, from: Offset): FoundRecord | undefined {
  let best: FoundRecord | undefined;
  searchFrom(bounded, from, (batch) => {
    if (best !== undefined && batch.maxTimestamp <= best.timestamp) return undefined;
    for (const record of recordsOf(batch, { maxDecompressedBytes: MAX_UNPACKED_BYTES })) {
      const { offset, timestamp } = record;
      if (offset < from || timestamp <= (best?.timestamp ?? -Infinity)) continue;
      best = { offset, timestamp, leaderEpoch: batch.partitionLeaderEpoch };
    }
    return undefined;
  });
  return best;
}

/** Throws KafkaError CORRUPT_MESSAGE where the search meets what can't be read. */
function searchFrom(
  { segment, endOffset }: Bounded,
  offset: Offset,
  look: (batch: BatchView) => FoundRecord | undefined,
): FoundRecord | undefined {
  const limits = { maxBytes: READ_BYTES, upTo: Infinity, atLeastOneBatch: true, endOffset };
  for (const batch of segment.batchesFrom(offset, limits)) {
    const found = look(batch);
    if (found !== undefined) return found;
  }
  return undefined;
}

function recordAt(
  batch: BatchView,
  { timestamp, from }: { timestamp: number; from: Offset },
): FoundRecord | undefined {
  for (const record of recordsOf(batch, { maxDecompressedBytes: MAX_UNPACKED_BYTES })) {
    if (record.timestamp < timestamp || record.offset < from) continue;
    const { offset, timestamp: found } = record;
    return { offset, timestamp: found, leaderEpoch: batch.partitionLeaderEpoch };
  }
  return undefined;
}
