import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { Turn, Turns } from "../../src/net/turns.ts";
import { SimulatedClock } from "../../src/platform/memory/mod.ts";

Deno.test("Who works at a stretch makes way; who rests between does not", () => {
  const turns = new Turns(new SimulatedClock());
  const busy = new Turn(turns);
  let madeWay = 0;
  for (let at = 1000; at < 1100; at++) if (busy.worked(at, at + 1)) madeWay++;
  strictEqual(madeWay, 20, "each 5 ms");

  const resting = new Turn(turns);
  for (let at = 1000; at < 2000; at += 10) strictEqual(resting.worked(at, at + 1), undefined);
});

Deno.test("Those who make way go on one at a time, and longer work waits for longer", async () => {
  const clock = new SimulatedClock();
  const turns = new Turns(clock);
  const order: string[] = [];
  for (
    const [name, workedMs] of [["small", 5], ["large", 18], ["huge", 5000], ["last", 5]] as const
  ) {
    void turns.next(workedMs).then(() => order.push(`${name} ${clock.monotonic()}`));
  }
  await clock.advanceAndSettle(0);
  deepStrictEqual(order, ["small 0"]);
  for (let ms = 0; ms < 120; ms++) await clock.advanceAndSettle(1);
  deepStrictEqual(order, ["small 0", "large 8", "huge 108", "last 108"]);
});
