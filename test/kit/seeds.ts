/**
 * Runs a property for many seeds and names the seed that broke it. `SEED=17` runs that one alone,
 * `SEEDS=9999` so many.
 */
export async function forEachSeed(
  count: number,
  run: (seed: number) => void | Promise<void>,
): Promise<void> {
  const wanted = Deno.env.get("SEED");
  const many = Number(Deno.env.get("SEEDS") ?? count);
  const seeds = !wanted ? Array.from({ length: many }, (_, i) => i + 1) : [Number(wanted)];
  for (const seed of seeds) {
    try {
      await run(seed);
    } catch (cause) {
      throw new Error(`Failed with SEED=${seed}: ${(cause as Error).message}`, { cause });
    }
  }
}
