import { match, strictEqual } from "node:assert/strict";
import { whyOtherVoters } from "../../src/node/other_voters.ts";

/** What node 1 has, what it is told, and what it is told to do about it. */
const cases: [kept: number[], told: number[], advice: RegExp | undefined][] = [
  [[], [], undefined],
  [[], [1, 2, 3], undefined],
  [[1], [1], undefined],
  [[1, 2, 3], [3, 1, 2], undefined],
  [[1], [], /cluster of its own.*without --join.*--new-cluster.*empty folder/],
  [[1, 2, 3], [], /voters 1, 2, 3.*--voters 1@HOST:PORT,2@HOST:PORT,3@HOST:PORT.*empty folder/],
  [[2], [], /voters 2\..*--voters 2@HOST:PORT.*empty folder/],
  [[1], [1, 2, 3], /cluster of its own.*voters 1, 2, 3\. Start it with --new-cluster.*--join/],
  [[1, 2, 3], [1], /voters 1, 2, 3\..*--voters 1@HOST:PORT,2@HOST:PORT,3@HOST:PORT.*empty/],
  [[1, 2, 3], [1, 2, 4], /voters 1, 2, 3, .*voters 1, 2, 4\..*--upgrade kraft\.version=1/],
  [[1, 2], [1, 2, 3], /--upgrade kraft\.version=1/],
];
for (const [kept, told, advice] of cases) {
  Deno.test(`Data of voters ${kept.join() || "nobody"}, started with ${told.join() || "none"}`, () => {
    const why = whyOtherVoters({ kept, told, nodeId: 1 });
    if (advice === undefined) strictEqual(why, undefined);
    else match(why!, advice);
  });
}
