import { deepStrictEqual } from "node:assert/strict";
import { placeReplicas } from "../../src/controller/placement.ts";
import { countingRandom, TestCluster } from "./kit.ts";

const spreads: [racks: (string | null)[], replicationFactor: number][] = [
  [[null, null, null], 1],
  [[null, null, null], 2],
  [[null, null, null], 3],
  [[null, null, null, null], 2],
  [[null, null, null, null], 3],
  [["a", "a", "b", "b"], 2],
  [["a", "a", "b", "b", "c", "c"], 3],
];

for (const [racks, replicationFactor] of spreads) {
  const where = racks[0] === null ? `${racks.length} brokers` : `racks ${racks.join("")}`;
  Deno.test(`${replicationFactor} replicas on ${where} are led, held and taken over evenly`, () => {
    const cluster = TestCluster.withBrokers(racks);
    const ids = racks.map((_, i) => i + 1);
    // So many that each broker leads as often with each order of the others behind it.
    const partitions = ids.length * (ids.length - 1) * 2;
    const placed = placeReplicas(cluster.image, countingRandom(), {
      partitions,
      replicationFactor,
    });
    const count = (of: (replicas: number[]) => number[]) =>
      ids.map((id) => placed.filter((replicas) => of(replicas).includes(id)).length);
    const each = partitions / ids.length;
    deepStrictEqual(count(([leader]) => [leader]), ids.map(() => each));
    deepStrictEqual(count((replicas) => replicas), ids.map(() => each * replicationFactor));
    if (replicationFactor === 1) return;
    const nextTo = (id: number) =>
      new Set(placed.filter(([leader]) => leader === id).map(([, next]) => next));
    const others = (id: number) =>
      ids.filter((other) =>
        other !== id && (racks[0] === null || racks[other - 1] !== racks[id - 1])
      );
    for (const id of ids) {
      const known = [...nextTo(id)].sort();
      // Of several racks it is at least those of the next one.
      if (racks[0] === null) deepStrictEqual(known, others(id));
      else deepStrictEqual(known.every((other) => others(id).includes(other)), true);
    }
  });
}
