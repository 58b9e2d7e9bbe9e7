/**
 * When the active segment of a log ends. Segments of many partitions that began together shall not
 * all roll together: `segment.jitter.ms` takes something off `segment.ms`, the same for a segment
 * whenever it is asked.
 */
import { murmur2 } from "../bytes/mod.ts";
import type { LogSettings } from "./log_settings.ts";
import type { SegmentLimits } from "./segment.ts";

/**
 * @param segment names the segment: the dice are thrown from it.
 * @param segmentIndexBytes an index is as large as the settings said when its segment began.
 */
export function rollLimits(
  settings: LogSettings,
  segment: string,
  segmentIndexBytes: number,
): SegmentLimits {
  const { segmentJitterMs, segmentMs } = settings;
  if (segmentJitterMs <= 0) {
    const isAsSet = segmentIndexBytes === settings.segmentIndexBytes;
    return isAsSet ? settings : { ...settings, segmentIndexBytes };
  }
  const dice = murmur2(new TextEncoder().encode(segment)) >>> 0;
  const jitterMs = dice % Math.min(segmentJitterMs, segmentMs);
  return { ...settings, segmentIndexBytes, segmentMs: segmentMs - jitterMs };
}
