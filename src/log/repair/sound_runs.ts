/**
 * What of a segment is as it was written, and what is missing in between. Each batch is proven, as
 * at any read.
 */
import type { Offset } from "../../base/mod.ts";
import { batchesOf, type BatchView } from "../../records/mod.ts";
import { walkBatches } from "../batch_walk.ts";
import { holeAt } from "../damage.ts";
import type { Segment } from "../segment.ts";

/** How much is read before others may have a turn. */
const STEP_BYTES = 2 * 1024 * 1024;
const STEP_ENDS = "the step ends";
const GAP = "offsets are left out";

/** Offsets of which there is no sound batch. */
export interface Missing {
  readonly from: Offset;
  readonly to: Offset;
  /** The bytes that are there instead; if none are, there may never have been a batch. */
  readonly broken?: { readonly from: number; readonly to: number };
}

/** Batches that lie one behind the other, or what is missing behind them. */
export type Run = readonly BatchView[] | Missing;

/** @param endOffset where the next segment begins. */
export function* soundRuns(segment: Segment, endOffset: Offset): Generator<Run> {
  const { file, sizeInBytes: to } = segment;
  let position = 0;
  let next = segment.baseOffset;
  let epoch = -1;
  for (;;) {
    const from = position;
    let gapTo = next;
    const end = walkBatches(file, { from, to, next, endOffset, epoch }, (batch, at) => {
      if (at - from >= STEP_BYTES) return STEP_ENDS;
      gapTo = batch.baseOffset;
      if (gapTo > next) return GAP;
      next = batch.nextOffset;
      epoch = batch.partitionLeaderEpoch;
    });
    position = end.position;
    if (position > from) {
      const bytes = new Uint8Array(position - from);
      file.read(bytes, from);
      yield [...batchesOf(bytes)];
    }
    if (end.problem === STEP_ENDS) continue;
    if (end.problem === GAP) {
      yield { from: next, to: gapTo };
      next = gapTo;
      continue;
    }
    if (end.problem === undefined) {
      if (next < endOffset) yield { from: next, to: endOffset };
      return;
    }
    const hole = holeAt(file, { from: position, to, next, endOffset });
    yield { from: next, to: hole.nextBase ?? endOffset, broken: { from: position, to: hole.to } };
    if (hole.nextBase === undefined) return;
    position = hole.to;
    next = hole.nextBase;
    epoch = -1;
  }
}
