/**
 * All machines lose their power, and come back in any order, before and after the sessions of those
 * that were there have ended. Who was in the ISR to the end has all that was acknowledged, since that
 * is on its disk, and so has who was eligible to lead; who was neither may lack some. Nobody's word
 * that it stopped well counts then, and who of the ISR registers last leads.
 */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { metadataRecord } from "../../src/metadata/mod.ts";
import { IncrementalAlterConfigsRequest } from "../../src/protocol/mod.ts";
import { of, TestCluster, uuidOf } from "./kit.ts";

const BROKERS = [1, 2, 3];
type Event = readonly ["registers" | "is unfenced", number];

/** All orders in which each registers, and is unfenced later. */
function* orders(begun: readonly Event[] = []): Generator<readonly Event[]> {
  if (begun.length === 2 * BROKERS.length) yield begun;
  for (const id of BROKERS) {
    const times = begun.filter(([, other]) => other === id).length;
    if (times < 2) yield* orders([...begun, [times === 0 ? "registers" : "is unfenced", id]]);
  }
}

function clusterWith({ minIsr, isr, elr }: { minIsr: number; isr: number[]; elr: number[] }) {
  const cluster = TestCluster.withBrokers([null, null, null], { "min.insync.replicas": "1" });
  const configs = [{ name: "min.insync.replicas", value: `${minIsr}` }];
  cluster.create({ topics: [{ name: "x", numPartitions: 1, replicationFactor: 3, configs }] });
  cluster.append([
    metadataRecord("PartitionChangeRecord", 2, {
      topicId: cluster.image.topicIdOf("x")!,
      partitionId: 0,
      leader: isr[0],
      isr,
      eligibleLeaderReplicas: elr,
    }),
  ]);
  return cluster;
}

/** Everybody's session that is not renewed now ends. */
function endSessions(cluster: TestCluster, alive: ReadonlySet<number>): void {
  cluster.now += 10_000;
  for (const id of alive) cluster.heartbeat(id);
  for (let fenced; (fenced = cluster.controller.fenceSilentBroker(cluster.now));) {
    cluster.append(fenced.records);
  }
}

const cuts: { minIsr: number; isr: number[]; elr: number[] }[] = [
  { minIsr: 2, isr: [1, 2, 3], elr: [] },
  { minIsr: 2, isr: [3, 1], elr: [] },
  { minIsr: 2, isr: [2], elr: [3] },
  { minIsr: 2, isr: [2], elr: [] },
  { minIsr: 1, isr: [1, 2, 3], elr: [] },
  { minIsr: 1, isr: [2, 3], elr: [] },
  { minIsr: 1, isr: [3], elr: [] },
];
for (const cut of cuts) {
  const { minIsr, isr, elr } = cut;
  const state = `an ISR of ${isr}${elr.length > 0 ? ` and ${elr} eligible` : ""}`;
  Deno.test(`With ${state} of at least ${minIsr}, only one of those leads after a power cut of all`, () => {
    const whole = [...isr, ...elr];
    for (const events of orders()) {
      for (const endingAt of [0, 2, 4, 6]) {
        const before = clusterWith(cut);
        const cluster = new TestCluster();
        cluster.controller.reset(before.image, 0);
        cluster.nextOffset = before.nextOffset;
        const alive = new Set<number>();
        const leads = () => cluster.image.partition("x", 0)!.leader;
        const story = () => `${JSON.stringify(events)}, sessions end at ${endingAt}`;
        for (const [at, [what, id]] of events.entries()) {
          if (at === endingAt) endSessions(cluster, alive);
          if (what === "registers") {
            const { errorCode } = cluster.register(id, { incarnationId: uuidOf("second", id) });
            strictEqual(errorCode, 0);
            alive.add(id);
          } else cluster.heartbeat(id);
          ok(
            leads() === -1 || whole.includes(leads()),
            `${leads()} leads after ${what}: ${story()}`,
          );
        }
        for (const id of BROKERS) cluster.heartbeat(id);
        ok(whole.includes(leads()), `${leads()} leads when all are back: ${story()}`);
      }
    }
  });
}

Deno.test("Another min.insync.replicas while nobody leads does not keep all from leading for ever", () => {
  const cluster = clusterWith({ minIsr: 1, isr: [1], elr: [] });
  endSessions(cluster, new Set([2, 3]));
  const before = cluster.image.partition("x", 0)!;
  deepStrictEqual([before.leader, before.lastKnownElr], [-1, [1]]);
  const configs = [{ name: "min.insync.replicas", value: "2", configOperation: 0 }];
  const resources = [{ resourceType: 2, resourceName: "x", configs }];
  cluster.commit(
    cluster.controller.incrementalAlterConfigs(of(IncrementalAlterConfigsRequest, { resources })),
  );
  strictEqual(cluster.register(1, { incarnationId: uuidOf("second", 1) }).errorCode, 0);
  for (const id of BROKERS) cluster.heartbeat(id);
  strictEqual(cluster.image.partition("x", 0)!.leader, 1);
});
