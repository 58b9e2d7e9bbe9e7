/**
 * Random histories of keys, tombstones, transactions and producers, cleaned at random times with
 * random settings, beside a plain model; and power cuts at the operations of a cleaning, one after
 * the other.
 */
import { deepStrictEqual, ok } from "node:assert/strict";
import { StorageError } from "../../../src/platform/mod.ts";
import { SeededRandom } from "../../../src/platform/memory/mod.ts";
import { forEachSeed } from "../../kit/seeds.ts";
import { brokerConfig, open, ORDERS, TOPIC_ID, topicConfig, world } from "../kit.ts";
import { History } from "./history.ts";
import { cleanAll, cleanerOf, until } from "./kit.ts";

const settings = (random: SeededRandom) => ({
  "cleanup.policy": "compact",
  "min.cleanable.dirty.ratio": "0",
  "segment.bytes": String(1500 + random.int(3000)),
  "index.interval.bytes": String(50 + random.int(400)),
  "delete.retention.ms": String(random.int(2) * 5000),
  "file.delete.delay.ms": String(random.int(2) * 1000),
  "min.compaction.lag.ms": String(random.int(4) === 0 ? 500 : 0),
});

Deno.test("Of any history the newest of each key is left, and nothing else of what was cleaned", () =>
  forEachSeed(40, async (seed) => {
    const w = world(seed);
    const { random } = w;
    const config = topicConfig(settings(random));
    let directory = await open(w);
    const log = directory.create(ORDERS, TOPIC_ID, config);
    const history = new History(log, random);
    for (let round = 0; round < 4; round++) {
      for (let i = 0; i < 60; i++) history.step();
      w.clock.jump(random.int(8000));
      const few = { "log.cleaner.io.buffer.load.factor": "0.00005" }; // eight keys at a time
      await cleanAll(w, directory, random.chance(0.3) ? few : {});
      history.check(log, { cleanedTo: directory.cleaned.get(ORDERS) ?? 0 });
      if (!random.chance(0.3)) continue;
      // A restart, clean or not, finds the same, and the producers where they were.
      history.endAll();
      await log.sync();
      if (random.chance(0.5)) await directory.close();
      else w.disk.powerCut();
      directory = await open(w);
      const again = directory.create(ORDERS, TOPIC_ID, config);
      again.highWatermark = again.logEndOffset;
      history.check(again, { cleanedTo: directory.cleaned.get(ORDERS) ?? 0 });
      deepStrictEqual(
        [...again.producers()].map((p) => [p.producerId, p.lastSequence]).sort(),
        history.sequences(),
      );
      return;
    }
  }));

Deno.test("A power cut at any operation of a cleaning leaves what was there, or what was to be", () =>
  forEachSeed(5, async (seed) => {
    for (let operations = 1;; operations += 2 + (seed % 5)) {
      const w = world(seed * 1000 + operations);
      const random = new SeededRandom(seed); // the same history each time
      const config = topicConfig({ ...settings(random), "min.compaction.lag.ms": "0" });
      const directory = await open(w);
      const log = directory.create(ORDERS, TOPIC_ID, config);
      const history = new History(log, random);
      for (let i = 0; i < 90; i++) history.step();
      history.endAll();
      if (random.chance(0.5)) {
        // Over what was cleaned before, with tombstones that may go.
        await cleanAll(w, directory);
        w.clock.jump(6000);
        for (let i = 0; i < 60; i++) history.step();
        history.endAll();
      }
      log.roll();
      await log.sync();
      if (random.chance(0.5)) directory.checkpoint();
      const before = directory.cleaned.get(ORDERS) ?? 0;

      let left = operations;
      w.disk.onOperation = () => left-- <= 0 ? "the power is gone" : undefined;
      const { cleaner } = cleanerOf(w, directory);
      cleaner.start();
      for (let i = 0; i < 3000 && left > 0 && (i < 4 || !cleaner.isIdle); i++) {
        await w.clock.advanceAndSettle(1);
      }
      await until(w.clock, cleaner.close());
      const isOver = left > 0;
      w.disk.onOperation = undefined;
      w.disk.powerCut();

      // A second cut while the first one is mended.
      if (random.chance(0.5)) {
        let left = w.random.int(60);
        w.disk.onOperation = () => left-- <= 0 ? "the power is gone again" : undefined;
        try {
          await open(w);
        } catch (error) {
          if (!(error instanceof StorageError)) throw error;
        }
        w.disk.onOperation = undefined;
        w.disk.powerCut();
      }
      const reopened = await open(w);
      const again = reopened.create(ORDERS, TOPIC_ID, config);
      again.highWatermark = again.logEndOffset;
      history.check(again, { cleanedTo: log.logEndOffset, allowsMore: true });
      deepStrictEqual(
        w.disk.list("/data/orders-0").filter(({ name }) => /cleaned|swap|deleted/.test(name)),
        [],
      );
      deepStrictEqual(
        [...again.producers()].map((p) => [p.producerId, p.lastSequence]).sort(),
        history.sequences(),
      );
      ok((reopened.cleaned.get(ORDERS) ?? 0) >= before);
      await cleanAll(w, reopened);
      history.check(again, { cleanedTo: reopened.cleaned.get(ORDERS) ?? 0 });
      if (isOver) break;
    }
  }));

Deno.test("A disk that is full at any operation of a cleaning keeps the log as it is until it has room", () =>
  forEachSeed(3, async (seed) => {
    for (let operations = 0;; operations += 1 + (seed % 3)) {
      const w = world(seed * 1000 + operations);
      const random = new SeededRandom(seed); // the same history each time
      const config = topicConfig({ ...settings(random), "min.compaction.lag.ms": "0" });
      const directory = await open(w, { config: brokerConfig({ "log.dir.reserve.bytes": "0" }) });
      const log = directory.create(ORDERS, TOPIC_ID, config);
      const history = new History(log, random);
      for (let i = 0; i < 90; i++) history.step();
      history.endAll();
      log.roll();
      await log.sync();

      let count = 0;
      w.disk.isFull = () => count++ >= operations;
      const { cleaner } = cleanerOf(w, directory);
      cleaner.start();
      for (let i = 0; i < 300 && (i < 4 || !cleaner.isIdle); i++) await w.clock.advanceAndSettle(1);
      ok(!directory.isOffline);
      history.check(log, { cleanedTo: log.logEndOffset, allowsMore: true });
      const names = () => w.disk.list("/data/orders-0").map(({ name }) => name);
      deepStrictEqual(names().filter((name) => /cleaned|swap|tmp/.test(name)), []);
      await until(w.clock, cleaner.close());
      w.disk.isFull = undefined;
      await w.clock.advanceAndSettle(1500);
      ok(!directory.isFull);

      await cleanAll(w, directory);
      history.check(log, { cleanedTo: directory.cleaned.get(ORDERS) ?? 0 });
      await directory.close();
      const again = (await open(w)).get(ORDERS)!;
      again.highWatermark = again.logEndOffset;
      history.check(again, { cleanedTo: log.logEndOffset, allowsMore: true });
      if (count <= operations) break;
    }
  }));
