/**
 * A disk that fills up at any operation that takes room, and has room again later: what did not fit
 * was never there, the log goes on, nothing goes offline, and whatever end the process has, what was
 * acknowledged is there at the next start and what was refused is not.
 */
import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import type { LogDirectory, PartitionLog } from "../../src/log/mod.ts";
import { isDiskFull } from "../../src/platform/mod.ts";
import { SeededRandom } from "../../src/platform/memory/mod.ts";
import { forEachSeed } from "../kit/seeds.ts";
import {
  asClient,
  asCoordinator,
  batch,
  brokerConfig,
  marker,
  NOW,
  open,
  openLog,
  ORDERS,
  readAll,
  TOPIC_ID,
  topicConfig,
  type World,
  world,
} from "./kit.ts";

/** Does to a log what logs are for, and knows what must be in it. */
class Script {
  /** A value an offset, with "marker" for control records. */
  readonly #written: string[] = [];
  /** Where its marker lies, by producer. */
  readonly #aborted = new Map<number, number>();
  #synced = 0;
  #sequence = 0;
  #epoch = 0;
  refused = 0;

  constructor(readonly world: World, readonly random: SeededRandom) {}

  async run(directory: LogDirectory, log: PartitionLog, steps: number): Promise<void> {
    this.#epoch++;
    for (let i = 0; i < steps; i++) {
      try {
        await this.#step(directory, log);
      } catch (error) {
        if (!isDiskFull(error)) throw error;
        this.refused++;
      }
      strictEqual(directory.isOffline, false);
      this.check(log);
      this.world.clock.advance(this.random.int(200));
    }
  }

  async #step(directory: LogDirectory, log: PartitionLog): Promise<void> {
    const dice = this.random.int(100);
    if (dice < 40) this.#append(log);
    else if (dice < 60) this.#appendIdempotent(log);
    else if (dice < 66) this.#transaction(log);
    else if (dice < 70) log.roll();
    else if (dice < 78) directory.checkpoint();
    else if (dice < 82) this.#beginEpoch(log);
    else if (dice < 90) {
      log.highWatermark = log.logEndOffset;
      directory.applyRetention(NOW);
    } else if (dice < 93) {
      log.highWatermark = log.logEndOffset;
      log.advanceLogStart(log.logEndOffset - this.random.int(5));
    } else {
      await log.sync();
      this.#synced = log.durableEndOffset;
    }
  }

  #values(): string[] {
    const length = this.random.int(this.random.chance(0.1) ? 900 : 90);
    return Array.from(
      { length: 1 + this.random.int(3) },
      (_, k) => `${this.#written.length + k} ${this.random.int(1e6)} ${"x".repeat(length)}`,
    );
  }

  #append(log: PartitionLog): void {
    const some = this.#values();
    log.append(batch(some, { keys: false }), { ...asClient, leaderEpoch: this.#epoch });
    this.#written.push(...some);
  }

  /** What was refused is sent again under the same sequence, and must not pass for a repetition. */
  #appendIdempotent(log: PartitionLog): void {
    const some = this.#values();
    const producer = { producerId: 7, producerEpoch: 0, baseSequence: this.#sequence };
    const sent = batch(some, { keys: false, ...producer });
    const { duplicate } = log.append(sent, { ...asClient, leaderEpoch: this.#epoch });
    strictEqual(duplicate, false);
    this.#sequence += some.length;
    this.#written.push(...some);
  }

  #transaction(log: PartitionLog): void {
    const producerId = 100_000 + this.#written.length;
    const options = { producerId, producerEpoch: 0, isTransactional: true };
    const [one] = this.#values();
    const leaderEpoch = this.#epoch;
    log.append(batch([one], { keys: false, ...options, baseSequence: 0 }), {
      ...asClient,
      leaderEpoch,
    });
    this.#written.push(one);
    // A coordinator tries until the marker is written.
    for (let tries = 0; tries < 10; tries++) {
      try {
        log.append(marker("ABORT", options), { ...asCoordinator, leaderEpoch });
        this.#aborted.set(producerId, this.#written.length);
        this.#written.push("marker");
        return;
      } catch (error) {
        if (!isDiskFull(error)) throw error;
      }
    }
  }

  #beginEpoch(log: PartitionLog): void {
    log.beginEpoch(++this.#epoch);
    strictEqual(log.latestEpoch, this.#epoch);
  }

  check(log: PartitionLog, end = this.#written.length): void {
    strictEqual(log.logEndOffset, end);
    let next = log.logStartOffset;
    for (const { offset, value } of readAll(log)) {
      while (next < offset) strictEqual(this.#written[next++], "marker");
      strictEqual(value, this.#written[offset]);
      next = offset + 1;
    }
    while (next < end) strictEqual(this.#written[next++], "marker");
    const { logStartOffset } = log;
    const known = new Set(log.abortedTransactions(logStartOffset, end).map((t) => t.producerId));
    for (const [producerId, offset] of this.#aborted) {
      if (offset >= logStartOffset && offset < end) ok(known.has(producerId), `${producerId}`);
    }
  }

  /** After a start on a disk that forgets: at least what was synced is there, and a prefix. */
  checkSynced(log: PartitionLog): void {
    ok(log.logEndOffset >= this.#synced, `${log.logEndOffset} < ${this.#synced}`);
    this.check(log, log.logEndOffset);
  }
}

const CONFIG = topicConfig({
  "segment.bytes": "3000",
  "index.interval.bytes": "200",
  "file.delete.delay.ms": "1000",
  "retention.bytes": "12000",
});

/** Counts what takes room, and refuses it from the n-th operation on for so many. */
function fillAt({ disk }: World, from: number, length: number): { count: number } {
  const seen = { count: 0 };
  disk.isFull = () => {
    const at = seen.count++;
    return at >= from && at < from + length;
  };
  return seen;
}

type End = "stopped" | "killed" | "cut";

async function live(seed: number, full: { from: number; length: number }, end: End) {
  const w = world(seed);
  const config = brokerConfig({ "log.dir.reserve.bytes": "0" });
  const script = new Script(w, new SeededRandom(seed));
  let directory = await open(w, { config });
  let log = directory.create(ORDERS, TOPIC_ID, CONFIG);
  const seen = fillAt(w, full.from, full.length);
  await script.run(directory, log, 60);
  w.disk.isFull = undefined;
  await script.run(directory, log, 10);
  if (end === "stopped") await directory.close();
  else if (end === "killed") w.disk.crash();
  else w.disk.powerCut();
  directory = await open(w, { config });
  log = directory.create(ORDERS, TOPIC_ID, CONFIG);
  if (end === "cut") script.checkSynced(log);
  else {
    script.check(log);
    await script.run(directory, log, 10);
    const names = w.disk.list("/data/orders-0").map(({ name }) => name);
    deepStrictEqual(names.filter((name) => /tmp|cleaned|swap/.test(name)), []);
  }
  await directory.close();
  return { operations: seen.count, refused: script.refused };
}

for (const end of ["stopped", "killed", "cut"] as const) {
  Deno.test(`A disk is full at every operation in turn: the log goes on, and is whole when ${end}`, async () => {
    const { operations } = await live(1, { from: Infinity, length: 0 }, end);
    ok(operations > 100, `${operations} operations take room`);
    let refused = 0;
    for (let from = 0; from < operations; from++) {
      for (const length of [1, 25]) {
        try {
          refused += (await live(1, { from, length }, end)).refused;
        } catch (cause) {
          const where = `full from operation ${from} on for ${length}`;
          throw new Error(`${where}: ${(cause as Error).message}`, { cause });
        }
      }
    }
    ok(refused > operations, `${refused} calls were refused`);
  });
}

for (const end of ["stopped", "killed"] as const) {
  Deno.test(`A directory that is ${end} on a full disk opens on it at any operation, and all is there`, async () => {
    for (let from = 0; from < 40; from++) { // more than a stop and a start write
      const w = world();
      const config = brokerConfig({ "log.dir.reserve.bytes": "0" });
      const script = new Script(w, new SeededRandom(5));
      let directory = await open(w, { config });
      let log = directory.create(ORDERS, TOPIC_ID, CONFIG);
      await script.run(directory, log, 60);
      fillAt(w, from, Infinity);
      if (end === "stopped") await directory.close();
      else w.disk.crash();
      directory = await open(w, { config });
      log = directory.create(ORDERS, TOPIC_ID, CONFIG);
      script.check(log);
      await script.run(directory, log, 10);
      w.disk.isFull = undefined;
      await script.run(directory, log, 10);
      await directory.close();
      directory = await open(w, { config });
      ok(directory.wasCleanShutdown);
      script.check(directory.get(ORDERS)!);
      await directory.close();
    }
  });
}

Deno.test("A disk is full at random: the log goes on, and is whole after any end", () =>
  forEachSeed(150, async (seed) => {
    const random = new SeededRandom(seed * 7919);
    const full = { from: random.int(300), length: 1 + random.int(60) };
    await live(seed, full, random.pick(["stopped", "killed", "cut"]));
  }));

Deno.test("A batch that does not fit leaves nothing in the file, and one that fits is taken", () => {
  const w = world();
  const log = openLog(w);
  log.append(batch(["a"]), asClient);
  const size = () => w.disk.stat("/data/orders-0/00000000000000000000.log").size;
  const before = size();
  w.disk.capacityBytes = w.disk.space().totalBytes - w.disk.space().freeBytes + 100;
  throws(() => log.append(batch(["b".repeat(200)]), asClient), isDiskFull);
  strictEqual(size(), before);
  log.append(batch(["c"]), asClient);
  deepStrictEqual(readAll(log).map(({ value, offset }) => [offset, value]), [[0, "a"], [1, "c"]]);
});

Deno.test("A full disk is told once, and so is room; free bytes that can't be had are none", async () => {
  const w = world();
  const told: string[] = [];
  const log = (_level: string, event: string) => void told.push(event);
  const config = brokerConfig({ "log.dir.reserve.bytes": "100000" });
  const directory = await open(w, { config, log });
  const orders = directory.create(ORDERS, TOPIC_ID, CONFIG);
  directory.prepareForFull();
  const reserve = () => w.disk.stat("/data/.reserve").size;
  const whole = reserve();
  ok(whole > 0 && whole <= 100_000);
  told.length = 0;
  w.disk.isFull = () => true; // a quota: the file system has room, and not for us
  for (let i = 0; i < 20; i++) {
    throws(() => orders.append(batch([`${i}`]), asClient), isDiskFull);
    w.clock.advance(700);
  }
  deepStrictEqual(told, ["log directory is full"]);
  throws(() => directory.withReserve(() => w.disk.makeDirectory("/data/x")));
  strictEqual(reserve(), 0);
  w.disk.isFull = undefined;
  throws(() => orders.append(batch(["too early"]), asClient), isDiskFull);
  w.clock.advance(1000);
  deepStrictEqual(told, ["log directory is full", "log directory has room again"]);
  strictEqual(reserve(), whole);
  orders.append(batch(["a"]), asClient);
  strictEqual(w.disk.exists("/data/.room.tmp"), false);
  await directory.close();
});
