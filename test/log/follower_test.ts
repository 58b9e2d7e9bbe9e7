/**
 * A log as a follower uses it: it takes batches from leaders that come and go, cuts off what the
 * next one never had, begins anew where that one's log begins, and loses power at any moment. The
 * leaders' logs are lists of batches; how far ours may be theirs is found out by epochs, as KIP-279
 * and KIP-595 have it, and nothing else.
 */
import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import type { LogDirectory, PartitionLog } from "../../src/log/mod.ts";
import { StorageError } from "../../src/platform/mod.ts";
import { KafkaError } from "../../src/protocol/mod.ts";
import { batchesOf, BatchView } from "../../src/records/mod.ts";
import { forEachSeed } from "../kit/seeds.ts";
import {
  asClient,
  batch,
  marker,
  NOW,
  open,
  openLog,
  ORDERS,
  readAll,
  TOPIC_ID,
  topicConfig,
  values,
  type World,
  world,
} from "./kit.ts";

/** The log that leaders had and have: of each epoch what was left of it. */
class Leader {
  /** Also those before the log's start. */
  batches: BatchView[] = [];
  epoch = 0;
  /** May lie within a batch. */
  logStartOffset = 0;
  /** Of each producer, what it sends next. */
  #sequences = new Map<number, number>();
  readonly #open = new Set<number>();

  constructor(readonly world: World) {}

  get logEndOffset(): number {
    return this.batches.at(-1)?.nextOffset ?? 0;
  }

  /** Another one leads, who never had the last so many batches. */
  change(missing: number): void {
    this.epoch++;
    this.batches.length = Math.max(0, this.batches.length - missing);
    this.logStartOffset = Math.min(this.logStartOffset, this.logEndOffset);
    this.#sequences = new Map();
    this.#open.clear();
    for (const each of this.batches) this.#follow(each);
  }

  #follow(each: BatchView): void {
    const { producerId, isTransactional, isControl, lastSequence } = each;
    if (producerId < 0) return;
    if (isControl) this.#open.delete(producerId);
    else this.#sequences.set(producerId, lastSequence + 1);
    if (isTransactional && !isControl) this.#open.add(producerId);
  }

  append(): void {
    const { random } = this.world;
    const [ending] = this.#open;
    const dice = random.int(10);
    if (dice < 3 && ending !== undefined) {
      const type = random.chance(0.5) ? "ABORT" : "COMMIT";
      return this.#add(marker(type, { producerId: ending, producerEpoch: 0 }));
    }
    const some = Array.from(
      { length: 1 + random.int(4) },
      () => `${this.epoch} ${"x".repeat(random.int(random.chance(0.1) ? 900 : 90))}`,
    );
    const timestamp = NOW + random.int(100_000);
    if (dice < 5) return this.#add(batch(some, { keys: false, timestamp }));
    const producerId = 10 * (dice % 2) + random.int(3);
    const baseSequence = this.#sequences.get(producerId) ?? 0;
    const isTransactional = producerId >= 10;
    const from = { producerId, producerEpoch: 0, baseSequence, isTransactional };
    this.#add(batch(some, { keys: false, timestamp, ...from }));
  }

  #add(bytes: Uint8Array): void {
    const added = new BatchView(bytes);
    added.setBaseOffset(this.logEndOffset);
    added.setPartitionLeaderEpoch(this.epoch);
    this.batches.push(added);
    this.#follow(added);
  }

  /** Where an epoch ended here, or the largest one before it. */
  endOf(epoch: number): { epoch: number; endOffset: number } {
    const later = this.batches.find((each) => each.partitionLeaderEpoch > epoch);
    const last = this.batches.findLast((each) => each.partitionLeaderEpoch <= epoch);
    return {
      epoch: last?.partitionLeaderEpoch ?? epoch,
      endOffset: later?.baseOffset ?? this.logEndOffset,
    };
  }

  /** Whole batches from the one that holds the offset, some bytes' worth. */
  read(offset: number, maxBytes: number): Uint8Array {
    const parts: Uint8Array[] = [];
    let size = 0;
    for (const { lastOffset, bytes } of this.batches) {
      if (lastOffset < offset) continue;
      if (parts.length > 0 && size + bytes.length > maxBytes) break;
      parts.push(bytes);
      size += bytes.length;
    }
    const joined = new Uint8Array(size);
    let at = 0;
    for (const part of parts) {
      joined.set(part, at);
      at += part.length;
    }
    return joined;
  }
}

/** One exchange of a follower with its leader. True when it has all. */
function follow(log: PartitionLog, leader: Leader, maxBytes: number): boolean {
  if (log.logEndOffset < leader.logStartOffset) {
    log.restartAt(leader.logStartOffset);
    return false;
  }
  const { latestEpoch } = log;
  if (latestEpoch !== undefined) {
    const theirs = leader.endOf(latestEpoch);
    if (theirs.epoch < latestEpoch || theirs.endOffset < log.logEndOffset) {
      const ours = log.endOffsetFor(theirs.epoch);
      const before = `${log.logEndOffset} of epoch ${latestEpoch}`;
      log.truncateTo(Math.min(theirs.endOffset, ours?.endOffset ?? theirs.endOffset));
      const after = `${log.logEndOffset} of epoch ${log.latestEpoch}`;
      ok(before !== after, `it was told to cut at ${JSON.stringify(theirs)} and is at ${after}`);
      return false;
    }
  }
  if (log.logEndOffset > leader.logEndOffset) log.truncateTo(leader.logEndOffset);
  if (log.logEndOffset === leader.logEndOffset) return true;
  const from = log.logEndOffset;
  log.appendAsFollower(leader.read(from, maxBytes), { leaderEpoch: leader.epoch });
  ok(log.logEndOffset > from, "nothing was appended");
  return false;
}

/** Fails unless the log is the leader's, and all that follows from its batches. */
function checkEqual(log: PartitionLog, leader: Leader, follower: Follower): void {
  const { from, isHistoryOther } = follower;
  strictEqual(log.logEndOffset, leader.logEndOffset);
  const expected = leader.batches.filter(({ lastOffset }) => lastOffset >= log.logStartOffset);
  const found: Uint8Array[] = [];
  for (let offset = log.logStartOffset; offset < log.logEndOffset;) {
    const limits = { maxBytes: 1 << 20, upTo: log.logEndOffset, atLeastOneBatch: true };
    const { parts, nextOffset } = log.read(offset, limits);
    for (const part of parts) for (const each of batchesOf(part)) found.push(each.bytes);
    ok(nextOffset > offset, `nothing at ${offset}`);
    offset = nextOffset;
  }
  strictEqual(found.length, expected.length);
  found.forEach((bytes, i) => deepStrictEqual(bytes, expected[i].bytes));

  // All else must be as in a log that took these batches and no others.
  const twin = openLog(world());
  if (from > 0) twin.restartAt(from);
  for (const { bytes, baseOffset } of leader.batches) {
    if (baseOffset >= from) twin.appendAsFollower(bytes.slice());
  }
  for (let epoch = 0; epoch <= leader.epoch; epoch++) {
    const ended = log.endOffsetFor(epoch);
    if (ended === undefined || ended.endOffset <= log.logStartOffset) continue;
    deepStrictEqual(ended, twin.endOffsetFor(epoch), `epoch ${epoch}`);
  }
  const byId = (a: { producerId: number }, b: { producerId: number }) =>
    a.producerId - b.producerId;
  log.highWatermark = twin.highWatermark = log.logEndOffset;
  if (!isHistoryOther) {
    deepStrictEqual([...log.producers()].sort(byId), [...twin.producers()].sort(byId));
    strictEqual(log.lastStableOffset, twin.lastStableOffset);
  }
  const aborted = (of: PartitionLog) =>
    of.abortedTransactions(log.logStartOffset, log.logEndOffset)
      .map(({ producerId, firstOffset, lastOffset }) => [producerId, firstOffset, lastOffset]);
  deepStrictEqual(aborted(log), aborted(twin));
  twin.advanceLogStart(log.logStartOffset);
  deepStrictEqual(log.offsetOfMaxTimestamp(), twin.offsetOfMaxTimestamp());
  for (let timestamp = NOW; timestamp < NOW + 100_000; timestamp += 5000) {
    deepStrictEqual(log.offsetForTime(timestamp), twin.offsetForTime(timestamp));
  }
}

/** The offset, or the base of the batch that holds it. */
function batchStart(log: PartitionLog, offset: number): number {
  if (offset >= log.logEndOffset || offset < log.logStartOffset) return offset;
  const limits = { maxBytes: 1, upTo: log.logEndOffset, atLeastOneBatch: true };
  return Math.min(offset, new BatchView(log.read(offset, limits).parts[0]).baseOffset);
}

class Follower {
  /** Below this all is there after a power cut, unless it was cut off. */
  synced = 0;
  /** Where the log began when it last began anew: of producers before it nothing is known. */
  from = 0;
  /**
   * A leader came who had not even what is before the log's start. What is hidden there may be left,
   * with what it tells of producers, when all behind is lost in a crash.
   */
  isHistoryOther = false;
  #firstBase = 0;
  #isRestarting = false;

  constructor(readonly world: World, readonly leader: Leader) {}

  check(log: PartitionLog): void {
    ok(log.logEndOffset >= this.synced, `it ends at ${log.logEndOffset}, ${this.synced} is synced`);
    this.synced = log.sizeInBytes === 0 ? 0 : log.logEndOffset; // an empty log is no promise
    this.#noteBase(log);
  }

  #noteBase(log: PartitionLog): void {
    const [{ baseOffset }] = log.segments;
    const isAnew = baseOffset < this.#firstBase ||
      this.#isRestarting && baseOffset > this.#firstBase;
    if (isAnew) this.from = baseOffset;
    if (isAnew) this.isHistoryOther = false;
    this.#firstBase = baseOffset;
    this.#isRestarting = false;
  }

  async run(directory: LogDirectory, log: PartitionLog, steps: number): Promise<void> {
    const { leader, world: { random, clock } } = this;
    for (let i = 0; i < steps; i++) {
      const dice = random.int(100);
      if (dice < 45) {
        for (let k = random.int(4); k >= 0; k--) leader.append();
        this.#follow(log, random.int(5000));
      } else if (dice < 60) {
        leader.change(random.int(random.chance(0.2) ? 40 : 4));
        if (random.chance(0.5)) leader.append();
        this.#follow(log, 5000);
      } else if (dice < 63) {
        this.#leaveBehind(log);
      } else if (dice < 68) log.roll();
      else if (dice < 71) this.#lead(log);
      else if (dice < 78) directory.checkpoint();
      else if (dice < 80) {
        const to = log.logStartOffset + random.int(log.logEndOffset - log.logStartOffset + 1);
        log.highWatermark = to;
        log.advanceLogStart(to);
        log.applyRetention(clock.now());
        this.#noteBase(log);
      } else {
        const end = log.logEndOffset;
        const { truncations } = log;
        await log.sync();
        if (truncations === log.truncations) this.synced = Math.max(this.synced, end);
      }
      const { logStartOffset, highWatermark, logEndOffset } = log;
      ok(logStartOffset <= highWatermark && highWatermark <= logEndOffset, "offsets out of order");
      clock.advance(random.int(300));
    }
    if (random.chance(0.3)) await directory.close();
  }

  /** The leader has deleted what we would fetch next. */
  #leaveBehind(log: PartitionLog): void {
    const { leader, world: { random } } = this;
    for (let k = random.int(4); k >= 0; k--) leader.append();
    if (leader.logEndOffset <= log.logEndOffset) return;
    const span = leader.logEndOffset - log.logEndOffset;
    leader.logStartOffset = log.logEndOffset + 1 + random.int(span);
    this.#follow(log, 5000);
  }

  /** It leads for a while, and nobody writes. */
  #lead(log: PartitionLog): void {
    log.beginEpoch(++this.leader.epoch);
    this.leader.change(0);
  }

  #follow(log: PartitionLog, maxBytes: number): boolean {
    const { leader } = this;
    const { truncations } = log;
    this.isHistoryOther ||= leader.logEndOffset < log.logStartOffset;
    // What may be cut is not promised any more, also when the power goes in the midst of it.
    this.#isRestarting = log.logEndOffset < leader.logStartOffset;
    if (this.#isRestarting || log.logStartOffset === log.logEndOffset) this.synced = 0;
    const theirs = leader.endOf(log.latestEpoch ?? leader.epoch);
    const ours = log.endOffsetFor(theirs.epoch);
    const cut = Math.min(theirs.endOffset, ours?.endOffset ?? Infinity, leader.logEndOffset);
    this.synced = Math.min(this.synced, batchStart(log, cut));
    if (cut < log.segments[0].baseOffset) this.synced = 0; // all of it goes
    const isDone = follow(log, leader, maxBytes);
    if (truncations !== log.truncations) this.synced = Math.min(this.synced, log.logEndOffset);
    this.#noteBase(log);
    return isDone;
  }

  /** To the leader's end. */
  catchUp(log: PartitionLog): void {
    for (let i = 0; i < 1000; i++) if (this.#follow(log, 3000)) return;
    ok(false, "it never has all");
  }
}

Deno.test("A follower cuts, begins anew and loses power, and is its leader's copy in the end", () =>
  forEachSeed(200, async (seed) => {
    const w = world(seed);
    const { random, disk } = w;
    const leader = new Leader(w);
    const follower = new Follower(w, leader);
    for (let life = 0; life < 6; life++) {
      const config = topicConfig({
        "segment.bytes": String(2000 + random.int(3000)),
        "index.interval.bytes": "200",
        "file.delete.delay.ms": "1000",
        "retention.bytes": "-1",
      });
      let left = random.int(random.chance(0.5) ? 400 : 40);
      if (life < 5) disk.onOperation = () => left-- <= 0 ? "the power is gone" : undefined;
      try {
        const directory = await open(w);
        const log = directory.create(ORDERS, TOPIC_ID, config);
        follower.check(log);
        await follower.run(directory, log, random.int(60));
        if (life === 5) {
          leader.append();
          follower.catchUp(log);
          checkEqual(log, leader, follower);
        }
      } catch (error) {
        if (!(error instanceof StorageError)) throw error;
      }
      disk.onOperation = undefined;
      if (random.chance(0.3)) disk.crash();
      else disk.powerCut();
    }
  }));

/** What a follower has got of ten batches of three records, and one of another epoch. */
const EPOCHS = [0, 0, 0, 1, 1, 1, 4, 4, 4, 4];
const sent = EPOCHS.map((partitionLeaderEpoch, i) =>
  batch([`a${i}`, `b${i}`, `c${i} ${"x".repeat(150)}`], {
    baseOffset: 3 * i,
    partitionLeaderEpoch,
    timestamp: NOW + i,
  })
);
const valuesOf = (i: number) => [`a${i}`, `b${i}`, `c${i} ${"x".repeat(150)}`];

function join(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(parts.flatMap((part) => [...part]));
}

/** What can be read, past what can't. */
function readable(log: PartitionLog): string[] {
  const found: string[] = [];
  for (let offset = log.logStartOffset; offset < log.logEndOffset; offset++) {
    try {
      const record = readAll(log, offset, { upTo: offset + 3 - offset % 3 })[0];
      if (record?.offset === offset) found.push(record.value);
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error;
    }
  }
  return found;
}

for (const when of ["while it is open", "before a start after a crash", "before a clean start"]) {
  Deno.test(`A batch broke ${when}: a cut leaves all others before it, and nothing behind`, async () => {
    const config = topicConfig({ "segment.bytes": "1200", "index.interval.bytes": "200" });
    for (let hurt = 0; hurt < sent.length; hurt++) {
      for (let cut = 1; cut < 30; cut++) {
        const w = world(hurt * 100 + cut);
        let directory = await open(w);
        let log = directory.create(ORDERS, TOPIC_ID, config);
        for (const each of sent) log.appendAsFollower(each.slice());
        await log.sync();
        directory.checkpoint();
        const segment = log.segments.findLast(({ baseOffset }) => baseOffset <= 3 * hurt)!;
        const from = sent.slice(segment.baseOffset / 3, hurt);
        const position = from.reduce((sum, each) => sum + each.length, 0);
        const spoil = () => w.disk.corrupt(segment.path, position + 70);
        if (when === "before a clean start") await directory.close();
        else if (when !== "while it is open") w.disk.crash();
        spoil();
        if (when !== "while it is open") {
          directory = await open(w);
          log = directory.create(ORDERS, TOPIC_ID, config);
        }
        const wasEnd = log.logEndOffset;
        log.truncateTo(cut);
        const why = `batch ${hurt}, cut at ${cut}`;
        let whole = Math.floor(Math.min(cut, wasEnd) / 3);
        // What is broken just before the cut goes with it.
        if (hurt === whole - 1 && log.segments.at(-1)!.baseOffset < 3 * whole) whole--;
        strictEqual(log.logEndOffset, 3 * whole, why);
        const left = EPOCHS.slice(0, whole);
        strictEqual(log.latestEpoch, left.at(-1), why);

        // Another leader goes on from there.
        const next = sent.slice(whole).map((each) => {
          const view = new BatchView(each.slice());
          view.setPartitionLeaderEpoch(7);
          return view.bytes;
        });
        log.appendAsFollower(join(next));
        const expected = sent.flatMap((_, i) => i === hurt && i < whole ? [] : valuesOf(i));
        const check = (of: PartitionLog, where: string) => {
          deepStrictEqual(readable(of), expected, `${why} ${where}`);
          deepStrictEqual(of.endOffsetFor(7), { epoch: 7, endOffset: 30 });
          if (whole > 0) {
            const ended = { epoch: left.at(-1)!, endOffset: 3 * whole };
            deepStrictEqual(of.endOffsetFor(6), ended, `${why} ${where}`);
          }
        };
        check(log, "at once");
        await log.sync();
        w.disk.powerCut();
        directory = await open(w);
        log = directory.create(ORDERS, TOPIC_ID, config);
        check(log, "after a power cut");
        await log.sync();
        await directory.close();
        check((await open(w)).create(ORDERS, TOPIC_ID, config), "after a clean stop");
      }
    }
  });
}

Deno.test("An index that names another batch does not mislead a cut", () => {
  const w = world();
  const config = { "segment.bytes": "100000", "index.interval.bytes": "100" };
  const log = openLog(w, config);
  for (const each of sent) log.appendAsFollower(each.slice());
  log.roll();
  // Of each entry of the sealed segment's index, the place of the one behind it.
  const file = "/data/orders-0/00000000000000000000.index";
  const index = w.disk.readFile(file);
  const view = new DataView(index.buffer, index.byteOffset, index.length);
  for (let at = 0; at + 16 <= index.length; at += 8) view.setInt32(at + 4, view.getInt32(at + 12));
  w.disk.writeFile(file, index);
  log.truncateTo(12);
  log.appendAsFollower(batch(["new"], { baseOffset: 12, partitionLeaderEpoch: 9 }));
  deepStrictEqual(values(log), [...[0, 1, 2, 3].flatMap(valuesOf), "new"]);
});

Deno.test("Batches of one answer go into as many segments as they need, in one write each", () => {
  const { disk, clock } = world();
  const log = openLog({ disk, clock }, { "segment.bytes": "1200" });
  let writes = 0;
  disk.onOperation = (operation, path) => {
    if (operation === "write" && path.endsWith(".log")) writes++;
    return undefined;
  };
  log.appendAsFollower(join(sent));
  strictEqual(log.logEndOffset, 30);
  for (const segment of log.segments) ok(segment.sizeInBytes <= 1200, `${segment.sizeInBytes}`);
  strictEqual(log.segmentCount, Math.ceil(sent.length / Math.floor(1200 / sent[0].length)));
  strictEqual(writes, log.segmentCount + 2, "each, and each new one is emptied first");
  deepStrictEqual(values(log), sent.flatMap((_, i) => valuesOf(i)));
  deepStrictEqual(log.endOffsetFor(2), { epoch: 1, endOffset: 18 });
});

Deno.test("A follower takes nothing of an answer in which a batch is broken or does not follow", () => {
  const log = openLog(world());
  log.appendAsFollower(join(sent.slice(0, 4)));
  const changed = (i: number, change: (batch: BatchView) => void) => {
    const view = new BatchView(sent[i].slice());
    change(view);
    return view.bytes;
  };
  const bad: Record<string, Uint8Array[]> = {
    "one is there already": [sent[3], sent[4]],
    "the second goes back": [sent[5], sent[4]],
    "a wrong sum behind a right one": [sent[4], changed(5, ({ bytes }) => bytes[80] ^= 1)],
    "an epoch goes back": [sent[4], changed(5, (view) => view.setPartitionLeaderEpoch(0))],
    "an epoch before the log's": [changed(4, (view) => view.setPartitionLeaderEpoch(0))],
    "no whole batch": [sent[4].subarray(0, 100)],
    "another format behind a right one": [sent[4], changed(5, ({ bytes }) => bytes[16] = 1)],
  };
  for (const [why, parts] of Object.entries(bad)) {
    throws(
      () => log.appendAsFollower(join(parts)),
      (error) => error instanceof KafkaError && error.error === "CORRUPT_MESSAGE",
      why,
    );
    strictEqual(log.logEndOffset, 12, why);
    strictEqual(log.latestEpoch, 1, why);
  }
  log.appendAsFollower(join([sent[4], sent[5].subarray(0, 100)]));
  strictEqual(log.logEndOffset, 15, "what is whole of an answer that was cut");
});

Deno.test("A follower leaves out what a later leader wrote than the one it asked", () => {
  const log = openLog(world());
  log.appendAsFollower(join(sent), { leaderEpoch: 1 });
  deepStrictEqual([log.logEndOffset, log.latestEpoch], [18, 1]);
  log.appendAsFollower(join(sent.slice(6)), { leaderEpoch: 3 });
  strictEqual(log.logEndOffset, 18);
  log.appendAsFollower(join(sent.slice(6)), { leaderEpoch: 4 });
  strictEqual(log.logEndOffset, 30);
});

Deno.test("A log that begins within a batch of its leader's takes that batch as a whole", () => {
  const log = openLog(world());
  log.restartAt(7);
  log.appendAsFollower(join(sent.slice(2)));
  deepStrictEqual([log.logStartOffset, log.logEndOffset], [7, 30]);
  deepStrictEqual(values(log)[0], "b2");
  throws(() => log.read(6, { maxBytes: 1, upTo: 30, atLeastOneBatch: true }), KafkaError);
});

Deno.test("An epoch that was begun without a record is forgotten by who follows", () => {
  const log = openLog(world());
  log.append(batch(["a"]), { ...asClient, leaderEpoch: 2 });
  log.beginEpoch(5);
  strictEqual(log.latestEpoch, 5);
  log.truncateTo(1); // where epoch 2 ended for a leader who never heard of 5
  strictEqual(log.latestEpoch, 2);
  log.beginEpoch(7);
  log.appendAsFollower(batch(["b"], { baseOffset: 1, partitionLeaderEpoch: 4 }));
  strictEqual(log.latestEpoch, 4);
  deepStrictEqual(log.endOffsetFor(2), { epoch: 2, endOffset: 1 });
});

Deno.test("A log is cut below its start and its checkpoints, and a crash does not hide what follows", async () => {
  const w = world();
  const directory = await open(w);
  const log = directory.create(ORDERS, TOPIC_ID, topicConfig());
  log.appendAsFollower(join(sent));
  await log.sync();
  log.highWatermark = 30;
  log.advanceLogStart(20);
  directory.checkpoint();
  log.truncateTo(9);
  deepStrictEqual([log.logStartOffset, log.highWatermark, log.logEndOffset], [9, 9, 9]);
  log.appendAsFollower(join(sent.slice(3)));
  await log.sync();
  w.disk.powerCut();
  const again = (await open(w)).create(ORDERS, TOPIC_ID, topicConfig());
  ok(again.logStartOffset <= 9);
  strictEqual(again.logEndOffset, 30);
  deepStrictEqual(values(again, 9), sent.slice(3).flatMap((_, i) => valuesOf(i + 3)));
});

Deno.test("What producers are known after a cut is what the batches before it tell, wherever it is", () => {
  const mib = "x".repeat(1024 * 1024);
  const logs = [openLog(world()), openLog(world())];
  const sentBy = Array.from({ length: 40 }, (_, i) =>
    batch([mib], {
      keys: false,
      baseOffset: i,
      partitionLeaderEpoch: 1,
      producerId: i % 3,
      producerEpoch: 0,
      baseSequence: Math.floor(i / 3),
    }));
  const [log, twin] = logs;
  for (const each of sentBy) log.appendAsFollower(each.slice());
  for (const cut of [39, 35, 33, 32, 31, 17, 16, 15, 2]) {
    log.truncateTo(cut);
    twin.restartAt(0);
    for (const each of sentBy.slice(0, cut)) twin.appendAsFollower(each.slice());
    deepStrictEqual(log.logEndOffset, cut);
    const states = logs.map((of) =>
      new Map([...of.producers()].map((each) => [each.producerId, each]))
    );
    deepStrictEqual(states[0], states[1], `cut at ${cut}`);
  }
});
