/**
 * Those who write. The idempotent one has several batches under way and sends again what nobody
 * answered, under the same numbers and in the same order, until it is answered: each record must
 * then be there once and in its place. The plain one sends once, and never knows what became of
 * what was not answered.
 */
import { BrokenPromise, type SentBatch } from "../ledger.ts";
import { drawBatch, encodeSent } from "../records.ts";
import { type Actor, answerOf, pickTarget, type Stage, TRY_AGAIN } from "./actor.ts";
import type { ClusterClient } from "./cluster_client.ts";
import type { Target } from "./promises.ts";

const OK = 0, OUT_OF_ORDER = 45, DUPLICATE = 46;
const MAX_UNDER_WAY = 3;
const BACKOFF_MS = 100;
/** How long a leader may wait for the replicas. */
const TIMEOUT_MS = 5000;

interface Answer {
  readonly errorCode: number;
  readonly baseOffset: number;
  readonly errorMessage: string | null;
}

/**
 * Asks the partition's leader to append, all at once and in order; undefined for each that nobody
 * answered, and for all when nobody leads.
 */
async function produce(
  client: ClusterClient,
  { topic, partition }: Target,
  { acks, batches }: { acks: number; batches: readonly Uint8Array[] },
): Promise<(Answer | undefined)[]> {
  const leader = await answerOf(client.leaderOf(topic, partition));
  if (leader === undefined) return batches.map(() => undefined);
  return await Promise.all(batches.map(async (records) => {
    const topicData = [{ name: topic, partitionData: [{ index: partition, records }] }];
    const request = { transactionalId: null, acks, timeoutMs: TIMEOUT_MS, topicData };
    const answer = await answerOf(client.askNode(leader, "Produce", 9, request));
    return answer?.responses[0].partitionResponses[0];
  }));
}

interface UnderWay {
  readonly batch: SentBatch;
  readonly bytes: Uint8Array;
}

export class IdempotentProducer implements Actor {
  readonly client: ClusterClient;
  #producerId: number | undefined;
  #order = 0;
  readonly #sequences = new Map<string, number>();

  constructor(client: ClusterClient) {
    this.client = client;
  }

  async play(stage: Stage): Promise<void> {
    const { random, clock } = this.client;
    while (!stage.isClosing) {
      const target = pickTarget(this, stage);
      if (target !== undefined && await this.#identify(stage)) {
        await this.#deliver(stage, target, this.#draw(target));
      }
      await clock.sleep(random.int(random.chance(0.1) ? 2000 : 100));
    }
  }

  async #identify({ promises }: Stage): Promise<boolean> {
    if (this.#producerId !== undefined) return true;
    const request = { transactionalId: null, transactionTimeoutMs: 60_000 };
    const answer = await answerOf(this.client.askAny("InitProducerId", 4, request));
    if (answer?.errorCode !== OK) {
      await this.client.clock.sleep(BACKOFF_MS);
      return false;
    }
    promises.onProducerId(answer.producerId);
    this.#producerId = answer.producerId;
    return true;
  }

  #draw({ topic, partition, ledger }: Target): UnderWay[] {
    const { random, name, clock } = this.client;
    return Array.from({ length: 1 + random.int(MAX_UNDER_WAY) }, () => {
      const order = this.#order++;
      const batch = drawBatch(random, {
        producer: name,
        order,
        now: clock.now(),
        isIdempotent: true,
      });
      const key = `${topic}-${partition}`;
      const baseSequence = this.#sequences.get(key) ?? 0;
      this.#sequences.set(key, baseSequence + batch.records.length);
      ledger.send(batch);
      const producerId = this.#producerId!;
      return { batch, bytes: encodeSent(batch, { producerId, producerEpoch: 0, baseSequence }) };
    });
  }

  /** Sends all at once, in order, and what was not answered again, until all is. */
  async #deliver({ world }: Stage, target: Target, batches: UnderWay[]): Promise<void> {
    const { client } = this;
    for (let rest = batches; rest.length > 0;) {
      const batches = rest.map(({ bytes }) => bytes.slice());
      const answers = await produce(client, target, { acks: -1, batches });
      const left: UnderWay[] = [];
      for (const [i, each] of rest.entries()) {
        const isDone = this.#take(target, each, answers[i], { isFirst: left.length === 0 });
        if (!isDone) left.push(each);
      }
      if (left.length > 0) {
        const last = answers.at(-1)?.errorCode ?? "no answer";
        world.say(`${client.name} sends ${left[0].batch.records[0].id} again after ${last}`);
        client.forget();
        await client.clock.sleep(BACKOFF_MS);
      }
      rest = left;
    }
  }

  /** Whether it is known to be written. */
  #take(
    { ledger }: Target,
    { batch }: UnderWay,
    answer: Answer | undefined,
    { isFirst }: { isFirst: boolean },
  ): boolean {
    if (answer === undefined) return false;
    const { errorCode, baseOffset, errorMessage } = answer;
    if (errorCode === OK) {
      ledger.acknowledge(batch, baseOffset, true);
      return true;
    }
    if (errorCode === DUPLICATE) return true;
    // One that overtook another which must be sent again has a gap before it.
    const isBehind = errorCode === OUT_OF_ORDER && !isFirst;
    if (isBehind || TRY_AGAIN.has(errorCode)) return false;
    const what = `${batch.records[0].id} is refused with ${errorCode}: ${errorMessage}`;
    throw new BrokenPromise(`${ledger.name}: ${what}`);
  }
}

export class PlainProducer implements Actor {
  readonly client: ClusterClient;
  #order = 0;
  /** Rises whenever something may come later than what was sent after it. */
  #generation = 0;

  constructor(client: ClusterClient) {
    this.client = client;
  }

  async play(stage: Stage): Promise<void> {
    const { random, clock } = this.client;
    while (!stage.isClosing) {
      const target = pickTarget(this, stage);
      if (target !== undefined) await this.#send(target);
      await clock.sleep(random.int(random.chance(0.1) ? 2000 : 100));
    }
  }

  async #send(target: Target): Promise<void> {
    const { client } = this;
    const { random, clock } = client;
    const { ledger } = target;
    const producer = `${client.name}.${this.#generation}`;
    const drawn = { producer, order: this.#order++, now: clock.now(), isIdempotent: false };
    const batch = drawBatch(random, drawn);
    ledger.send(batch);
    const acks = random.pick([-1, -1, 1]);
    const [answer] = await produce(client, target, { acks, batches: [encodeSent(batch, {})] });
    // What only the leader has may be lost with it.
    if (answer?.errorCode === OK && acks === -1) ledger.acknowledge(batch, answer.baseOffset, true);
    if (answer?.errorCode === OK) return;
    if (answer !== undefined && !TRY_AGAIN.has(answer.errorCode)) {
      const what = `${batch.records[0].id} is refused with ${answer.errorCode}`;
      throw new BrokenPromise(`${ledger.name}: ${what}`);
    }
    this.#generation++;
    client.forget();
  }
}
