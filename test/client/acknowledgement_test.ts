import { strictEqual } from "node:assert/strict";
import { acknowledgement, acknowledgementOf } from "../../src/client/mod.ts";

// replicas, min.insync.replicas, synced, unclean; acks=all: crash, power cut, lost nodes; a phrase.
const cases: [number, number, boolean, boolean, [boolean, boolean, number], RegExp][] = [
  [1, 1, true, false, [true, true, 0], /a crash of the broker and a power cut of its machine, not/],
  [1, 1, false, false, [true, false, 0], /crash of the broker, not a power cut .* nor the loss/],
  [1, 1, true, true, [true, true, 0], /a crash of the broker and a power cut/],
  [3, 1, true, false, [true, true, 0], /crashes and power cuts, the loss of a machine only if/],
  [3, 1, false, false, [true, false, 0], /crashes, the power cut or loss of a machine only if/],
  [3, 2, true, false, [true, true, 1], /crashes, power cuts and the loss of one machine;/],
  [3, 2, false, false, [true, false, 1], /loss of one machine, not a power cut of all at once/],
  [3, 3, true, false, [true, true, 2], /the loss of 2 machines;/],
  [2, 5, true, false, [true, true, 1], /the loss of one machine;/],
  [3, 2, true, true, [false, false, 1], /unless a replica that is behind is made the leader/],
];

for (const [replicas, minInSyncReplicas, isSynced, mayElectUnclean, all, phrase] of cases) {
  const synced = isSynced ? "synced" : "in memory";
  Deno.test(
    `Of ${replicas} replicas, ${minInSyncReplicas} in sync and ${synced}, it is told what survives` +
      (mayElectUnclean ? " an unclean election" : ""),
    () => {
      const facts = { replicas, minInSyncReplicas, isSynced, mayElectUnclean };
      const { acksAll, acks1, sentence } = acknowledgement(facts);
      strictEqual(`${[acksAll.crash, acksAll.powerCut, acksAll.lostNodes]}`, `${all}`);
      strictEqual(phrase.test(sentence), true, sentence);
      strictEqual(acks1.crash, replicas === 1, "another replica may lead that has not got it");
      strictEqual(sentence.includes("acks=1"), replicas > 1);
    },
  );
}

Deno.test("Apache Kafka, which has no durability, syncs with flush.messages=1 only", () => {
  const partitions = [{ replicas: [1] }];
  const settings = (values: Record<string, string>) =>
    Object.entries(values).map(([name, value]) => ({
      name,
      value,
      isOverridden: false,
      isReadOnly: false,
      isSensitive: false,
    }));
  const survivesPowerCut = (values: Record<string, string>) =>
    acknowledgementOf(partitions, settings(values)).acksAll.powerCut;
  strictEqual(survivesPowerCut({ "flush.messages": "9223372036854775807" }), false);
  strictEqual(survivesPowerCut({ "flush.messages": "1" }), true);
  strictEqual(survivesPowerCut({ "flush.messages": "1", durability: "os" }), false);
  strictEqual(survivesPowerCut({ "flush.messages": "9", durability: "disk" }), true);
});
