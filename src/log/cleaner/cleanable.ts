/**
 * What of which log to clean next, as functions of data (`kafka-behaviour` 20.6).
 *
 *     logStartOffset … firstDirty … firstUncleanable … active segment … logEndOffset
 *          cleaned before | dirty, and may be cleaned | not yet
 *
 * The dirtiest log goes first: the one in which the largest part of what may be cleaned is new. One
 * that has waited for `max.compaction.lag.ms` is cleaned however little that is.
 */
import type { Offset } from "../../base/mod.ts";
import { MAX_RELATIVE_OFFSET } from "../batch_cut.ts";

/** A segment, as far as it matters here. */
export interface CleanableSegment {
  readonly baseOffset: Offset;
  readonly sizeInBytes: number;
  /** -1 when no record has one. */
  readonly maxTimestamp: number;
  /** Of its first batch; -1 when there is none. */
  readonly firstTimestamp: number;
}

export interface CleanableLog {
  /** In order; the last one is active, and never cleaned. */
  readonly segments: readonly CleanableSegment[];
  readonly logStartOffset: Offset;
  readonly logEndOffset: Offset;
  readonly lastStableOffset: Offset;
  /**
   * What lies behind it may be gone after a power cut, and must not have taken older records of its
   * keys along.
   */
  readonly durableEndOffset: Offset;
}

export interface CleaningSettings {
  readonly minCleanableRatio: number;
  readonly minCompactionLagMs: number;
  readonly maxCompactionLagMs: number;
}

/** What one run over a log would do. */
export interface CleaningPlan {
  readonly firstDirtyOffset: Offset;
  /** The base of a segment: from it on nothing is touched. */
  readonly firstUncleanableOffset: Offset;
  readonly cleanBytes: number;
  readonly dirtyBytes: number;
  /** The part of what may be cleaned that is new. */
  readonly ratio: number;
  /** Enough is new, or it has waited for too long. */
  readonly isDue: boolean;
  /** The checkpoint made no sense for this log: it began or ended elsewhere. */
  readonly wasCheckpointWrong: boolean;
}

/** @param checkpoint up to where the log was cleaned before; undefined for never. */
export function planCleaning(
  log: CleanableLog,
  settings: CleaningSettings,
  { checkpoint, now }: { checkpoint: Offset | undefined; now: number },
): CleaningPlan {
  const { segments, logStartOffset, logEndOffset } = log;
  const wasCheckpointWrong = checkpoint !== undefined &&
    (checkpoint < logStartOffset || checkpoint > logEndOffset);
  const firstDirtyOffset = wasCheckpointWrong ? logStartOffset : checkpoint ?? logStartOffset;
  const active = segments[segments.length - 1].baseOffset;
  const dirty = between(segments, Math.min(firstDirtyOffset, active), active);

  const limit = Math.max(
    firstDirtyOffset,
    Math.min(
      log.lastStableOffset,
      log.durableEndOffset,
      firstTooYoung(dirty, settings, now) ?? active,
      active,
    ),
  );
  const firstUncleanableOffset = between(segments, Math.min(limit, active), active)[0]
    ?.baseOffset ?? active;

  const from = Math.min(firstDirtyOffset, firstUncleanableOffset);
  const dirtyBytes = sizeOf(between(segments, from, firstUncleanableOffset));
  const cleanBytes = sizeOf(segments.filter(({ baseOffset }) => baseOffset < firstDirtyOffset));
  const total = cleanBytes + dirtyBytes;
  const ratio = total === 0 ? 0 : dirtyBytes / total;
  const isOverdue = dirtyBytes > 0 && hasWaitedTooLong(dirty, settings, now);
  return {
    firstDirtyOffset,
    firstUncleanableOffset,
    cleanBytes,
    dirtyBytes,
    ratio,
    isDue: total > 0 && (isOverdue || ratio > settings.minCleanableRatio),
    wasCheckpointWrong,
  };
}

/** Records as young as this may yet be wanted one by one. */
function firstTooYoung(
  dirty: readonly CleanableSegment[],
  { minCompactionLagMs }: CleaningSettings,
  now: number,
): Offset | undefined {
  if (minCompactionLagMs <= 0) return undefined;
  return dirty.find(({ maxTimestamp }) => maxTimestamp > now - minCompactionLagMs)?.baseOffset;
}

function hasWaitedTooLong(
  dirty: readonly CleanableSegment[],
  { maxCompactionLagMs }: CleaningSettings,
  now: number,
): boolean {
  const latest = now - maxCompactionLagMs;
  if (latest <= 0) return false;
  return dirty.some(({ firstTimestamp }) => firstTimestamp > 0 && firstTimestamp < latest);
}

/** The dirtiest of those that are due; undefined when none is. */
export function dirtiest<C extends { readonly plan: CleaningPlan }>(
  candidates: Iterable<C>,
): C | undefined {
  let found: C | undefined;
  for (const candidate of candidates) {
    if (!candidate.plan.isDue) continue;
    if (found === undefined || candidate.plan.ratio > found.plan.ratio) found = candidate;
  }
  return found;
}

/** The segments from the one that holds `from` to the last that begins before `to`. */
export function between<S extends { readonly baseOffset: Offset }>(
  segments: readonly S[],
  from: Offset,
  to: Offset,
): S[] {
  if (from >= to) return [];
  const holding = segments.findLastIndex(({ baseOffset }) => baseOffset <= from);
  return segments.slice(Math.max(holding, 0)).filter(({ baseOffset }) => baseOffset < to);
}

const sizeOf = (segments: readonly CleanableSegment[]): number =>
  segments.reduce((sum, { sizeInBytes }) => sum + sizeInBytes, 0);

/** What of a segment decides with which others it becomes one. */
export interface MergeableSegment {
  readonly baseOffset: Offset;
  readonly sizeInBytes: number;
  readonly offsetIndexBytes: number;
  readonly timeIndexBytes: number;
}

export interface MergeLimits {
  readonly segmentBytes: number;
  readonly segmentIndexBytes: number;
  /** Where the last of the segments ends. */
  readonly endOffset: Offset;
}

/** Runs of segments, each of which becomes one: small ones don't stay small for ever. */
export function groupBySize<S extends MergeableSegment>(
  segments: readonly S[],
  { segmentBytes, segmentIndexBytes, endOffset }: MergeLimits,
): S[][] {
  const groups: S[][] = [];
  let group: S[] = [];
  let bytes = 0;
  let offsetIndexBytes = 0;
  let timeIndexBytes = 0;
  segments.forEach((segment, i) => {
    const lastOffset = (segments[i + 1]?.baseOffset ?? endOffset) - 1;
    const fits = group.length > 0 && bytes + segment.sizeInBytes <= segmentBytes &&
      offsetIndexBytes + segment.offsetIndexBytes <= segmentIndexBytes &&
      timeIndexBytes + segment.timeIndexBytes <= segmentIndexBytes &&
      (segment.sizeInBytes === 0 || lastOffset - group[0].baseOffset <= MAX_RELATIVE_OFFSET);
    if (!fits) {
      groups.push(group = []);
      bytes = offsetIndexBytes = timeIndexBytes = 0;
    }
    group.push(segment);
    bytes += segment.sizeInBytes;
    offsetIndexBytes += segment.offsetIndexBytes;
    timeIndexBytes += segment.timeIndexBytes;
  });
  return groups;
}
