/** Several log directories belong to one node of one cluster, or the node does not start. */
import { rejects, strictEqual } from "node:assert/strict";
import { replaceFile } from "../../src/platform/mod.ts";
import { noLog } from "../../src/base/mod.ts";
import { openLogDirectories } from "../../src/log/mod.ts";
import { brokerConfig, open, world } from "./kit.ts";

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
