/**
 * The simulation finds what it is for: see `bugs.ts`. A recorded seed tells another story once the
 * node does one operation more; then the next seeds are tried, and the one that finds the bug is
 * named, to be recorded.
 */
import { ok } from "node:assert/strict";
import { type Bug, BUGS } from "./bugs.ts";
import { tell } from "./story.ts";

const MAX_TRIES = 600;

async function isFound(bug: Bug, seed: number): Promise<boolean> {
  const takeOut = bug.putIn?.();
  try {
    const { failure } = await tell(seed, bug);
    return failure !== undefined;
  } finally {
    takeOut?.();
  }
}

for (const bug of BUGS) {
  Deno.test(`Found when put in: ${bug.name}`, async () => {
    let seed = bug.seed;
    for (let tries = 0; !await isFound(bug, seed); seed = ++tries) {
      ok(tries < MAX_TRIES, `no seed up to ${MAX_TRIES} finds it`);
    }
    if (seed !== bug.seed) console.log(`Record seed ${seed}: ${bug.seed} tells another story now`);
    const { failure } = await tell(seed, { configs: bug.configs });
    ok(failure === undefined, `seed ${seed} fails without it: ${failure}`);
  });
}
