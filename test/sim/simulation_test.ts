/**
 * Whole lives of a node, many of them: nothing that was promised is lost, whatever the power does.
 * `SEED=17` plays one story alone, `SEEDS=9999` so many; `deno task sim --seed 17` tells it.
 */
import { deepStrictEqual, ok } from "node:assert/strict";
import { forEachSeed } from "../kit/seeds.ts";
import { tell } from "./story.ts";

Deno.test("Whatever ends a node's life, all that it has promised is there in the next", () =>
  forEachSeed(500, async (seed) => {
    const { failure } = await tell(seed);
    if (failure !== undefined) throw failure;
  }));

Deno.test("The same seed is the same story, to the last operation of the disk", async () => {
  const stories = new Set<number>();
  for (const seed of [3, 8, 21]) {
    const [first, again] = [await tell(seed), await tell(seed)];
    deepStrictEqual(again, first);
    stories.add(first.digest);
  }
  ok(stories.size === 3);
});
