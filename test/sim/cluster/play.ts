/**
 * Many seeds over the cores: threads that share nothing, each playing one story after another. Which
 * thread plays a seed, and when, makes no difference to its story.
 */
import type { Cast } from "./stories.ts";

export interface SeedWanted {
  readonly cast: Cast;
  readonly seed: number;
}

export interface SeedTold {
  readonly seed: number;
  readonly simulatedMs: number;
  readonly events: number;
  readonly faults: ReadonlyMap<string, number>;
  /** What went wrong. */
  readonly failure: string | undefined;
}

export interface PlayOptions {
  readonly cast: Cast;
  readonly from: number;
  readonly count: number;
  /** So many threads. */
  readonly jobs?: number;
  readonly onTold?: (told: SeedTold) => void;
}

/** All seeds together. */
export interface Played {
  seeds: number;
  simulatedMs: number;
  events: number;
  /** How often each fault was. */
  readonly faults: Map<string, number>;
  readonly failures: { readonly seed: number; readonly message: string }[];
}

/** A story that takes longer than this hangs, however loaded the machine is. */
const LONGEST_STORY_MS = 600_000;

export async function playSeeds(
  { cast, from, count, jobs = navigator.hardwareConcurrency, onTold }: PlayOptions,
): Promise<Played> {
  const played: Played = { seeds: 0, simulatedMs: 0, events: 0, faults: new Map(), failures: [] };
  const take = (told: SeedTold) => {
    played.seeds++;
    played.simulatedMs += told.simulatedMs;
    played.events += told.events;
    for (const [name, times] of told.faults) {
      played.faults.set(name, (played.faults.get(name) ?? 0) + times);
    }
    const { seed, failure: message } = told;
    if (message !== undefined) played.failures.push({ seed, message });
    onTold?.(told);
  };
  let next = from;
  const player = async () => {
    let worker = startWorker();
    while (next < from + count) {
      const seed = next++;
      try {
        take(await playOn(worker, { cast, seed }));
      } catch (error) {
        const failure = (error as Error).message;
        take({ seed, simulatedMs: 0, events: 0, faults: new Map(), failure });
        worker.terminate();
        worker = startWorker();
      }
    }
    worker.terminate();
  };
  await Promise.all(Array.from({ length: Math.min(jobs, count) }, player));
  return played;
}

/** What shows a seed's story. */
export const commandFor = (cast: Cast, seed: number): string =>
  `deno task sim --${cast} --seed ${seed}`;

export function figuresOf({ seeds, simulatedMs, events, failures }: Played): string {
  const hours = (simulatedMs / 3_600_000).toFixed(2);
  return `${seeds} seeds, ${hours} simulated hours, ${events} events, ${failures.length} failed`;
}

/** For tests: throws and names the seeds that fail. `SEED=17` plays one alone, `SEEDS=9999` so many. */
export async function playAll(cast: Cast, usualCount: number): Promise<void> {
  const one = Deno.env.get("SEED");
  const count = one ? 1 : Number(Deno.env.get("SEEDS") ?? usualCount);
  const played = await playSeeds({ cast, from: one ? Number(one) : 1, count });
  console.log(figuresOf(played));
  if (played.failures.length === 0) return;
  throw new Error(
    played.failures.map(({ seed, message }) => `${commandFor(cast, seed)}\n    ${message}`)
      .join("\n"),
  );
}

const startWorker = (): Worker =>
  new Worker(new URL("./player.ts", import.meta.url), { type: "module" });

/** Throws when the story ends the thread, or does not end. */
function playOn(worker: Worker, wanted: SeedWanted): Promise<SeedTold> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("it does not end")), LONGEST_STORY_MS);
    worker.onmessage = ({ data }) => {
      clearTimeout(timer);
      resolve(data);
    };
    worker.onerror = (event) => {
      event.preventDefault();
      clearTimeout(timer);
      reject(new Error(`it ends the thread: ${event.message}`));
    };
    worker.postMessage(wanted);
  });
}
