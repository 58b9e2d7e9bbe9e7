import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { Turns } from "../../src/net/turns.ts";
import { SimulatedClock } from "../../src/platform/memory/mod.ts";

Deno.test("After five milliseconds of everyone's work all make way, and go on in their order", async () => {
  const clock = new SimulatedClock();
  clock.advance(1000);
  const turns = new Turns(clock);
  const order: string[] = [];
  for (const [name, from] of [["a", 1000], ["b", 1002], ["c", 1004], ["d", 1006]] as const) {
    void turns.worked(from, from + 2)?.then(() => order.push(name));
  }
  deepStrictEqual(order, [], "a and b did not have to");
  clock.advance(8);
  await clock.advanceAndSettle(0);
  deepStrictEqual(order, ["c", "d"]);
  strictEqual(turns.worked(1008, 1010), undefined, "all begins anew");
});

Deno.test("Where there is time left nobody makes way", () => {
  const turns = new Turns(new SimulatedClock());
  for (let at = 1000; at < 2000; at += 10) strictEqual(turns.worked(at, at + 1), undefined);
});

Deno.test("Who took long waits for as long, and at most for a tenth of a second", async () => {
  const clock = new SimulatedClock();
  clock.advance(10_000);
  const turns = new Turns(clock);
  const order: string[] = [];
  for (const [name, tookMs] of [["huge", 5000], ["large", 18], ["small", 1]] as const) {
    const waiting = turns.worked(10_000 - tookMs, 10_000)!;
    void waiting.then(() => order.push(`${name} ${clock.monotonic() - 10_000}`));
  }
  for (let ms = 0; ms < 120; ms++) await clock.advanceAndSettle(1);
  deepStrictEqual(order.slice(1), ["large 18", "huge 100"]);
});
