import { ok, strictEqual } from "node:assert/strict";
import { Rate } from "../../../plugins/camera/rate.ts";

/** The rate after so many pictures, one each `periodMs`, and a silence. */
function rateOf(pictures: number, periodMs: number, silenceMs = 0): number {
  const rate = new Rate();
  for (let at = 0; at < pictures; at++) rate.count(at * periodMs);
  return rate.perSecond((pictures - 1) * periodMs + silenceMs);
}

Deno.test("A rate is right for a film and for stills", () => {
  for (const perSecond of [120, 15, 0.5, 1 / 60]) {
    const measured = rateOf(40, 1000 / perSecond);
    ok(Math.abs(measured / perSecond - 1) < 1e-9, `${measured} for ${perSecond}`);
  }
});

Deno.test("A rate falls when pictures stop coming, and not before", () => {
  strictEqual(rateOf(40, 100, 300), 10);
  strictEqual(rateOf(40, 100, 10_000), 0.1);
  strictEqual(rateOf(1, 100), 0);
});
