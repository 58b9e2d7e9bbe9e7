/** Who is let in, under a clock that the test moves. */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { Admission, type AdmissionLimits, NO_ADMISSION_LIMITS } from "../../src/net/admission.ts";

const admission = (limits: Partial<AdmissionLimits>) =>
  new Admission({ ...NO_ADMISSION_LIMITS, ...limits });

Deno.test("Ten windows' worth of connections come in at once, the next waits for a window at most", () => {
  const one = admission({ maxCreationRate: 2 });
  const pauseMs = () => one.pauseMs("A", 0);
  for (let i = 0; i < 20; i++) strictEqual(pauseMs(), 0);
  strictEqual(pauseMs(), 500); // one of twenty too many, over ten seconds
  pauseMs();
  strictEqual(pauseMs(), 1000);
});

Deno.test("A listener's rate is its own, and that of all is not for the protected one", () => {
  const one = admission({
    maxCreationRate: 0.1,
    protectedListener: "BROKERS",
    listeners: new Map([["A", { maxConnections: Infinity, maxCreationRate: 0.1 }]]),
  });
  strictEqual(one.pauseMs("A", 0), 0);
  ok(one.pauseMs("A", 0) > 0);
  ok(one.pauseMs("B", 0) > 0);
  strictEqual(one.pauseMs("BROKERS", 0), 0);
});

Deno.test("An address beyond its rate is held, and not counted", () => {
  const one = admission({ creationRateOf: (address) => address === "a" ? 1 : Infinity });
  for (let i = 0; i < 10; i++) strictEqual(one.enter("A", "a", 0), "yes");
  for (let i = 0; i < 5; i++) deepStrictEqual(one.enter("A", "a", 0), { closeAfterMs: 1000 });
  strictEqual(one.enter("A", "b", 0), "yes");
  strictEqual(one.enter("A", "a", 11_000), "yes");
});

Deno.test("A listener is full, or all are; the protected one is let in, and others make room", () => {
  const one = admission({
    maxConnections: 2,
    protectedListener: "BROKERS",
    listeners: new Map([["A", { maxConnections: 1, maxCreationRate: Infinity }]]),
  });
  one.enter("A", "a", 0);
  deepStrictEqual(["A", "B", "BROKERS"].map((name) => one.hasRoom(name)), [false, true, true]);
  one.enter("B", "a", 0);
  deepStrictEqual(["A", "B", "BROKERS"].map((name) => one.hasRoom(name)), [false, false, true]);
  one.enter("BROKERS", "b", 0);
  strictEqual(one.excess, 1);
  one.leave("A", "a");
  strictEqual(one.excess, 0);
});
