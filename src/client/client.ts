/**
 * The client that commands, plugins and tests use: one object for a cluster, connecting when it is
 * first used.
 */
import { type LogEvent, noLog, type Offset } from "../base/mod.ts";
import type { Platform } from "../platform/mod.ts";
import { KafkaError } from "../protocol/mod.ts";
import { parseAddresses } from "./addresses.ts";
import { createTopic, describeTopics, type PartitionOffsets } from "./admin.ts";
import { Cluster } from "./cluster.ts";
import { consumeGroup, type ConsumeOptions } from "./group_consumer.ts";
import { EARLIEST, LATEST, listOffsets } from "./list_offsets.ts";
import { readLog } from "./log_reader.ts";
import { Producer, type SendOptions, type Sent } from "./producer.ts";
import type { IncomingRecord, OutgoingRecord, ReadOptions } from "./types.ts";

export interface ConnectOptions {
  /** `host:port,host:port`; one that answers is enough. */
  brokers: string;
  platform: Pick<Platform, "network" | "clock" | "random">;
  clientId?: string;
  log?: LogEvent;
}

/**
 * A client of any Kafka. Nothing is dialed yet. Throws `ClientError` for addresses that are none.
 */
export function connect(
  { brokers, platform, clientId = "streamer", log = noLog }: ConnectOptions,
): Client {
  const { network, clock, random } = platform;
  return new Client(
    new Cluster({ bootstrap: parseAddresses(brokers), network, clock, random, clientId, log }),
  );
}

export class Client {
  /** For the calls of `admin.ts` and `group_admin.ts`. */
  readonly cluster: Cluster;
  readonly #producer: Producer;

  constructor(cluster: Cluster) {
    this.cluster = cluster;
    this.#producer = new Producer(cluster);
  }

  /** Publishes and resolves once acknowledged by all in-sync replicas. */
  async produce(records: OutgoingRecord[]): Promise<void> {
    await this.#producer.send(records);
  }

  /** Publishes and tells where the records have come to lie. */
  async send(records: readonly OutgoingRecord[], options?: SendOptions): Promise<Sent[]> {
    return await this.#producer.send(records, options);
  }

  /**
   * Reads without a group until the signal fires, also across restarts of brokers; keys and values
   * are views of what was fetched. Begins to dial when it is iterated. A topic that is not there
   * yet is waited for.
   */
  read(topic: string, options: ReadOptions): AsyncGenerator<IncomingRecord, void, undefined> {
    return readLog(this.cluster, topic, options);
  }

  /** Reads as a member of a group until the signal fires. */
  async consume(options: ConsumeOptions): Promise<void> {
    await consumeGroup(this.cluster, options);
  }

  async offsets(topic: string): Promise<PartitionOffsets[]> {
    const partitions = await this.#partitions(topic);
    const at = (timestamp: number) => partitions.map((partition) => ({ partition, timestamp }));
    const [earliest, latest] = await Promise.all([
      listOffsets(this.cluster, topic, at(EARLIEST)),
      listOffsets(this.cluster, topic, at(LATEST)),
    ]);
    return partitions.map((partition, index) => ({
      partition,
      earliest: earliest[index].offset,
      latest: latest[index].offset,
    }));
  }

  /**
   * The first offset of each partition whose record is at or after the time; its end where there is
   * none.
   */
  async offsetsAt(
    topic: string,
    timestamp: number,
  ): Promise<{ partition: number; offset: Offset }[]> {
    const partitions = await this.#partitions(topic);
    const at = (time: number) => partitions.map((partition) => ({ partition, timestamp: time }));
    const [found, latest] = await Promise.all([
      listOffsets(this.cluster, topic, at(timestamp)),
      listOffsets(this.cluster, topic, at(LATEST)),
    ]);
    return found.map(({ partition, offset }, index) => ({
      partition,
      offset: offset >= 0 ? offset : latest[index].offset,
    }));
  }

  /** Makes the topic if it is not there; true when this call made it. */
  async ensureTopic(
    topic: string,
    options: { partitions?: number; replicas?: number; configs?: Record<string, string> } = {},
  ): Promise<boolean> {
    const { topics } = await this.cluster.metadata([topic]);
    if (topics[0]?.errorCode === 0) return false;
    try {
      await createTopic(this.cluster, { name: topic, ...options });
      return true;
    } catch (error) {
      if (error instanceof KafkaError && error.error === "TOPIC_ALREADY_EXISTS") return false;
      throw error;
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.#producer.close(), this.cluster.close()]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #partitions(topic: string): Promise<number[]> {
    const [{ partitions }] = await describeTopics(this.cluster, [topic]);
    return partitions.map(({ partition }) => partition);
  }
}
