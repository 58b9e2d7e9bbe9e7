/** What the parts of one story share. */
import type { SeededRandom } from "../../src/platform/memory/mod.ts";
import type { Life } from "./life.ts";
import type { Ledger } from "./ledger.ts";
import type { Model, Topic } from "./model.ts";

export interface World {
  readonly random: SeededRandom;
  readonly model: Model;
  /** The life that is being lived. */
  life: Life;
  say(line: string): void;
}

/** Somebody who uses the node, from one life to the next. */
export interface Actor {
  /** Does some things and comes to an end, or is left waiting when the life is over. */
  live(world: World): Promise<void>;
}

/** Some partition of some topic. */
export function pickPartition(
  { model, random }: World,
): { topic: Topic; partition: number; ledger: Ledger } | undefined {
  const topics = [...model.topics.values()];
  if (topics.length === 0) return undefined;
  const topic = random.pick(topics);
  const partition = random.int(topic.partitions.length);
  return { topic, partition, ledger: topic.partitions[partition] };
}
