/**
 * One segment in the place of several, on disk, so that a crash at any point leaves the old ones or
 * the new one (`kafka-behaviour` 20.2). The new one is whole and on the device as `.cleaned`:
 *
 *     1. .cleaned is renamed .swap       from here on a start finishes what follows
 *     2. the old ones become .deleted
 *     3. .swap loses its suffix
 *
 * Names are forced to the device between the steps: otherwise a power cut may keep a later one and
 * lose an earlier one. A start that finds `.swap` removes the segments that it covers, from its
 * base to behind its last batch. Old ones beyond that, of which nothing stayed, are removed after
 * it and one by one, the oldest first: what is left of them at a crash is an end of the run, so
 * that no record comes back whose tombstone is gone.
 */
import { type Disk, isDiskFull } from "../platform/mod.ts";
import type { Segment } from "./segment.ts";

interface Place {
  readonly disk: Disk;
  readonly folder: string;
}

/** In the log they are replaced. */
type OnReplaced = (replaced: readonly Segment[]) => void;

export function swapIn(
  { disk, folder }: Place,
  cleaned: Segment,
  old: readonly Segment[],
  onReplaced: OnReplaced,
): void {
  const covered = old.filter((segment) => isCovered(segment, cleaned));
  cleaned.close();
  try {
    cleaned.moveTo("swap");
  } catch (error) {
    if (isDiskFull(error)) cleaned.discard(); // or a start would finish it, whatever came between
    throw error;
  }
  disk.syncDirectory(folder);
  for (const segment of covered) segment.markDeleted();
  disk.syncDirectory(folder);
  cleaned.moveTo("");
  disk.syncDirectory(folder);
  onReplaced(covered);
}

/** Ends the old segments that lie wholly behind the new one. */
export function removeReplaced(
  { disk, folder }: Place,
  cleaned: Segment,
  old: readonly Segment[],
  onReplaced: OnReplaced,
): void {
  for (const segment of old) {
    if (isCovered(segment, cleaned)) continue;
    segment.markDeleted();
    disk.syncDirectory(folder);
    onReplaced([segment]);
  }
}

const isCovered = ({ baseOffset }: Segment, cleaned: Segment): boolean =>
  baseOffset === cleaned.baseOffset || baseOffset < cleaned.nextOffset;
