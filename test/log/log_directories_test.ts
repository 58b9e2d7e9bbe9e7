/** Several log directories belong to one node of one cluster, or the node does not start. */
import { ok, rejects, strictEqual, throws } from "node:assert/strict";
import { type Disk, type DiskSpace, replaceFile } from "../../src/platform/mod.ts";
import { noLog } from "../../src/base/mod.ts";
import { type LogDirectories, openLogDirectories } from "../../src/log/mod.ts";
import { asClient, batch, brokerConfig, open, TOPIC_ID, topicConfig, world } from "./kit.ts";

const both = (w: ReturnType<typeof world>, more: { metadataPath?: string; nodeId?: number } = {}) =>
  openLogDirectories({
    ...w,
    paths: ["/one", "/two"],
    nodeId: 1,
    brokerConfig: brokerConfig(),
    log: noLog,
    ...more,
  });

Deno.test("A new directory beside an old one joins its cluster, whichever is named first", async () => {
  const w = world();
  const old = await open(w, { path: "/two" });
  await old.close();
  const directories = await both(w);
  strictEqual(directories.clusterId, old.clusterId);
  await directories.close();
});

Deno.test("A directory of another cluster or node, a copied one, or one in use is refused", async () => {
  const w = world();
  for (const path of ["/one", "/two"]) await (await open(w, { path })).close();
  await rejects(() => both(w), /Cannot use \/two: it belongs to cluster/);

  replaceFile(w.disk, "/two/meta.properties", w.disk.readFile("/one/meta.properties"));
  await rejects(() => both(w), /Cannot use \/two: it has the directory\.id of \/one/);
  await rejects(() => both(w, { nodeId: 2 }), /Cannot use \/one: it belongs to node 1/);

  w.disk.remove("/two/meta.properties");
  const holder = await open(w, { path: "/two" });
  await rejects(() => both(w), /Cannot use \/two: (process|it belongs)/);
  await holder.close();
  await open(w, { path: "/one" }); // what was refused has let go of the others
});

Deno.test("Without the directory of the metadata there is no start, without another there is", async () => {
  const w = world();
  await (await both(w)).close();
  w.disk.onOperation = (_, path) => path.startsWith("/two") ? "no such device" : undefined;
  await rejects(() => both(w, { metadataPath: "/two" }), /no such device/);
  const directories = await both(w);
  strictEqual(directories.online().length, 1);
  strictEqual(directories.isOffline, false);
  strictEqual(directories.previousBrokerEpoch, -1);
  await directories.close();
});

Deno.test("Room for new partitions counts a file system once, what is cordoned not, and none as room", async () => {
  const w = world();
  const spaces: Record<string, DiskSpace> = {};
  w.disk.space = ((path: string) => spaces[path]) as typeof w.disk.space;
  const free = (freeBytes: number, fileSystem: string, totalBytes = 10_000_000) => ({
    totalBytes,
    freeBytes,
    fileSystem,
  });
  const kib = 1024; // 16 for each partition
  const cases: [string, DiskSpace, DiskSpace, { cordoned?: string; fits: number }][] = [
    ["two file systems", free(160 * kib, "a"), free(160 * kib, "b"), { fits: 20 }],
    ["one for both", free(160 * kib, "a"), free(160 * kib, "a"), { fits: 10 }],
    ["one of two cordoned", free(160 * kib, "a"), free(320 * kib, "b"), {
      cordoned: "/two",
      fits: 10,
    }],
    ["both cordoned", free(160 * kib, "a"), free(320 * kib, "b"), { cordoned: "/", fits: 30 }],
    ["no blocks to count", free(0, "a", 0), free(0, "b"), { fits: Infinity }],
    ["both full", free(0, "a"), free(0, "b"), { fits: 0 }],
  ];
  for (const [name, one, two, { cordoned = "none", fits }] of cases) {
    Object.assign(spaces, { "/one": free(1 << 30, "a"), "/two": free(1 << 30, "b") });
    const directories = await both(w);
    Object.assign(spaces, { "/one": one, "/two": two });
    directories.cordon((path) => path.startsWith(cordoned));
    directories.checkRoomFor(Math.min(fits, 1_000_000));
    if (fits < Infinity) throws(() => directories.checkRoomFor(fits + 1), /Cannot make/, name);
    await directories.close();
  }
});

Deno.test("A log that can't be mended when it is opened leaves no file open, nor does a stop that fails", async () => {
  const w = world();
  let isOpen = 0;
  const counted = new Proxy(w.disk, {
    get(target, name) {
      const value = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      if (name !== "open") return value.bind(target);
      return (...args: Parameters<Disk["open"]>) => {
        const file = target.open(...args);
        isOpen++;
        const close = file.close.bind(file);
        let isClosed = false;
        file.close = () => {
          if (!isClosed) isOpen--;
          isClosed = true;
          close();
        };
        return file;
      };
    },
  });
  const on = { ...w, disk: counted };
  const fill = async () => {
    const directory = await open(on);
    for (let partition = 0; partition < 100; partition++) {
      const log = directory.create({ topic: "orders", partition }, TOPIC_ID, topicConfig());
      log.append(batch(["a"]), asClient);
    }
    return directory;
  };
  const directory = await fill();
  w.disk.onOperation = (operation) => operation === "sync" ? "input/output error" : undefined;
  await directory.close().catch(() => {});
  strictEqual(isOpen, 0, "after a stop that failed");
  w.disk.onOperation = undefined;
  w.disk.crash();

  // What a start has recovered is synced, and that fails.
  const files = w.disk.list("/data/orders-0").map(({ name }) => name);
  ok(files.some((name) => name.endsWith(".log")));
  w.disk.onOperation = (operation, path) =>
    operation === "sync" && path.endsWith(".log") ? "input/output error" : undefined;
  await rejects(() => open(on));
  strictEqual(isOpen, 0, "after a start that failed");
});

Deno.test("A partition whose directory is no more begins with nothing only where others have all of it", async () => {
  const w = world();
  const orders = { topic: "orders", partition: 0 };
  const assigned = "a-disk-that-was-taken-out";
  const create = (directories: LogDirectories, isElsewhere: boolean) =>
    directories.create(orders, TOPIC_ID, topicConfig(), { assigned, isNew: false, isElsewhere });
  const directories = await both(w);
  throws(() => create(directories, false), /directory that it lies in is offline/);
  await directories.close();

  w.disk.onOperation = (_, path) => path.startsWith("/two") ? "no such device" : undefined;
  const withOne = await both(w);
  throws(() => create(withOne, true), /directory that it lies in is offline/);
  await withOne.close();

  w.disk.onOperation = undefined;
  const again = await both(w);
  strictEqual(create(again, true).logEndOffset, 0);
  await again.close();
});
