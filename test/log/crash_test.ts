/**
 * A log that does all that logs do (rolls, truncations, retention, a moving start, transactions)
 * and dies between any two operations on the disk, also in the middle of a recovery. A model beside
 * it knows what must be there.
 */
import { ok, strictEqual } from "node:assert/strict";
import type { LogDirectory, PartitionLog } from "../../src/log/mod.ts";
import { StorageError } from "../../src/platform/mod.ts";
import { forEachSeed } from "../kit/seeds.ts";
import {
  asClient,
  asCoordinator,
  batch,
  marker,
  NOW,
  open,
  ORDERS,
  readAll,
  TOPIC_ID,
  topicConfig,
  type World,
  world,
} from "./kit.ts";

/** What the log should hold: a value an offset, with "marker" for control records. */
class Model {
  written: string[] = [];
  /** Below this all must be there. */
  synced = 0;
  /** The start was never told to be beyond this. */
  start = 0;
  producerId = 1;
  /** What the producer sends next. */
  sequence = 0;
  epoch = 0;
  truncations = 0;

  check(log: PartitionLog): void {
    const { logStartOffset: from, logEndOffset: end } = log;
    ok(end >= this.synced, `the log ends at ${end}, ${this.synced} were synced`);
    ok(end <= this.written.length, `the log ends at ${end}, ${this.written.length} were written`);
    ok(from <= this.start, `the log begins at ${from}, it was told ${this.start}`);
    let next = from;
    for (const { offset, value } of readAll(log)) {
      while (next < offset) strictEqual(this.written[next++], "marker");
      strictEqual(value, this.written[offset]);
      next = offset + 1;
    }
    while (next < end) strictEqual(this.written[next++], "marker");
    this.written.length = end;
    this.synced = end; // what a start has shown is lasting
    this.followProducer(log);
  }

  /** After a truncation or a restart: goes on where the log has the producer, or as another one. */
  followProducer(log: PartitionLog): void {
    const known = [...log.producers()].find(({ producerId }) => producerId === this.producerId);
    this.sequence = known ? known.lastSequence + 1 : 0;
    if (!known) this.producerId++;
  }
}

/** Lets the machine die at the n-th operation from now: that one and all later ones fail. */
function dieAfter({ disk }: World, operations: number): void {
  let left = operations;
  disk.onOperation = () => left-- <= 0 ? "the power is gone" : undefined;
}

async function untilDeath(run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
  }
}

class Life {
  readonly #waiting: Promise<unknown>[] = [];

  constructor(
    readonly world: World,
    readonly model: Model,
    readonly directory: LogDirectory,
    readonly log: PartitionLog,
  ) {}

  async run(steps: number): Promise<void> {
    for (let i = 0; i < steps; i++) await this.#step();
    if (this.world.random.chance(0.3)) await this.directory.close();
  }

  async #step(): Promise<void> {
    const { model, log, directory, world } = this;
    const { random } = world;
    const dice = random.int(100);
    if (dice < 55) this.#append();
    else if (dice < 65) this.#appendIdempotent();
    else if (dice < 68) this.#transaction();
    else if (dice < 71) log.roll();
    else if (dice < 75) directory.checkpoint();
    else if (dice < 78) {
      log.highWatermark = log.logEndOffset;
      model.start = Math.max(model.start, log.highWatermark);
      log.applyRetention(NOW);
    } else if (dice < 80) {
      log.highWatermark = log.logEndOffset;
      const span = log.logEndOffset - log.logStartOffset;
      const to = log.logStartOffset + random.int(span + 1);
      model.start = Math.max(model.start, to);
      log.advanceLogStart(to);
    } else if (dice < 83) this.#truncate();
    else {
      const end = log.logEndOffset;
      const { truncations } = model;
      const done = log.sync().then(() => {
        if (truncations !== model.truncations) return; // it speaks of what is gone
        ok(log.durableEndOffset >= end);
        model.synced = Math.max(model.synced, end);
      });
      this.#waiting.push(done.catch(() => {}));
      if (random.chance(0.5)) await done;
    }
    world.clock.advance(random.int(300));
  }

  settle(): Promise<unknown> {
    return Promise.all(this.#waiting);
  }

  #values(): string[] {
    const { random } = this.world;
    const size = random.int(random.chance(0.1) ? 900 : 90);
    const { length } = this.model.written;
    return Array.from(
      { length: 1 + random.int(3) },
      (_, k) => `${length + k}/${this.model.epoch} ${"x".repeat(size)}`,
    );
  }

  #append(): void {
    const { model, log } = this;
    const some = this.#values();
    model.written.push(...some); // also when the write fails: it may be there, whole
    log.append(batch(some, { keys: false }), { ...asClient, leaderEpoch: model.epoch });
  }

  #appendIdempotent(): void {
    const { model, log } = this;
    const some = this.#values();
    const sent = batch(some, {
      keys: false,
      producerId: model.producerId,
      producerEpoch: 0,
      baseSequence: model.sequence,
    });
    model.written.push(...some);
    const { duplicate } = log.append(sent, { ...asClient, leaderEpoch: model.epoch });
    strictEqual(duplicate, false);
    model.sequence += some.length;
  }

  #transaction(): void {
    const { model, log } = this;
    const producerId = 100_000 + model.written.length;
    const options = { producerId, producerEpoch: 0, isTransactional: true };
    const some = this.#values();
    model.written.push(...some);
    log.append(batch(some, { keys: false, ...options, baseSequence: 0 }), {
      ...asClient,
      leaderEpoch: model.epoch,
    });
    model.written.push("marker");
    const type = this.world.random.chance(0.5) ? "ABORT" : "COMMIT";
    log.append(marker(type, options), { ...asCoordinator, leaderEpoch: model.epoch });
  }

  #truncate(): void {
    const { model, log, world } = this;
    const back = world.random.int(12);
    const to = Math.max(log.logStartOffset, log.logEndOffset - back);
    // At a batch's beginning, as leaders' epochs begin: a cut through a batch takes all of it.
    const { parts } = log.read(to, { maxBytes: 1, upTo: Infinity, atLeastOneBatch: true });
    if (parts.length === 0) return;
    const base = new DataView(parts[0].buffer, parts[0].byteOffset).getUint32(4);
    if (base < log.logStartOffset) return;
    model.synced = Math.min(model.synced, base);
    model.epoch++;
    model.truncations++;
    log.truncateTo(base);
    model.written.length = base;
    model.followProducer(log);
  }
}

Deno.test("A log dies anywhere, and what was promised is there after", () =>
  forEachSeed(300, async (seed) => {
    const w = world(seed);
    const { random, disk } = w;
    const model = new Model();
    for (let life = 0; life < 5; life++) {
      const config = topicConfig({
        "segment.bytes": String(3500 + random.int(3000)),
        "index.interval.bytes": "200",
        "file.delete.delay.ms": "1000",
        "retention.bytes": String(2000 + random.int(8000)),
      });
      let current: Life | undefined;
      if (life < 4) dieAfter(w, random.int(random.chance(0.5) ? 400 : 40));
      await untilDeath(async () => {
        const directory = await open(w);
        const log = directory.create(ORDERS, TOPIC_ID, config);
        model.epoch++;
        model.check(log);
        current = new Life(w, model, directory, log);
        await current.run(random.int(80));
      });
      disk.onOperation = undefined;
      if (random.chance(0.3)) disk.crash();
      else disk.powerCut();
      await current?.settle();
    }
  }));
