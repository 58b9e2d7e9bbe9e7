/** Many items give everyone else a turn, and few cost no promise. */
import { deepStrictEqual, ok } from "node:assert/strict";
import { mapInSlices } from "../../src/broker/slices.ts";
import { SimulatedClock } from "../../src/platform/memory/mod.ts";

const double = (item: number) => 2 * item;

Deno.test("What takes no time is done at once", () => {
  deepStrictEqual(mapInSlices([1, 2, 3], double, new SimulatedClock()), [2, 4, 6]);
  deepStrictEqual(mapInSlices([], double, new SimulatedClock()), []);
});

Deno.test("What takes long is done in pieces, in order, and others have their turn between", async () => {
  const clock = new SimulatedClock();
  const done: number[] = [];
  const items = Array.from({ length: 20 }, (_, i) => i);
  const results = mapInSlices(items, (item) => {
    clock.advance(1);
    done.push(item);
    return double(item);
  }, clock);
  ok(results instanceof Promise);
  deepStrictEqual(done.length, 4);
  await clock.advanceAndSettle(1);
  ok(done.length > 4 && done.length < 20, `${done.length} at a stretch`);
  for (let i = 0; i < 20; i++) await clock.advanceAndSettle(1);
  deepStrictEqual(await results, items.map(double));
});
