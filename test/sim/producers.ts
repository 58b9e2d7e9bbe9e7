/**
 * Those who write. An idempotent producer has several batches under way and, after a life that ended
 * before their answers came, sends them again under the same numbers, as real ones do: each is either
 * written or known. A plain one sends once and never knows what became of what was not answered.
 */
import type { Codec } from "../../src/records/mod.ts";
import { HungUp, SimClient } from "./client.ts";
import { type Ledger, Refused, type SentBatch } from "./ledger.ts";
import type { Topic } from "./model.ts";
import { drawBatch, encodeSent } from "./records.ts";
import { type Actor, pickPartition, type World } from "./world.ts";

const OK = 0, DUPLICATE_SEQUENCE = 46;
/** The topic is gone, or its partition is on its way. */
const GONE = [3, 5, 6];
/** The log does not know what this producer wrote last. */
const OUT_OF_STEP = [45, 59];
const MAX_UNDER_WAY = 3;

const CODECS: readonly Codec[] = ["none", "none", "none", "none", "gzip", "lz4", "snappy", "zstd"];

interface Target {
  readonly topic: Topic;
  readonly partition: number;
  readonly ledger: Ledger;
}

interface Unanswered extends Target {
  readonly batch: SentBatch;
  readonly bytes: Uint8Array;
}

const isCurrent = ({ model }: World, { topic, partition, ledger }: Target) =>
  model.topics.get(topic.name)?.partitions[partition] === ledger;

async function produce(
  client: SimClient,
  { topic, partition }: Target,
  acks: number,
  records: Uint8Array,
): Promise<{ errorCode: number; baseOffset: number; errorMessage: string }> {
  const topicData = [{ name: topic.name, partitionData: [{ index: partition, records }] }];
  const request = { transactionalId: null, acks, timeoutMs: 10_000, topicData };
  const answer = await client.ask("Produce", 9, request);
  return answer.responses[0].partitionResponses[0];
}

export class IdempotentProducer implements Actor {
  readonly #name: string;
  #producerId: number | undefined;
  #order = 0;
  #sequences = new Map<Ledger, number>();
  #unanswered: Unanswered[] = [];

  constructor(name: string) {
    this.#name = name;
  }

  async live(world: World): Promise<void> {
    const { random, life } = world;
    try {
      const client = await SimClient.connect(life);
      for (const each of [...this.#unanswered]) await this.#sendAgain(world, client, each);
      for (let steps = random.int(12); steps > 0; steps--) {
        await this.#identify(world, client);
        await this.#send(world, client);
        await life.clock.sleep(random.int(random.chance(0.1) ? 3000 : 40));
      }
      client.close();
    } catch (error) {
      if (!(error instanceof HungUp)) throw error;
    }
  }

  async #identify({ model }: World, client: SimClient): Promise<void> {
    if (this.#producerId !== undefined) return;
    const request = { transactionalId: null, transactionTimeoutMs: 60_000 };
    const { errorCode, producerId } = await client.ask("InitProducerId", 4, request);
    if (errorCode !== OK) throw new Refused(`InitProducerId is refused, ${errorCode}`);
    model.onProducerId(producerId);
    this.#producerId = producerId;
    this.#sequences.clear();
  }

  /** Sends some batches at once and waits for all. */
  async #send(world: World, client: SimClient): Promise<void> {
    const { random, life } = world;
    const target = pickPartition(world);
    if (target === undefined) return;
    const answers: Promise<void>[] = [];
    for (let count = 1 + random.int(MAX_UNDER_WAY); count > 0; count--) {
      const batch = drawBatch(random, {
        producer: this.#name,
        order: this.#order++,
        now: life.clock.now(),
        isIdempotent: true,
      });
      const baseSequence = this.#sequences.get(target.ledger) ?? 0;
      this.#sequences.set(target.ledger, baseSequence + batch.records.length);
      const producerId = this.#producerId!;
      const codec = random.pick(CODECS);
      const bytes = encodeSent(batch, { codec, producerId, producerEpoch: 0, baseSequence });
      target.ledger.send(batch);
      const each = { ...target, batch, bytes };
      this.#unanswered.push(each);
      answers.push(this.#deliver(world, client, each));
    }
    const failed = (await Promise.allSettled(answers)).find(({ status }) => status === "rejected");
    if (failed) throw (failed as PromiseRejectedResult).reason;
  }

  async #sendAgain(world: World, client: SimClient, each: Unanswered): Promise<void> {
    if (!this.#unanswered.includes(each)) return; // given up with one before it
    if (!isCurrent(world, each)) this.#forget(each.ledger);
    else {
      world.say(`${this.#name} sends ${each.batch.records[0].id} again`);
      await this.#deliver(world, client, each);
    }
  }

  async #deliver(world: World, client: SimClient, each: Unanswered): Promise<void> {
    const { topic, ledger, batch, bytes } = each;
    const wasStrong = topic.isStrong;
    const { errorCode, baseOffset, errorMessage } = await produce(client, each, -1, bytes.slice());
    if (errorCode === OK || errorCode === DUPLICATE_SEQUENCE) {
      this.#unanswered = this.#unanswered.filter((other) => other !== each);
      if (errorCode === OK) ledger.acknowledge(batch, baseOffset, wasStrong && topic.isStrong);
      world.say(`${this.#name}: ${batch.records[0].id} is at ${ledger.name} ${baseOffset}`);
    } else if (GONE.includes(errorCode)) this.#forget(ledger);
    else if (OUT_OF_STEP.includes(errorCode) && !topic.wasAlwaysStrong) {
      world.say(`${this.#name}: ${batch.records[0].id} is refused with ${errorCode}`);
      this.#beginAnew();
    } else {
      const what = `${batch.records[0].id} is refused with ${errorCode}: ${errorMessage}`;
      throw new Refused(`${ledger.name}: ${what}`);
    }
  }

  #forget(ledger: Ledger): void {
    this.#sequences.delete(ledger);
    this.#unanswered = this.#unanswered.filter((other) => other.ledger !== ledger);
    // What came of it nobody knows, so the numbers can't be gone on with.
    this.#beginAnew();
  }

  #beginAnew(): void {
    this.#producerId = undefined;
    this.#unanswered = [];
  }
}

export class PlainProducer implements Actor {
  readonly #name: string;
  #order = 0;

  constructor(name: string) {
    this.#name = name;
  }

  async live(world: World): Promise<void> {
    const { random, life } = world;
    try {
      const client = await SimClient.connect(life);
      for (let steps = random.int(12); steps > 0; steps--) {
        await this.#send(world, client);
        await life.clock.sleep(random.int(random.chance(0.1) ? 3000 : 40));
      }
      client.close();
    } catch (error) {
      if (!(error instanceof HungUp)) throw error;
    }
  }

  async #send(world: World, client: SimClient): Promise<void> {
    const { random, life } = world;
    const target = pickPartition(world);
    if (target === undefined) return;
    const { topic, ledger } = target;
    const now = life.clock.now();
    const options = { producer: this.#name, order: this.#order++, now, isIdempotent: false };
    const batch = drawBatch(random, options);
    const bytes = encodeSent(batch, { codec: random.pick(CODECS) });
    ledger.send(batch);
    const acks = random.pick([-1, 1, 1, 0]);
    if (acks === 0) {
      const partitionData = [{ index: target.partition, records: bytes }];
      const topicData = [{ name: topic.name, partitionData }];
      client.send("Produce", 9, { transactionalId: null, acks, timeoutMs: 1, topicData });
      return;
    }
    const wasStrong = topic.isStrong;
    const { errorCode, baseOffset, errorMessage } = await produce(client, target, acks, bytes);
    if (errorCode === OK) {
      ledger.acknowledge(batch, baseOffset, wasStrong && topic.isStrong);
      world.say(`${this.#name}: ${batch.records[0].id} is at ${ledger.name} ${baseOffset}`);
    } else if (!GONE.includes(errorCode)) {
      const what = `${batch.records[0].id} is refused with ${errorCode}: ${errorMessage}`;
      throw new Refused(`${ledger.name}: ${what}`);
    }
  }
}
