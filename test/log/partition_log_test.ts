/** Appending, reading, rolling, searching, truncating: one log on a disk in memory. */
import { deepStrictEqual, ok, rejects, strictEqual, throws } from "node:assert/strict";
import { KafkaError } from "../../src/protocol/mod.ts";
import { StorageError } from "../../src/platform/mod.ts";
import { batchesOf } from "../../src/records/mod.ts";
import {
  asClient,
  asCoordinator,
  batch,
  marker,
  NOW,
  openLog,
  readAll,
  values,
  world,
} from "./kit.ts";

const MANY = { "segment.bytes": "20000", "index.interval.bytes": "100" };
const isError = (name: string) => (error: unknown) =>
  error instanceof KafkaError && error.error === name;
const whole = { maxBytes: 1 << 20, upTo: Infinity, atLeastOneBatch: true };

Deno.test("Records get consecutive offsets and are read back in order", () => {
  const log = openLog(world());
  deepStrictEqual(log.append(batch(["a", "b"]), asClient), {
    baseOffset: 0,
    lastOffset: 1,
    logAppendTime: -1,
    duplicate: false,
    logStartOffset: 0,
  });
  strictEqual(log.append(batch(["c"]), asClient).baseOffset, 2);
  strictEqual(log.logEndOffset, 3);
  deepStrictEqual(readAll(log).map(({ offset, value }) => [offset, value]), [
    [0, "a"],
    [1, "b"],
    [2, "c"],
  ]);
});

Deno.test("The stored batch carries base offset and leader epoch and keeps its checksum", () => {
  const log = openLog(world());
  log.append(batch(["a", "b"]), { ...asClient, leaderEpoch: 4 });
  log.append(batch(["c"]), { ...asClient, leaderEpoch: 7 });
  const [part] = log.read(0, whole).parts;
  const batches = [...batchesOf(part)];
  deepStrictEqual(batches.map((b) => [b.baseOffset, b.partitionLeaderEpoch, b.isCrcValid()]), [
    [0, 4, true],
    [2, 7, true],
  ]);
  strictEqual(log.latestEpoch, 7);
  strictEqual(log.epochAt(1), 4);
  deepStrictEqual(log.endOffsetFor(4), { epoch: 4, endOffset: 2 });
  deepStrictEqual(log.endOffsetFor(5), { epoch: 4, endOffset: 2 });
  deepStrictEqual(log.endOffsetFor(7), { epoch: 7, endOffset: 3 });
  strictEqual(log.endOffsetFor(8), undefined);
});

Deno.test("A read begins with the batch that holds the offset, at any offset, over segments and index entries", () => {
  const log = openLog(world(), MANY);
  let expected = 0;
  for (let i = 0; expected < 3000; i++) {
    const count = 1 + i % 7;
    log.append(batch(Array.from({ length: count }, (_, k) => `v${expected + k}`)), asClient);
    expected += count;
  }
  ok(log.segmentCount > 3);
  const end = log.logEndOffset;
  for (let offset = 0; offset < end; offset += 13) {
    const { parts, nextOffset, bytes } = log.read(offset, { ...whole, maxBytes: 300 });
    const [first] = batchesOf(parts[0]);
    ok(first.baseOffset <= offset && first.lastOffset >= offset);
    strictEqual(bytes, parts[0].length);
    ok(bytes <= 300 || bytes === first.sizeInBytes);
    strictEqual([...batchesOf(parts[0])].at(-1)!.nextOffset, nextOffset);
  }
  deepStrictEqual(
    readAll(log, 17, { maxBytes: 1000 }).map(({ value }) => value),
    Array.from({ length: end - 17 }, (_, i) => `v${i + 17}`),
  );
});

Deno.test("A read keeps to its limits: bytes, upper offset, at least one batch", () => {
  const log = openLog(world());
  for (let i = 0; i < 5; i++) log.append(batch([`v${i}`, "x".repeat(20_000)]), asClient);
  const size = log.sizeInBytes / 5;
  const read = (offset: number, limits: Partial<typeof whole>) =>
    log.read(offset, { ...whole, ...limits });
  strictEqual(read(0, { maxBytes: 10, atLeastOneBatch: false }).bytes, 0);
  strictEqual(read(0, { maxBytes: 10 }).bytes, size);
  strictEqual(read(0, { maxBytes: 10 }).nextOffset, 2);
  strictEqual(read(1, { maxBytes: size * 2 + 5 }).bytes, size * 2);
  strictEqual(read(0, { upTo: 4 }).bytes, size * 2);
  strictEqual(read(0, { upTo: 5 }).bytes, size * 2); // no part of a batch
  strictEqual(read(4, { upTo: 4 }).bytes, 0);
  strictEqual(read(6, { upTo: 4 }).bytes, 0);
  strictEqual(read(10, {}).bytes, 0);
  throws(() => read(11, {}), isError("OFFSET_OUT_OF_RANGE"));
  throws(() => read(-1, {}), isError("OFFSET_OUT_OF_RANGE"));
});

Deno.test("The bytes given to append may be used again at once", () => {
  const log = openLog(world());
  const mine = batch(["first"]);
  log.append(mine, asClient);
  mine.fill(0);
  deepStrictEqual(values(log), ["first"]);
});

Deno.test("A segment rolls by size, by the records' time, and when asked", () => {
  const { disk, clock } = world();
  const log = openLog({ disk, clock }, { "segment.bytes": "2000", "segment.ms": "60000" });
  log.append(batch(["x".repeat(600)]), asClient);
  log.append(batch(["y".repeat(600)]), asClient);
  strictEqual(log.segmentCount, 2);
  log.append(batch(["z"], { timestamp: NOW + 60_000 }), asClient);
  strictEqual(log.segmentCount, 2);
  log.append(batch(["z"], { timestamp: NOW + 60_001 }), asClient);
  strictEqual(log.segmentCount, 3);
  log.roll();
  strictEqual(log.segmentCount, 4);
  log.roll(); // empty already
  strictEqual(log.segmentCount, 4);
  deepStrictEqual(
    disk.list("/data/orders-0").map(({ name }) => name).filter((n) => /log$/.test(n)),
    [
      "00000000000000000000.log",
      "00000000000000000001.log",
      "00000000000000000003.log",
      "00000000000000000004.log",
    ],
  );
});

Deno.test("With segment.jitter.ms each segment rolls at a time of its own, never after segment.ms", () => {
  const log = openLog(world(), { "segment.ms": "60000", "segment.jitter.ms": "30000" });
  const ages: number[] = [];
  for (let began = NOW, now = NOW; ages.length < 8; now += 1000) {
    const before = log.segmentCount;
    log.append(batch(["x"], { timestamp: now }), asClient);
    if (log.segmentCount === before) continue;
    ages.push(now - began);
    began = now;
  }
  deepStrictEqual(ages.filter((age) => age <= 30_000 || age > 61_000), []);
  ok(new Set(ages).size > 3, `ages in ms: ${ages}`);
});

Deno.test("A preallocated segment's file has its full size, and its own when it is sealed or the log closed", async () => {
  const { disk, clock } = world();
  const settings = { "preallocate": "true", "segment.bytes": "2000" };
  const log = openLog({ disk, clock }, settings);
  const sizes = () =>
    disk.list("/data/orders-0").filter(({ name }) => name.endsWith(".log"))
      .map(({ name }) => disk.stat(`/data/orders-0/${name}`).size);
  const one = batch(["x".repeat(300)]);
  log.append(one.slice(), asClient);
  log.append(one.slice(), asClient);
  deepStrictEqual(sizes(), [2000]);
  strictEqual(log.sizeInBytes, 2 * one.length);
  log.append(batch(["y".repeat(600)]), asClient);
  deepStrictEqual(sizes(), [2 * one.length, 2000]);
  await log.close();
  deepStrictEqual(sizes().map((size) => size < 2000), [true, true]);
  strictEqual(values(openLog({ disk, clock }, settings)).length, 3);
});

Deno.test("A power cut leaves zeros behind the last batch of a preallocated segment, and they are cut off", async () => {
  const { disk, clock } = world();
  const settings = { "preallocate": "true", "segment.bytes": "2000" };
  const log = openLog({ disk, clock }, settings);
  log.append(batch(["kept"]), asClient);
  await log.sync();
  disk.syncDirectory("/");
  disk.powerCut();
  const again = openLog({ disk, clock }, { ...settings }, { isClean: false });
  deepStrictEqual(values(again), ["kept"]);
  ok(disk.stat("/data/orders-0/00000000000000000000.log").size < 200);
  again.append(batch(["next"]), asClient);
  deepStrictEqual(values(again), ["kept", "next"]);
});

Deno.test("A segment rolls when its index is full", () => {
  const log = openLog(world(), { "segment.index.bytes": "40", "index.interval.bytes": "0" });
  for (let i = 0; i < 20; i++) log.append(batch([`v${i}`], { timestamp: NOW + i }), asClient);
  ok(log.segmentCount > 3);
  strictEqual(values(log).length, 20);
});

Deno.test("Offsets are found by time, the earliest first, within the limit", () => {
  const log = openLog(world(), MANY);
  for (let i = 0; i < 400; i++) {
    const at = NOW - 1_000_000 + i * 1000;
    log.append(
      batch([`a${i}`, `b${i}`, `c${i}`], { timestamp: [at, at + 300, at + 100] }),
      asClient,
    );
  }
  ok(log.segmentCount > 1);
  for (const i of [0, 1, 57, 200, 399]) {
    const at = NOW - 1_000_000 + i * 1000;
    deepStrictEqual(log.offsetForTime(at), { offset: 3 * i, timestamp: at, leaderEpoch: 0 });
    strictEqual(log.offsetForTime(at + 1)!.offset, 3 * i + 1);
    strictEqual(log.offsetForTime(at + 301)?.offset, i === 399 ? undefined : 3 * i + 3);
  }
  strictEqual(log.offsetForTime(0)!.offset, 0);
  strictEqual(log.offsetForTime(NOW - 1_000_000 + 57_000, 171), undefined);
  strictEqual(log.offsetForTime(NOW - 1_000_000 + 57_000, 172)!.offset, 171);
  deepStrictEqual(log.offsetOfMaxTimestamp(), {
    offset: 399 * 3 + 1,
    timestamp: NOW - 1_000_000 + 399_300,
    leaderEpoch: 0,
  });
});

Deno.test("The largest timestamp is found where it is, not at the end", () => {
  const log = openLog(world(), MANY);
  for (let i = 0; i < 300; i++) {
    log.append(batch([`v${i}`], { timestamp: NOW - Math.abs(i - 40) }), asClient);
  }
  strictEqual(log.offsetOfMaxTimestamp()!.offset, 40);
  strictEqual(openLog(world()).offsetOfMaxTimestamp(), undefined);
});

Deno.test("The largest timestamp of what is left is found when the youngest record was deleted", () => {
  const log = openLog(world());
  const times = [[0, 90, 20, 40, 30], [5000, 10], [2000, 2001]];
  for (const each of times) {
    log.append(batch(each.map(String), { timestamp: each.map((at) => NOW + at) }), asClient);
    log.roll();
  }
  log.highWatermark = 9;
  for (const [start, youngest] of [[2, 5], [6, 8], [8, 8], [9, undefined]]) {
    log.advanceLogStart(start!);
    strictEqual(log.offsetOfMaxTimestamp()?.offset, youngest);
  }
  const short = openLog(world());
  short.append(batch(["a", "b", "c"], { timestamp: [NOW + 9, NOW + 3, NOW + 5] }), asClient);
  short.highWatermark = 3;
  short.advanceLogStart(1);
  strictEqual(short.offsetOfMaxTimestamp()?.offset, 2);
});

Deno.test("Readers that want committed data stop at open transactions and learn of aborted ones", () => {
  const log = openLog(world());
  const tx = { producerId: 7, producerEpoch: 0, isTransactional: true };
  log.append(batch(["plain"]), asClient);
  log.append(batch(["t0", "t1"], { ...tx, baseSequence: 0 }), asClient);
  log.append(batch(["u0"], { ...tx, producerId: 8, baseSequence: 0 }), asClient);
  log.highWatermark = log.logEndOffset;
  strictEqual(log.lastStableOffset, 1);
  log.append(marker("ABORT", { producerId: 7, producerEpoch: 0 }), asCoordinator);
  strictEqual(log.lastStableOffset, 1); // the marker is not below the high watermark yet
  log.highWatermark = log.logEndOffset;
  strictEqual(log.lastStableOffset, 3);
  log.append(marker("COMMIT", { producerId: 8, producerEpoch: 0 }), asCoordinator);
  log.highWatermark = log.logEndOffset;
  strictEqual(log.lastStableOffset, 6);
  const aborted = { producerId: 7, firstOffset: 1, lastOffset: 4, lastStableOffset: 3 };
  deepStrictEqual(log.abortedTransactions(0, 6), [aborted]);
  deepStrictEqual(log.abortedTransactions(5, 6), []);
  deepStrictEqual(log.abortedTransactions(0, 1), []);
});

Deno.test("A follower's append keeps offsets and epochs, with gaps, and refuses what is there already", () => {
  const leader = openLog(world());
  leader.append(batch(["a", "b"]), { ...asClient, leaderEpoch: 2 });
  leader.append(batch(["c"]), { ...asClient, leaderEpoch: 3 });
  const copied = leader.read(0, whole).parts[0];
  const log = openLog(world());
  log.appendAsFollower(copied.slice());
  deepStrictEqual(values(log), ["a", "b", "c"]);
  deepStrictEqual(log.endOffsetFor(2), { epoch: 2, endOffset: 2 });
  throws(() => log.appendAsFollower(copied.slice()), isError("CORRUPT_MESSAGE"));
  log.appendAsFollower(batch(["z"], { baseOffset: 10, partitionLeaderEpoch: 3 }));
  strictEqual(log.logEndOffset, 11);
  strictEqual(readAll(log, 5)[0].offset, 10);
  const torn = batch(["y"], { baseOffset: 11, partitionLeaderEpoch: 3 });
  throws(() => log.appendAsFollower(torn.subarray(0, 60)), isError("CORRUPT_MESSAGE"));
  torn[torn.length - 1] ^= 1;
  throws(() => log.appendAsFollower(torn), isError("CORRUPT_MESSAGE"));
});

Deno.test("Truncating cuts off the end, over segments, and appending goes on from there", () => {
  const { disk, clock } = world();
  const log = openLog({ disk, clock }, MANY);
  for (let i = 0; i < 900; i++) log.append(batch([`v${i}`]), { ...asClient, leaderEpoch: i >> 8 });
  const before = log.segmentCount;
  log.highWatermark = 900;
  log.truncateTo(300);
  ok(log.segmentCount < before);
  deepStrictEqual([log.logEndOffset, log.highWatermark, log.latestEpoch], [300, 300, 1]);
  log.append(batch(["new"]), { ...asClient, leaderEpoch: 9 });
  deepStrictEqual(values(log, 298), ["v298", "v299", "new"]);
  log.truncateTo(5000);
  strictEqual(log.logEndOffset, 301);
  log.restartAt(5000);
  deepStrictEqual([log.logStartOffset, log.logEndOffset, log.segmentCount], [5000, 5000, 1]);
  strictEqual(log.append(batch(["later"]), asClient).baseOffset, 5000);
});

Deno.test("Truncating forgets the producers' batches that were cut off", () => {
  const log = openLog(world(), MANY);
  const from = { producerId: 5, producerEpoch: 0 };
  log.append(batch(["a"], { ...from, baseSequence: 0 }), asClient);
  log.append(batch(["b"], { ...from, baseSequence: 1 }), asClient);
  log.truncateTo(1);
  strictEqual(log.append(batch(["b"], { ...from, baseSequence: 1 }), asClient).duplicate, false);
  strictEqual(log.logEndOffset, 2);
});

Deno.test("The start moves forward and hides what is before it", () => {
  const log = openLog(world());
  for (let i = 0; i < 10; i++) log.append(batch([`v${i}`]), asClient);
  throws(() => log.advanceLogStart(4), isError("OFFSET_OUT_OF_RANGE"));
  log.highWatermark = 10;
  log.advanceLogStart(4);
  strictEqual(log.logStartOffset, 4);
  throws(() => log.read(3, whole), isError("OFFSET_OUT_OF_RANGE"));
  strictEqual(values(log)[0], "v4");
  strictEqual(log.offsetForTime(0)!.offset, 4);
  ok(log.hasMovedStart);
});

Deno.test("Many who wait for a sync share one, and what came later waits for the next", async () => {
  const { disk, clock } = world();
  let syncs = 0;
  disk.onOperation = (operation, path) => {
    if (operation === "sync" && path.endsWith(".log")) syncs++;
    return undefined;
  };
  const log = openLog({ disk, clock });
  const waiters = [];
  for (let i = 0; i < 50; i++) {
    log.append(batch([`v${i}`]), asClient);
    waiters.push(log.sync());
  }
  strictEqual(log.durableEndOffset, 0);
  await Promise.all(waiters);
  strictEqual(log.durableEndOffset, 50);
  ok(syncs <= 4, `${syncs} syncs`);
  const before = syncs;
  await log.sync();
  strictEqual(syncs, before, "nothing new, no sync");
});

Deno.test("A failed sync fails all who wait, is never tried again, and ends the log", async () => {
  const { disk, clock } = world();
  const log = openLog({ disk, clock });
  log.append(batch(["a"]), asClient);
  disk.onOperation = (operation, path) =>
    operation === "sync" && path.endsWith(".log") ? "input/output error" : undefined;
  const waiting = [log.sync(), log.sync()];
  for (const wait of waiting) await rejects(() => wait, StorageError);
  disk.onOperation = undefined;
  await rejects(() => log.sync(), StorageError);
  throws(() => log.append(batch(["b"]), asClient), StorageError);
  throws(() => log.read(0, whole), StorageError);
  strictEqual(log.durableEndOffset, 0);
});
