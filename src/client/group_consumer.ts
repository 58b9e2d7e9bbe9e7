/**
 * Reading as a member of a group, over kafkajs: partitions are shared out among the group's
 * members, and what has been dealt with is committed, so that the group goes on from there after a
 * restart.
 *
 * Offsets are committed after `write` has returned and not before: what was not dealt with comes
 * again (at least once). While a write takes its time, heartbeats tell the group that we are alive.
 * Brokers that go away are waited for, also at the start.
 */
import type { Consumer, EachBatchPayload, KafkaMessage } from "kafkajs";
import type { Cluster } from "./cluster.ts";
import { addressText, BrokersUnreachable } from "./errors.ts";
import { kafkajsConfig, loadKafkajs } from "./kafkajs.ts";
import { translated } from "./producer.ts";
import type { IncomingRecord } from "./types.ts";

export interface ConsumeOptions {
  groupId: string;
  topic: string;
  /** Where a group begins that has committed nothing. */
  from: "beginning" | "end";
  signal: AbortSignal;
  /**
   * Gets records of one partition in order; their offsets are committed once it has returned. A
   * number says that only so many of them have been dealt with.
   */
  write(records: IncomingRecord[]): Promise<void | number>;
}

/** So much is handed to one `write` and covered by one commit. */
const PORTION = { maxRecords: 500, maxBytes: 4 * 2 ** 20 };
const HEARTBEAT_MS = 3000;
/**
 * A member that was lost, as all are when a broker restarts, keeps its partitions from the others
 * for so long.
 */
const SESSION_MS = 10_000;
const AWAY_PAUSE_MS = 1000;
/** Saying goodbye to the group takes no longer. */
const LEAVE_MS = 5000;

/**
 * Consumes until the signal fires. Rejects with what `write` threw, or with what kafkajs cannot get
 * over.
 */
export async function consumeGroup(cluster: Cluster, options: ConsumeOptions): Promise<void> {
  const { signal } = options;
  const { clock, log } = cluster.options;
  while (!signal.aborted) {
    const consumer = await makeConsumer(cluster, options.groupId);
    try {
      await consumer.connect();
      await consumer.subscribe({
        topics: [options.topic],
        fromBeginning: options.from === "beginning",
      });
      return await runConsumer(cluster, consumer, options);
    } catch (error) {
      const said = translated(error, cluster);
      if (!(said instanceof BrokersUnreachable)) throw said;
      log("warn", "brokers away", { reason: said.message });
      await clock.sleep(AWAY_PAUSE_MS, signal).catch(() => {});
    } finally {
      await leave(cluster, consumer);
    }
  }
}

async function makeConsumer(cluster: Cluster, groupId: string): Promise<Consumer> {
  const kafkajs = await loadKafkajs();
  const { bootstrap, clientId, log } = cluster.options;
  const config = kafkajsConfig({ brokers: bootstrap.map(addressText), clientId, log }, kafkajs);
  return new kafkajs.Kafka(config).consumer({
    groupId,
    allowAutoTopicCreation: false,
    maxWaitTimeInMs: 500,
    sessionTimeout: SESSION_MS,
    retry: { ...config.retry, retries: 10, restartOnFailure: () => Promise.resolve(true) },
  });
}

/**
 * Resolves once the signal has fired and what is being written is written and committed; rejects
 * when the consumer has crashed for good or `write` has thrown.
 */
function runConsumer(cluster: Cluster, consumer: Consumer, options: ConsumeOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    let working: Promise<void> = Promise.resolve();
    const eachBatch = (payload: EachBatchPayload) => {
      working = onBatch(cluster, consumer, payload, options, reject);
      return working;
    };
    const finish = () => void working.catch(() => {}).finally(resolve);
    if (options.signal.aborted) return resolve();
    options.signal.addEventListener("abort", finish, { once: true });
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      if (!payload.restart) reject(payload.error);
    });
    consumer.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch }).catch(reject);
  });
}

async function onBatch(
  cluster: Cluster,
  consumer: Consumer,
  { batch, heartbeat, resolveOffset, isRunning, isStale }: EachBatchPayload,
  { signal, write }: ConsumeOptions,
  fail: (error: unknown) => void,
): Promise<void> {
  const { topic, partition } = batch;
  for (const portion of portionsOf(batch.messages)) {
    if (!isRunning() || isStale() || signal.aborted) return;
    const stopHeartbeats = keepAlive(cluster, heartbeat);
    let done: number | void;
    try {
      done = await write(portion.map((message) => recordOf(topic, partition, message)));
    } catch (error) {
      return fail(error);
    } finally {
      stopHeartbeats();
    }
    if (done === 0) return;
    const last = portion[(done ?? portion.length) - 1].offset;
    await consumer.commitOffsets([{ topic, partition, offset: String(Number(last) + 1) }]);
    resolveOffset(last);
    await heartbeat();
  }
}

function keepAlive(cluster: Cluster, heartbeat: () => Promise<void>): () => void {
  const { clock } = cluster.options;
  // A heartbeat that learns of a rebalance throws; the one after the write tells kafkajs.
  const beat = () => {
    heartbeat().catch(() => {});
    timer = clock.after(HEARTBEAT_MS, beat);
  };
  let timer = clock.after(HEARTBEAT_MS, beat);
  return () => timer.cancel();
}

function* portionsOf(messages: readonly KafkaMessage[]): Generator<KafkaMessage[]> {
  let portion: KafkaMessage[] = [];
  let bytes = 0;
  for (const message of messages) {
    portion.push(message);
    bytes += (message.key?.length ?? 0) + (message.value?.length ?? 0);
    if (portion.length < PORTION.maxRecords && bytes < PORTION.maxBytes) continue;
    yield portion;
    portion = [];
    bytes = 0;
  }
  if (portion.length > 0) yield portion;
}

function recordOf(topic: string, partition: number, message: KafkaMessage): IncomingRecord {
  const headers: Record<string, Uint8Array> = {};
  for (const [name, value] of Object.entries(message.headers ?? {})) {
    const last = Array.isArray(value) ? value.at(-1) : value;
    headers[name] = typeof last === "string"
      ? new TextEncoder().encode(last)
      : last ?? new Uint8Array();
  }
  const { key, value, offset, timestamp } = message;
  return {
    topic,
    partition,
    offset: Number(offset),
    timestamp: Number(timestamp),
    key,
    value,
    headers,
  };
}

async function leave(cluster: Cluster, consumer: Consumer): Promise<void> {
  const patience = new AbortController();
  const left = consumer.disconnect().catch(() => {});
  await Promise.race([
    left,
    cluster.options.clock.sleep(LEAVE_MS, patience.signal).catch(() => {}),
  ]);
  patience.abort();
}
