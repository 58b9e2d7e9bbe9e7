/** After any crash: what was synced is there, in order, and nothing torn is visible. */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import type { LogDirectory, PartitionLog } from "../../src/log/mod.ts";
import type { MemoryDisk } from "../../src/platform/memory/mod.ts";
import { batchesOf } from "../../src/records/mod.ts";
import { forEachSeed } from "../kit/seeds.ts";
import {
  asClient,
  asCoordinator,
  batch,
  marker,
  NOW,
  open,
  openLog,
  ORDERS,
  TOPIC_ID,
  topicConfig,
  values,
  world,
} from "./kit.ts";

const SMALL = {
  "segment.bytes": "3000",
  "index.interval.bytes": "200",
  "file.delete.delay.ms": "1000",
};

Deno.test("After kill -9 at every byte of the last batches the log holds the whole ones before", () => {
  const { disk, clock } = world();
  const log = openLog({ disk, clock }, SMALL);
  const ends: { size: number; values: string[] }[] = [];
  const all: string[] = [];
  for (let i = 0; i < 6; i++) {
    const some = [`first ${i}`, `second ${i}`].slice(0, 1 + i % 2);
    log.append(batch(some, { codec: i === 4 ? "gzip" : "none" }), asClient);
    all.push(...some);
    ends.push({ size: log.sizeInBytes, values: [...all] });
  }
  const path = "/data/orders-0/00000000000000000000.log";
  const stored = disk.readFile(path);
  for (let size = 0; size <= stored.length; size++) {
    const other = world();
    other.disk.makeDirectory("/data/orders-0");
    other.disk.writeFile(path, stored.subarray(0, size));
    const reopened = openLog(other, SMALL, { isClean: false });
    const whole = ends.findLast((end) => end.size <= size);
    deepStrictEqual(values(reopened), whole?.values ?? [], `cut at ${size}`);
    strictEqual(other.disk.stat(path).size, whole?.size ?? 0);
    strictEqual(reopened.append(batch(["next"]), asClient).baseOffset, whole?.values.length ?? 0);
    deepStrictEqual(values(reopened), [...whole?.values ?? [], "next"]);
  }
});

Deno.test("A flipped bit in any byte of the last batch cuts the log there, or was never summed", () => {
  const { disk, clock } = world();
  const log = openLog({ disk, clock });
  log.append(batch(["kept"]), asClient);
  const from = log.sizeInBytes;
  log.append(batch(["lost"]), asClient);
  const path = "/data/orders-0/00000000000000000000.log";
  const stored = disk.readFile(path);
  for (let at = from; at < stored.length; at++) {
    const other = world();
    other.disk.makeDirectory("/data/orders-0");
    other.disk.writeFile(path, stored);
    other.disk.corrupt(path, at);
    const reopened = openLog(other, {}, { isClean: false });
    // Base offset and leader epoch are outside the checksum: a later offset passes for a gap.
    const isUnsummed = at < from + 8 || at >= from + 12 && at < from + 16;
    if (!isUnsummed) deepStrictEqual(values(reopened), ["kept"], `flipped at ${at}`);
  }
});

Deno.test("Missing and senseless indexes are built again, and searches work", () => {
  const { disk, clock } = world();
  const log = openLog({ disk, clock }, SMALL);
  for (let i = 0; i < 120; i++) log.append(batch([`v${i}`], { timestamp: NOW + i }), asClient);
  ok(log.segmentCount > 2);
  const expected = values(log);
  const names = disk.list("/data/orders-0").map(({ name }) => name);
  const indexes = names.filter((name) => /index$/.test(name)).map((n) => `/data/orders-0/${n}`);
  const damages: [string, (path: string) => void][] = [
    ["is missing", (path) => disk.remove(path)],
    ["has half an entry", (path) => disk.writeFile(path, new Uint8Array(13))],
    ["is all zeroes", (path) => disk.writeFile(path, new Uint8Array(240))],
    ["is full of noise", (path) => disk.writeFile(path, new Uint8Array(240).fill(0xc3))],
  ];
  for (const path of indexes) {
    for (const [damage, apply] of damages) {
      apply(path);
      const reopened = openLog({ disk, clock }, SMALL);
      deepStrictEqual(values(reopened), expected, `${path} ${damage}`);
      for (const i of [0, 60, 119]) strictEqual(reopened.offsetForTime(NOW + i)?.offset, i);
      reopened.abandon();
    }
  }
});

/** Heads of the batches behind the last index entry: less than a segment has, and than a batch. */
const TAIL_BYTES = 300;

/** How many bytes are read of each segment from now on, by its base offset. */
function countReads(disk: MemoryDisk): ReadonlyMap<number, number> {
  const read = new Map<number, number>();
  const { open } = disk;
  disk.open = (path, mode) => {
    const file = open.call(disk, path, mode);
    const base = /(\d{20})\.log$/.exec(path)?.[1];
    if (base === undefined) return file;
    const { read: readFile } = file;
    file.read = (into, position) => {
      const count = readFile.call(file, into, position);
      read.set(Number(base), (read.get(Number(base)) ?? 0) + count);
      return count;
    };
    return file;
  };
  return read;
}

Deno.test("A clean stop is opened without reading the segments again", async () => {
  const w = world();
  const directory = await open(w);
  const log = directory.create(ORDERS, TOPIC_ID, topicConfig(SMALL));
  for (let i = 0; i < 200; i++) log.append(batch([`v${i}`]), asClient);
  log.highWatermark = 200;
  await directory.close();
  const read = countReads(w.disk);
  const again = await open(w);
  const [, ...sealed] = [...read.values()].toReversed();
  ok(sealed.length > 2 && sealed.every((bytes) => bytes < TAIL_BYTES), sealed.join());
  strictEqual(again.wasCleanShutdown, true);
  const reopened = again.get(ORDERS)!;
  deepStrictEqual([reopened.logEndOffset, reopened.highWatermark], [200, 200]);
  strictEqual(values(reopened).length, 200);
});

Deno.test("An unclean start reads from the recovery point on, and no further back", async () => {
  const w = world();
  const directory = await open(w);
  const log = directory.create(ORDERS, TOPIC_ID, topicConfig(SMALL));
  for (let i = 0; i < 100; i++) log.append(batch([`v${i}`]), asClient);
  await log.sync();
  directory.checkpoint();
  const firstBase = Number(
    w.disk.list("/data/orders-0").map(({ name }) => name)
      .filter((name) => name.endsWith(".log")).at(-1)!.slice(0, 20),
  );
  for (let i = 100; i < 150; i++) log.append(batch([`v${i}`]), asClient);
  w.disk.crash();
  const read = countReads(w.disk);
  const again = await open(w);
  const whole = [...read].filter(([, bytes]) => bytes >= TAIL_BYTES).map(([base]) => base);
  ok(firstBase > 0 && Math.min(...whole) === firstBase, [...read].join(" "));
  strictEqual(values(again.get(ORDERS)!).length, 150);
});

Deno.test("Indexes of a segment that ended at the recovery point are not believed after a power cut", () =>
  forEachSeed(100, async (seed) => {
    const w = world(seed);
    const directory = await open(w);
    const log = directory.create(ORDERS, TOPIC_ID, topicConfig({ "index.interval.bytes": "0" }));
    for (let i = 0; i < 30; i++) log.append(batch([`v${i}`], { timestamp: NOW + i }), asClient);
    await log.sync();
    directory.checkpoint();
    log.roll(); // and the power goes before its indexes are on the device
    w.disk.powerCut();
    await w.clock.advanceAndSettle(1);
    const again = (await open(w)).get(ORDERS)!;
    strictEqual(again.logEndOffset, 30);
    for (let i = 0; i < 30; i++) strictEqual(again.offsetForTime(NOW + i)?.offset, i);
  }));

Deno.test("A producer is known after its batches are deleted, though a crash took the snapshots", () => {
  const { disk, clock } = world();
  const settings = { "file.delete.delay.ms": "0" };
  const log = openLog({ disk, clock }, settings);
  const sent = () => batch(["a"], { producerId: 7, producerEpoch: 0, baseSequence: 0 });
  log.append(sent(), asClient);
  log.roll();
  log.append(batch(["b"]), asClient);
  log.roll();
  log.append(batch(["c"]), asClient);
  log.abandon();
  const { folder } = log;
  const snapshots = () => disk.list(folder).filter(({ name }) => name.endsWith(".snapshot"));
  for (const { name } of snapshots()) disk.remove(`${folder}/${name}`);

  const second = openLog({ disk, clock }, settings, { isClean: false });
  second.highWatermark = 3;
  second.advanceLogStart(2);
  strictEqual(second.applyRetention(NOW), 2);
  second.abandon();

  const third = openLog({ disk, clock }, settings, { isClean: false, recoveryPoint: 3 });
  const again = third.append(sent(), asClient);
  deepStrictEqual([again.duplicate, again.baseOffset], [true, 0]);
});

Deno.test("Aborted transactions and producers survive a crash", () => {
  const { disk, clock } = world();
  const log = openLog({ disk, clock });
  const tx = { producerId: 7, producerEpoch: 0, isTransactional: true };
  log.append(batch(["t0"], { ...tx, baseSequence: 0 }), asClient);
  log.append(marker("ABORT", { producerId: 7, producerEpoch: 0 }), asCoordinator);
  log.append(batch(["t1"], { ...tx, baseSequence: 1 }), asClient);
  const before = { aborted: log.abortedTransactions(0, 3), producers: [...log.producers()] };
  log.abandon();
  const again = openLog({ disk, clock }, {}, { isClean: false });
  deepStrictEqual(again.abortedTransactions(0, 3), before.aborted);
  deepStrictEqual([...again.producers()], before.producers);
  strictEqual(again.append(batch(["t1"], { ...tx, baseSequence: 1 }), asClient).duplicate, true);
  again.highWatermark = 3;
  strictEqual(again.lastStableOffset, 2);
});

Deno.test("Files that a deletion or a compaction left behind are dealt with", () => {
  const { disk, clock } = world();
  const log = openLog({ disk, clock }, SMALL);
  for (let i = 0; i < 100; i++) log.append(batch([`v${i}`]), asClient);
  log.abandon();
  const folder = "/data/orders-0";
  const first = disk.readFile(`${folder}/00000000000000000000.log`);
  disk.writeFile(`${folder}/00000000000000000000.log.deleted`, first);
  disk.writeFile(`${folder}/00000000000000009999.log.cleaned`, first);
  disk.writeFile(`${folder}/00000000000000000777.index`, new Uint8Array(8));
  // A compaction of the first segment that was complete: it takes the segment's place.
  disk.writeFile(`${folder}/00000000000000000000.log.swap`, first);
  disk.writeFile(`${folder}/00000000000000000000.log`, first.subarray(0, 10));
  const again = openLog({ disk, clock }, SMALL, { isClean: false });
  strictEqual(values(again).length, 100);
  const names = disk.list(folder).map(({ name }) => name);
  deepStrictEqual(names.filter((n) => /deleted|cleaned|swap|777/.test(n)), []);
});

/**
 * A log under load that loses its power at a moment drawn by chance. Whatever was synced must be
 * there afterwards, in order; beyond it a prefix of what was written, whole.
 */
Deno.test("A power cut at any moment loses nothing that was synced and shows nothing torn", () =>
  forEachSeed(300, async (seed) => {
    const w = world(seed);
    const { random } = w;
    let written: string[] = [];
    let synced = 0;
    let started = 0;
    const smallTopic = () =>
      topicConfig({ ...SMALL, "segment.bytes": String(500 + random.int(4000)) });

    const append = (log: PartitionLog) => {
      const count = 1 + random.int(4);
      const size = random.chance(0.1) ? 6000 : random.int(120);
      const some = Array.from(
        { length: count },
        (_, k) => `${seed}/${written.length + k} ${"x".repeat(Math.floor(size / count))}`,
      );
      const small = size < 400 || size < 3000;
      if (!small) log.config = topicConfig({ ...SMALL, "segment.bytes": "20000" });
      const { baseOffset } = log.append(batch(some, { keys: false }), {
        ...asClient,
        leaderEpoch: started,
      });
      strictEqual(baseOffset, written.length);
      written.push(...some);
    };

    const check = (log: PartitionLog) => {
      const found = values(log, 0);
      ok(found.length >= synced, `${synced} were synced and ${found.length} are there`);
      const wrong = found.findIndex((value, i) => value !== written[i]);
      strictEqual(wrong, -1, `at ${wrong} is ${found[wrong]}, not ${written[wrong]}`);
      strictEqual(log.logEndOffset, found.length);
      written = found;
      synced = found.length; // what a start has shown is lasting
    };

    for (let life = 0; life < 3; life++) {
      const directory: LogDirectory = await open(w);
      started++;
      const log = directory.create(ORDERS, TOPIC_ID, smallTopic());
      check(log);
      const waiting: Promise<unknown>[] = [];
      const steps = random.int(60);
      for (let i = 0; i < steps; i++) {
        const dice = random.int(20);
        if (dice < 14) append(log);
        else if (dice < 15) log.roll();
        else if (dice < 16) directory.checkpoint();
        else {
          const end = log.logEndOffset;
          const done = log.sync().then(() => {
            ok(log.durableEndOffset >= end);
            synced = Math.max(synced, end);
          });
          waiting.push(done.catch(() => {}));
          if (random.chance(0.5)) await done;
        }
      }
      if (random.chance(0.2)) await directory.close();
      if (random.chance(0.3)) w.disk.crash();
      else w.disk.powerCut();
      await Promise.all(waiting);
    }
    check((await open(w)).create(ORDERS, TOPIC_ID, smallTopic()));
  }));

Deno.test("An index that names a place behind its segment's end is built anew, wherever that is told", async () => {
  for (const [named, position] of [[1, 0x7fff_ffff], [2, -5], [2, 1 << 20]]) {
    const w = world();
    const directory = await open(w);
    const log = directory.create(ORDERS, TOPIC_ID, topicConfig(SMALL));
    for (let i = 0; i < 100; i++) {
      log.append(batch([`v${i}`], { timestamp: NOW + i }), asClient);
    }
    log.highWatermark = 100;
    await directory.close();
    const file = w.disk.open("/data/orders-0/00000000000000000000.index", "write");
    const wild = new Uint8Array(4);
    new DataView(wild.buffer).setInt32(0, position);
    file.write(wild, 8 * named + 4);
    file.close();
    const again = (await open(w)).get(ORDERS)!;
    again.applyRetention(NOW);
    for (let i = 0; i < 100; i++) {
      const { parts } = again.read(i, { maxBytes: 1, upTo: 100, atLeastOneBatch: true });
      const [{ baseOffset }] = [...parts.flatMap((part) => [...batchesOf(part)])];
      strictEqual(baseOffset, i);
    }
  }
});

Deno.test("A log that begins anew at its start begins there also after a power cut", () =>
  forEachSeed(20, (seed) => {
    const { disk, clock } = world(seed);
    const torn = openLog({ disk, clock });
    torn.append(batch(["gone"]), asClient);
    disk.syncDirectory("/");
    disk.syncDirectory("/data");
    disk.powerCut(); // nothing of the log itself was synced
    openLog({ disk, clock }, {}, { isClean: false, logStartOffset: 2 });
    disk.powerCut();
    // The checkpoint does not name a start that the first segment's name tells.
    const { logStartOffset, logEndOffset } = openLog({ disk, clock }, {}, { isClean: false });
    deepStrictEqual([logStartOffset, logEndOffset], [2, 2]);
  }));
