/** What the controller is told of log directories, and when the node stops instead. */
import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { topicId } from "../../src/base/mod.ts";
import { DirectoryReports } from "../../src/node/directory_reports.ts";
import { SimulatedClock } from "../../src/platform/memory/mod.ts";

const ONE = "oneoneoneoneoneoneoneo", TWO = "twotwotwotwotwotwotwot";
const TOPIC = topicId("topictopictopictopictA");

class World {
  readonly clock = new SimulatedClock(0);
  readonly told: string[] = [];
  readonly failures: string[] = [];
  /** What the controller says to each kind of report; at once if it isn't there. */
  answers: Record<string, Promise<void>> = {};
  readonly reports = new DirectoryReports({
    controller: {
      assignReplicas: (directories = []) =>
        this.#take("assigned", directories.map(({ id }) => id!)),
      loseDirectories: (ids) => this.#take("lost", ids),
      cordonDirectories: (ids) => this.#take("cordoned", ids),
    },
    clock: this.clock,
    timeoutMs: () => 30_000,
    fail: ({ message }) => this.failures.push(message),
  });

  #take(what: string, ids: readonly string[]): Promise<void> {
    this.told.push(`${what} ${ids}`);
    return this.answers[what] ?? Promise.resolve();
  }

  assign = (partition: number, directory = ONE) =>
    this.reports.assign({ topicId: TOPIC, partition, directory });
}

Deno.test("What comes up in one turn is told together, places before losses", async () => {
  const world = new World();
  world.reports.lose({ id: TWO, path: "/two" });
  world.reports.cordon([ONE]);
  const placed = [world.assign(0), world.assign(1)];
  deepStrictEqual(world.told, []);
  await world.clock.advanceAndSettle(1);
  await Promise.all(placed);
  deepStrictEqual(world.told, [`assigned ${ONE}`, `lost ${TWO}`, `cordoned ${ONE}`]);
  world.reports.cordon([ONE]);
  await world.clock.advanceAndSettle(60_000);
  deepStrictEqual([world.told.length, world.failures.length], [3, 0]);
});

const never = new Promise<void>(() => {});
const refused = () => {
  const promise = Promise.reject(new Error("the epoch is stale"));
  promise.catch(() => {});
  return promise;
};
const cases: [string, Record<string, Promise<void>>, number, RegExp][] = [
  ["does not answer", { lost: never }, 30_000, /Cannot go on without \/two: .* within 30000 ms/],
  ["answers nothing at all", { assigned: never, lost: never }, 30_000, /within 30000 ms/],
  ["refuses", { lost: refused() }, 0, /the epoch is stale/],
];
for (const [what, answers, afterMs, message] of cases) {
  Deno.test(`A node stops when its controller ${what} after a directory was lost`, async () => {
    const world = new World();
    world.answers = answers;
    void world.assign(0);
    world.reports.lose({ id: TWO, path: "/two" });
    if (afterMs > 0) await world.clock.advanceAndSettle(afterMs - 1);
    deepStrictEqual(world.failures, []);
    await world.clock.advanceAndSettle(1);
    strictEqual(world.failures.length, 1);
    match(world.failures[0], message);
  });
}

Deno.test("A loss is told even when places of the same turn are refused", async () => {
  const world = new World();
  world.answers = { assigned: refused() };
  const placed = world.assign(0).catch(({ message }) => message);
  world.reports.lose({ id: TWO, path: "/two" });
  await world.clock.advanceAndSettle(60_000);
  strictEqual(await placed, "the epoch is stale");
  deepStrictEqual(world.told, [`assigned ${ONE}`, `lost ${TWO}`]);
  deepStrictEqual(world.failures, []);
});
