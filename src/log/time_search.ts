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
    const start = Math.max(segment.times.lookup(timestamp), from);
    const found = searchFrom(
      segment,
      start,
      (batch) => batch.maxTimestamp >= timestamp ? recordAt(batch, { timestamp, from }) : undefined,
    );
    if (found) return found.offset < upTo ? found : undefined;
  }
  return undefined;
}

/** The first of the records with the largest timestamp of all. */
export function findMaxTimestamp(
  segments: readonly Segment[],
  logStartOffset: Offset,
): FoundRecord | undefined {
  let latest: Segment | undefined;
  for (const segment of segments) {
    if (segment.maxTimestamp > (latest?.maxTimestamp ?? -1)) latest = segment;
  }
  if (!latest) return undefined;
  const timestamp = latest.maxTimestamp;
  return searchFrom(
    latest,
    latest.lastOffsetOfMaxTimestamp,
    (batch) => recordAt(batch, { timestamp, from: logStartOffset }),
  );
}

function searchFrom(
  segment: Segment,
  offset: Offset,
  look: (batch: BatchView) => FoundRecord | undefined,
): FoundRecord | undefined {
  let found: FoundRecord | undefined;
  segment.walk({ from: segment.startOf(offset) }, (batch) => {
    if (batch.lastOffset < offset) return;
    found = look(batch);
    if (found) return "found";
  });
  return found;
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
