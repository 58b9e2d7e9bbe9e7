/**
 * A client of the whole cluster, on a machine of its own: it finds out who leads what, goes there,
 * and tells whoever asks what came of it. It repeats nothing by itself: what is sent again is the
 * business of who knows what it means.
 */
import type { Clock, Network } from "../../../src/platform/mod.ts";
import type { SeededRandom } from "../../../src/platform/memory/mod.ts";
import type { ApiName } from "../../../src/protocol/mod.ts";
import { HungUp, SimClient } from "../client.ts";
import type { World } from "./world.ts";

export const CLIENT_PORT = 9092;
const DIAL_MS = 1500;

/** Nobody answered, and nobody knows what came of the question. */
export class NoAnswer extends Error {
  override name = "NoAnswer";
}

interface Address {
  readonly host: string;
  readonly port: number;
}

export interface PartitionSeen {
  readonly errorCode: number;
  readonly leaderId: number;
  readonly isr: readonly number[];
  readonly replicas: readonly number[];
}

export class ClusterClient {
  readonly clock: Clock;
  readonly random: SeededRandom;
  readonly name: string;
  readonly #network: Network;
  readonly #bootstrap: readonly Address[];
  readonly #answerMs: number;
  #connections = new Map<string, Promise<SimClient>>();
  #brokers = new Map<number, Address>();
  #partitions = new Map<string, PartitionSeen>();
  /** The latest that was told of each. */
  readonly #leaderEpochs = new Map<string, number>();
  #topicIds = new Map<string, string>();

  constructor(
    world: World,
    { name, bootstrap, answerMs, random }: {
      name: string;
      bootstrap: readonly string[];
      /** So long it waits for an answer. */
      answerMs: number;
      random: SeededRandom;
    },
  ) {
    this.name = name;
    this.random = random;
    const { clock, network } = world.network.add(name).begin();
    this.clock = clock;
    this.#network = network;
    this.#answerMs = answerMs;
    this.#bootstrap = bootstrap.map((host) => ({ host, port: CLIENT_PORT }));
  }

  get brokerIds(): readonly number[] {
    return [...this.#brokers.keys()];
  }

  /** What was last heard of the partition. */
  partition(topic: string, partition: number): PartitionSeen | undefined {
    return this.#partitions.get(`${topic}-${partition}`);
  }

  /**
   * Asks any of the brokers who leads what. One that lags behind the metadata may still name a leader
   * of which it is known that another came after it, and clients do not go back (KIP-320). Throws
   * {@link NoAnswer}.
   */
  async refresh(): Promise<void> {
    const answer = await this.askAny("Metadata", 12, {
      topics: null,
      allowAutoTopicCreation: false,
    });
    this.#brokers = new Map(answer.brokers.map((
      { nodeId, host, port }: any,
    ) => [nodeId, { host, port }]));
    this.#partitions.clear();
    this.#topicIds.clear();
    for (const { name, topicId, partitions } of answer.topics) {
      this.#topicIds.set(name, topicId);
      for (const told of partitions) {
        const { partitionIndex, errorCode, leaderId, leaderEpoch, isrNodes, replicaNodes } = told;
        const key = `${topicId}-${partitionIndex}`;
        if (leaderEpoch < (this.#leaderEpochs.get(key) ?? -1)) continue;
        this.#leaderEpochs.set(key, leaderEpoch);
        const seen = { errorCode, leaderId, isr: isrNodes, replicas: replicaNodes };
        this.#partitions.set(`${name}-${partitionIndex}`, seen);
      }
    }
  }

  /** By name, as it was last heard of them. */
  get topicIds(): ReadonlyMap<string, string> {
    return this.#topicIds;
  }

  /** The topic's id, as it was last heard of. */
  idOf(topic: string): string | undefined {
    return this.#topicIds.get(topic);
  }

  /** The id of who leads the partition, asked for if need be. */
  async leaderOf(topic: string, partition: number): Promise<number | undefined> {
    const known = () => this.#partitions.get(`${topic}-${partition}`)?.leaderId ?? -1;
    if (known() < 0) await this.refresh();
    return known() < 0 ? undefined : known();
  }

  /** Somebody has told where a broker is. */
  meet({ nodeId, host, port }: { nodeId: number; host: string; port: number }): void {
    this.#brokers.set(nodeId, { host, port });
  }

  /** What is known of leaders is out of date. */
  forget(): void {
    this.#partitions.clear();
  }

  askAny(api: ApiName, version: number, body: any): Promise<any> {
    const addresses = [...this.#brokers.values()];
    const all = addresses.length === 0 || this.random.chance(0.3) ? this.#bootstrap : addresses;
    return this.#askAt(this.random.pick(all), api, version, body);
  }

  /** Throws {@link NoAnswer}. */
  async askNode(nodeId: number, api: ApiName, version: number, body: any): Promise<any> {
    const address = this.#brokers.get(nodeId);
    if (address === undefined) throw new NoAnswer(`nobody knows node ${nodeId}`);
    return await this.#askAt(address, api, version, body);
  }

  async #askAt(address: Address, api: ApiName, version: number, body: any): Promise<any> {
    const key = `${address.host}:${address.port}`;
    try {
      const connecting = this.#connections.get(key) ?? this.#connect(key, address);
      const client = await connecting;
      return await this.#within(client.ask(api, version, body), () => client.close());
    } catch (cause) {
      this.#connections.delete(key);
      if (cause instanceof HungUp || cause instanceof NoAnswer) {
        throw new NoAnswer(`${api} at ${address.host}: ${cause.message}`, { cause });
      }
      throw cause;
    }
  }

  #connect(key: string, address: Address): Promise<SimClient> {
    const late = new AbortController();
    const timer = this.clock.after(DIAL_MS, () => late.abort(new Error("timed out")));
    const connecting = this.#network.dial(address, { signal: late.signal })
      .then((connection) => new SimClient(connection, () => false))
      .catch((cause) => {
        throw new NoAnswer(cause.message, { cause });
      })
      .finally(() => timer.cancel());
    this.#connections.set(key, connecting);
    return connecting;
  }

  #within<T>(answer: Promise<T>, giveUp: () => void): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = this.clock.after(this.#answerMs, () => {
        reject(new NoAnswer("no answer in time"));
        giveUp();
      });
      answer.then(resolve, reject).finally(() => timer.cancel());
    });
  }
}
