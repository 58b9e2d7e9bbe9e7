/**
 * `deno task sim`: plays many seeds and names those that fail, or tells the story of one.
 *
 *     deno task sim --seeds 20000 --from 1
 *     deno task sim --seed 4711
 *     deno task sim --faults            # devices fail, too
 *     deno task sim --cluster           # several nodes and the network between them
 *     deno task sim --quorum            # their metadata quorum alone
 *     deno task sim --cluster --jobs 2  # on two cores; all are the default of both
 */
import { parseArgs } from "node:util";
import { tellMany, tellOne } from "./cluster/run.ts";
import { tell } from "./story.ts";

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "1000" },
    from: { type: "string", default: "1" },
    seed: { type: "string" },
    faults: { type: "boolean", default: false },
    cluster: { type: "boolean", default: false },
    quorum: { type: "boolean", default: false },
    jobs: { type: "string" },
  },
});

if (values.cluster || values.quorum) {
  const cast = values.quorum ? "quorum" : "cluster";
  const isGood = values.seed !== undefined
    ? await tellOne(cast, Number(values.seed))
    : await tellMany(cast, {
      from: Number(values.from),
      count: Number(values.seeds),
      jobs: values.jobs === undefined ? undefined : Number(values.jobs),
    });
  Deno.exit(isGood ? 0 : 1);
}

const options = { withFaults: values.faults };

if (values.seed !== undefined) {
  const { lines, failure } = await tell(Number(values.seed), options);
  console.log(lines.join("\n"));
  console.log(failure === undefined ? "All promises were kept" : `FAILED: ${failure.stack}`);
  Deno.exit(failure === undefined ? 0 : 1);
}

const from = Number(values.from);
const count = Number(values.seeds);
const begin = performance.now();
let lives = 0;
const failed: number[] = [];
for (let seed = from; seed < from + count; seed++) {
  const told = await tell(seed, options);
  lives += told.lives;
  if (told.failure !== undefined) {
    failed.push(seed);
    console.log(`seed ${seed}: ${told.failure.message}`);
  }
  if ((seed - from + 1) % 1000 === 0) {
    console.log(`${seed - from + 1} seeds, ${failed.length} failed`);
  }
}
const seconds = (performance.now() - begin) / 1000;
console.log(
  `${count} seeds from ${from}, ${lives} lives, ${failed.length} failed, ${seconds.toFixed(1)} s`,
);
Deno.exit(failed.length === 0 ? 0 : 1);
