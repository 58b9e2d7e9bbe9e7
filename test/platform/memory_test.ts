/** The world in memory passes the shared suites, and fails in the ways that it is for. */
import { deepStrictEqual, ok, rejects, strictEqual, throws } from "node:assert/strict";
import { isDiskFull, StorageError } from "../../src/platform/mod.ts";
import {
  MemoryDisk,
  MemoryNetwork,
  memoryPlatform,
  SimulatedClock,
} from "../../src/platform/memory/mod.ts";
import { forEachSeed } from "../kit/seeds.ts";
import { diskSuite } from "./disk_suite.ts";
import { networkSuite } from "./network_suite.ts";

diskSuite("Memory disk", async (run) => {
  const disk = new MemoryDisk();
  disk.makeDirectory("/data");
  await run(disk, "/data");
});

networkSuite("Memory network", () => new MemoryNetwork());

function diskWith(seed: number): MemoryDisk {
  const disk = new MemoryDisk({ seed });
  disk.makeDirectory("/data");
  disk.syncDirectory("/");
  return disk;
}

Deno.test("What was synced, bytes and names, survives every power cut", () =>
  forEachSeed(100, async (seed) => {
    const disk = diskWith(seed);
    const file = disk.open("/data/a", "create");
    const synced = new Uint8Array(10_000).fill(7);
    file.write(synced, 0);
    await file.sync();
    disk.syncDirectory("/data");
    file.write(new Uint8Array(9_000).fill(8), 10_000);
    disk.powerCut();
    const after = disk.readFile("/data/a");
    ok(after.length >= 10_000 && after.length <= 19_000);
    deepStrictEqual(after.subarray(0, 10_000), synced);
    ok(after.subarray(10_000).every((byte) => byte === 8 || byte === 0));
    throws(() => file.write(new Uint8Array(1), 0), StorageError);
  }));

Deno.test("A power cut loses, keeps and tears what was not synced", async () => {
  const sizes = new Set<number>();
  let torn = 0;
  let namesLost = 0;
  await forEachSeed(200, (seed) => {
    const disk = diskWith(seed);
    disk.open("/data/a", "create").write(new Uint8Array(8192).fill(8), 0);
    disk.powerCut();
    if (!disk.exists("/data/a")) return void namesLost++;
    const after = disk.readFile("/data/a");
    sizes.add(after.length);
    const zeroes = after.filter((byte) => byte === 0).length;
    if (zeroes % 4096 !== 0) torn++;
  });
  ok(sizes.has(0) && sizes.has(8192) && sizes.size > 10);
  ok(torn > 10);
  ok(namesLost > 50 && namesLost < 150);
});

Deno.test("An unsynced rename leaves the old name or the new", () =>
  forEachSeed(50, (seed) => {
    const disk = diskWith(seed);
    disk.writeFile("/data/a", new Uint8Array([1]));
    disk.open("/data/a", "write").syncNow();
    disk.syncDirectory("/data");
    disk.rename("/data/a", "/data/b");
    disk.powerCut();
    strictEqual(disk.list("/data").length, 1);
    deepStrictEqual(disk.readFile(`/data/${disk.list("/data")[0].name}`), new Uint8Array([1]));
  }));

/** How often each thing was seen in what many seeds made. */
async function tally(count: number, run: (seed: number) => string | Promise<string>) {
  const seen: Record<string, number> = {};
  await forEachSeed(count, async (seed) => {
    const found = await run(seed);
    seen[found] = (seen[found] ?? 0) + 1;
  });
  return seen;
}

Deno.test("A directory that was never synced is gone with all in it, however often that was synced", async () => {
  const seen = await tally(100, (seed) => {
    const disk = diskWith(seed);
    disk.makeDirectory("/data/new");
    disk.writeFile("/data/new/a", new Uint8Array([1]));
    disk.open("/data/new/a", "write").syncNow();
    disk.syncDirectory("/data/new");
    disk.powerCut();
    return disk.exists("/data/new/a") ? "whole" : disk.exists("/data/new") ? "empty" : "gone";
  });
  deepStrictEqual(Object.keys(seen).sort(), ["gone", "whole"]);
});

Deno.test("A rename may be kept without the bytes, and the bytes without the rename", async () => {
  const seen = await tally(200, (seed) => {
    const disk = diskWith(seed);
    disk.writeFile("/data/a", new Uint8Array([1]));
    disk.open("/data/a", "write").syncNow();
    disk.syncDirectory("/data");
    disk.writeFile("/data/b", new Uint8Array([2, 2]));
    disk.rename("/data/b", "/data/a");
    disk.powerCut();
    return `${disk.readFile("/data/a")}`;
  });
  for (const content of ["", "0,0", "1", "2,2"]) ok(seen[content] > 5, JSON.stringify(seen));
});

Deno.test("A file that was being written anew may be as short as it was in between", async () => {
  const seen = await tally(100, (seed) => {
    const disk = diskWith(seed);
    disk.writeFile("/data/a", new Uint8Array(5000).fill(1));
    disk.open("/data/a", "write").syncNow();
    disk.syncDirectory("/data");
    disk.writeFile("/data/a", new Uint8Array(5000).fill(2));
    disk.powerCut();
    return disk.readFile("/data/a").length === 0 ? "empty" : "longer";
  });
  ok(seen.empty > 5 && seen.longer > 5, JSON.stringify(seen));
});

Deno.test("After a failed sync the next one succeeds and proves nothing", async () => {
  const seen = await tally(100, async (seed) => {
    const disk = diskWith(seed);
    const file = disk.open("/data/a", "create");
    disk.syncDirectory("/data");
    file.write(new Uint8Array([1]), 0);
    disk.onOperation = (operation) => operation === "sync" ? "input/output error" : undefined;
    await rejects(() => file.sync());
    throws(() => disk.syncDirectory("/data"));
    disk.onOperation = undefined;
    await file.sync();
    disk.syncDirectory("/data");
    deepStrictEqual(disk.readFile("/data/a"), new Uint8Array([1]));
    disk.powerCut();
    return `${disk.readFile("/data/a")}`;
  });
  ok(seen["0"] > 5, JSON.stringify(seen));
});

Deno.test("A write that fails may have written a part", async () => {
  const seen = await tally(100, (seed) => {
    const disk = diskWith(seed);
    const file = disk.open("/data/a", "create");
    disk.onOperation = (operation) => operation === "write" ? "input/output error" : undefined;
    throws(() => file.write(new Uint8Array([1, 1, 1]), 0));
    return `${file.size()}`;
  });
  deepStrictEqual(Object.keys(seen).sort(), ["0", "1", "2", "3"]);
});

Deno.test("The same seed loses the same", () => {
  const run = () => {
    const disk = diskWith(9);
    for (let i = 0; i < 20; i++) disk.writeFile(`/data/${i}`, new Uint8Array(5000).fill(i));
    disk.powerCut();
    return disk.list("/data").map(({ name }) => [name, disk.readFile(`/data/${name}`)]);
  };
  deepStrictEqual(run(), run());
});

Deno.test("A crash keeps what was written and frees the locks", () => {
  const disk = diskWith(1);
  disk.lock("/data/.lock");
  disk.writeFile("/data/a", new Uint8Array([1, 2]));
  disk.crash();
  deepStrictEqual(disk.readFile("/data/a"), new Uint8Array([1, 2]));
  ok(disk.lock("/data/.lock"));
});

Deno.test("Faults come when ordered: a full disk, failing reads and syncs, flipped bits", async () => {
  const disk = diskWith(1);
  const file = disk.open("/data/a", "create");
  file.write(new Uint8Array(100), 0);
  disk.capacityBytes = 150;
  throws(() => file.write(new Uint8Array(100), 100), /no space left/);
  strictEqual(disk.space().freeBytes, 0, "what fitted is there");
  file.write(new Uint8Array(50), 100);
  disk.onOperation = (operation) => operation === "sync" ? "input/output error" : undefined;
  await rejects(() => file.sync(), /input\/output error/);
  disk.onOperation = (operation) => operation === "read" ? "bad sector" : undefined;
  throws(() => file.read(new Uint8Array(1), 0), /bad sector/);
  disk.onOperation = undefined;
  disk.corrupt("/data/a", 3);
  strictEqual(disk.readFile("/data/a")[3], 0xff);
});

Deno.test("A full disk is told apart from one that fails, and is as good as before with room again", async () => {
  const disk = diskWith(1);
  const file = disk.open("/data/a", "create");
  file.write(new Uint8Array(100).fill(1), 0);
  let asked = 0;
  disk.isFull = () => ++asked > 0;
  const refused: Record<string, () => void> = {
    "a write": () => file.write(new Uint8Array(8).fill(2), 100),
    "a write over what is there": () => file.write(new Uint8Array(8).fill(2), 0),
    "growth": () => file.truncate(1000),
    "a new file": () => disk.open("/data/b", "create"),
    "a new directory": () => disk.makeDirectory("/data/c"),
    "a longer name": () => disk.rename("/data/a", "/data/a.deleted"),
  };
  for (const [what, run] of Object.entries(refused)) {
    const before = asked;
    throws(run, isDiskFull, what);
    strictEqual(asked, before + 1, what);
  }
  deepStrictEqual([...disk.readFile("/data/a").subarray(0, 8)], [2, 2, 2, 2, 1, 1, 1, 1]);
  strictEqual(file.size(), 104, "half of a write is there");
  file.truncate(100);
  await file.sync();
  disk.remove("/data/a");
  disk.isFull = undefined;
  disk.onOperation = (operation) => operation === "sync" ? "input/output error" : undefined;
  await rejects(() => file.sync(), (error) => !isDiskFull(error));
});

Deno.test("Simulated time runs timers in order, and only when told to", async () => {
  const { clock } = memoryPlatform();
  const ran: string[] = [];
  clock.after(20, () => ran.push("late"));
  clock.after(10, () => {
    ran.push("early");
    clock.after(5, () => ran.push("nested"));
  });
  clock.after(15, () => ran.push("never")).cancel();
  clock.advance(9);
  strictEqual(ran.length, 0);
  clock.advance(100);
  strictEqual(ran.join(), "early,nested,late");
  const before = clock.now();
  const slept = clock.sleep(3_600_000).then(() => ran.push("slept"));
  await clock.advanceAndSettle(3_600_000);
  await slept;
  strictEqual(clock.now() - before, 3_600_000);
  clock.jump(-1000);
  strictEqual(clock.now() - before, 3_599_000);
  strictEqual(new SimulatedClock(5).now(), 5);
});
