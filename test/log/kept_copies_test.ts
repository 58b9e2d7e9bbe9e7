/**
 * A bit changes in one of the text files of a log directory: the node goes on from what the file
 * held, and tells of it. What somebody else put in its place counts.
 */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import type { LogEvent } from "../../src/base/mod.ts";
import { replaceFile } from "../../src/platform/mod.ts";
import { asClient, batch, open, ORDERS, TOPIC_ID, topicConfig, type World, world } from "./kit.ts";

const FILES = [
  "recovery-point-offset-checkpoint",
  "log-start-offset-checkpoint",
  "replication-offset-checkpoint",
  "cleaner-offset-checkpoint",
  "meta.properties",
  ".kafka_cleanshutdown",
].map((name) => `/data/${name}`);
const COPIES = "/data/.copies";

/** Records of which the first are deleted; stopped, or killed with all on the device. */
async function filled({ isClean }: { isClean: boolean }): Promise<World> {
  const w = world();
  const directory = await open(w);
  const log = directory.create(ORDERS, TOPIC_ID, topicConfig());
  for (let i = 0; i < 20; i++) log.append(batch([`v${i}`]), asClient);
  log.highWatermark = 18;
  log.advanceLogStart(7);
  directory.cleaned.set(ORDERS, 9);
  await log.sync();
  directory.checkpoint();
  if (isClean) await directory.close({ brokerEpoch: 17 });
  else w.disk.crash();
  return w;
}

/** All that the files say, as a start takes it. */
async function state(w: World, log: LogEvent = () => {}) {
  const directory = await open(w, { log });
  const orders = directory.create(ORDERS, TOPIC_ID, topicConfig());
  const found = {
    clean: directory.wasCleanShutdown,
    brokerEpoch: directory.previousBrokerEpoch,
    clusterId: directory.clusterId,
    directoryId: directory.directoryId,
    cleaned: directory.cleaned.get(ORDERS),
    start: orders.logStartOffset,
    highWatermark: orders.highWatermark,
    recoveryPoint: orders.recoveryPoint,
    end: orders.logEndOffset,
  };
  w.disk.crash();
  return found;
}

for (const isClean of [true, false]) {
  Deno.test(`A bit changes in a text file after a ${isClean ? "stop" : "kill"}: its copy counts`, async () => {
    const expected = await state(await filled({ isClean }));
    strictEqual(expected.start, 7);
    strictEqual(expected.cleaned, 9);
    strictEqual(expected.brokerEpoch, isClean ? 17 : -1);
    for (const path of [...FILES, COPIES]) {
      const whole = await filled({ isClean });
      if (!whole.disk.exists(path)) continue;
      const { length } = whole.disk.readFile(path);
      for (let position = 0; position < length; position++) {
        const w = await filled({ isClean });
        w.disk.corrupt(path, position, 1 << position % 8);
        const told: string[] = [];
        const what = `byte ${position} of ${path}`;
        const found = await state(w, (level, _event, fields = {}) => {
          if (level === "error") told.push(String(fields.file));
        });
        deepStrictEqual(found, expected, what);
        deepStrictEqual(told, [path], what);

        // It is whole again.
        const again: string[] = [];
        const next = await state(
          w,
          (level, event) => void (level === "error" && again.push(event)),
        );
        deepStrictEqual(again, [], what);
        deepStrictEqual({ ...next, clean: 0, brokerEpoch: 0 }, {
          ...expected,
          clean: 0,
          brokerEpoch: 0,
        });
      }
    }
  });
}

Deno.test("A bit changes in a text file of a folder that was copied: its copy counts", async () => {
  const expected = await state(await filled({ isClean: true }));
  for (const path of FILES.filter((path) => !path.includes("cleanshutdown"))) {
    const w = await filled({ isClean: true });
    const content = w.disk.readFile(path);
    for (const file of FILES) replaceFile(w.disk, file, w.disk.readFile(file));
    content[content.length - 2] ^= 1;
    replaceFile(w.disk, path, content);
    const told: string[] = [];
    const found = await state(w, (level, _event, fields = {}) => {
      if (level === "error") told.push(String(fields.file));
    });
    deepStrictEqual(found, expected, path);
    deepStrictEqual(told, [path]);
  }
});

Deno.test("A text file that somebody else put there counts", async () => {
  const w = await filled({ isClean: true });
  replaceFile(w.disk, "/data/log-start-offset-checkpoint", "0\n1\norders 0 11\n");
  const found = await state(w, (level, event) => ok(level !== "error", event));
  strictEqual(found.start, 11);
});

Deno.test("The copies are not written, for want of room: the files count", async () => {
  const w = world();
  const directory = await open(w);
  const log = directory.create(ORDERS, TOPIC_ID, topicConfig());
  for (let i = 0; i < 20; i++) log.append(batch([`v${i}`]), asClient);
  log.highWatermark = 18;
  log.advanceLogStart(3);
  directory.checkpoint();
  log.advanceLogStart(7);
  w.disk.isFull = (path) => path.startsWith(COPIES);
  directory.checkpoint();
  w.disk.isFull = undefined;
  w.disk.crash();
  const found = await state(w, (level, event) => ok(level !== "error", event));
  strictEqual(found.start, 7);
});
