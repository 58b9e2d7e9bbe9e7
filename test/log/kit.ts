/** What the tests of the log share: batches, a log on a disk in memory, and reading it all back. */
import { noLog, topicId, type TopicPartition } from "../../src/base/mod.ts";
import { BrokerConfig, TopicConfig } from "../../src/config/mod.ts";
import { type LogDirectory, openLogDirectory, PartitionLog } from "../../src/log/mod.ts";
import type { Clock, Disk } from "../../src/platform/mod.ts";
import { MemoryDisk, SeededRandom, SimulatedClock } from "../../src/platform/memory/mod.ts";
import {
  batchesOf,
  type BatchOptions,
  encodeBatch,
  encodeControlBatch,
  recordsOf,
} from "../../src/records/mod.ts";

export const NOW = Date.UTC(2026, 0, 1);
export const TOPIC_ID = topicId("xe1BttuRRhecNZt-hJXVpg");
export const ORDERS: TopicPartition = { topic: "orders", partition: 0 };

export const bytes = (text: string) => new TextEncoder().encode(text);
export const text = (content: Uint8Array) => new TextDecoder().decode(content);

/** One batch as a producer sends it, a record for each value; keys are the values' first words. */
export function batch(
  values: readonly string[],
  { timestamp = NOW, keys = true, ...options }: BatchOptions & {
    timestamp?: number | number[];
    keys?: boolean;
  } = {},
): Uint8Array {
  return encodeBatch(
    values.map((value, i) => ({
      key: keys ? bytes(value.split(" ")[0]) : null,
      value: bytes(value),
      timestamp: Array.isArray(timestamp) ? timestamp[i] : timestamp,
    })),
    options,
  );
}

/** A transaction marker. */
export function marker(
  type: "COMMIT" | "ABORT",
  { producerId, producerEpoch, coordinatorEpoch = 0 }: {
    producerId: number;
    producerEpoch: number;
    coordinatorEpoch?: number;
  },
): Uint8Array {
  const value = new Uint8Array(6);
  new DataView(value.buffer).setInt32(2, coordinatorEpoch);
  return encodeControlBatch([{ type, value }], {
    timestamp: NOW,
    producerId,
    producerEpoch,
    isTransactional: true,
  });
}

export function brokerConfig(values: Record<string, string> = {}): BrokerConfig {
  return BrokerConfig.from(
    new Map(Object.entries({ "node.id": "1", "process.roles": "broker,controller", ...values })),
  );
}

/**
 * A topic's settings. Segments and indexes may be as small as a test likes them, though nobody else
 * may set `segment.bytes` below a MiB.
 */
export function topicConfig(
  overrides: Record<string, string> = {},
  broker: BrokerConfig = brokerConfig(),
): TopicConfig {
  const small = new Map<string, number>();
  const others = new Map<string, string>();
  for (const [name, value] of Object.entries(overrides)) {
    if (name === "segment.bytes" || name === "segment.index.bytes") small.set(name, Number(value));
    else others.set(name, value);
  }
  const config = TopicConfig.from(others, broker);
  const get = (name: Parameters<TopicConfig["get"]>[0]) => small.get(name) ?? config.get(name);
  return { get, broker } as TopicConfig;
}

export interface World {
  disk: MemoryDisk;
  clock: SimulatedClock;
  random: SeededRandom;
}

export function world(seed = 1): World {
  const clock = new SimulatedClock(NOW);
  return { disk: new MemoryDisk({ seed, clock }), clock, random: new SeededRandom(seed) };
}

export function open(
  { disk, clock, random }: { disk: Disk; clock: Clock; random: SeededRandom },
  { path = "/data", config = brokerConfig(), log = noLog, nodeId = 1 } = {},
): Promise<LogDirectory> {
  return openLogDirectory({ disk, clock, random, path, nodeId, brokerConfig: config, log });
}

/** A log by itself, on a disk in memory, with small segments if asked. */
export function openLog(
  { disk, clock }: { disk: Disk; clock: Clock },
  overrides: Record<string, string> = {},
  state: { isClean?: boolean; recoveryPoint?: number; logStartOffset?: number } = {},
): PartitionLog {
  disk.makeDirectory("/data/orders-0");
  return new PartitionLog({
    disk,
    clock,
    folder: "/data/orders-0",
    topicPartition: ORDERS,
    topicId: TOPIC_ID,
    config: topicConfig(overrides),
    isClean: state.isClean ?? true,
    recoveryPoint: state.recoveryPoint ?? 0,
    logStartOffset: state.logStartOffset ?? 0,
    highWatermark: 0,
    log: noLog,
    onFailure: () => {},
  });
}

export const asClient = { leaderEpoch: 0, now: NOW, origin: "client" } as const;
export const asCoordinator = { leaderEpoch: 0, now: NOW, origin: "coordinator" } as const;

export interface ReadBack {
  offset: number;
  value: string;
  timestamp: number;
}

/** Every record from the offset on, control records left out, as a consumer would get them. */
export function readAll(
  log: PartitionLog,
  from = log.logStartOffset,
  { maxBytes = 1024 * 1024, upTo = log.logEndOffset } = {},
): ReadBack[] {
  const found: ReadBack[] = [];
  for (let offset = from; offset < upTo;) {
    const { parts, nextOffset } = log.read(offset, { maxBytes, upTo, atLeastOneBatch: true });
    if (nextOffset <= offset) break;
    for (const part of parts) {
      for (const batch of batchesOf(part)) {
        if (batch.isControl) continue;
        for (const record of recordsOf(batch, { maxDecompressedBytes: 1 << 26 })) {
          if (record.offset < from) continue;
          const { offset, timestamp, value } = record;
          found.push({ offset, timestamp, value: text(value ?? new Uint8Array()) });
        }
      }
    }
    offset = nextOffset;
  }
  return found;
}

export const values = (log: PartitionLog, from?: number): string[] =>
  readAll(log, from).map(({ value }) => value);
