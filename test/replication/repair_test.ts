/**
 * The disk of one broker loses what was written long ago: files are cut short, overwritten, gone.
 * Two others have everything, so nobody misses anything: it is found, and put back from them.
 */
import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import type { MemoryDisk } from "../../src/platform/memory/mod.ts";
import { errorName, FetchRequest, FetchResponse, KafkaError } from "../../src/protocol/mod.ts";
import { Brokers } from "./brokers.ts";

const QUICK = {
  "replica.lag.time.max.ms": "1000",
  "replica.fetch.wait.max.ms": "50",
  "replica.fetch.backoff.ms": "50",
};
const TOPIC = "orders";
const FOLDER = `/data/${TOPIC}-0`;
const RECORDS = 35;
const valueOf = (i: number) => `v${i} ${"x".repeat(100_000)}`;
const VALUES = Array.from({ length: RECORDS }, (_, i) => valueOf(i));

/** Three brokers that have all, in four segments each; 1 leads. */
async function filled(configs: Record<string, string> = {}): Promise<Brokers> {
  const brokers = await Brokers.start({ settings: QUICK });
  brokers.createTopic(TOPIC, { configs: { "segment.bytes": `${1 << 20}`, ...configs } });
  await brokers.pass(20);
  for (const value of VALUES) {
    const { error } = await brokers.settle(brokers.produce(1, TOPIC, [value]));
    strictEqual(error, "NONE");
  }
  await brokers.untilInSync(TOPIC);
  await brokers.pass(200);
  strictEqual(segmentsOf(brokers.member(1).disk).length, 4);
  return brokers;
}

const segmentsOf = (disk: MemoryDisk) =>
  disk.list(FOLDER).map(({ name }) => name).filter((name) => name.endsWith(".log")).sort()
    .map((name) => `${FOLDER}/${name}`);

function change(
  disk: MemoryDisk,
  path: string,
  how: (size: number) => {
    to?: number;
    at?: number;
    bytes?: number;
  },
): void {
  const file = disk.open(path, "write");
  const { to, at = 0, bytes = 0 } = how(file.size());
  if (to !== undefined) file.truncate(to);
  if (bytes > 0) {
    const found = new Uint8Array(bytes);
    file.read(found, at);
    file.write(found.map((byte) => byte ^ 0x5a), at);
  }
  file.syncNow();
  file.close();
}

function remove(disk: MemoryDisk, path: string): void {
  for (const suffix of ["log", "index", "timeindex"]) {
    disk.remove(path.replace(/log$/, suffix));
  }
  disk.syncDirectory(FOLDER);
}

const BATCH_BYTES = 100_000;

/** What happens to the disk, by its segments. */
const DAMAGES: Record<string, (disk: MemoryDisk, segments: string[]) => void> = {
  "a segment in the middle is cut short": (disk, [, second]) =>
    change(disk, second, (size) => ({ to: size - BATCH_BYTES * 3 / 2 })),
  "a segment in the middle is cut between two batches": (disk, [, second]) =>
    change(disk, second, (size) => ({ to: size / 10 * 4 })),
  "the first segment is emptied": (disk, [first]) => change(disk, first, () => ({ to: 0 })),
  "a segment in the middle is gone": (disk, [, second]) => remove(disk, second),
  "segments are overwritten": (disk, [first, second]) => {
    change(disk, first, () => ({ at: BATCH_BYTES * 3, bytes: 200 }));
    change(disk, second, () => ({ at: 0, bytes: 50 }));
    change(disk, second, (size) => ({ at: size - 3, bytes: 1 }));
  },
  "the last segment is cut short": (disk, segments) =>
    change(disk, segments.at(-1)!, (size) => ({ to: size / 2 })),
  "the last segments are gone": (disk, segments) => {
    for (const path of segments.slice(2)) remove(disk, path);
  },
  "all segments are damaged": (disk, segments) => {
    for (const path of segments) change(disk, path, (size) => ({ at: size / 2, bytes: 100 }));
  },
};

/** Everything, as a consumer gets it that reads from this broker. */
async function consumed(brokers: Brokers, id: number): Promise<string[]> {
  const log = brokers.replica(id, TOPIC).log;
  for (let offset = 0; offset < RECORDS;) {
    const { responses } = await brokers.settle(
      brokers.member(id).ask([FetchRequest, FetchResponse], 12, {
        maxWaitMs: 0,
        minBytes: 0,
        maxBytes: 1 << 24,
        isolationLevel: 0,
        rackId: "",
        topics: [{
          topic: TOPIC,
          partitions: [{ partition: 0, fetchOffset: offset, partitionMaxBytes: 1 << 24 }],
        }],
        forgottenTopicsData: [],
      }),
    );
    const [{ errorCode, records }] = responses[0].partitions;
    const error = errorName(errorCode);
    ok(error === "NONE" || error === "KAFKA_STORAGE_ERROR", `${error} at ${offset}`);
    if (error === "NONE") {
      ok(records!.length > 0, `nothing at ${offset}`);
      const first = new DataView(records!.buffer, records!.byteOffset).getBigInt64(0);
      strictEqual(Number(first), offset, "nothing is passed over");
      offset = log.read(offset, { maxBytes: 1 << 24, upTo: RECORDS, atLeastOneBatch: true })
        .nextOffset;
    } else await brokers.pass(100);
  }
  return brokers.values(id, TOPIC);
}

for (const [what, harm] of Object.entries(DAMAGES)) {
  for (const end of ["crash", "stop"] as const) {
    Deno.test(`After a ${end} in which ${what} a follower has everything again, and may lead`, async () => {
      const brokers = await filled();
      brokers.member(3).directories.checkpoint();
      if (end === "crash") brokers.crash(3, { losesPower: false });
      else await brokers.settle(brokers.stop(3));
      harm(brokers.member(3).disk, segmentsOf(brokers.member(3).disk));
      await brokers.settle(brokers.startMember(3));
      await brokers.untilInSync(TOPIC);
      strictEqual(brokers.replica(3, TOPIC).logEndOffset, RECORDS);
      // What only a read finds is found by the first one, and is there for the next.
      brokers.crash(1);
      await brokers.until("3 leads or 2", () => brokers.partition(TOPIC).leader > 1);
      deepStrictEqual(await consumed(brokers, 3), VALUES);
      await brokers.settle(brokers.startMember(1));
      await brokers.untilInSync(TOPIC);
      await brokers.close();
    });
  }
}

Deno.test("What is missing at the start is there before the replica is in sync", async () => {
  const brokers = await filled();
  brokers.member(3).directories.checkpoint();
  brokers.crash(3, { losesPower: false });
  const { disk } = brokers.member(3);
  for (const path of segmentsOf(disk).slice(0, -1)) change(disk, path, () => ({ to: 0 }));
  await brokers.settle(brokers.startMember(3));
  strictEqual(brokers.replica(3, TOPIC).log.damagedSegments.length, 3);
  await brokers.untilInSync(TOPIC);
  strictEqual(brokers.replica(3, TOPIC).log.damagedSegments.length, 0);
  await brokers.close();
});

/** 1 leads, and its disk changes what it has while it runs. */
async function rotten(configs: Record<string, string> = {}): Promise<Brokers> {
  const brokers = await filled(configs);
  const { disk } = brokers.member(1);
  const [first, second] = segmentsOf(disk);
  change(disk, first, (size) => ({ at: size / 2, bytes: 200 }));
  change(disk, second, (size) => ({ at: size / 3, bytes: 1 }));
  return brokers;
}

const told = (brokers: Brokers, id: number, event: string) =>
  brokers.member(id).lines.filter((line) => line.event === event).length;

Deno.test("What a leader finds damaged it gets from a follower, and leads on", async () => {
  const brokers = await rotten();
  const { leaderEpoch } = brokers.partition(TOPIC);
  deepStrictEqual(await consumed(brokers, 1), VALUES);
  strictEqual(brokers.partition(TOPIC).leaderEpoch, leaderEpoch);
  ok(told(brokers, 1, "log is damaged, and repaired from other replicas") > 0);
  ok(told(brokers, 1, "log repaired") > 0);
  strictEqual((await brokers.settle(brokers.produce(1, TOPIC, ["more"]))).error, "NONE");
  await brokers.close();
});

Deno.test("A follower that can't be asked yet is waited for; when it is there, nothing was lost", async () => {
  const brokers = await rotten();
  for (const id of [2, 3]) brokers.crash(id, { losesPower: false });
  const { log } = brokers.replica(1, TOPIC);
  const read = (offset: number) => {
    try {
      return log.read(offset, { maxBytes: 1 << 20, upTo: RECORDS, atLeastOneBatch: true })
        .nextOffset;
    } catch (error) {
      return (error as KafkaError).error;
    }
  };
  const brokenAt = read(0) as number;
  strictEqual(read(brokenAt), "KAFKA_STORAGE_ERROR", "it may be had soon");
  await brokers.pass(40_000);
  strictEqual(read(brokenAt), "CORRUPT_MESSAGE", "nobody waits for ever");
  strictEqual(told(brokers, 1, "log cannot be repaired as yet"), 1);
  await brokers.settle(brokers.startMember(3));
  await brokers.until("it is repaired", () => log.damagedSegments.length === 0);
  deepStrictEqual(await consumed(brokers, 1), VALUES);
  await brokers.close();
});

Deno.test("What all have lost is told as lost, and what each has kept is kept", async () => {
  const brokers = await filled();
  for (const id of brokers.ids) {
    const { disk } = brokers.member(id);
    change(disk, segmentsOf(disk)[0], (size) => ({ at: size / 2, bytes: 200 }));
    change(disk, segmentsOf(disk)[id - 1], (size) => ({ at: size / 4, bytes: 200 }));
  }
  const { log } = brokers.replica(1, TOPIC);
  const kept = () => {
    let count = 0;
    for (let offset = 0; offset < RECORDS; offset++) {
      try {
        log.read(offset, { maxBytes: 1, upTo: RECORDS, atLeastOneBatch: true });
        count++;
      } catch (error) {
        ok(error instanceof KafkaError);
      }
    }
    return count;
  };
  strictEqual(kept(), RECORDS - 2);
  await brokers.until("it is told", () => told(brokers, 1, "log cannot be repaired as yet") === 1);
  strictEqual(log.isBeingRepaired, false);
  strictEqual(kept(), RECORDS - 1, "the others had one of the two");
  ok(log.damagedSegments.length === 1);
  await brokers.close();
});

Deno.test("A broker that is alone serves what is whole, as ever", async () => {
  const brokers = await Brokers.start({ settings: QUICK, count: 1 });
  brokers.createTopic(TOPIC, { configs: { "segment.bytes": `${1 << 20}` } });
  await brokers.pass(20);
  for (const value of VALUES) await brokers.settle(brokers.produce(1, TOPIC, [value]));
  const { disk } = brokers.member(1);
  change(disk, segmentsOf(disk)[0], (size) => ({ at: size / 2, bytes: 200 }));
  const { log } = brokers.replica(1, TOPIC);
  const read = () => log.read(5, { maxBytes: 1, upTo: RECORDS, atLeastOneBatch: true });
  throws(read, { error: "CORRUPT_MESSAGE" });
  strictEqual(log.read(6, { maxBytes: 1, upTo: RECORDS, atLeastOneBatch: true }).nextOffset, 7);
  await brokers.close();
});

for (const isDamaged of [true, false]) {
  const who = isDamaged ? "with less than it had does not lead" : "leads";
  Deno.test(`Who stopped last, properly, and comes back first ${who}`, async () => {
    const brokers = await filled({ "min.insync.replicas": "2" });
    for (const id of [1, 2, 3]) await brokers.settle(brokers.stop(id));
    deepStrictEqual(brokers.partition(TOPIC).eligibleLeaderReplicas.toSorted(), [2, 3]);
    const { disk } = brokers.member(3);
    if (isDamaged) change(disk, segmentsOf(disk).at(-1)!, (size) => ({ to: size / 2 }));
    await brokers.settle(brokers.startMember(3));
    strictEqual(brokers.partition(TOPIC).leader, isDamaged ? -1 : 3);
    await brokers.settle(brokers.startMember(2));
    await brokers.untilInSync(TOPIC, [2, 3]);
    for (const id of [2, 3]) deepStrictEqual(await consumed(brokers, id), VALUES);
    await brokers.close();
  });
}
