/**
 * A log that its disk has damaged is made whole from another replica's, and loses nothing by it that
 * it had itself.
 */
import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import type { LogDirectory, PartitionLog, RecordSource } from "../../src/log/mod.ts";
import { LogScrubber } from "../../src/log/mod.ts";
import type { KafkaError } from "../../src/protocol/mod.ts";
import { SeededRandom } from "../../src/platform/memory/mod.ts";
import { forEachSeed } from "../kit/seeds.ts";
import {
  asClient,
  batch,
  brokerConfig,
  NOW,
  open,
  ORDERS,
  TOPIC_ID,
  topicConfig,
  values,
  type World,
  world,
} from "./kit.ts";

const FOLDER = "/data/orders-0";
const SMALL = {
  "segment.bytes": "2000",
  "index.interval.bytes": "200",
  "file.delete.delay.ms": "1000",
};
const COMPACTED = { ...SMALL, "cleanup.policy": "compact" };
const BATCHES = 120;
const VALUES = Array.from({ length: BATCHES }, (_, i) => `k${i % 7} v${i}`);

interface Opened {
  readonly w: World;
  readonly directory: LogDirectory;
  readonly log: PartitionLog;
}

async function openAgain(w: World, configs: Record<string, string> = SMALL): Promise<Opened> {
  const directory = await open(w);
  const log = directory.create(ORDERS, TOPIC_ID, topicConfig(configs));
  log.highWatermark = log.logEndOffset;
  return { w, directory, log };
}

/** The same log on a disk of its own, each time. */
async function filled(configs: Record<string, string> = SMALL): Promise<Opened> {
  const opened = await openAgain(world(), configs);
  for (const [i, value] of VALUES.entries()) {
    const producer = { producerId: 1 + i % 3, producerEpoch: 0, baseSequence: Math.floor(i / 3) };
    const options = { ...asClient, leaderEpoch: i < 50 ? 2 : 5 };
    opened.log.append(batch([value], { timestamp: NOW + i, ...producer }), options);
  }
  opened.log.highWatermark = BATCHES;
  await opened.log.sync();
  opened.directory.checkpoint();
  return opened;
}

async function ended({ directory, w }: Opened, isClean: boolean): Promise<World> {
  if (isClean) await directory.close();
  else w.disk.crash();
  return w;
}

/** What another replica has, all of it committed. */
const sourceOf = (log: PartitionLog): RecordSource => ({
  read(offset, upTo) {
    const { parts } = log.read(offset, { maxBytes: 700, upTo: BATCHES, atLeastOneBatch: true });
    return Promise.resolve(offset < upTo && parts.length > 0 ? parts[0] : undefined);
  },
});

const ALL = { maxBytes: 1 << 20, upTo: Infinity, atLeastOneBatch: true };

/** Of segments and their indexes. */
function files({ disk }: World, suffix = "log"): string[] {
  return disk.list(FOLDER).map(({ name }) => `${FOLDER}/${name}`)
    .filter((path) => path.endsWith(`.${suffix}`)).sort();
}

function overwrite({ disk }: World, path: string, { from, bytes, random }: {
  from: number;
  bytes: number;
  random: SeededRandom;
}): void {
  const file = disk.open(path, "write");
  file.write(Uint8Array.from({ length: bytes }, () => random.int(256)), from);
  file.syncNow();
  file.close();
}

function cut({ disk }: World, path: string, size: number): void {
  const file = disk.open(path, "write");
  file.truncate(size);
  file.syncNow();
  file.close();
}

/** Whatever a disk may do to some of the files. */
function harm(w: World, random: SeededRandom): string[] {
  const paths = [...files(w), ...files(w, "index"), ...files(w, "timeindex")];
  return Array.from({ length: 1 + random.int(4) }, () => {
    const path = random.pick(paths);
    const size = w.disk.exists(path) ? w.disk.stat(path).size : 0;
    if (size === 0) return `${path} as it is`;
    const at = random.int(size);
    const way = random.int(3);
    if (way === 0) cut(w, path, at);
    else if (way === 1) w.disk.remove(path);
    else overwrite(w, path, { from: at, bytes: 1 + random.int(Math.min(80, size - at)), random });
    return `${path} at ${at}: ${["cut", "removed", "overwritten"][way]}`;
  });
}

/** Reads through it, as the scrubber does. */
async function readThrough({ directory, w }: Opened): Promise<void> {
  const config = brokerConfig({ "log.initial.task.delay.ms": "0" });
  const { clock } = w;
  const scrubber = new LogScrubber({ clock, config: () => config, directories: () => [directory] });
  scrubber.start();
  for (let i = 0; i < 400; i++) await clock.advanceAndSettle(5);
  await scrubber.close();
}

async function settled<T>({ clock }: World, promise: Promise<T>): Promise<T> {
  let isDone = false;
  const done = promise.finally(() => isDone = true);
  done.catch(() => {});
  for (let i = 0; i < 100_000 && !isDone; i++) await clock.advanceAndSettle(1);
  return await done;
}

const producersOf = (log: PartitionLog) =>
  [...log.producers()].map(({ producerId, lastSequence }) => [producerId, lastSequence]).sort();

Deno.test("Whatever is damaged behind the recovery point is found by a look, and whole after a repair", async () => {
  const other = await filled();
  const producers = producersOf(other.log);
  await forEachSeed(60, async (seed) => {
    const random = new SeededRandom(seed);
    const w = await ended(await filled(), random.chance(0.5));
    const told = harm(w, random);
    const opened = await openAgain(w);
    const { log, directory } = opened;
    const mayBeShorter = log.logEndOffset; // a follower fetches what is missing at its end
    await readThrough(opened);
    if (log.damagedSegments.length > 0) {
      await settled(w, directory.repair(log, sourceOf(other.log)));
    }
    const what = `${seed}: ${told.join(", ")}`;
    deepStrictEqual(log.damagedSegments, [], what);
    // A first segment that is gone may have been deleted.
    const start = log.logStartOffset;
    deepStrictEqual(values(log), VALUES.slice(start, mayBeShorter), what);
    if (log.logEndOffset === BATCHES && start === 0) {
      deepStrictEqual(producersOf(log), producers, what);
    }
    if (mayBeShorter > 50 && start < 49) strictEqual(log.epochAt(49), 2, what);
    // It is on the device, and so it stays.
    const again = await openAgain(await ended(opened, random.chance(0.5)));
    deepStrictEqual(values(again.log), VALUES.slice(start, mayBeShorter), what);
    deepStrictEqual(again.log.damagedSegments, [], what);
  });
});

Deno.test("A power cut at any operation of a repair leaves the log as it was, or repaired", async () => {
  const other = await filled();
  for (let operations = 0;; operations++) {
    const w = await ended(await filled(), true);
    const [, second] = files(w);
    cut(w, second, w.disk.stat(second).size / 2);
    const opened = await openAgain(w);
    strictEqual(opened.log.damagedSegments.length, 1);
    let left = operations;
    w.disk.onOperation = () => left-- > 0 ? undefined : "the power is gone";
    const repair = opened.directory.repair(opened.log, sourceOf(other.log));
    const isThrough = await settled(w, repair).then(() => true, () => false);
    w.disk.onOperation = undefined;
    w.disk.powerCut();
    const again = await openAgain(w);
    const { log, directory } = again;
    if (!isThrough) ok(log.damagedSegments.length <= 1);
    if (log.damagedSegments.length > 0) {
      await settled(w, directory.repair(log, sourceOf(other.log)));
    }
    deepStrictEqual(values(log), VALUES);
    if (isThrough) return;
  }
});

Deno.test("What the other has not either is left as it is, and nothing is lost by trying", async () => {
  const other = await filled();
  const w = await ended(await filled(), true);
  const random = new SeededRandom(1);
  const [first, second] = files(w);
  overwrite(w, first, { from: 500, bytes: 40, random });
  overwrite(w, second, { from: 300, bytes: 40, random });
  const opened = await openAgain(w);
  await readThrough(opened);
  const { log, directory } = opened;
  const [brokenAt] = log.damagedSegments.map(({ baseOffset }) => baseOffset);
  strictEqual(log.damagedSegments.length, 2);
  const bytes = w.disk.readFile(first);
  // Of the first it has nothing; of the second, all.
  const source = sourceOf(other.log);
  const half: RecordSource = {
    read: (offset, upTo) =>
      offset < log.segments[1].baseOffset ? Promise.resolve(undefined) : source.read(offset, upTo),
  };
  const { segments } = await settled(w, directory.repair(log, half));
  strictEqual(segments, 1);
  deepStrictEqual(log.damagedSegments.map(({ baseOffset }) => baseOffset), [brokenAt]);
  deepStrictEqual(w.disk.readFile(first), bytes);
  await rejects(
    settled(w, directory.repair(log, { read: () => Promise.reject(new Error("away")) })),
    /away/,
  );
  deepStrictEqual(w.disk.readFile(first), bytes);
  await settled(w, directory.repair(log, source));
  deepStrictEqual(values(log), VALUES);
});

Deno.test("A replica that lies, or sends what is torn, puts nothing into a log", async () => {
  const other = await filled();
  const w = await ended(await filled(), true);
  const [, second] = files(w);
  cut(w, second, w.disk.stat(second).size / 2);
  const { log, directory } = await openAgain(w);
  const source = sourceOf(other.log);
  for (
    const lie of [
      (bytes: Uint8Array) => bytes.fill(7, 70, 80), // its sum is wrong
      (bytes: Uint8Array) => bytes.subarray(0, 60),
      (bytes: Uint8Array) => (bytes[7] -= 3, bytes), // an offset that we have
      (bytes: Uint8Array) => (bytes[6] = 9, bytes), // one far behind
    ]
  ) {
    const lying: RecordSource = {
      read: async (offset, upTo) => lie((await source.read(offset, upTo))!.slice()),
    };
    const { segments } = await settled(w, directory.repair(log, lying));
    strictEqual(segments, 0);
    strictEqual(log.damagedSegments.length, 1);
  }
  await settled(w, directory.repair(log, source));
  deepStrictEqual(values(log), VALUES);
});

Deno.test("While it is repaired nobody is told that it is lost, nor passes over what is missing", async () => {
  const other = await filled();
  const w = await ended(await filled(), true);
  const [, second, third] = files(w);
  const size = w.disk.stat(second).size;
  const { baseOffset } = other.log.segments[2];
  cut(w, second, 0);
  overwrite(w, third, { from: 0, bytes: 30, random: new SeededRandom(1) });
  const { log, directory } = await openAgain(w);
  ok(size > 0 && log.segments[2].baseOffset === baseOffset);
  const from = log.segments[1].baseOffset;
  const readAt = (offset: number) =>
    log.read(offset, { maxBytes: 1, upTo: BATCHES, atLeastOneBatch: true });
  const error = (offset: number) => {
    try {
      return readAt(offset).nextOffset;
    } catch (thrown) {
      return (thrown as KafkaError).error;
    }
  };
  log.isBeingRepaired = true;
  strictEqual(error(from - 1), from, "what is before it is served");
  strictEqual(error(from), "KAFKA_STORAGE_ERROR");
  strictEqual(error(baseOffset), "KAFKA_STORAGE_ERROR");
  log.isBeingRepaired = false;
  strictEqual(error(baseOffset), "CORRUPT_MESSAGE", "as on a broker that is alone");
  await settled(w, directory.repair(log, sourceOf(other.log)));
  deepStrictEqual(values(log), VALUES);
});

Deno.test("A compacted log takes all from the other, and no record comes back that was deleted there", async () => {
  // The other has cleaned k0's first records away, and then their tombstone.
  const other = await filled(COMPACTED);
  const w = await ended(await filled(COMPACTED), true);
  const damaged = 3;
  const isGone = (offset: number) => offset < 40 && offset % 7 === 0;
  const cleaned: RecordSource = {
    read(offset, upTo) {
      for (let at = offset; at < upTo; at++) {
        if (isGone(at)) continue;
        const { parts } = other.log.read(at, { maxBytes: 1, upTo, atLeastOneBatch: true });
        return Promise.resolve(parts[0]);
      }
      return Promise.resolve(undefined);
    },
  };
  const path = files(w)[damaged];
  overwrite(w, path, { from: 100, bytes: 30, random: new SeededRandom(1) });
  const opened = await openAgain(w, COMPACTED);
  const { log, directory } = opened;
  directory.cleaned.set(ORDERS, log.segments[2].baseOffset);
  await readThrough(opened);
  strictEqual(log.damagedSegments.length, 1);
  const end = log.segments[damaged + 1].baseOffset;
  await settled(w, directory.repair(log, cleaned));
  deepStrictEqual(log.damagedSegments, []);
  const expected = VALUES.filter((_, offset) => offset >= end || !isGone(offset));
  deepStrictEqual(values(log), expected);
  strictEqual(directory.cleaned.get(ORDERS), undefined, "it is cleaned from the beginning");
  const again = await openAgain(await ended(opened, true), COMPACTED);
  deepStrictEqual(values(again.log), expected);
  deepStrictEqual(again.log.damagedSegments, [], "what a cleaning has left out is not missing");
  // Of a segment that was written anew not even the last batch can go unseen.
  const made = again.log.segments[1];
  const [last] = [...made.batchesFrom(0, { ...ALL, endOffset: end })].slice(-1);
  const size = made.sizeInBytes;
  let stopped = await ended(again, true);
  for (const to of [size - 5, size - last.sizeInBytes]) {
    cut(stopped, made.path, to);
    const { directory, log } = await openAgain(stopped, COMPACTED);
    deepStrictEqual(log.damagedSegments.map(({ baseOffset }) => baseOffset), [made.baseOffset]);
    stopped = await ended({ w: stopped, directory, log }, true);
  }
});

for (const isClean of [true, false]) {
  const end = isClean ? "clean stop" : "crash";
  Deno.test(`A segment of a compacted log that is cut between two batches is missed after a ${end}`, async () => {
    const w = await ended(await filled(COMPACTED), isClean);
    const [, , third] = files(w);
    // All but its first batch, whole.
    const first = w.disk.readFile(third);
    cut(w, third, 12 + new DataView(first.buffer, first.byteOffset).getInt32(8));
    const { log } = await openAgain(w, COMPACTED);
    deepStrictEqual(log.damagedSegments.map(({ baseOffset }) => baseOffset), [
      Number(third.slice(-24, -4)),
    ]);
  });
}
