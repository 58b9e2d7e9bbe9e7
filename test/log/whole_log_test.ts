/**
 * The log of the metadata, which must be whole: wherever a follower's machine loses its power, the
 * next start takes what is left for what a crash leaves, and not for a part that somebody took
 * away.
 */
import { deepStrictEqual } from "node:assert/strict";
import { METADATA_TOPIC_ID } from "../../src/base/mod.ts";
import type { PartitionLog } from "../../src/log/mod.ts";
import { MemoryDisk, SimulatedClock } from "../../src/platform/memory/mod.ts";
import { forEachSeed } from "../kit/seeds.ts";
import { batch, open, openLog, topicConfig, world } from "./kit.ts";

const METADATA = { topic: "__cluster_metadata", partition: 0 };

const copied = (baseOffset: number, partitionLeaderEpoch: number) =>
  batch(["a", "b", "c"], { baseOffset, partitionLeaderEpoch });

/** What a follower does to its log; each may be the last that it came to. */
async function follow(log: PartitionLog): Promise<void> {
  log.appendAsFollower(copied(0, 1));
  await log.sync();
  log.appendAsFollower(copied(3, 1));
  log.appendAsFollower(copied(6, 2)); // an epoch begins on records that were not synced
  log.appendAsFollower(copied(9, 4));
  log.truncateTo(6);
  log.appendAsFollower(copied(6, 5));
  await log.sync();
  log.restartAt(20); // a snapshot takes the place of all that
  log.appendAsFollower(copied(20, 6));
}

Deno.test("A log of metadata opens after a power cut at any operation of a follower", () =>
  forEachSeed(300, async (seed) => {
    const at = world(seed);
    const { disk, random } = at;
    const log = (await open(at)).create(METADATA, METADATA_TOPIC_ID, topicConfig());
    await log.sync();
    let left = random.int(80);
    disk.onOperation = () => left-- <= 0 ? "the power is gone" : undefined;
    await follow(log).catch(() => {});
    disk.onOperation = undefined;
    disk.powerCut();
    (await open(at)).create(METADATA, METADATA_TOPIC_ID, topicConfig());
  }));

Deno.test("A log that is cut while a sealed segment is synced goes on, and owes the rest to the next sync", async () => {
  const clock = new SimulatedClock();
  const disk = new MemoryDisk({ clock, syncTakes: () => clock.sleep(10) });
  const log = openLog({ disk, clock }, { "index.interval.bytes": "0" });
  log.appendAsFollower(copied(0, 1));
  log.appendAsFollower(copied(3, 1));
  log.roll();
  log.appendAsFollower(copied(6, 1));
  const syncing = log.sync();
  await clock.advanceAndSettle(15); // the batches of the sealed segment are through, its indexes aren't
  log.truncateTo(3);
  await clock.advanceAndSettle(200);
  await syncing;
  deepStrictEqual([log.isUsable, log.logEndOffset, log.durableEndOffset], [true, 3, 3]);
});
