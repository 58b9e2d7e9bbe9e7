/**
 * Disks that are full, or get full while records come: of a leader, of a follower, of the node that
 * leads the quorum. The others go on, and whoever has room again comes back.
 */
import { pause } from "../../kit/programs.ts";
import type { ClusterNode } from "./cluster.ts";
import { elect, followers, PATIENCE_MS, recovered, type Scenario, type Stage } from "./stage.ts";

/** Room that is left on a disk, step by step. */
const FILLING = [16e6, 4e6, 1e6, 3e5, 1e5, 3e4, 0];

/** Apache Kafka's nodes end when their only log directory fails. */
function free({ cluster }: Stage, ...nodes: readonly ClusterNode[]): void {
  for (const node of nodes) {
    node.disk.free();
    cluster.expectNoEnd(node);
    if (!node.isRunning) node.start();
  }
}

async function full(stage: Stage, node: ClusterNode, what: string): Promise<void> {
  const { cluster, random, load, tell } = stage;
  cluster.expectEnd(node);
  await load.gap();
  await node.disk.fill();
  await pause(3000 + random() * 4000);
  tell(`${what}: longest wait of a client`, await load.pulse.untilServed(PATIENCE_MS));
  await load.untilProgress(`with ${what}`);
  free(stage, node);
  await recovered(stage, what);
}

async function fillSlowly(stage: Stage, node: ClusterNode): Promise<void> {
  stage.cluster.expectEnd(node);
  for (const left of FILLING) {
    await node.disk.fill(left);
    await pause(500 + stage.random() * 500);
  }
}

export const FULL_DISKS: Readonly<Record<string, Scenario>> = {
  "full-disk": {
    summary: "the leader's disk is full; the others go on; then it has room again",
    run: async (stage) => full(stage, await elect(stage, "leader"), "the leader's disk full"),
  },
  "full-disk-follower": {
    summary: "a follower's disk is full: whoever waits for all replicas waits for it no longer",
    async run(stage) {
      const [node] = await followers(stage);
      await full(stage, node, "a follower's disk full");
    },
  },
  "full-disk-controller": {
    summary: "the disk of the quorum's leader is full, and topics are made all the same",
    async run(stage) {
      const { cluster, random, tell } = stage;
      const node = await elect(stage, "controller");
      cluster.expectEnd(node);
      await node.disk.fill();
      const began = performance.now();
      await cluster.createTopic(`made-${Math.floor(random() * 1e9)}`, 3);
      tell("a topic made with the controller's disk full", Math.round(performance.now() - began));
      cluster.note(`node ${(await cluster.controller()).id} leads the quorum, ${node.id} did`);
      await stage.load.untilProgress("with the controller's disk full");
      free(stage, node);
      await recovered(stage, "the controller's disk full");
    },
  },
  "filling-disks": {
    summary: "the leader's disk fills slowly, then a follower's besides; both have room again",
    async run(stage) {
      const { cluster, random, load } = stage;
      const first = await elect(stage, "leader");
      await fillSlowly(stage, first);
      await load.untilProgress("with one disk full");
      const others = cluster.others(first).filter((node) => node.isBroker);
      const second = others[Math.floor(random() * others.length)];
      await fillSlowly(stage, second);
      await pause(2000 + random() * 4000);
      free(stage, first);
      await pause(random() * 3000);
      free(stage, second);
      await recovered(stage, "two disks full");
    },
  },
};
