/** What those have in common who use the cluster while things go wrong. */
import type { ClusterClient } from "./cluster_client.ts";
import { NoAnswer } from "./cluster_client.ts";
import { type Promises, type Target, targetsIn } from "./promises.ts";
import type { World } from "./world.ts";

/** Errors after which one looks again who leads, and asks again. */
export const TRY_AGAIN = new Set([
  3, // UNKNOWN_TOPIC_OR_PARTITION: not known there yet
  5, // LEADER_NOT_AVAILABLE
  6, // NOT_LEADER_OR_FOLLOWER
  7, // REQUEST_TIMED_OUT
  8, // BROKER_NOT_AVAILABLE
  9, // REPLICA_NOT_AVAILABLE
  13, // NETWORK_EXCEPTION
  14, // COORDINATOR_LOAD_IN_PROGRESS
  15, // COORDINATOR_NOT_AVAILABLE
  16, // NOT_COORDINATOR
  19, // NOT_ENOUGH_REPLICAS
  20, // NOT_ENOUGH_REPLICAS_AFTER_APPEND
  41, // NOT_CONTROLLER
  56, // KAFKA_STORAGE_ERROR
  74, // FENCED_LEADER_EPOCH
  75, // UNKNOWN_LEADER_EPOCH
  78, // OFFSET_NOT_AVAILABLE
  89, // THROTTLING_QUOTA_EXCEEDED
  100, // UNKNOWN_TOPIC_ID
]);

export interface Stage {
  readonly world: World;
  readonly promises: Promises;
  /** No more work is begun; what is under way comes to its end. */
  isClosing: boolean;
  /** What stood last in the way of who waits for something to be as it should. */
  obstacle?: string;
}

export interface Actor {
  readonly client: ClusterClient;
  /** Works until the stage closes, and comes to an end after it once all that it began is known. */
  play(stage: Stage): Promise<void>;
}

/** Some partition of a topic that lasts; undefined as long as there is none. */
export function pickTarget({ client: { random } }: Actor, { promises }: Stage): Target | undefined {
  const targets = promises.lasting.flatMap(targetsIn);
  return targets.length === 0 ? undefined : random.pick(targets);
}

/** What was asked and came to nothing: undefined. */
export async function answerOf<T>(asking: Promise<T>): Promise<T | undefined> {
  try {
    return await asking;
  } catch (error) {
    if (error instanceof NoAnswer) return undefined;
    throw error;
  }
}
