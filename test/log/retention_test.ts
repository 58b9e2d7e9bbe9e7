/** Old segments go by time and by size, and never too early. */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { countDeletable } from "../../src/log/retention.ts";
import { asClient, batch, brokerConfig, NOW, openLog, topicConfig, values, world } from "./kit.ts";

const segment = (endOffset: number, sizeInBytes: number, retentionTimestamp: number) => ({
  endOffset,
  sizeInBytes,
  retentionTimestamp,
});
const three = [segment(10, 100, 1000), segment(20, 100, 2000), segment(30, 50, 3000)];
const none = { deletes: true, retentionMs: -1, retentionBytes: -1 };

const cases: [string, Parameters<typeof countDeletable>[1], number][] = [
  ["Nothing goes without limits", {
    now: 1e9,
    settings: none,
    highWatermark: 30,
    logStartOffset: 0,
  }, 0],
  ["What is older than retention.ms goes", {
    now: 3001,
    settings: { ...none, retentionMs: 1000 },
    highWatermark: 30,
    logStartOffset: 0,
  }, 2],
  ["What is exactly as old stays", {
    now: 3000,
    settings: { ...none, retentionMs: 1000 },
    highWatermark: 30,
    logStartOffset: 0,
  }, 1],
  ["Even the active segment goes by time", {
    now: 9000,
    settings: { ...none, retentionMs: 1000 },
    highWatermark: 30,
    logStartOffset: 0,
  }, 3],
  ["What reaches above the high watermark stays", {
    now: 9000,
    settings: { ...none, retentionMs: 1000 },
    highWatermark: 19,
    logStartOffset: 0,
  }, 1],
  ["Size counts what would be left", {
    now: 0,
    settings: { ...none, retentionBytes: 150 },
    highWatermark: 30,
    logStartOffset: 0,
  }, 1],
  ["Size keeps at least as much as it says", {
    now: 0,
    settings: { ...none, retentionBytes: 151 },
    highWatermark: 30,
    logStartOffset: 0,
  }, 0],
  ["A size of 0 takes all", {
    now: 0,
    settings: { ...none, retentionBytes: 0 },
    highWatermark: 30,
    logStartOffset: 0,
  }, 3],
  ["Compacted topics keep by time and size", {
    now: 9000,
    settings: { deletes: false, retentionMs: 0, retentionBytes: 0 },
    highWatermark: 30,
    logStartOffset: 0,
  }, 0],
  ["What lies before the start goes in any case", {
    now: 0,
    settings: { ...none, deletes: false },
    highWatermark: 30,
    logStartOffset: 25,
  }, 2],
  ["A segment that the start lies in stays", {
    now: 0,
    settings: { ...none, deletes: false },
    highWatermark: 30,
    logStartOffset: 9,
  }, 0],
];

for (const [sentence, context, count] of cases) {
  Deno.test(sentence, () => strictEqual(countDeletable(three, context), count));
}

Deno.test("A younger segment keeps the older ones behind it; one of the future never expires", () => {
  const settings = { ...none, retentionMs: 1000 };
  const segments = [segment(10, 1, 9999), segment(20, 1, 0), segment(30, 1, 0)];
  const context = { now: 5000, settings, highWatermark: 30, logStartOffset: 0 };
  strictEqual(countDeletable(segments, context), 0);
});

Deno.test("Deleted segments move the start, keep their files for a while, then are gone", () => {
  const { disk, clock } = world();
  const log = openLog({ disk, clock }, {
    "segment.bytes": "2000",
    "retention.ms": "60000",
    "file.delete.delay.ms": "1000",
  });
  for (let i = 0; i < 100; i++) {
    log.append(batch([`v${i}`], { timestamp: NOW + i * 1000 }), {
      ...asClient,
      now: NOW + i * 1000,
    });
  }
  log.highWatermark = 100;
  const before = log.segmentCount;
  strictEqual(log.applyRetention(NOW + 60_000), 0);
  const gone = log.applyRetention(NOW + 120_000);
  ok(gone > 0 && gone < before);
  ok(log.logStartOffset > 0 && log.logStartOffset <= 60);
  strictEqual(values(log)[0], `v${log.logStartOffset}`);
  const deletedFiles = () =>
    disk.list("/data/orders-0").filter(({ name }) => name.endsWith(".deleted"));
  strictEqual(deletedFiles().length, gone * 3);
  clock.advance(999);
  ok(deletedFiles().length > 0);
  clock.advance(1);
  deepStrictEqual(deletedFiles(), []);
});

Deno.test("When all is too old the log is empty and goes on at its end", () => {
  const { disk, clock } = world();
  const log = openLog({ disk, clock }, { "retention.ms": "1000" });
  for (let i = 0; i < 10; i++) log.append(batch([`v${i}`]), asClient);
  log.highWatermark = 10;
  strictEqual(log.applyRetention(NOW + 5000), 1);
  deepStrictEqual([log.logStartOffset, log.logEndOffset, log.segmentCount], [10, 10, 1]);
  strictEqual(log.append(batch(["next"]), asClient).baseOffset, 10);
  strictEqual(log.applyRetention(NOW + 9000), 0, "not below the high watermark yet");
});

Deno.test("Records without a timestamp are as old as their file", () => {
  const { disk, clock } = world();
  const log = openLog({ disk, clock }, { "retention.ms": "1000" });
  log.append(batch(["a"], { timestamp: -1 }), asClient);
  log.highWatermark = 1;
  strictEqual(log.applyRetention(NOW + 1000), 0);
  strictEqual(log.applyRetention(NOW + 1001), 1);
});

Deno.test("After retention a restart finds the same start", () => {
  const { disk, clock } = world();
  const settings = { "segment.bytes": "2000", "retention.bytes": "3000" };
  const log = openLog({ disk, clock }, settings);
  for (let i = 0; i < 200; i++) log.append(batch([`v${i}`]), asClient);
  log.highWatermark = 200;
  log.applyRetention(NOW);
  const { logStartOffset } = log;
  ok(logStartOffset > 0);
  log.abandon();
  const again = openLog({ disk, clock }, settings, { isClean: false });
  strictEqual(again.logStartOffset, logStartOffset);
  strictEqual(values(again).length, 200 - logStartOffset);
  strictEqual(disk.list("/data/orders-0").some(({ name }) => name.endsWith(".deleted")), false);
});

Deno.test("How long silent producers are known can change while a log is open, and outlasts it", () => {
  const { disk, clock } = world();
  const log = openLog({ disk, clock });
  log.append(batch(["a"], { producerId: 7, producerEpoch: 0, baseSequence: 0 }), asClient);
  const known = (of: typeof log) => [...of.producers()].map(({ producerId }) => producerId);
  const day = 86_400_000;
  const within = (ms: number) => brokerConfig({ "producer.id.expiration.ms": String(ms) });

  log.config = topicConfig({}, within(3 * day));
  log.applyRetention(NOW + 2 * day);
  deepStrictEqual(known(log), [7]);
  log.close();

  clock.advance(2 * day);
  const again = openLog({ disk, clock }); // nobody has read the metadata yet
  deepStrictEqual(known(again), [7]);
  again.config = topicConfig({}, within(1000));
  again.applyRetention(clock.now());
  deepStrictEqual(known(again), []);
});
