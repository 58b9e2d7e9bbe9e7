/** The cleaner's manners: short moments of work, rests, and a limit of bytes a second. */
import { ok, rejects, strictEqual } from "node:assert/strict";
import { Pace, Throttle } from "../../../src/log/cleaner/pace.ts";
import { SimulatedClock } from "../../../src/platform/memory/mod.ts";

Deno.test("Work goes on for a moment and rests for at least as long", async () => {
  const clock = new SimulatedClock();
  const pace = new Pace(
    clock,
    new Throttle(clock, () => Number.MAX_VALUE),
    new AbortController().signal,
  );
  strictEqual(pace.after(1e9), undefined);
  clock.advance(40); // a batch that took its time
  const rest = pace.after(1);
  ok(rest);
  let isOver = false;
  rest.then(() => isOver = true);
  await clock.advanceAndSettle(39);
  strictEqual(isOver, false);
  await clock.advanceAndSettle(1);
  strictEqual(isOver, true);
  strictEqual(pace.after(1), undefined);
});

Deno.test("Bytes a second are kept to by all cleanings together, and may be raised meanwhile", async () => {
  const clock = new SimulatedClock();
  let limit = 1000;
  const throttle = new Throttle(clock, () => limit);
  const pace = () => new Pace(clock, throttle, new AbortController().signal);
  const begin = clock.monotonic();
  const ends: number[] = [];
  for (const each of [pace(), pace()]) {
    each.after(5000)!.then(() => ends.push(clock.monotonic() - begin));
  }
  for (let i = 0; i < 50; i++) await clock.advanceAndSettle(100);
  strictEqual(ends.length, 0, "ten seconds' worth");
  limit = 1_000_000;
  for (let i = 0; i < 5; i++) await clock.advanceAndSettle(100);
  strictEqual(ends.length, 2);
});

Deno.test("A cleaning that is called off while it rests ends at once", async () => {
  const clock = new SimulatedClock();
  const stop = new AbortController();
  const pace = new Pace(clock, new Throttle(clock, () => 1), stop.signal);
  const rest = pace.after(1000)!;
  stop.abort(new Error("enough"));
  await rejects(rest, /enough/);
});
