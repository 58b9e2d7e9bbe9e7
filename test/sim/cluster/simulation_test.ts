/**
 * Whole clusters from a seed: whatever goes wrong, what was promised is kept, and service comes
 * back. `SEED=17` plays one story alone, `SEEDS=9999` so many; `deno task sim --cluster --seed 17`
 * tells it.
 */
import { deepStrictEqual, ok } from "node:assert/strict";
import { playAll } from "./play.ts";
import { tell } from "./story.ts";

Deno.test("Whatever goes wrong in a cluster, its promises are kept, and it serves again", () =>
  playAll("cluster", 300));

Deno.test("The same seed is the same story of a cluster, line by line", async () => {
  const stories = new Set<number>();
  for (const seed of [2, 5, 11]) {
    const [first, again] = [await tell(seed), await tell(seed)];
    deepStrictEqual(again, first);
    stories.add(first.digest);
  }
  ok(stories.size === 3);
});
