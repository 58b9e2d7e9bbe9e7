/**
 * Plans of reassignments, over clusters drawn from seeds: what holds of each, and, where a cluster
 * is small enough to try everything, that no better plan exists.
 */
import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import {
  type Assignment,
  ClientError,
  copiesOf,
  type PlanBroker,
  planDrain,
  planSpread,
} from "../../src/client/mod.ts";
import { SeededRandom } from "../../src/platform/memory/mod.ts";
import { forEachSeed } from "../kit/seeds.ts";

interface World {
  brokers: PlanBroker[];
  partitions: Assignment[];
}

type Draw = { int(below: number): number };

function draw(random: Draw, most: { brokers: number; partitions: number; racks: number }): World {
  const racks = random.int(most.racks + 1);
  const brokers = Array.from({ length: 1 + random.int(most.brokers) }, (_, at) => ({
    id: at * 2 + 1,
    rack: racks === 0 ? null : `r${random.int(racks)}`,
  }));
  const partitions = Array.from({ length: random.int(most.partitions + 1) }, (_, at) => ({
    topic: `t${random.int(3)}-${at}`,
    partition: at,
    replicas: some(
      random,
      brokers.map(({ id }) => id),
      1 + random.int(Math.min(3, brokers.length)),
    ),
  }));
  return { brokers, partitions };
}

function some(random: Draw, from: readonly number[], size: number): number[] {
  const left = [...from];
  return Array.from({ length: size }, () => left.splice(random.int(left.length), 1)[0]);
}

const after = (partitions: readonly Assignment[], moves: readonly Assignment[]): Assignment[] =>
  partitions.map((one) =>
    moves.find(({ topic, partition }) => topic === one.topic && partition === one.partition) ?? one
  );

/** How unevenly replicas lie over racks; 0 where not all brokers have one. */
function rackScore(replicas: readonly number[], brokers: readonly PlanBroker[]): number {
  if (brokers.some(({ rack }) => rack === null)) return 0;
  const racks = new Map(brokers.map(({ id, rack }) => [id, rack]));
  const counts = Map.groupBy(replicas, (id) => racks.get(id)!);
  return [...counts.values()].reduce((sum, { length }) => sum + length ** 2, 0);
}

const subsets = (ids: readonly number[], size: number): number[][] =>
  size === 0
    ? [[]]
    : ids.flatMap((id, at) => subsets(ids.slice(at + 1), size - 1).map((rest) => [id, ...rest]));

/** The best score of any choice, those that keep what is pinned among them. */
function bestRackScore(
  brokers: readonly PlanBroker[],
  size: number,
  pinned: number[] = [],
): number {
  const scores = subsets(brokers.map(({ id }) => id), size)
    .filter((choice) => pinned.every((id) => choice.includes(id)))
    .map((choice) => rackScore(choice, brokers));
  return Math.min(...scores);
}

const loadsOf = (brokers: readonly PlanBroker[], all: readonly (readonly number[])[]): number[] =>
  brokers.map(({ id }) => all.filter((ids) => ids.includes(id)).length);
const leadsOf = (brokers: readonly PlanBroker[], all: readonly Assignment[]): number[] =>
  loadsOf(brokers, all.map(({ replicas }) => [replicas[0]]));
const unevenness = (loads: readonly number[]) => loads.reduce((sum, load) => sum + load ** 2, 0);
const spanOf = (loads: readonly number[]) => Math.max(...loads) - Math.min(...loads);

function checkSound(world: World, brokers: readonly PlanBroker[], planned: readonly Assignment[]) {
  for (const [at, { replicas }] of planned.entries()) {
    strictEqual(replicas.length, world.partitions[at].replicas.length, "as many replicas");
    strictEqual(new Set(replicas).size, replicas.length, "on different brokers");
    ok(
      replicas.every((id) => brokers.some((broker) => broker.id === id)),
      "on brokers of the plan",
    );
  }
}

Deno.test("A spread keeps the number of replicas, spreads racks and evens brokers", () =>
  forEachSeed(300, (seed) => {
    const random = new SeededRandom(seed);
    const world = draw(random, { brokers: 9, partitions: 40, racks: 4 });
    const most = Math.max(1, ...world.partitions.map(({ replicas }) => replicas.length));
    const size = most + random.int(world.brokers.length - most + 1);
    const brokers = some(random, world.brokers.map(({ id }) => id), size)
      .map((id) => world.brokers.find((broker) => broker.id === id)!);
    const planned = after(world.partitions, planSpread(world.partitions, brokers));
    const say = JSON.stringify({ seed, ...world, to: brokers, planned });
    checkSound(world, brokers, planned);
    for (const { replicas } of planned) {
      strictEqual(rackScore(replicas, brokers), bestRackScore(brokers, replicas.length), say);
    }
    if (brokers.some(({ rack }) => rack === null)) {
      const loads = loadsOf(brokers, planned.map(({ replicas }) => replicas));
      ok(spanOf(loads) <= 1, `${loads} in ${say}`);
    }
    deepStrictEqual(planSpread(planned, brokers), [], `planned again: ${say}`);
  }));

Deno.test("No spread is more even, nor as even with fewer copies", () =>
  forEachSeed(200, (seed) => {
    const random = new SeededRandom(seed);
    const { brokers, partitions } = draw(random, { brokers: 4, partitions: 4, racks: 3 });
    const moves = planSpread(partitions, brokers);
    const planned = after(partitions, moves);
    const copies = moves.reduce((sum, move) => sum + copiesOf(move).length, 0);
    let best: [number, number] = [Infinity, Infinity];
    const tryAll = (at: number, chosen: number[][], moved: number) => {
      if (at === partitions.length) {
        const even = unevenness(loadsOf(brokers, chosen));
        if (even < best[0] || even === best[0] && moved < best[1]) best = [even, moved];
        return;
      }
      const { replicas } = partitions[at];
      const least = bestRackScore(brokers, replicas.length);
      for (const choice of subsets(brokers.map(({ id }) => id), replicas.length)) {
        if (rackScore(choice, brokers) > least) continue;
        const more = choice.filter((id) => !replicas.includes(id)).length;
        tryAll(at + 1, [...chosen, choice], moved + more);
      }
    };
    tryAll(0, [], 0);
    const ours = [unevenness(loadsOf(brokers, planned.map(({ replicas }) => replicas))), copies];
    deepStrictEqual(ours, best, JSON.stringify({ seed, brokers, partitions, planned }));

    let evenest = Infinity;
    const leadAll = (at: number, leaders: number[][]) => {
      if (at === planned.length) {
        evenest = Math.min(evenest, unevenness(loadsOf(brokers, leaders)));
      } else for (const id of planned[at].replicas) leadAll(at + 1, [...leaders, [id]]);
    };
    leadAll(0, []);
    strictEqual(unevenness(leadsOf(brokers, planned)), evenest, `leaders of ${seed}`);
  }));

Deno.test("A drain moves what was on the broker, nothing else, and as evenly as that allows", () =>
  forEachSeed(300, (seed) => {
    const random = new SeededRandom(seed);
    const world = draw(random, { brokers: 6, partitions: 6, racks: 3 });
    const drained = world.brokers[random.int(world.brokers.length)].id;
    const rest = world.brokers.filter(({ id }) => id !== drained);
    const fits = world.partitions.every(({ replicas }) =>
      !replicas.includes(drained) || replicas.length <= rest.length
    );
    const say = JSON.stringify({ seed, ...world, drained });
    if (!fits) {
      throws(() => planDrain(world.partitions, world.brokers, [drained]), ClientError, say);
      return;
    }
    const moves = planDrain(world.partitions, world.brokers, [drained]);
    const planned = after(world.partitions, moves);
    checkSound(world, rest, planned.filter(({ replicas }) => replicas.length <= rest.length));
    for (const move of moves) {
      ok(move.before.includes(drained) && copiesOf(move).length === 1, say);
      const pinned = move.before.filter((id) => id !== drained);
      const least = bestRackScore(rest, move.replicas.length, pinned);
      strictEqual(rackScore(move.replicas, rest), least, say);
    }
    strictEqual(loadsOf([{ id: drained, rack: null }], planned.map((one) => one.replicas))[0], 0);
    if (rest.length === 0) return;
    // All ways to place each moved replica, under the same rules.
    let best = Infinity;
    const tryAll = (at: number, chosen: number[][]) => {
      if (at === moves.length) {
        const fixed = world.partitions.filter(({ replicas }) => !replicas.includes(drained));
        const all = [...chosen, ...fixed.map(({ replicas }) => replicas)];
        best = Math.min(best, unevenness(loadsOf(rest, all)));
        return;
      }
      const pinned = moves[at].before.filter((id) => id !== drained);
      const least = bestRackScore(rest, moves[at].replicas.length, pinned);
      for (const { id } of rest) {
        if (pinned.includes(id) || rackScore([...pinned, id], rest) > least) continue;
        tryAll(at + 1, [...chosen, [...pinned, id]]);
      }
    };
    tryAll(0, []);
    strictEqual(unevenness(loadsOf(rest, planned.map(({ replicas }) => replicas))), best, say);
  }));

Deno.test("Where a drained broker led, others lead evenly; where it did not, who led still does", () => {
  const brokers = [1, 2, 3, 4].map((id) => ({ id, rack: null }));
  const partitions = Array.from({ length: 12 }, (_, partition) => ({
    topic: "t",
    partition,
    replicas: partition < 6 ? [1, 2, 3] : [2, 1, 4],
  }));
  const planned = after(partitions, planDrain(partitions, brokers, [1]));
  deepStrictEqual(planned.slice(6).map(({ replicas }) => replicas[0]), Array(6).fill(2));
  const led = Map.groupBy(planned.slice(0, 6), ({ replicas }) => replicas[0]);
  deepStrictEqual([led.get(2), led.get(3)?.length, led.get(4)?.length], [undefined, 3, 3]);
});

Deno.test("Another number of replicas: added where there is least, dropped but for the leader", () => {
  const brokers = [1, 2, 3].map((id) => ({ id, rack: `r${id}` }));
  const one = [{ topic: "t", partition: 0, replicas: [2] }];
  const [{ replicas }] = planSpread(one, brokers, { replicas: 3 });
  deepStrictEqual([replicas[0], [...replicas].sort()], [2, [1, 2, 3]]);
  const back = planSpread([{ ...one[0], replicas }], brokers, { replicas: 1 });
  deepStrictEqual(back[0].replicas, [2]);
  throws(() => planSpread(one, brokers, { replicas: 4 }), /4 replicas of t-0 on 3 brokers/);
});

Deno.test("A plan for 10,000 partitions on 30 brokers comes while a person waits", () => {
  const random = new SeededRandom(7);
  const brokers = Array.from({ length: 30 }, (_, id) => ({ id, rack: `r${id % 3}` }));
  const partitions = Array.from({ length: 10_000 }, (_, partition) => ({
    topic: "t",
    partition,
    replicas: some(random, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 3),
  }));
  const began = performance.now();
  const planned = after(partitions, planSpread(partitions, brokers));
  console.log(`planned in ${Math.round(performance.now() - began)} ms`);
  deepStrictEqual(loadsOf(brokers, planned.map(({ replicas }) => replicas)), Array(30).fill(1000));
});
