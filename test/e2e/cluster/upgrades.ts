/**
 * A cluster goes from one version to the next while it is used: node by node to another program, or
 * to another configuration, and once all nodes run it, as a whole to what that version allows.
 */
import type { Cluster } from "./cluster.ts";
import { type } from "./members.ts";
import type { Scenario, Stage } from "./stage.ts";

/** Of the newest release, with a level for each feature that came since the oldest that we try. */
const FEATURES = [
  "metadata.version=4.3",
  "group.version=1",
  "transaction.version=2",
  "eligible.leader.replicas.version=1",
];

/** One node after the other stops politely and starts again, and nobody is refused meanwhile. */
export async function roll(
  { cluster, load, tell }: Stage,
  what: string,
  before: (node: Cluster["nodes"][number]) => void = () => {},
): Promise<void> {
  await load.gap();
  for (const node of cluster.nodes) {
    await node.stop();
    before(node);
    node.start();
    await cluster.untilAllHere();
    await cluster.untilWhole();
  }
  tell(`${what}: longest wait of a client`, await load.gap());
  await load.untilProgress(`after a ${what}`);
}

export const UPGRADES: Readonly<Record<string, Scenario>> = {
  "rolling-restart": {
    summary: "one node after the other is stopped politely and started again",
    isPolite: true,
    run: (stage) => roll(stage, "rolling restart"),
  },
  "rolling-upgrade": {
    summary: "node by node from an older build to this one, back, and to it again",
    isPolite: true,
    onlyByName: "it needs an older build (--old)",
    async run(stage) {
      const { old } = stage.cluster;
      const to = (program?: string) => (node: Cluster["nodes"][number]) => node.program = program;
      await roll(stage, "rolling upgrade", to(undefined));
      await roll(stage, "rolling downgrade", to(old));
      await roll(stage, "second rolling upgrade", to(undefined));
    },
  },
  "feature-upgrade": {
    summary: "all nodes are restarted, then the cluster is told what they can by now",
    isPolite: true,
    onlyByName: "it needs a cluster that began at an older release (--release)",
    async run(stage) {
      const { cluster, load } = stage;
      await roll(stage, "rolling restart at the old level");
      await load.gap();
      await type(cluster, `features ${FEATURES.map((each) => `--upgrade ${each}`).join(" ")}`);
      await load.untilProgress("after an upgrade of features");
      stage.tell("upgrade of features: longest wait of a client", await load.gap());
      await roll(stage, "rolling restart at the new level");
    },
  },
};
