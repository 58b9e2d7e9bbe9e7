/** What is cleaned next, and which segments become one. */
import { deepStrictEqual, strictEqual } from "node:assert/strict";
import {
  type CleanableLog,
  type CleaningPlan,
  dirtiest,
  groupBySize,
  planCleaning,
} from "../../../src/log/cleaner/cleanable.ts";

const NOW = 1_000_000;
const SETTINGS = { minCleanableRatio: 0.5, minCompactionLagMs: 0, maxCompactionLagMs: 2 ** 53 };

/** Segments of 100 bytes that begin at these offsets; the last one is active. */
const log = (bases: number[], more: Partial<CleanableLog> = {}): CleanableLog => ({
  segments: bases.map((baseOffset) => ({
    baseOffset,
    sizeInBytes: 100,
    maxTimestamp: NOW - 1000 + baseOffset,
    firstTimestamp: NOW - 1000 + baseOffset,
  })),
  logStartOffset: bases[0],
  logEndOffset: bases[bases.length - 1] + 10,
  lastStableOffset: bases[bases.length - 1] + 10,
  durableEndOffset: bases[bases.length - 1] + 10,
  ...more,
});

type Row = [
  what: string,
  log: CleanableLog,
  checkpoint: number | undefined,
  settings: Partial<typeof SETTINGS>,
  expected: Partial<CleaningPlan>,
];
const rows: Row[] = [
  ["never cleaned", log([0, 10, 20]), undefined, {}, {
    firstDirtyOffset: 0,
    firstUncleanableOffset: 20,
    ratio: 1,
    isDue: true,
  }],
  ["half of it", log([0, 10, 20]), 10, {}, {
    cleanBytes: 100,
    dirtyBytes: 100,
    ratio: 0.5,
    isDue: false,
  }],
  ["more than half", log([0, 10, 20, 30]), 10, {}, {
    firstDirtyOffset: 10,
    dirtyBytes: 200,
    isDue: true,
  }],
  ["all of it clean", log([0, 10, 20]), 20, {}, { dirtyBytes: 0, ratio: 0, isDue: false }],
  ["an active segment only", log([0]), undefined, {}, { dirtyBytes: 0, isDue: false }],
  ["from within a segment", log([0, 10, 20]), 15, {}, {
    firstDirtyOffset: 15,
    cleanBytes: 200,
    dirtyBytes: 100,
  }],
  ["a checkpoint before the start", log([10, 20, 30]), 5, {}, {
    firstDirtyOffset: 10,
    wasCheckpointWrong: true,
  }],
  ["a checkpoint behind the end", log([0, 10]), 50, {}, {
    firstDirtyOffset: 0,
    wasCheckpointWrong: true,
  }],
  ["what is not on the device", log([0, 10, 20], { durableEndOffset: 15 }), undefined, {}, {
    firstDirtyOffset: 0,
    firstUncleanableOffset: 10,
  }],
  ["an open transaction", log([0, 10, 20], { lastStableOffset: 15 }), undefined, {}, {
    firstUncleanableOffset: 10,
  }],
  ["too young", log([0, 10, 20, 30]), undefined, { minCompactionLagMs: 985 }, {
    firstUncleanableOffset: 20,
  }],
  ["old, and all of it young", log([0, 10, 20]), undefined, { minCompactionLagMs: 5000 }, {
    dirtyBytes: 0,
    isDue: false,
  }],
  ["waited too long", log([0, 10, 20, 30]), 20, { maxCompactionLagMs: 900 }, { isDue: true }],
  ["waited not so long", log([0, 10, 20, 30]), 20, { maxCompactionLagMs: 980 }, { isDue: false }],
];

for (const [what, log, checkpoint, settings, expected] of rows) {
  Deno.test(`A plan for a log: ${what}`, () => {
    const plan = planCleaning(log, { ...SETTINGS, ...settings }, { checkpoint, now: NOW });
    const of = Object.fromEntries(
      Object.keys(expected).map((name) => [name, plan[name as keyof CleaningPlan]]),
    );
    deepStrictEqual(of, expected);
  });
}

Deno.test("The dirtiest of those that are due goes first", () => {
  const plan = (ratio: number, isDue: boolean) => ({ plan: { ratio, isDue } as CleaningPlan });
  strictEqual(dirtiest([plan(0.9, false), plan(0.6, true), plan(0.7, true)])?.plan.ratio, 0.7);
  strictEqual(dirtiest([plan(0.9, false)]), undefined);
});

Deno.test("Segments become one while bytes, indexes and offsets fit", () => {
  const segment = (baseOffset: number, sizeInBytes: number, indexes = 8) => ({
    baseOffset,
    sizeInBytes,
    offsetIndexBytes: indexes,
    timeIndexBytes: indexes,
  });
  const group = (segments: ReturnType<typeof segment>[], endOffset = 1000) =>
    groupBySize(segments, { segmentBytes: 100, segmentIndexBytes: 30, endOffset })
      .map((each) => each.map(({ baseOffset }) => baseOffset));
  deepStrictEqual(group([segment(0, 60), segment(10, 40), segment(20, 1)]), [[0, 10], [20]]);
  deepStrictEqual(group([segment(0, 500), segment(10, 40)]), [[0], [10]]);
  deepStrictEqual(group([segment(0, 1, 20), segment(10, 1, 20)]), [[0], [10]]);
  deepStrictEqual(group([segment(0, 1), segment(10, 1)], 2 ** 31), [[0, 10]]);
  deepStrictEqual(group([segment(0, 1), segment(10, 1)], 2 ** 31 + 1), [[0], [10]]);
  // An empty one has no offsets that an index would have to hold.
  deepStrictEqual(group([segment(0, 1), segment(10, 0)], 2 ** 33), [[0, 10]]);
});
