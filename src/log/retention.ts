/**
 * Which segments of a log are old enough to go (`kafka-behaviour` 20.5). Oldest first, and never
 * one behind one that stays; never a segment that reaches above the high watermark. A log that does
 * not delete by policy still drops what lies wholly before its start offset.
 */
import type { Offset } from "../base/mod.ts";
import type { LogSettings } from "./log_settings.ts";

/** A segment, as far as retention cares. */
export interface RetainedSegment {
  readonly sizeInBytes: number;
  /** Where the next one begins, or the log ends. */
  readonly endOffset: Offset;
  /** See `Segment.retentionTimestamp`. */
  readonly retentionTimestamp: number;
}

export interface RetentionContext {
  readonly now: number;
  readonly settings: Pick<LogSettings, "deletes" | "retentionMs" | "retentionBytes">;
  readonly highWatermark: Offset;
  readonly logStartOffset: Offset;
}

/**
 * How many segments, from the oldest on, are to be deleted. All of them means that the active one
 * rolls first.
 */
export function countDeletable(
  segments: readonly RetainedSegment[],
  { now, settings, highWatermark, logStartOffset }: RetentionContext,
): number {
  let left = segments.reduce((sum, { sizeInBytes }) => sum + sizeInBytes, 0);
  const { deletes, retentionMs, retentionBytes } = settings;

  const isDeletable = (segment: RetainedSegment, isLast: boolean): boolean => {
    if (segment.endOffset > highWatermark) return false;
    if (isLast && segment.sizeInBytes === 0) return false;
    if (!isLast && segment.endOffset <= logStartOffset) return true;
    if (!deletes) return false;
    if (retentionMs >= 0 && now - segment.retentionTimestamp > retentionMs) return true;
    return retentionBytes >= 0 && left - segment.sizeInBytes >= retentionBytes;
  };

  let count = 0;
  for (const segment of segments) {
    if (!isDeletable(segment, count === segments.length - 1)) break;
    left -= segment.sizeInBytes;
    count++;
  }
  return count;
}
