/** Changes that are asked for until somebody answers that they are made. */
import type { ApiName } from "../../../src/protocol/mod.ts";
import { BrokenPromise } from "../ledger.ts";
import { answerOf, TRY_AGAIN } from "./actor.ts";
import type { ClusterClient } from "./cluster_client.ts";

const OK = 0, ALREADY_EXISTS = 36, TOO_FEW_BROKERS = 38;
const BACKOFF_MS = 200;

export interface TopicWanted {
  readonly name: string;
  readonly numPartitions: number;
  readonly replicationFactor: number;
  readonly configs: readonly { readonly name: string; readonly value: string }[];
}

interface Outcome {
  readonly errorCode: number;
  readonly errorMessage?: string | null;
}

/**
 * Asks whoever there is, again and again.
 *
 * @param done error codes that say it is as it should be
 * @param again those that may pass, beside the usual
 */
export async function untilDone<T extends Outcome>(
  client: ClusterClient,
  api: ApiName,
  version: number,
  request: unknown,
  resultOf: (answer: any) => T,
  { done, again = [] }: { done: readonly number[]; again?: readonly number[] },
): Promise<T> {
  for (;;) {
    const answer = await answerOf(client.askAny(api, version, request));
    const result = answer === undefined ? undefined : resultOf(answer);
    if (result !== undefined) {
      const { errorCode, errorMessage } = result;
      if (done.includes(errorCode)) return result;
      if (!TRY_AGAIN.has(errorCode) && !again.includes(errorCode)) {
        throw new BrokenPromise(`${api} is refused with ${errorCode}: ${errorMessage}`);
      }
    }
    await client.clock.sleep(BACKOFF_MS);
  }
}

/** Its id. One that was made by a question that nobody answered is found by its name. */
export async function createTopic(
  client: ClusterClient,
  topic: TopicWanted,
  idsBefore: ReadonlySet<string> = new Set(),
): Promise<string> {
  const request = { topics: [topic], timeoutMs: 5000 };
  const { errorCode, topicId } = await untilDone(
    client,
    "CreateTopics",
    7,
    request,
    (answer): Outcome & { topicId: string } => answer.topics[0],
    { done: [OK, ALREADY_EXISTS], again: [TOO_FEW_BROKERS] },
  );
  if (errorCode === OK) return topicId;
  for (;;) {
    await answerOf(client.refresh());
    const id = client.idOf(topic.name);
    if (id !== undefined && !idsBefore.has(id)) return id; // who lags behind knows an earlier one
    await client.clock.sleep(BACKOFF_MS);
  }
}
