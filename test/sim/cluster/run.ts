/** Many seeds of the cluster, one after another, and the figures that tell how much was played. */
import { tellQuorum } from "./quorum_story.ts";
import { type StoryOptions, tell, type Told } from "./story.ts";

/** What is played: whole nodes with their users, or the quorum alone, which costs far less. */
export type Cast = "cluster" | "quorum";

export const TELLERS: Record<Cast, (seed: number, options?: StoryOptions) => Promise<Told>> = {
  cluster: tell,
  quorum: tellQuorum,
};

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
  { from, count }: { from: number; count: number },
): Promise<boolean> {
  const begin = performance.now();
  let [simulatedMs, events, failed] = [0, 0, 0];
  const faults = new Map<string, number>();
  for (let seed = from; seed < from + count; seed++) {
    const told = await TELLERS[cast](seed);
    simulatedMs += told.simulatedMs;
    events += told.events;
    for (const [name, times] of told.faults) faults.set(name, (faults.get(name) ?? 0) + times);
    if (told.failure !== undefined) {
      failed++;
      console.log(`seed ${seed}: ${told.failure.message}`);
    }
    if ((seed - from + 1) % 100 === 0) console.log(`${seed - from + 1} seeds, ${failed} failed`);
  }
  const seconds = (performance.now() - begin) / 1000;
  for (const [name, times] of [...faults].sort()) console.log(`${times} times ${name}`);
  const hours = simulatedMs / 3_600_000;
  console.log(
    `${count} seeds from ${from}: ${hours.toFixed(2)} simulated hours, ${events} events, ` +
      `${failed} failed, ${seconds.toFixed(1)} s (${(count / seconds).toFixed(2)} seeds a second)`,
  );
  return failed === 0;
}
