/** Batches with a gap before them, of producers that have written nothing under this leader yet. */
import { deepStrictEqual, strictEqual } from "node:assert/strict";
import type { PartitionLog } from "../../src/log/mod.ts";
import { KafkaError } from "../../src/protocol/mod.ts";
import { asClient, batch, openLog, world } from "./kit.ts";

function send(
  log: PartitionLog,
  { seq, leaderEpoch, epoch = 0 }: { seq: number; leaderEpoch: number; epoch?: number },
): string {
  const sent = batch(["a"], { producerId: 5, producerEpoch: epoch, baseSequence: seq });
  try {
    log.append(sent, { ...asClient, leaderEpoch, mayOvertake: true });
    return "taken";
  } catch (error) {
    if (error instanceof KafkaError) return error.error;
    throw error;
  }
}

const AGAIN = "NOT_ENOUGH_REPLICAS", OUT_OF_ORDER = "OUT_OF_ORDER_SEQUENCE_NUMBER";

const stories: [string, [Parameters<typeof send>[1], string][]][] = [
  ["What has overtaken another comes behind it the next time", [
    [{ seq: 0, leaderEpoch: 1 }, "taken"],
    [{ seq: 2, leaderEpoch: 2 }, AGAIN],
    [{ seq: 1, leaderEpoch: 2 }, "taken"],
    [{ seq: 2, leaderEpoch: 2 }, "taken"],
  ]],
  ["A gap that stays is one", [
    [{ seq: 0, leaderEpoch: 1 }, "taken"],
    [{ seq: 2, leaderEpoch: 2 }, AGAIN],
    [{ seq: 2, leaderEpoch: 2 }, OUT_OF_ORDER],
  ]],
  ["Under the leader to whom it has written a gap is one at once", [
    [{ seq: 0, leaderEpoch: 1 }, "taken"],
    [{ seq: 1, leaderEpoch: 2 }, "taken"],
    [{ seq: 3, leaderEpoch: 2 }, OUT_OF_ORDER],
  ]],
  ["Of a producer that nobody knows any sequence is the first, if it comes again", [
    [{ seq: 7, leaderEpoch: 1 }, AGAIN],
    [{ seq: 3, leaderEpoch: 1 }, AGAIN],
    [{ seq: 3, leaderEpoch: 1 }, "taken"],
    [{ seq: 4, leaderEpoch: 1 }, "taken"],
  ]],
  ["A new epoch of a producer begins at 0", [
    [{ seq: 4, leaderEpoch: 1 }, AGAIN],
    [{ seq: 4, leaderEpoch: 1 }, "taken"],
    [{ seq: 1, epoch: 1, leaderEpoch: 2 }, AGAIN],
    [{ seq: 0, epoch: 1, leaderEpoch: 2 }, "taken"],
    [{ seq: 1, epoch: 1, leaderEpoch: 2 }, "taken"],
    [{ seq: 9, epoch: 0, leaderEpoch: 3 }, "INVALID_PRODUCER_EPOCH"],
  ]],
  ["What was there already is no gap", [
    [{ seq: 0, leaderEpoch: 1 }, "taken"],
    [{ seq: 1, leaderEpoch: 1 }, "taken"],
    [{ seq: 0, leaderEpoch: 2 }, "taken"],
  ]],
];

for (const [name, story] of stories) {
  Deno.test(`${name} (a leader among others)`, () => {
    const log = openLog(world());
    for (const [sent, expected] of story) {
      strictEqual(send(log, sent), expected, JSON.stringify(sent));
    }
  });
}

Deno.test("Many producers of whom nothing is known are asked again, and taken", () => {
  const log = openLog(world());
  const answers = new Set<string>();
  for (let producerId = 0; producerId < 1500; producerId++) {
    const sent = batch(["a"], { producerId, producerEpoch: 0, baseSequence: 7 });
    try {
      log.append(sent, { ...asClient, leaderEpoch: 1, mayOvertake: true });
    } catch (error) {
      answers.add((error as KafkaError).error);
    }
  }
  deepStrictEqual([...answers], [AGAIN]);
  for (const [producerId, end] of [[0, 0], [0, 1], [1499, 2]]) {
    const sent = batch(["a"], { producerId, producerEpoch: 0, baseSequence: 7 });
    try {
      log.append(sent, { ...asClient, leaderEpoch: 1, mayOvertake: true });
    } catch {
      // The oldest were forgotten: once more.
    }
    strictEqual(log.logEndOffset, end);
  }
});
