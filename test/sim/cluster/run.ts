/** One seed in words, or many and the figures that tell how much was played. */
import { commandFor, figuresOf, playSeeds } from "./play.ts";
import { type Cast, TELLERS } from "./stories.ts";

/** One seed's story in words. */
export async function tellOne(cast: Cast, seed: number): Promise<boolean> {
  const { lines, failure, simulatedMs, events } = await TELLERS[cast](seed);
  console.log(lines.join("\n"));
  console.log(`${(simulatedMs / 1000).toFixed(1)} simulated seconds, ${events} events`);
  if (failure === undefined) console.log("All promises were kept");
  else console.log("FAILED:", failure); // with its causes
  return failure === undefined;
}

export async function tellMany(
  cast: Cast,
  { from, count, jobs }: { from: number; count: number; jobs?: number },
): Promise<boolean> {
  const begin = performance.now();
  let [told, failed] = [0, 0];
  const played = await playSeeds({
    cast,
    from,
    count,
    jobs,
    onTold({ seed, failure }) {
      if (failure !== undefined) {
        failed++;
        console.log(`seed ${seed}: ${failure}\n    ${commandFor(cast, seed)}`);
      }
      if (++told % 100 === 0) console.log(`${told} of ${count} seeds, ${failed} failed`);
    },
  });
  const seconds = (performance.now() - begin) / 1000;
  for (const [name, times] of [...played.faults].sort()) console.log(`${times} times ${name}`);
  const pace = `${seconds.toFixed(1)} s (${(count / seconds).toFixed(2)} seeds a second)`;
  console.log(`${cast} from ${from}: ${figuresOf(played)}, ${pace}`);
  return failed === 0;
}
