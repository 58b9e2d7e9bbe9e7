import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { noLog } from "../../src/base/mod.ts";
import { BrokerConfig } from "../../src/config/mod.ts";
import { type LogDirectories, openLogDirectories } from "../../src/log/mod.ts";
import { type MemoryPlatform, memoryPlatform } from "../../src/platform/memory/mod.ts";

const open = (
  { disk, clock, random }: MemoryPlatform,
  { paths = ["/a", "/b"], ...options }: {
    paths?: string[];
    awaitsCluster?: boolean;
    clusterId?: string;
  },
): Promise<LogDirectories> =>
  openLogDirectories({
    disk,
    clock,
    random,
    paths,
    nodeId: 1,
    brokerConfig: BrokerConfig.from(new Map([["log.dirs", paths.join(",")]])),
    log: noLog,
    ...options,
  });

const textOf = ({ disk }: MemoryPlatform, path: string) =>
  new TextDecoder().decode(disk.readFile(`${path}/meta.properties`));

Deno.test("A node that awaits its cluster is of none, also after a restart, until it is told", async () => {
  const platform = memoryPlatform();
  const fresh = await open(platform, { awaitsCluster: true });
  strictEqual(fresh.knownClusterId, undefined);
  const ids = fresh.online().map(({ directoryId }) => directoryId);
  await fresh.close();
  ok(textOf(platform, "/a").endsWith("cluster.id=\n"), textOf(platform, "/a"));

  const again = await open(platform, { awaitsCluster: true });
  strictEqual(again.knownClusterId, undefined);
  deepStrictEqual(again.online().map(({ directoryId }) => directoryId), ids);
  again.joinCluster("the-cluster");
  strictEqual(again.clusterId, "the-cluster");
  for (const path of ["/a", "/b"]) {
    ok(textOf(platform, path).endsWith("cluster.id=the-cluster\n"), textOf(platform, path));
  }
  platform.disk.crash();
  const told = await open(platform, { awaitsCluster: true });
  strictEqual(told.clusterId, "the-cluster");
});

Deno.test("A directory that was not told is told by another of the node", async () => {
  const platform = memoryPlatform();
  const fresh = await open(platform, { awaitsCluster: true });
  fresh.online()[1].joinCluster("the-cluster"); // and then the power went
  await fresh.close();
  const again = await open(platform, { awaitsCluster: true });
  strictEqual(again.clusterId, "the-cluster");
  ok(textOf(platform, "/a").endsWith("cluster.id=the-cluster\n"));
  await again.close();
});

Deno.test("A node that awaits nobody begins a cluster, where it was told of none", async () => {
  const platform = memoryPlatform();
  await (await open(platform, { awaitsCluster: true })).close();
  const alone = await open(platform, {});
  strictEqual(alone.knownClusterId?.length, 22);
  const { clusterId } = alone;
  await alone.close();
  await rejects(open(platform, { clusterId: "another" }), /belongs to cluster/);
  strictEqual((await open(platform, {})).clusterId, clusterId);
});
