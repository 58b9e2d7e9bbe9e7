/** What the tests of the cleaner share: histories with keys, cleaning them, and what is left. */
import type { BrokerConfig } from "../../../src/config/mod.ts";
import type { LogEvent } from "../../../src/base/mod.ts";
import { LogCleaner, type LogDirectory, type PartitionLog } from "../../../src/log/mod.ts";
import type { SimulatedClock } from "../../../src/platform/memory/mod.ts";
import {
  batchesOf,
  type BatchOptions,
  type BatchView,
  encodeBatch,
  recordsOf,
} from "../../../src/records/mod.ts";
import { asClient, brokerConfig, bytes, NOW, text, type World } from "../kit.ts";

/** A batch of `key=value` records; `key` alone is a tombstone. */
export function keyed(
  records: readonly string[],
  { timestamp = NOW, ...options }: BatchOptions & { timestamp?: number } = {},
): Uint8Array {
  return encodeBatch(
    records.map((record) => {
      const [key, value] = record.split("=");
      return { key: bytes(key), value: value === undefined ? null : bytes(value), timestamp };
    }),
    options,
  );
}

/** Appends batches as a client and takes them as committed. */
export function append(log: PartitionLog, ...batches: Uint8Array[]): void {
  for (const batch of batches) {
    log.append(batch, { ...asClient, now: Math.max(NOW, 0) });
    log.highWatermark = log.logEndOffset;
  }
}

/** Every batch of the log as it is stored. */
export function batchesIn(log: PartitionLog): BatchView[] {
  const found: BatchView[] = [];
  for (let offset = log.segments[0].baseOffset; offset < log.logEndOffset;) {
    const { parts, nextOffset } = log.read(Math.max(offset, log.logStartOffset), {
      maxBytes: 1 << 20,
      upTo: log.logEndOffset,
      atLeastOneBatch: true,
    });
    if (nextOffset <= offset) break;
    for (const part of parts) found.push(...batchesOf(part));
    offset = nextOffset;
  }
  return found;
}

/** `offset:key=value` of every record that is left, markers and other control records left out. */
export function left(log: PartitionLog): string[] {
  return batchesIn(log).filter((batch) => !batch.isControl).flatMap((batch) =>
    [...recordsOf(batch, { maxDecompressedBytes: 1 << 26 })].map(({ offset, key, value }) =>
      `${offset}:${text(key!)}${value === null ? "" : `=${text(value)}`}`
    )
  );
}

/** Lets simulated time pass until the work is done. */
export async function until<T>(clock: SimulatedClock, work: Promise<T>): Promise<T> {
  let isDone = false;
  const end = () => void (isDone = true);
  work.then(end, end);
  for (let i = 0; i < 100_000 && !isDone; i++) await clock.advanceAndSettle(1);
  return work;
}

export interface Told {
  level: string;
  event: string;
  fields?: Record<string, unknown>;
}

/** A cleaner of one directory, and what it has told. */
export function cleanerOf(
  { disk, clock }: World,
  directory: LogDirectory,
  settings: Record<string, string> = {},
): { cleaner: LogCleaner; told: Told[]; set(settings: Record<string, string>): void } {
  const told: Told[] = [];
  const log: LogEvent = (level, event, fields) => void told.push({ level, event, fields });
  // By itself: at most a log at a time, and memory that a test can afford to take.
  let some: Record<string, string> = { "log.cleaner.dedupe.buffer.size": "4194304", ...settings };
  let config: BrokerConfig = brokerConfig(some);
  const cleaner = new LogCleaner({
    disk,
    clock,
    log,
    config: () => config,
    directories: () => [directory],
  });
  return {
    cleaner,
    told,
    set(more) {
      config = brokerConfig(some = { ...some, ...more });
      cleaner.reconfigure();
    },
  };
}

/** Cleans all that is due, once through. */
export async function cleanAll(
  world: World,
  directory: LogDirectory,
  settings: Record<string, string> = {},
): Promise<Told[]> {
  const { cleaner, told } = cleanerOf(world, directory, settings);
  cleaner.start();
  for (let i = 0, quiet = 0; i < 20_000 && quiet < 4; i++) {
    const before = told.length;
    await world.clock.advanceAndSettle(1);
    quiet = told.length === before && cleaner.isIdle ? quiet + 1 : 0;
  }
  await until(world.clock, cleaner.close());
  return told;
}
