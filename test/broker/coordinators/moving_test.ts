/**
 * No commit is lost, and none is doubled, however coordinators' partitions move. `SEED=7` runs one
 * schedule again, `SEEDS=1000` so many.
 */
import { ok } from "node:assert/strict";
import { forEachSeed } from "../../kit/seeds.ts";
import { type MovingResult, runMoving } from "./moving.ts";

Deno.test("What coordinators acknowledged is known to whoever coordinates next, and given to nobody twice", async () => {
  const all: MovingResult[] = [];
  await forEachSeed(30, async (seed) => void all.push(await runMoving(seed)));
  const sum = (of: keyof MovingResult) => all.reduce((total, each) => total + each[of], 0);
  const told = {
    numbers: sum("numbers"),
    commits: sum("commits"),
    refused: sum("refused"),
    crashes: sum("crashes"),
    leaderEpochs: sum("leaderEpochs"),
  };
  console.log(told);
  if (Deno.env.get("SEED") || Deno.env.get("SEEDS")) return;
  ok(Object.values(told).every((count) => count > 40), JSON.stringify(told));
});
