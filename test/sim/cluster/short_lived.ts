/**
 * Who makes a topic, writes to it and reads it, forgets some of it, deletes it, and makes another of
 * the same name, again and again. All that has an id for it goes by ids (KIP-516): what was on its
 * way to the one that is gone never comes to the one that is there, and that begins with nothing.
 */
import { BrokenPromise } from "../ledger.ts";
import { decodeFetched, drawBatch, encodeSent } from "../records.ts";
import { type Actor, answerOf, type Stage, TRY_AGAIN } from "./actor.ts";
import type { ClusterClient } from "./cluster_client.ts";
import { createTopic, untilDone } from "./insist.ts";
import { SimTopic, type Target, targetsIn } from "./promises.ts";

const OK = 0, OUT_OF_RANGE = 1, INCONSISTENT_TOPIC_ID = 103;
const GONE = [3, 100];
const ALL_REPLICAS = -1;
const EARLIEST = -2;
const BACKOFF_MS = 200;

interface ShortLivedOptions {
  readonly name: string;
  readonly replicationFactor: number;
  readonly minIsr: number;
}

export class ShortLived implements Actor {
  readonly client: ClusterClient;
  readonly #options: ShortLivedOptions;
  readonly #partitions: number;
  readonly #configs: Record<string, string>;
  readonly #ids = new Set<string>();
  #order = 0;
  /** By partition: where to read on. */
  readonly #positions = new Map<string, number>();

  constructor(client: ClusterClient, options: ShortLivedOptions) {
    this.client = client;
    this.#options = options;
    const { random } = client;
    this.#partitions = 1 + random.int(2);
    const retentionMs = random.pick(["-1", "-1", "1500"]);
    this.#configs = {
      "min.insync.replicas": `${options.minIsr}`,
      "segment.ms": random.pick(["50", "9999999"]),
      "retention.ms": retentionMs,
      "file.delete.delay.ms": random.pick(["0", "500", "60000"]),
    };
  }

  async play(stage: Stage): Promise<void> {
    const { random, clock } = this.client;
    await clock.sleep(random.int(3000));
    while (!stage.isClosing) {
      const topic = await this.#create(stage);
      for (let steps = random.int(60); steps > 0 && !stage.isClosing; steps--) {
        const target = random.pick(targetsIn(topic));
        const dice = random.int(100);
        if (dice < 5) await this.#forget(target);
        else if (dice < 60) await this.#write(topic, target);
        else await this.#read(topic, target);
        await clock.sleep(random.int(random.chance(0.1) ? 2000 : 100));
      }
      if (stage.isClosing && random.chance(0.5)) return; // and it stays
      await this.#delete(stage, topic);
    }
  }

  async #create({ world, promises }: Stage): Promise<SimTopic> {
    const { name, replicationFactor } = this.#options;
    const partitions = this.#partitions;
    world.say(`${this.client.name} creates ${name}, ${JSON.stringify(this.#configs)}`);
    const id = await createTopic(this.client, {
      name,
      numPartitions: partitions,
      replicationFactor,
      configs: Object.entries(this.#configs).map(([name, value]) => ({ name, value })),
    }, this.#ids);
    if (this.#ids.has(id)) throw new BrokenPromise(`${name} is made twice as ${id}`);
    this.#ids.add(id);
    const deletes = this.#configs["retention.ms"] !== "-1";
    const forgetting = { compacts: false, deletes };
    const topic = new SimTopic(name, { id, partitions, isLasting: false, forgetting });
    this.#positions.clear();
    promises.topics.set(name, topic);
    world.say(`${this.client.name} has created ${name} as ${id}`);
    return topic;
  }

  async #delete({ world, promises }: Stage, { name, id }: SimTopic): Promise<void> {
    world.say(`${this.client.name} deletes ${name}, ${id}`);
    promises.topics.delete(name);
    const request = { topics: [{ name: null, topicId: id }], timeoutMs: 5000 };
    const done = [OK, ...GONE];
    await untilDone(this.client, "DeleteTopics", 6, request, (answer) => answer.responses[0], {
      done,
    });
    promises.deletedIds.add(id);
    world.say(`${this.client.name} has deleted ${name}`);
  }

  async #write({ id: topicId }: SimTopic, { topic, partition, ledger }: Target): Promise<void> {
    const { client } = this;
    const leader = await answerOf(client.leaderOf(topic, partition));
    if (leader === undefined) return await this.#lookAnew();
    const order = this.#order++;
    const producer = `${client.name}.${order}`; // what is late may come behind anything
    const now = client.clock.now();
    const batch = drawBatch(client.random, { producer, order, now, isIdempotent: false });
    ledger.send(batch);
    const partitionData = [{ index: partition, records: encodeSent(batch, {}) }];
    const request = {
      transactionalId: null,
      acks: ALL_REPLICAS,
      timeoutMs: 5000,
      topicData: [{ topicId, partitionData }],
    };
    const answer = await answerOf(client.askNode(leader, "Produce", 13, request));
    const { errorCode, baseOffset } = answer?.responses[0].partitionResponses[0] ?? {};
    if (errorCode === OK) return ledger.acknowledge(batch, baseOffset, true);
    if (answer !== undefined) this.#expect("a produce", ledger.name, errorCode);
    await this.#lookAnew();
  }

  async #read({ id: topicId }: SimTopic, { topic, partition, ledger }: Target): Promise<void> {
    const { client } = this;
    const leader = await answerOf(client.leaderOf(topic, partition));
    if (leader === undefined) return await this.#lookAnew();
    const fetchOffset = this.#positions.get(ledger.name) ?? await this.#begin(leader, ledger.name);
    if (fetchOffset === undefined) return await this.#lookAnew();
    const partitions = [{ partition, fetchOffset, partitionMaxBytes: client.random.int(20_000) }];
    const request = {
      maxWaitMs: client.random.int(300),
      minBytes: 1,
      maxBytes: 1 << 20,
      topics: [{ topicId, partitions }],
    };
    const answer = await answerOf(client.askNode(leader, "Fetch", 13, request));
    if (answer === undefined) return await this.#lookAnew();
    const { errorCode, records, highWatermark } = answer.responses[0].partitions[0];
    if (errorCode === OUT_OF_RANGE) return void this.#positions.delete(ledger.name);
    if (errorCode !== OK) {
      this.#expect("a fetch", ledger.name, errorCode);
      return await this.#lookAnew();
    }
    const { found, nextOffset } = decodeFetched(records, fetchOffset, ledger.name);
    if (found.some(({ offset }) => offset >= highWatermark)) {
      throw new BrokenPromise(`${ledger.name}: read to ${nextOffset}, beyond ${highWatermark}`);
    }
    for (const each of found) ledger.onRead(each, true);
    this.#positions.set(ledger.name, nextOffset);
  }

  /** Where the partition begins. Asked by name: what it says may be of another topic. */
  async #begin(leader: number, name: string): Promise<number | undefined> {
    const [topic, partitionIndex] = name.split("-");
    const partitions = [{ partitionIndex: Number(partitionIndex), timestamp: EARLIEST }];
    const request = { replicaId: -1, topics: [{ name: topic, partitions }] };
    const answer = await answerOf(this.client.askNode(leader, "ListOffsets", 7, request));
    const { errorCode, offset } = answer?.topics[0].partitions[0] ?? {};
    return errorCode === OK ? offset : undefined;
  }

  /** Has the beginning of it deleted. */
  async #forget({ topic: name, partition: partitionIndex, ledger }: Target): Promise<void> {
    const { client } = this;
    const leader = await answerOf(client.leaderOf(name, partitionIndex));
    if (leader === undefined || ledger.end === 0) return;
    const offset = client.random.int(ledger.end + 1);
    ledger.ceiling = Math.max(ledger.ceiling, offset);
    const topics = [{ name, partitions: [{ partitionIndex, offset }] }];
    const request = { topics, timeoutMs: 5000 };
    const answer = await answerOf(client.askNode(leader, "DeleteRecords", 2, request));
    if (answer === undefined) return await this.#lookAnew();
    const { errorCode } = answer.topics[0].partitions[0];
    if (errorCode === OK) ledger.floor = Math.max(ledger.floor, offset);
    else if (errorCode !== OUT_OF_RANGE) this.#expect("a deletion", ledger.name, errorCode);
  }

  #expect(what: string, name: string, errorCode: number): void {
    if (TRY_AGAIN.has(errorCode) || errorCode === INCONSISTENT_TOPIC_ID) return;
    throw new BrokenPromise(`${name}: ${what} gets ${errorCode}`);
  }

  async #lookAnew(): Promise<void> {
    this.client.forget();
    await this.client.clock.sleep(this.client.random.int(BACKOFF_MS));
  }
}
