/**
 * The simulation finds what it is for: see `bugs.ts`. A recorded seed tells another story once a
 * node does one thing more; then the next seeds are tried, and the one that finds the bug is named,
 * to be recorded.
 */
import { ok } from "node:assert/strict";
import { CLUSTER_BUGS, type ClusterBug } from "./bugs.ts";
import { TELLERS } from "./stories.ts";

const MAX_TRIES = 150;

async function isFound({ cast, putIn, harm }: ClusterBug, seed: number): Promise<boolean> {
  const takeOut = putIn?.();
  try {
    const { failure } = await TELLERS[cast](seed, { harm });
    if (failure !== undefined && Deno.env.has("STORY")) console.log(seed, failure.message);
    return failure !== undefined;
  } finally {
    takeOut?.();
  }
}

for (const bug of CLUSTER_BUGS) {
  Deno.test(`Found in a cluster when put in: ${bug.name}`, async () => {
    let seed = bug.seed;
    for (let tries = 0; !await isFound(bug, seed); seed = ++tries) {
      ok(tries < MAX_TRIES, `no seed up to ${MAX_TRIES} finds it`);
    }
    if (seed !== bug.seed) console.log(`Record seed ${seed}: ${bug.seed} tells another story now`);
    const { failure } = await TELLERS[bug.cast](seed);
    ok(failure === undefined, `seed ${seed} fails without it: ${failure}`);
  });
}
