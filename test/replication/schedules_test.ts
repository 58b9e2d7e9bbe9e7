/**
 * Nothing that was acknowledged with acks=all is lost, whatever order things happen in. `SEED=7`
 * runs one schedule again, `SEEDS=1000` so many.
 */
import { ok } from "node:assert/strict";
import { forEachSeed } from "../kit/seeds.ts";
import { runSchedule } from "./schedules.ts";

Deno.test("What was acknowledged is on every replica in the end, whatever happened", async () => {
  const all = { acknowledged: 0, crashes: 0, isrChanges: 0 };
  await forEachSeed(40, async (seed) => {
    const { acknowledged, crashes, isrChanges } = await runSchedule(seed);
    all.acknowledged += acknowledged;
    all.crashes += crashes;
    all.isrChanges += isrChanges;
  });
  if (Deno.env.get("SEED") || Deno.env.get("SEEDS")) return;
  ok(all.acknowledged > 500 && all.crashes > 50 && all.isrChanges > 50, JSON.stringify(all));
});
