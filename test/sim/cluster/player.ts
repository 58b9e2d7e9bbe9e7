/** One of the threads that play seeds (`play.ts`): is given one, tells how it went, is given the next. */
import type { SeedTold, SeedWanted } from "./play.ts";
import { TELLERS } from "./stories.ts";

const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<SeedWanted>) => void;
  postMessage(told: SeedTold): void;
};

scope.onmessage = async ({ data: { cast, seed } }) => {
  const { simulatedMs, events, faults, failure } = await TELLERS[cast](seed);
  scope.postMessage({ seed, simulatedMs, events, faults, failure: failure?.message });
};
