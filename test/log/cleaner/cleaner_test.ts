/** Compaction as a whole: what is left of a log, how far it was cleaned, and when. */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import type { LogDirectory, PartitionLog } from "../../../src/log/mod.ts";
import {
  asCoordinator,
  marker,
  NOW,
  open,
  ORDERS,
  TOPIC_ID,
  topicConfig,
  values,
  type World,
  world,
} from "../kit.ts";
import { append, batchesIn, cleanAll, cleanerOf, keyed, left, until } from "./kit.ts";

const COMPACT = {
  "cleanup.policy": "compact",
  "min.cleanable.dirty.ratio": "0.01",
  "index.interval.bytes": "100",
};

async function make(
  overrides: Record<string, string> = {},
): Promise<World & { directory: LogDirectory; log: PartitionLog }> {
  const made = world();
  const directory = await open(made);
  const log = directory.create(ORDERS, TOPIC_ID, topicConfig({ ...COMPACT, ...overrides }));
  return { ...made, directory, log };
}

const day = 86_400_000;

Deno.test("The newest record of each key stays, at its offset, and the active segment as it is", async () => {
  const w = await make();
  append(w.log, keyed(["a=1", "b=1"]), keyed(["a=2", "c=1"]), keyed(["a=3"]));
  w.log.roll();
  append(w.log, keyed(["b=2", "b=3"]));
  await cleanAll(w, w.directory);
  // What the active segment has of a key does not count before it is sealed.
  deepStrictEqual(left(w.log), ["1:b=1", "3:c=1", "4:a=3", "5:b=2", "6:b=3"]);
  strictEqual(w.directory.cleaned.get(ORDERS), 5);
  strictEqual(w.log.logStartOffset, 0);
  strictEqual(w.log.logEndOffset, 7);
});

Deno.test("Batches keep their offsets, sequences and codec; segments that became small are merged", async () => {
  const w = await make();
  for (const codec of ["none", "gzip", "snappy", "lz4", "zstd"] as const) {
    append(w.log, keyed(["k=old", `${codec}=new`, "k=newer"], { codec }));
    w.log.roll();
  }
  await cleanAll(w, w.directory);
  deepStrictEqual(left(w.log), [
    "1:none=new",
    "4:gzip=new",
    "7:snappy=new",
    "10:lz4=new",
    "13:zstd=new",
    "14:k=newer",
  ]);
  const batches = batchesIn(w.log);
  deepStrictEqual(
    batches.map((b) => [b.baseOffset, b.lastOffset, b.compression, b.recordCount, b.isCrcValid()]),
    [[0, 2, "none", 1, true], [3, 5, "gzip", 1, true], [6, 8, "snappy", 1, true], [
      9,
      11,
      "lz4",
      1,
      true,
    ], [12, 14, "zstd", 2, true]],
  );
  strictEqual(w.log.segmentCount, 2);
});

Deno.test("A tombstone is stamped at the first cleaning, and gone with the first after its time", async () => {
  const w = await make({ "delete.retention.ms": String(day) });
  const dirty = (n: number) => {
    w.log.roll();
    append(w.log, keyed([`x=${n}`], { timestamp: NOW + n }));
    w.log.roll();
    append(w.log, keyed(["active=1"]));
  };
  append(w.log, keyed(["a=1", "a"]));
  dirty(1);
  await cleanAll(w, w.directory);
  deepStrictEqual(left(w.log).slice(0, 2), ["1:a", "2:x=1"]);
  const [stamped] = batchesIn(w.log);
  strictEqual(stamped.hasDeleteHorizon, true);
  ok(Math.abs(stamped.baseTimestamp - NOW - day) < 1000, `${stamped.baseTimestamp - NOW}`);
  strictEqual(stamped.maxTimestamp, NOW);

  w.clock.jump(day - 5000);
  dirty(2);
  await cleanAll(w, w.directory);
  ok(left(w.log).includes("1:a"), "not yet");
  strictEqual(batchesIn(w.log)[0].baseTimestamp, stamped.baseTimestamp, "stamped once");

  w.clock.jump(10_000);
  dirty(3);
  await cleanAll(w, w.directory);
  ok(!left(w.log).includes("1:a"), "its time is over");
});

Deno.test("Aborted records go at once; their marker waits for two cleanings and its time", async () => {
  const w = await make({ "delete.retention.ms": "1000" });
  const txn = { producerId: 7, producerEpoch: 0, isTransactional: true };
  const end = (type: "COMMIT" | "ABORT") => {
    w.log.append(marker(type, txn), asCoordinator);
    w.log.highWatermark = w.log.logEndOffset;
  };
  append(w.log, keyed(["a=1"]), keyed(["a=aborted"], { ...txn, baseSequence: 0 }));
  end("ABORT");
  append(w.log, keyed(["b=1"], { ...txn, baseSequence: 1 }));
  end("COMMIT");
  // The same producer goes on, so that none of the above is its last batch.
  append(w.log, keyed(["c=1"], { ...txn, baseSequence: 2 }));
  end("COMMIT");
  w.log.roll();
  append(w.log, keyed(["active=1"]));
  await cleanAll(w, w.directory);
  deepStrictEqual(left(w.log), ["0:a=1", "3:b=1", "5:c=1", "7:active=1"]);
  deepStrictEqual(
    batchesIn(w.log).filter((b) => b.isControl).map((b) => [b.baseOffset, b.hasDeleteHorizon]),
    [[2, false], [4, false], [6, false]],
  );
  strictEqual(w.log.abortedTransactions(0, 100).length, 1);

  const again = async (n: number) => {
    w.log.roll();
    append(w.log, keyed([`b=${n}`]));
    await cleanAll(w, w.directory);
  };
  await again(2);
  deepStrictEqual(
    batchesIn(w.log).filter((b) => b.isControl).map((b) => [b.baseOffset, b.hasDeleteHorizon]),
    [[2, true], [4, false], [6, false]],
  );
  deepStrictEqual(w.log.abortedTransactions(0, 100), []);
  w.clock.jump(5000);
  await again(3);
  deepStrictEqual(batchesIn(w.log).filter((b) => b.isControl).map((b) => b.baseOffset), [4, 6]);
  // b=1 is gone by now: its commit has nothing left to commit.
  await again(4);
  deepStrictEqual(
    batchesIn(w.log).filter((b) => b.isControl).map((b) => [b.baseOffset, b.hasDeleteHorizon]),
    [[4, true], [6, false]],
  );
});

Deno.test("The last batch of a producer stays, if empty, and its sequence after a crash too", async () => {
  const w = await make();
  const producer = { producerId: 9, producerEpoch: 3 };
  append(w.log, keyed(["a=1", "b=1"], { ...producer, baseSequence: 0 }));
  append(w.log, keyed(["a=2", "b=2"], { ...producer, baseSequence: 2 }));
  append(w.log, keyed(["a=3", "b=3"]));
  w.log.roll();
  append(w.log, keyed(["active=1"]));
  await cleanAll(w, w.directory);
  const [kept] = batchesIn(w.log);
  deepStrictEqual(
    [kept.baseOffset, kept.lastOffset, kept.recordCount, kept.producerId, kept.baseSequence],
    [2, 3, 0, 9, 2],
  );
  strictEqual(kept.compression, "none");
  const before = left(w.log);
  await w.log.sync();
  w.directory.checkpoint();
  w.disk.crash();
  const reopened = (await open(w)).create(ORDERS, TOPIC_ID, topicConfig(COMPACT));
  deepStrictEqual([...reopened.producers()].map(({ lastSequence }) => lastSequence), [3]);
  deepStrictEqual(left(reopened), before);
});

Deno.test("The range's last batch stays, if empty: no offset seems never to have been", async () => {
  const w = await make();
  append(w.log, keyed(["a=1"]), keyed(["a=2"]));
  const txn = { producerId: 5, producerEpoch: 0, isTransactional: true };
  append(w.log, keyed(["z=1"], { ...txn, baseSequence: 0 }));
  w.log.append(marker("ABORT", txn), asCoordinator);
  append(w.log, keyed(["q=1"], { ...txn, baseSequence: 1 }));
  w.log.append(marker("ABORT", txn), asCoordinator);
  w.log.highWatermark = w.log.logEndOffset;
  w.log.roll();
  append(w.log, keyed(["active=1"]));
  await cleanAll(w, w.directory);
  deepStrictEqual(left(w.log), ["1:a=2", "6:active=1"]);
  deepStrictEqual(batchesIn(w.log).map((b) => b.lastOffset), [1, 3, 4, 5, 6]);
});

Deno.test("Nothing is cleaned above the last stable offset, nor what is too young", async () => {
  const w = await make({ "min.compaction.lag.ms": "10000" });
  append(w.log, keyed(["a=1", "a=2"], { timestamp: NOW - 20_000 }));
  w.log.roll();
  append(w.log, keyed(["a=3", "a=4"], { timestamp: NOW - 5_000 }));
  w.log.roll();
  append(w.log, keyed(["a=5"], { timestamp: NOW }));
  await cleanAll(w, w.directory);
  deepStrictEqual(left(w.log), ["1:a=2", "2:a=3", "3:a=4", "4:a=5"]);
  strictEqual(w.directory.cleaned.get(ORDERS), 2);
  w.clock.jump(10_000);
  await cleanAll(w, w.directory);
  deepStrictEqual(left(w.log), ["3:a=4", "4:a=5"]);

  const held = await make();
  const txn = { producerId: 5, producerEpoch: 0, isTransactional: true };
  append(held.log, keyed(["a=1", "a=2"]));
  held.log.roll();
  append(held.log, keyed(["t=1"], { ...txn, baseSequence: 0 }), keyed(["a=3", "a=4"]));
  held.log.roll();
  append(held.log, keyed(["a=5"]));
  await cleanAll(held, held.directory);
  deepStrictEqual(left(held.log), ["1:a=2", "2:t=1", "3:a=3", "4:a=4", "5:a=5"]);
});

Deno.test("A log is due by its dirty ratio, or by max.compaction.lag.ms however little is new", async () => {
  const w = await make({
    "min.cleanable.dirty.ratio": "0.9",
    "max.compaction.lag.ms": "60000",
    "segment.ms": "100000",
  });
  append(w.log, keyed(["a=1", `b=${"x".repeat(500)}`]));
  w.log.roll();
  append(w.log, keyed(["a=2"]));
  await cleanAll(w, w.directory); // all of it is new
  strictEqual(w.directory.cleaned.get(ORDERS), 2);
  append(w.log, keyed(["a=3"]));
  w.log.roll();
  append(w.log, keyed(["c=1"]));
  await cleanAll(w, w.directory);
  ok(left(w.log).includes("2:a=2"), "too little is new");
  w.clock.jump(61_000);
  await cleanAll(w, w.directory);
  ok(!left(w.log).includes("2:a=2"));
  // And it rolls what would be too old to be cleaned.
  const before = w.log.segmentCount;
  append(w.log, keyed(["d=1"], { timestamp: NOW + 59_000 }));
  strictEqual(w.log.segmentCount, before);
  append(w.log, keyed(["d=2"], { timestamp: NOW + 60_001 }));
  strictEqual(w.log.segmentCount, before + 1);
});

Deno.test("Memory for few keys cleans a log in several runs, and the same is left", async () => {
  const w = await make({ "segment.bytes": "3000" });
  for (let i = 0; i < 300; i++) append(w.log, keyed([`k${i % 120}=${i}`, `only${i}=${i}`]));
  w.log.roll();
  append(w.log, keyed(["active=1"]));
  await w.log.sync();
  const told = await cleanAll(w, w.directory, {
    "log.cleaner.dedupe.buffer.size": String(24 * 60_000),
    "log.cleaner.io.buffer.load.factor": "0.001",
  });
  ok(told.filter(({ event }) => event === "log cleaned").length > 5, JSON.stringify(told));
  const expected = Array.from({ length: 300 }, (_, i) => [
    ...(i >= 180 ? [`${2 * i}:k${i % 120}=${i}`] : []),
    `${2 * i + 1}:only${i}=${i}`,
  ]).flat();
  deepStrictEqual(left(w.log), [...expected, "600:active=1"]);
});

Deno.test("Old segments stay on disk for file.delete.delay.ms, and a batch may be larger than the buffer", async () => {
  const w = await make({ "file.delete.delay.ms": "5000" });
  append(w.log, keyed(["a=1"]), keyed([`a=${"x".repeat(20_000)}`]));
  w.log.roll();
  append(w.log, keyed(["active=1"]));
  await cleanAll(w, w.directory, { "log.cleaner.io.buffer.size": "1000" });
  strictEqual(left(w.log).length, 2);
  const names = () =>
    w.disk.list("/data/orders-0").map(({ name }) => name).filter((name) =>
      /deleted|cleaned|swap/.test(name)
    );
  deepStrictEqual(names().filter((name) => name.endsWith(".log.deleted")).length, 1);
  w.clock.advance(5001);
  deepStrictEqual(names(), []);
});

Deno.test("compact,delete also deletes by time, compact alone never, and no policy keeps all", async () => {
  for (const [policy, kept] of [["compact,delete", 1], ["compact", 2], ["", 3]] as const) {
    const w = await make({ "cleanup.policy": policy, "retention.ms": "1000" });
    append(w.log, keyed(["a=1"]), keyed(["a=2"]));
    w.log.roll();
    w.clock.jump(5000);
    append(w.log, keyed(["b=1"], { timestamp: NOW + 5000 }));
    await cleanAll(w, w.directory);
    w.directory.applyRetention(w.clock.now());
    strictEqual(left(w.log).length, kept, policy);
  }
});

Deno.test("A broken batch leaves its log as it is, told of once; others are cleaned", async () => {
  const w = await make();
  const other = w.directory.create(
    { topic: "other", partition: 0 },
    TOPIC_ID,
    topicConfig(COMPACT),
  );
  for (const log of [w.log, other]) {
    append(log, keyed(["a=1"]), keyed(["a=2"]));
    log.roll();
    append(log, keyed(["active=1"]));
  }
  w.disk.corrupt("/data/orders-0/00000000000000000000.log", 70);
  const { cleaner, told } = cleanerOf(w, w.directory, { "log.cleaner.backoff.ms": "100" });
  cleaner.start();
  for (let i = 0; i < 100; i++) await w.clock.advanceAndSettle(10);
  await until(w.clock, cleaner.close());
  const errors = told.filter(({ level }) => level === "error");
  deepStrictEqual(errors.map(({ event, fields }) => [event, fields?.partition]), [[
    "log cannot be cleaned",
    "orders-0",
  ]]);
  deepStrictEqual(left(other), ["1:a=2", "2:active=1"]);
  ok(w.log.isUsable);
  deepStrictEqual(w.disk.list("/data/orders-0").filter(({ name }) => name.includes("cleaned")), []);
});

Deno.test("The checkpoint is Kafka's file; one that lies is told apart and begins again", async () => {
  const w = await make();
  append(w.log, keyed(["a=1"]), keyed(["a=2"]));
  w.log.roll();
  append(w.log, keyed(["active=1"]));
  await cleanAll(w, w.directory);
  const file = "/data/cleaner-offset-checkpoint";
  strictEqual(new TextDecoder().decode(w.disk.readFile(file)), "0\n1\norders 0 2\n");
  await w.directory.close();
  w.disk.writeFile(file, new TextEncoder().encode("0\n1\norders 0 999\n"));
  const directory = await open(w);
  directory.create(ORDERS, TOPIC_ID, topicConfig(COMPACT));
  directory.get(ORDERS)!.highWatermark = 3;
  await cleanAll(w, directory);
  strictEqual(directory.cleaned.get(ORDERS), 2);
  directory.get(ORDERS)!.truncateTo(1);
  strictEqual(directory.cleaned.get(ORDERS), 0);
  directory.delete(ORDERS);
  strictEqual(new TextDecoder().decode(w.disk.readFile(file)), "0\n0\n");
});

Deno.test("What was set aside after it was cleaned says nothing of the next one of its name", async () => {
  const w = await make();
  append(w.log, keyed(["a=1"]), keyed(["a=2"]));
  w.log.roll();
  append(w.log, keyed(["active=1"]));
  await cleanAll(w, w.directory);
  strictEqual(w.directory.cleaned.get(ORDERS), 2);
  w.directory.setAside(ORDERS);
  w.directory.create(ORDERS, TOPIC_ID, topicConfig(COMPACT));
  strictEqual(w.directory.cleaned.get(ORDERS), undefined);
});

Deno.test("Looking up times, epochs and offsets is right after a cleaning, and after a restart", async () => {
  const w = await make();
  for (let i = 0; i < 50; i++) {
    const batch = keyed([`k${i % 5}=${i}`, `once${i}=${"x".repeat(50)}`], {
      timestamp: NOW + i * 10,
    });
    w.log.append(batch, { leaderEpoch: Math.floor(i / 20), now: NOW, origin: "client" });
    if (i % 10 === 9) w.log.roll();
  }
  w.log.highWatermark = w.log.logEndOffset;
  w.log.append(keyed(["active=1"], { timestamp: NOW + 1000 }), {
    leaderEpoch: 2,
    now: NOW,
    origin: "client",
  });
  await cleanAll(w, w.directory);
  const check = (log: PartitionLog) => {
    deepStrictEqual(log.offsetForTime(NOW + 200), {
      offset: 41,
      timestamp: NOW + 200,
      leaderEpoch: 1,
    });
    deepStrictEqual(log.offsetForTime(NOW + 201), {
      offset: 43,
      timestamp: NOW + 210,
      leaderEpoch: 1,
    });
    strictEqual(log.offsetForTime(NOW + 450)?.offset, 90);
    deepStrictEqual(log.endOffsetFor(0), { epoch: 0, endOffset: 40 });
    strictEqual(log.offsetOfMaxTimestamp()?.offset, 100);
    for (const offset of [0, 1, 2, 40, 41, 90, 99, 100]) {
      const { parts } = log.read(offset, { maxBytes: 1, upTo: Infinity, atLeastOneBatch: true });
      ok(parts.length === 1, `${offset}`);
    }
    strictEqual(values(log).length, 56);
  };
  check(w.log);
  await w.directory.close();
  const clean = await open(w);
  check(clean.create(ORDERS, TOPIC_ID, topicConfig(COMPACT)));
  await clean.get(ORDERS)!.sync();
  w.disk.crash();
  check((await open(w)).create(ORDERS, TOPIC_ID, topicConfig(COMPACT)));
});

Deno.test("A topic deleted, a log cut or shortened while it is cleaned ends the cleaning only", async () => {
  type Change = (w: Awaited<ReturnType<typeof make>>) => void;
  const changes: Record<string, Change> = {
    deleted: (w) => w.directory.delete(ORDERS),
    cut: (w) => w.log.truncateTo(40),
    restarted: (w) => w.log.restartAt(1000),
    shortened: (w) => {
      w.log.advanceLogStart(60);
      w.log.applyRetention(w.clock.now());
    },
    "not compacted any more": (w) => w.log.config = topicConfig({ "cleanup.policy": "delete" }),
    "cleaner closed": () => {},
  };
  for (const [name, change] of Object.entries(changes)) {
    for (let after = 0; after < 60; after += 3) {
      const w = await make({ "file.delete.delay.ms": "0" });
      for (let i = 0; i < 100; i++) {
        append(w.log, keyed([`k${i % 7}=${i}`]));
        if (i % 20 === 19) w.log.roll();
      }
      append(w.log, keyed(["active=1"]));
      // So slow that it rests after every batch.
      const { cleaner, told } = cleanerOf(w, w.directory, {
        "log.cleaner.io.max.bytes.per.second": "10000",
      });
      cleaner.start();
      await w.clock.advanceAndSettle(after * 50);
      change(w);
      if (name === "cleaner closed") await until(w.clock, cleaner.close());
      for (let i = 0; i < 50; i++) await w.clock.advanceAndSettle(100);
      await until(w.clock, cleaner.close());
      deepStrictEqual(told.filter(({ level }) => level !== "info"), [], name);
      ok(!w.directory.isOffline, name);
      if (name === "deleted") continue;
      deepStrictEqual(
        w.disk.list("/data/orders-0").filter(({ name }) => /cleaned|swap/.test(name)),
        [],
        name,
      );
      // Where all before it was cleaned away, the log ends at its last batch.
      if (name === "cut") ok(w.log.logEndOffset <= 40);
      const kept = left(w.log);
      ok(
        kept.every((record) => {
          const [offset, value] = record.split(/:[^=]*=/);
          return value === (offset === "100" ? "1" : offset);
        }),
        `${name}: ${kept}`,
      );
    }
  }
});

Deno.test("Records that were cut off and written anew while their segment is cleaned stay the new ones", async () => {
  for (let after = 0; after < 40; after++) {
    const w = await make();
    for (let i = 0; i < 20; i++) append(w.log, keyed([`k${i}=old`]));
    w.log.roll();
    append(w.log, keyed(["active=1"]));
    const { cleaner } = cleanerOf(w, w.directory, {
      "log.cleaner.io.max.bytes.per.second": "10000",
    });
    cleaner.start();
    await w.clock.advanceAndSettle(after * 10);
    w.log.truncateTo(10); // in the middle of the segment
    for (let i = 10; i < 20; i++) append(w.log, keyed([`k${i}=new`]));
    w.log.roll();
    append(w.log, keyed(["active=2"]));
    for (let i = 0; i < 50; i++) await w.clock.advanceAndSettle(100);
    await until(w.clock, cleaner.close());
    const kept = left(w.log);
    deepStrictEqual(kept.filter((each) => each.endsWith("new")).length, 10, `${after}: ${kept}`);
    strictEqual(kept.length, 21, `${after}: ${kept}`);
  }
});

Deno.test("A segment whose file was cut by hand is left alone, and told of", async () => {
  const w = await make();
  append(w.log, keyed(["a=1"]), keyed(["a=2"]));
  w.log.roll();
  append(w.log, keyed(["active=1"]));
  const file = w.disk.open(w.log.segments[0].pathOf("log"), "write");
  file.truncate(30);
  file.close();
  const told = await cleanAll(w, w.directory);
  deepStrictEqual(told.map(({ event }) => event), ["log cannot be cleaned"]);
});

Deno.test("Settings take effect while it runs: threads, backoff and pace", async () => {
  const w = await make();
  append(w.log, keyed(["a=1"]), keyed(["a=2"]));
  w.log.roll();
  append(w.log, keyed(["active=1"]));
  const { cleaner, set } = cleanerOf(w, w.directory, {
    "log.cleaner.io.max.bytes.per.second": "1",
    "log.cleaner.backoff.ms": "100000",
  });
  cleaner.start();
  await w.clock.advanceAndSettle(5000);
  strictEqual(left(w.log).length, 3, "a byte a second");
  set({ "log.cleaner.io.max.bytes.per.second": "1000000", "log.cleaner.threads": "2" });
  await w.clock.advanceAndSettle(1000);
  strictEqual(left(w.log).length, 2);
  w.log.roll();
  append(w.log, keyed(["a=3"]));
  w.log.roll();
  append(w.log, keyed(["active=2"]));
  await w.clock.advanceAndSettle(1000);
  strictEqual(left(w.log).length, 4, "it rests for long");
  set({ "log.cleaner.backoff.ms": "200" });
  await w.clock.advanceAndSettle(500);
  strictEqual(left(w.log).length, 3);
  await until(w.clock, cleaner.close());
});
