/**
 * Producing, over kafkajs: in bounded requests, idempotent where all replicas acknowledge.
 *
 * Partitions are chosen here, as Kafka's own clients choose them, and not left to kafkajs, which
 * chooses anew on each try: a record without a key could then come twice, once in each of two
 * partitions, idempotent or not.
 *
 * A producer that has failed is thrown away. Its broker may or may not have the batch; what the
 * next call sends under the same sequence number would be taken for that batch and lost. So a call
 * that failed and is repeated writes at least once, and within a call, tries included, exactly
 * once.
 */
import type { CompressionTypes, Producer as KafkajsProducer } from "kafkajs";
import { murmur2 } from "../bytes/mod.ts";
import { errorName, KafkaError } from "../protocol/mod.ts";
import type { Codec } from "../records/mod.ts";
import type { Cluster } from "./cluster.ts";
import { addressText, BrokersUnreachable, ClientError, reasonOf } from "./errors.ts";
import { asBuffer, kafkajsConfig, loadKafkajs } from "./kafkajs.ts";
import type { OutgoingRecord } from "./types.ts";

export type Acks = "all" | 1 | 0;

export interface SendOptions {
  /** Who must have a record before it counts as written. Default all in-sync replicas. */
  acks?: Acks;
  compression?: Codec;
}

/**
 * Where records of one request have come to lie; `baseOffset` is undefined without
 * acknowledgements.
 */
export interface Sent {
  topic: string;
  partition: number;
  baseOffset: number | undefined;
  records: number;
}

/**
 * Of one request to one partition: below Kafka's default `max.message.bytes`, as all of it is one
 * batch.
 */
const REQUEST = { maxBytes: 512 * 1024, maxRecords: 2000 };
/** How long a topic's number of partitions is believed. */
const PARTITIONS_AGE_MS = 60_000;
const ACK_TIMEOUT_MS = 10_000;
const COMPRESSION: Record<Codec, CompressionTypes> = {
  none: 0,
  gzip: 1,
  snappy: 2,
  lz4: 3,
  zstd: 4,
};

type Placed = OutgoingRecord & { partition: number };

export class Producer {
  readonly #cluster: Cluster;
  readonly #producers = new Map<Acks, Promise<KafkajsProducer>>();
  readonly #partitions = new Map<string, { count: number; until: number }>();
  #turn: number;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    this.#turn = cluster.options.random.int(2 ** 20);
  }

  /**
   * Writes the records in order. Rejects with `KafkaError`, {@link BrokersUnreachable} or {@link
   * ClientError}.
   */
  async send(records: readonly OutgoingRecord[], options: SendOptions = {}): Promise<Sent[]> {
    const sent: Sent[] = [];
    for (const [topic, ofTopic] of Map.groupBy(records, topicOf)) {
      const count = await this.#partitionsOf(topic);
      for (const request of requestsOf(ofTopic)) {
        // As Java's producer does, records without a key stay together for a request, and move on
        // with the next.
        const keyless = this.#turn++ % count;
        const placed = request.map((record) => ({
          ...record,
          partition: partitionOf(record, count, keyless),
        }));
        checkPartitions(topic, count, placed);
        sent.push(...await this.#request(topic, placed, options));
      }
    }
    return sent;
  }

  async close(): Promise<void> {
    const all = [...this.#producers.values()];
    this.#producers.clear();
    for (const producer of all) await (await producer.catch(() => undefined))?.disconnect();
  }

  async #partitionsOf(topic: string): Promise<number> {
    const now = this.#cluster.options.clock.monotonic();
    const known = this.#partitions.get(topic);
    if (known && known.until > now) return known.count;
    const count = await this.#cluster.retrying(async () => {
      const found = (await this.#cluster.metadata([topic])).topics.find(({ name }) =>
        name === topic
      );
      const error = errorName(found?.errorCode ?? 3);
      if (error === "UNKNOWN_TOPIC_OR_PARTITION") {
        throw new KafkaError(error, `Topic "${topic}" does not exist`);
      }
      if (error !== "NONE") throw new KafkaError(error);
      return found!.partitions.length;
    });
    this.#partitions.set(topic, { count, until: now + PARTITIONS_AGE_MS });
    return count;
  }

  async #request(
    topic: string,
    records: Placed[],
    { acks = "all", compression = "none" }: SendOptions,
  ) {
    const counts = Map.groupBy(records, ({ partition }) => partition);
    try {
      const producer = await this.#producer(acks);
      const answers = await producer.send({
        topic,
        acks: acks === "all" ? -1 : acks,
        timeout: ACK_TIMEOUT_MS,
        compression: COMPRESSION[compression],
        messages: records.map(messageOf),
      });
      if (acks === 0) {
        return [...counts].map(([partition, of]) => ({
          topic,
          partition,
          baseOffset: undefined,
          records: of.length,
        }));
      }
      return answers.map(({ partition, baseOffset }) => ({
        topic,
        partition,
        baseOffset: Number(baseOffset),
        records: counts.get(partition)?.length ?? 0,
      }));
    } catch (error) {
      this.#drop(acks);
      this.#partitions.delete(topic);
      throw translated(error, this.#cluster);
    }
  }

  #producer(acks: Acks): Promise<KafkajsProducer> {
    const known = this.#producers.get(acks);
    if (known) return known;
    const making = this.#make(acks);
    this.#producers.set(acks, making);
    return making;
  }

  async #make(acks: Acks): Promise<KafkajsProducer> {
    const kafkajs = await loadKafkajs();
    const { bootstrap, clientId, log } = this.#cluster.options;
    const config = kafkajsConfig({ brokers: bootstrap.map(addressText), clientId, log }, kafkajs);
    const producer = new kafkajs.Kafka(config).producer({
      idempotent: acks === "all",
      allowAutoTopicCreation: false,
      // Named although it is the default: kafkajs warns whoever does not choose.
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
      retry: config.retry,
    });
    await producer.connect();
    return producer;
  }

  #drop(acks: Acks): void {
    const dropped = this.#producers.get(acks);
    this.#producers.delete(acks);
    dropped?.then((producer) => producer.disconnect()).catch(() => {});
  }
}

function topicOf({ topic }: OutgoingRecord): string {
  if (!topic) throw new ClientError("Cannot produce a record without a topic");
  return topic;
}

/** Cuts into requests of bounded size, in order, at least one record each. */
export function* requestsOf(records: readonly OutgoingRecord[]): Generator<OutgoingRecord[]> {
  let request: OutgoingRecord[] = [];
  let bytes = 0;
  for (const record of records) {
    const size = 64 + (record.key?.length ?? 0) + (record.value?.length ?? 0);
    if (
      request.length === REQUEST.maxRecords ||
      (request.length > 0 && bytes + size > REQUEST.maxBytes)
    ) {
      yield request;
      request = [];
      bytes = 0;
    }
    request.push(record);
    bytes += size;
  }
  if (request.length > 0) yield request;
}

/** As Kafka's clients choose: the one given, else by the key's murmur2, else `keyless`. */
export function partitionOf(
  { partition, key }: OutgoingRecord,
  count: number,
  keyless: number,
): number {
  if (partition !== undefined) return partition;
  if (key === undefined || key === null) return keyless;
  return (murmur2(typeof key === "string" ? new TextEncoder().encode(key) : key) & 0x7fffffff) %
    count;
}

function checkPartitions(topic: string, count: number, records: readonly Placed[]): void {
  const wrong = records.find(({ partition }) => partition < 0 || partition >= count);
  if (!wrong) return;
  const there = count === 1 ? "partition 0 only" : `partitions 0 to ${count - 1}`;
  throw new ClientError(
    `Cannot write to partition ${wrong.partition} of "${topic}": it has ${there}`,
  );
}

function messageOf({ key, value, headers, partition, timestamp }: Placed) {
  const bytes = <T>(part: T) => part instanceof Uint8Array ? asBuffer(part) : part;
  return {
    key: key === undefined || key === null ? null : bytes(key) as string,
    value: value === null ? null : bytes(value) as string,
    partition,
    ...(timestamp !== undefined && { timestamp: String(timestamp) }),
    ...(headers && {
      headers: Object.fromEntries(
        Object.entries(headers).map(([name, part]) => [name, bytes(part) as string]),
      ),
    }),
  };
}

/** kafkajs wraps what happened in what it did about it; the caller wants to know what happened. */
export function translated(error: unknown, cluster: Cluster): unknown {
  const names: string[] = [];
  for (let at = error as any; at instanceof Error; at = at.cause) {
    if (["KafkaError", "ClientError", "BrokersUnreachable"].includes(at.name)) return at;
    const code = (at as { code?: unknown }).code;
    if (at.name === "KafkaJSProtocolError" && typeof code === "number") {
      return new KafkaError(errorName(code), undefined, { cause: error });
    }
    names.push(`${at.name} ${at.message}`);
  }
  if (!names[0]?.startsWith("KafkaJS")) return error;
  if (
    !names.some((name) =>
      /Connect|Timeout|BrokerNotFound|NoBroker|RetriesExceeded|Lock|Closed|disconnect/i.test(name)
    )
  ) {
    return new ClientError((error as Error).message, { cause: error });
  }
  const brokers = cluster.options.bootstrap.map(addressText).join(", ");
  return new BrokersUnreachable(`Cannot reach ${brokers}: ${reasonOf(error)}`, { cause: error });
}
