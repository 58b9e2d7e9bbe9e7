/** What counts as flat. */
import { strictEqual } from "node:assert/strict";
import { SeededRandom } from "../../src/platform/memory/mod.ts";
import { trendOf } from "./samples.ts";

const allowance = { share: 0.05, more: 4 };
const chance = new SeededRandom(7);
/** A heap that is swept now and then, and grows by so much over all. */
const saw = (growth: number) =>
  Array.from({ length: 240 }, (_, i) => 100 + i % 17 + chance.int(6) + growth * i / 240);

const series: [name: string, values: number[], isFlat: boolean][] = [
  ["A saw", saw(0), true],
  ["A saw that sinks", saw(-30), true],
  ["A saw that climbs by a third", saw(33), false],
  ["A warm-up and then a plateau", saw(0).map((value, i) => value - Math.max(0, 50 - i)), true],
  ["One high window", saw(0).map((value, i) => value + (i > 150 && i < 170 ? 60 : 0)), true],
  ["A step that stays", saw(0).map((value, i) => value + (i > 120 ? 40 : 0)), false],
  ["A constant", Array(240).fill(31), true],
];
for (const [name, values, isFlat] of series) {
  Deno.test(`${name} is ${isFlat ? "flat" : "not flat"}`, () => {
    const trend = trendOf(values, allowance);
    strictEqual(trend.isFlat, isFlat, JSON.stringify(trend));
  });
}
