/**
 * Quorums from a seed: Raft's promises hold, whatever goes wrong, and all nodes come back.
 * `SEED=17` plays one story alone, `SEEDS=9999` so many; `deno task sim --quorum --seed 17` tells
 * it.
 */
import { deepStrictEqual } from "node:assert/strict";
import { playAll } from "./play.ts";
import { tellQuorum } from "./quorum_story.ts";

Deno.test("Whatever goes wrong in a quorum, what is committed stays, and it commits again", () =>
  playAll("quorum", 1000));

Deno.test("The same seed is the same story of a quorum, line by line", async () => {
  for (const seed of [4, 9]) {
    const [first, again] = [await tellQuorum(seed), await tellQuorum(seed)];
    deepStrictEqual(again, first);
  }
});
