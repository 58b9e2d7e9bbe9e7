import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { levelRecords, SUPPORTED_FEATURES } from "../../src/controller/mod.ts";
import { errorName, UpdateFeaturesRequest } from "../../src/protocol/mod.ts";
import { of, TestCluster, typesOf } from "./kit.ts";

const UPGRADE = 1, SAFE_DOWNGRADE = 2;
type Update = [feature: string, level: number, upgradeType?: number];

function update(cluster: TestCluster, all: Update[], quorum: object = {}) {
  const featureUpdates = all.map(([feature, maxVersionLevel, upgradeType = UPGRADE]) => ({
    feature,
    maxVersionLevel,
    upgradeType,
  }));
  const request = of(UpdateFeaturesRequest, { featureUpdates });
  const context = { nodeId: 1, kraftVersion: 0, ...quorum };
  const decision = cluster.controller.updateFeatures(request, 2, context);
  const { errorCode, errorMessage } = cluster.commit(decision);
  return { ...decision, error: errorName(errorCode), errorMessage };
}

Deno.test("A level that one broker cannot live with is refused, and all updates beside it", () => {
  const cluster = new TestCluster();
  const features = SUPPORTED_FEATURES.filter(({ name }) => name !== "group.version");
  update(cluster, [["group.version", 0, SAFE_DOWNGRADE]]);
  cluster.register(7, { features });
  const { error, errorMessage, records } = update(cluster, [
    ["share.version", 0, SAFE_DOWNGRADE],
    ["group.version", 1],
  ]);
  deepStrictEqual([error, records], ["INVALID_UPDATE_VERSION", []]);
  match(errorMessage!, /broker 7 does not know it/);
  strictEqual(cluster.image.features.get("share.version"), 1);
});

Deno.test("metadata.version goes up by any step, and down where the records are the same", () => {
  const cluster = new TestCluster({}, undefined, levelRecords(7, new Map()));
  for (
    const [level, type, error] of [
      [25, UPGRADE, "NONE"],
      [23, SAFE_DOWNGRADE, "NONE"],
      [22, SAFE_DOWNGRADE, "INVALID_UPDATE_VERSION"],
      [30, UPGRADE, "NONE"],
      [29, SAFE_DOWNGRADE, "INVALID_UPDATE_VERSION"],
    ] as const
  ) {
    strictEqual(update(cluster, [["metadata.version", level, type]]).error, error, `${level}`);
  }
  strictEqual(cluster.image.metadataVersion, 30);
});

Deno.test("ELR needs the records that tell of it, and sets min.insync.replicas for all", () => {
  const settings = { "min.insync.replicas": "2" };
  const cluster = new TestCluster(settings, undefined, levelRecords(22, new Map()));
  const elr: Update = ["eligible.leader.replicas.version", 1];
  strictEqual(update(cluster, [elr]).error, "INVALID_UPDATE_VERSION");
  const { error, records } = update(cluster, [elr, ["metadata.version", 23]]);
  deepStrictEqual([error, typesOf(records)], ["NONE", ["FeatureLevel", "Config", "FeatureLevel"]]);
  const set = cluster.image.configsOf({ type: 4, name: "" });
  deepStrictEqual([...set], [["min.insync.replicas", "2"]]);
});

Deno.test("kraft.version is the quorum's: it goes up where voters have an address, never down", () => {
  const cluster = new TestCluster();
  const up = update(cluster, [["kraft.version", 1]]);
  deepStrictEqual([up.error, up.kraftVersion, up.records], ["NONE", 1, []]);
  const again = update(cluster, [["kraft.version", 1]], { kraftVersion: 1 });
  deepStrictEqual([again.error, again.kraftVersion], ["NONE", undefined]);
  const down = update(cluster, [["kraft.version", 0, SAFE_DOWNGRADE]], { kraftVersion: 1 });
  strictEqual(down.error, "INVALID_UPDATE_VERSION");
  const nowhere = update(cluster, [["kraft.version", 1]], { whyNotKraftVersion1: "no address" });
  match(nowhere.errorMessage!, /kraft\.version cannot be at level 1: no address/);
});
