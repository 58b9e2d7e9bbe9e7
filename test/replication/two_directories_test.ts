/**
 * Partitions in two log directories: where new ones go, what becomes of them when one directory
 * fails in each kind of call, or is not there at a start, and moves from one to the other with the
 * power cut at every operation.
 */
import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import type { DiskOperation } from "../../src/platform/memory/mod.ts";
import { isDiskFull } from "../../src/platform/mod.ts";
import { KafkaError } from "../../src/protocol/mod.ts";
import { batchesOf } from "../../src/records/mod.ts";
import { TwoDirectories, valuesOf } from "./kit.ts";

async function opened(options: ConstructorParameters<typeof TwoDirectories>[0] = {}) {
  const world = new TwoDirectories(options);
  await world.open();
  return world;
}

Deno.test("New partitions go where the fewest are, and the metadata learns where", async () => {
  const world = await opened();
  const id = world.createTopic("orders", 5);
  await world.pass(1);
  const places = [0, 1, 2, 3, 4].map((partition) => world.placeOf("orders", partition));
  strictEqual(places.filter((place) => place === "/one").length, 3);
  const known = world.image.topicById(id)!.partitions.map(({ directories }) => directories[0]);
  deepStrictEqual(known, places.map((place) => world.directory(place!).directoryId));
});

Deno.test("A wish for a partition that is not there yet is kept", async () => {
  const world = await opened();
  for (const partition of [0, 1, 2]) {
    world.directories.wish({ topic: "orders", partition }, "/two");
  }
  world.createTopic("orders", 3);
  deepStrictEqual([0, 1, 2].map((p) => world.placeOf("orders", p)), ["/two", "/two", "/two"]);
});

const failures: [string, DiskOperation, (world: TwoDirectories) => Promise<unknown>][] = [
  ["write", "write", (world) => world.commit("bad", "lost")],
  ["sync", "sync", (world) => world.commit("bad", "lost")],
  ["read", "read", async (world) => world.replica("bad").log.read(0, READ)],
  ["new name", "name", async (world) => world.directory("/two").checkpoint()],
];
const READ = { maxBytes: 100, upTo: 1, atLeastOneBatch: true };

for (const [what, operation, run] of failures) {
  Deno.test(`A directory whose ${what} fails is lost alone, once and for all, and back after a restart`, async () => {
    const world = await opened();
    world.createTopic("good");
    world.createTopic("bad");
    deepStrictEqual([world.placeOf("good"), world.placeOf("bad")], ["/one", "/two"]);
    await world.commit("good", "a");
    await world.commit("bad", "b");

    world.disk.onOperation = (op, path) =>
      op === operation && path.startsWith("/two") ? "the disk is broken" : undefined;
    await rejects(() => run(world), /the disk is broken|Cannot sync/);
    strictEqual(world.replicas.whyOffline("bad", 0)?.error, "KAFKA_STORAGE_ERROR");
    strictEqual(world.replicas.whyOffline("good", 0), undefined);
    await world.commit("good", "c");

    // The disk works again, and nobody relies on it before the next start.
    world.disk.onOperation = undefined;
    await rejects(() => world.commit("bad", "never"), KafkaError);
    world.createTopic("new", 2);
    deepStrictEqual([0, 1].map((p) => world.placeOf("new", p)), ["/one", "/one"]);
    world.directories.checkpoint();
    await world.close();

    await world.open();
    deepStrictEqual(valuesOf(world.replica("good").log), ["a", "c"]);
    strictEqual(valuesOf(world.replica("bad").log)[0], "b");
    await world.commit("bad", "d");
  });
}

Deno.test("A directory that fails while a topic is deleted from it is lost alone", async () => {
  const world = await opened();
  world.createTopic("good");
  world.createTopic("bad");
  strictEqual(world.placeOf("bad"), "/two");
  await world.commit("bad", "b");

  world.disk.onOperation = (operation, path) =>
    operation === "name" && path.startsWith("/two") ? "the disk is broken" : undefined;
  world.removeTopic("bad");
  ok(world.lines.includes("log directory offline /two"));
  await world.commit("good", "c");
});

Deno.test("A deleted partition's files that can't be removed later take their directory alone", async () => {
  const world = await opened();
  world.createTopic("good");
  world.createTopic("bad");
  await world.commit("bad", "b");
  world.removeTopic("bad");

  world.disk.onOperation = (operation, path) =>
    operation === "name" && path.startsWith("/two") ? "the disk is broken" : undefined;
  await world.pass(60_001);
  ok(world.lines.includes("log directory offline /two"));
  await world.commit("good", "c");
});

Deno.test("With a directory that can't be opened, its partitions wait and nothing takes their place", async () => {
  const world = await opened();
  world.createTopic("good");
  world.createTopic("bad");
  await world.commit("bad", "b");
  await world.pass(1);
  await world.close();

  world.disk.onOperation = (_, path) => path.startsWith("/two") ? "no such device" : undefined;
  await world.open();
  ok(world.lines.includes("log directory offline /two"));
  match(world.replicas.whyOffline("bad", 0)!.message, /directory that it lies in is offline/);
  strictEqual(world.placeOf("bad"), undefined);
  world.createTopic("new");
  strictEqual(world.placeOf("new"), "/one");
  world.beginEpoch();
  strictEqual(world.placeOf("bad"), undefined);
  await world.close();

  world.disk.onOperation = undefined;
  await world.open();
  deepStrictEqual(valuesOf(world.replica("bad").log), ["b"]);
});

Deno.test("What was never told where it is may be in the directory that is offline", async () => {
  const world = await opened();
  world.createTopic("good");
  world.createTopic("bad");
  await world.commit("bad", "b");
  const unassigned = world.image; // as if the node had died before it could tell
  await world.close();
  const told = world.image;
  world.image = unassigned;
  ok(told);

  world.disk.onOperation = (_, path) => path.startsWith("/two") ? "no such device" : undefined;
  await world.open();
  strictEqual(world.replicas.whyOffline("bad", 0)?.error, "KAFKA_STORAGE_ERROR");
});

Deno.test("A topic that was deleted while its directory was away does not come back", async () => {
  const world = await opened();
  world.createTopic("good");
  world.createTopic("bad");
  await world.commit("bad", "b");
  await world.pass(1);
  await world.close();
  world.disk.onOperation = (_, path) => path.startsWith("/two") ? "no such device" : undefined;
  await world.open();
  world.removeTopic("bad");
  world.createTopic("bad"); // another one of that name
  await world.commit("bad", "new");
  await world.close();
  world.disk.onOperation = undefined;

  await world.open();
  deepStrictEqual(valuesOf(world.replica("bad").log), ["new"]);
  ok(world.lines.includes("stray partition removed bad-0"));
});

Deno.test("A partition of a topic that nobody knows is set aside, with all that is in it", async () => {
  const world = await opened();
  world.createTopic("good");
  world.createTopic("bad");
  await world.commit("bad", "b");
  await world.pass(1);
  await world.close();
  world.disk.onOperation = (_, path) => path.startsWith("/two") ? "no such device" : undefined;
  await world.open();
  world.removeTopic("bad");
  world.deleted.clear(); // a snapshot of the metadata has come since
  await world.close();
  world.disk.onOperation = undefined;

  await world.open();
  ok(world.lines.includes("partition of an unknown topic set aside bad-0"));
  const names = world.disk.list("/two").map(({ name }) => name);
  ok(names.some((name) => /^bad-0\.[0-9a-f]{32}-stray$/.test(name)), names.join());
  await world.close();
  await world.open();
});

for (const step of [1, 2, 3, 4]) {
  Deno.test(`A folder that was begun where step ${step} failed is not taken for the partition`, async () => {
    const world = await opened();
    // It is made in the first directory, which fails over it, and then in the other.
    let left = step;
    world.disk.onOperation = (operation, path) =>
      path.startsWith("/one/orders-0") && operation !== "look" && --left <= 0
        ? "no such device"
        : undefined;
    world.createTopic("orders");
    await world.commit("orders", "a");
    strictEqual(world.placeOf("orders"), "/two");
    await world.close();
    world.disk.onOperation = undefined;
    await world.open();
    strictEqual(world.placeOf("orders"), "/two");
    deepStrictEqual(valuesOf(world.replica("orders").log), ["a"]);
    strictEqual(world.directories.directoriesOf({ topic: "orders", partition: 0 }).length, 1);
  });
}

Deno.test("A partition moves while it is written, and takes all it has along", async () => {
  const world = await opened();
  world.createTopic("orders");
  for (let i = 0; i < 40; i++) await world.commit("orders", `${i}`);
  world.replica("orders").log.advanceLogStart(5);
  world.replica("orders").onLogStartAdvanced();
  world.move("orders", "/two");
  for (let i = 40; i < 60; i++) {
    await world.commit("orders", `${i}`);
    await world.pass(1);
  }
  await world.untilAt("orders", "/two");
  const { log } = world.replica("orders");
  strictEqual(log.folder, "/two/orders-0");
  strictEqual(log.logStartOffset, 5);
  strictEqual(log.logEndOffset, 60);
  strictEqual(world.replica("orders").highWatermark, 60);
  deepStrictEqual(world.directories.directoriesOf(log.topicPartition).length, 1);
  const [known] = world.image.topicByName("orders")!.partitions;
  deepStrictEqual(known.directories, [world.directory("/two").directoryId]);
  await world.commit("orders", "60");
  await world.close();
  await world.open();
  strictEqual(valuesOf(world.replica("orders").log).at(-1), "60");
  strictEqual(world.replica("orders").logStartOffset, 5);
});

Deno.test("A move that may copy nothing goes on as soon as it may", async () => {
  const limit = "replica.alter.log.dirs.io.max.bytes.per.second";
  const world = await opened({ settings: { [limit]: "0" } });
  world.createTopic("orders");
  await world.commit("orders", "a");
  await world.commit("orders", "b");
  world.move("orders", "/two");
  await world.pass(3000);
  strictEqual(world.placeOf("orders"), "/one");
  world.config = world.config.with({ cluster: new Map([[limit, "1000"]]), broker: new Map() });
  await world.untilAt("orders", "/two");
});

Deno.test("A move that is taken back leaves nothing behind", async () => {
  const limit = { "replica.alter.log.dirs.io.max.bytes.per.second": "1" };
  const world = await opened({ settings: limit });
  world.createTopic("orders");
  await world.commit("orders", "a");
  await world.commit("orders", "b");
  world.move("orders", "/two");
  await world.pass(3000);
  strictEqual(world.placeOf("orders"), "/one"); // a byte a second is slow
  world.replicas.moves.cancel({ topic: "orders", partition: 0 });
  await world.pass(500);
  deepStrictEqual([...world.directory("/two").futures()], []);
  strictEqual(world.replica("orders").log.isHeld, false);
  await world.commit("orders", "c");
  await world.close();
  await world.open();
  deepStrictEqual(valuesOf(world.replica("orders").log), ["a", "b", "c"]);
  strictEqual(world.placeOf("orders"), "/one");
});

for (const path of ["/one", "/two"]) {
  Deno.test(`A move ends when ${path} fails, and what is left of it is gone on with later`, async () => {
    const world = await opened();
    world.createTopic("meta"); // in /one, so that orders begins in /two
    world.createTopic("orders");
    strictEqual(world.placeOf("orders"), "/two");
    await world.commit("orders", "a");
    await world.pass(1);
    await world.close();
    await world.open();
    const limit = { "replica.alter.log.dirs.io.max.bytes.per.second": "50" };
    world.config = new TwoDirectories({ settings: limit }).config;
    world.move("orders", "/one");
    await world.commit("orders", "b");
    await world.pass(5);
    const isSource = path === "/two";
    world.disk.onOperation = (_, at) => at.startsWith(path) ? "broken" : undefined;
    await rejects(() => isSource ? world.commit("orders", "c") : world.commit("meta", "c"));
    await world.pass(5000);
    if (!isSource) await world.commit("orders", "c");
    strictEqual(world.placeOf("orders"), isSource ? undefined : "/two");
    await world.close().catch(() => {});
    world.disk.onOperation = undefined;
    world.config = new TwoDirectories().config;
    await world.open();
    await world.untilAt("orders", "/one");
    deepStrictEqual(
      valuesOf(world.replica("orders").log).slice(0, 2),
      ["a", "b"],
    );
  });
}

for (const isTold of [true, false]) {
  const when = isTold ? "that the metadata names" : "that the metadata does not name yet";
  Deno.test(`A copy ${when} does not pass for the partition when its original is taken away`, async () => {
    const world = await opened();
    const one = world.directory("/one").directoryId;
    world.createTopic("orders");
    for (const value of ["a", "b"]) await world.commit("orders", value);
    await world.pass(1);
    const move = { "replica.alter.log.dirs.io.max.bytes.per.second": "50" };
    world.config = new TwoDirectories({ settings: move }).config;
    if (isTold) {
      world.assigned = () => new Promise(() => {}); // the node dies before it hears that it is so
      world.config = new TwoDirectories().config;
    }
    world.move("orders", "/two");
    await world.pass(isTold ? 20 : 1);
    await world.commit("orders", "c");
    const known = () => world.image.topicByName("orders")!.partitions[0].directories[0];
    strictEqual(known() !== one, isTold);
    strictEqual(world.placeOf("orders"), "/one");
    await world.close();

    world.assigned = undefined;
    world.paths = ["/two"];
    for (let starts = 0; starts < 2; starts++) {
      await world.open();
      world.beginEpoch();
      strictEqual(world.replicas.get("orders", 0), undefined);
      const reason = isTold ? /a copy that may be unfinished/ : /directory that it lies in/;
      match(world.replicas.whyOffline("orders", 0)!.message, reason);
      strictEqual([...world.directory("/two").futures()].length, 1);
      await world.pass(1000);
      await world.close();
    }

    world.paths = ["/one", "/two"];
    await world.open();
    deepStrictEqual(valuesOf(world.replica("orders").log), ["a", "b", "c"]);
    world.config = new TwoDirectories().config;
    await world.untilAt("orders", "/two");
    deepStrictEqual(valuesOf(world.replica("orders").log), ["a", "b", "c"]);
  });
}

/** A world whose log.dirs were reduced to the one that orders was being moved to. */
async function withCopyOnly(): Promise<TwoDirectories> {
  const world = await opened();
  world.createTopic("orders");
  await world.commit("orders", "a");
  world.assigned = () => new Promise(() => {});
  world.move("orders", "/two");
  await world.pass(20);
  await world.close();
  world.assigned = undefined;
  world.paths = ["/two"];
  await world.open();
  return world;
}

Deno.test("A copy that was given the partition's name by hand is the partition", async () => {
  const world = await withCopyOnly();
  const [{ folder }] = world.directory("/two").futures();
  await world.close();
  world.disk.rename(folder, "/two/orders-0");
  await world.open();
  await world.commit("orders", "b");
  deepStrictEqual(valuesOf(world.replica("orders").log), ["a", "b"]);
});

Deno.test("A copy without its original goes with its topic, and is no part of the next of that name", async () => {
  const world = await withCopyOnly();
  world.removeTopic("orders");
  strictEqual(world.replicas.whyOffline("orders", 0), undefined);
  deepStrictEqual([...world.directory("/two").futures()], []);
  world.createTopic("orders");
  await world.commit("orders", "b");
  deepStrictEqual(valuesOf(world.replica("orders").log), ["b"]);
});

Deno.test("A copy of a compacted log is begun anew after a restart", async () => {
  const settings = {
    "log.cleanup.policy": "compact",
    "replica.alter.log.dirs.io.max.bytes.per.second": "50",
  };
  const world = await opened({ settings });
  world.createTopic("orders");
  for (const value of ["a", "b", "c"]) await world.commit("orders", value);
  world.move("orders", "/two");
  await world.pass(3);
  strictEqual(world.replica("orders").log.isHeld, true);
  const [before] = world.directory("/two").futures();
  ok(before.logEndOffset > 0 && before.logEndOffset < 3);
  await world.close();
  await world.open();
  const [after] = world.directory("/two").futures();
  strictEqual(after.logEndOffset, 0);
  strictEqual(world.replica("orders").log.isHeld, true);
  world.config = new TwoDirectories().config;
  await world.untilAt("orders", "/two");
  deepStrictEqual(valuesOf(world.replica("orders").log), ["a", "b", "c"]);
});

Deno.test("Of two copies the newer counts; two that each have more stop the start", async () => {
  const world = await opened();
  world.createTopic("orders");
  for (const value of ["a", "b"]) await world.commit("orders", value);
  await world.close();
  copyFolder(world, "/one/orders-0", "/two/orders-0");
  await world.open();
  await world.commit("orders", "c");
  strictEqual(world.lines.filter((line) => line === "older copy removed orders-0").length, 1);
  deepStrictEqual(valuesOf(world.replica("orders").log), ["a", "b", "c"]);
  await world.close();

  const place = world.placeOf("orders")!;
  const other = place === "/one" ? "/two" : "/one";
  copyFolder(world, `${place}/orders-0`, `${other}/orders-0`);
  // Of an older epoch, and longer.
  world.disk.writeFile(`${place}/orders-0/leader-epoch-checkpoint`, text("0\n1\n7 0\n"));
  for (const name of ["log", "index", "timeindex"]) {
    const path = `${place}/orders-0/00000000000000000000.${name}`;
    if (name !== "log") world.disk.remove(path);
    else truncateTo(world, path, [...batchesOf(world.disk.readFile(path))][0].sizeInBytes);
  }
  await rejects(() => world.open(), /is the same partition, and each has records/);
});

const text = (value: string) => new TextEncoder().encode(value);

function copyFolder({ disk }: TwoDirectories, from: string, to: string): void {
  disk.makeDirectory(to);
  for (const { name } of disk.list(from)) {
    disk.writeFile(`${to}/${name}`, disk.readFile(`${from}/${name}`));
  }
}

function truncateTo({ disk }: TwoDirectories, path: string, size: number): void {
  const file = disk.open(path, "write");
  file.truncate(size);
  file.close();
}

Deno.test("No power cut in a move loses a record, or leaves two partitions", async () => {
  let deaths = 0;
  for (let operations = 0;; operations++) {
    const world = await opened({ seed: operations + 1 });
    world.createTopic("orders");
    const acked: string[] = [];
    const commit = async (value: string) => {
      await world.commit("orders", value);
      acked.push(value);
    };
    for (let i = 0; i < 6; i++) {
      await commit(`${i}`);
      if (i % 2 === 1) world.replica("orders").log.roll();
    }
    world.replica("orders").log.advanceLogStart(1);
    world.directories.checkpoint();
    await world.pass(1);

    let left = operations;
    world.disk.onOperation = () => left-- <= 0 ? "the power is gone" : undefined;
    try {
      world.move("orders", "/two");
      for (let i = 6; i < 10; i++) {
        await commit(`${i}`);
        await world.pass(1);
      }
      await world.pass(10);
    } catch { /* it died */ }
    const isDone = left >= 0;
    world.disk.onOperation = undefined;
    if (!isDone) deaths++;
    world.replicas.close();
    world.disk.powerCut();

    await world.open();
    world.beginEpoch();
    const { log } = world.replica("orders");
    deepStrictEqual(valuesOf(log).slice(0, acked.length - 1), acked.slice(1), `at ${operations}`);
    strictEqual(world.directories.directoriesOf(log.topicPartition).length, 1);
    await commit("after");
    await world.pass(20);
    if (isDone) strictEqual(world.placeOf("orders"), "/two");
    const found = valuesOf(world.replica("orders").log);
    strictEqual(found.at(-1), "after");
    for (const value of acked.slice(1)) ok(found.includes(value), `${value} at ${operations}`);
    deepStrictEqual(
      [...world.directory("/one").futures(), ...world.directory("/two").futures()],
      [],
    );
    await world.close();
    if (isDone) break;
  }
  ok(deaths > 30, `${deaths} deaths`);
});

Deno.test("A move to a disk that is full at any operation is given up, or done; tried again it is done", async () => {
  let givenUp = 0;
  for (let operations = 0;; operations++) {
    const world = await opened({ settings: { "log.dir.reserve.bytes": "0" } });
    world.createTopic("orders");
    const acked: string[] = [];
    const commit = async (value: string) => {
      await world.commit("orders", value);
      acked.push(value);
    };
    for (let i = 0; i < 6; i++) {
      await commit(`${i}`);
      if (i % 2 === 1) world.replica("orders").log.roll();
    }
    let count = 0;
    world.disk.isFull = (path) => path.startsWith("/two") && count++ >= operations;
    try {
      world.move("orders", "/two");
    } catch (error) {
      ok(isDiskFull(error), `${error}`);
    }
    for (let i = 6; i < 9; i++) {
      if (world.placeOf("orders") === "/one") await commit(`${i}`);
      await world.pass(5);
    }
    deepStrictEqual(valuesOf(world.replica("orders").log), acked, `at ${operations}`);
    ok(world.directories.states().every(({ isOffline }) => !isOffline));
    world.disk.isFull = undefined;
    await world.pass(1500);
    if (world.placeOf("orders") === "/one") {
      givenUp++;
      strictEqual(world.replica("orders").log.isHeld, false);
      deepStrictEqual([...world.directory("/two").futures()], []);
      world.move("orders", "/two");
      await world.untilAt("orders", "/two");
    }
    await commit("after");
    await world.close();
    await world.open();
    deepStrictEqual(valuesOf(world.replica("orders").log), acked, `at ${operations}`);
    strictEqual(world.placeOf("orders"), "/two");
    await world.close();
    if (count <= operations) break;
  }
  ok(givenUp > 5, `${givenUp} moves were given up`);
});
