/**
 * What goes wrong, one after the other, while the load goes on. Each leaves the cluster whole: all
 * nodes there, all links fine, all replicas in sync. The figures are told, not asserted; that nothing
 * is lost is judged at the end from the clients' ledgers.
 */
import { pause } from "../../kit/programs.ts";
import type { ClusterNode } from "./cluster.ts";
import { damage } from "./damage.ts";
import { FULL_DISKS } from "./full_disks.ts";
import { LEDGER_TOPICS } from "./load.ts";
import { MEMBERS } from "./members.ts";
import { readThrough } from "./read_through.ts";
import { UPGRADES } from "./upgrades.ts";
import {
  elect,
  followers,
  hostsOf,
  PATIENCE_MS,
  recovered,
  type Scenario,
  type Stage,
  tellTakeover,
} from "./stage.ts";

async function killed(stage: Stage, node: ClusterNode, what: string): Promise<void> {
  const { random, tell, load } = stage;
  await load.gap();
  const killing = node.kill();
  await tellTakeover(stage, `${what}: next produce`, node);
  await killing;
  tell(`${what}: longest wait of a client`, await load.pulse.untilServed(PATIENCE_MS));
  await pause(random() * 2000);
  node.start();
  await recovered(stage, what);
}

/**
 * What a node does not do is done while it cannot; then it can again. Clients that wait for it do so
 * until their own time is up, half a minute and more: `failover.ts` measures them.
 */
async function outOfReach(
  stage: Stage,
  node: ClusterNode,
  what: string,
  { begin, end }: { begin: () => Promise<void> | void; end: () => Promise<void> | void },
): Promise<void> {
  await begin();
  await tellTakeover(stage, `${what}: next produce`, node);
  await pause(stage.random() * 3000);
  await end();
  await recovered(stage, what);
}

async function damagedFiles(stage: Stage, which: "newest" | "all"): Promise<void> {
  const { cluster, random } = stage;
  const node = cluster.brokers[Math.floor(random() * cluster.brokers.length)];
  if (which === "all" && random() < 0.5) await node.stop();
  else await node.kill();
  for (const line of damage(node.logs, random, which)) cluster.note(`node ${node.id}: ${line}`);
  node.start();
  await recovered(stage, "damaged files");
  if (which === "newest") return;
  const since = performance.now();
  await readThrough(node, LEDGER_TOPICS);
  stage.tell("damaged files: until all is read there", Math.round(performance.now() - since));
}

export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  "kill-leader": {
    summary: "kill -9 of a partition's leader",
    run: async (stage) => killed(stage, await elect(stage, "leader"), "leader killed"),
  },
  "kill-controller": {
    summary: "kill -9 of the node that leads the quorum",
    run: async (stage) => killed(stage, await elect(stage, "controller"), "controller killed"),
  },
  "pause-leader": {
    summary: "SIGSTOP of a partition's leader, and SIGCONT after the others went on without it",
    async run(stage) {
      const node = await elect(stage, "leader");
      await outOfReach(stage, node, "leader paused", {
        begin: () => node.pause(),
        end: () => node.resume(),
      });
    },
  },
  "pause-controller": {
    summary: "SIGSTOP of the node that leads the quorum",
    async run(stage) {
      const node = await elect(stage, "controller");
      await outOfReach(stage, node, "controller paused", {
        begin: () => node.pause(),
        end: () => node.resume(),
      });
    },
  },
  "cut-leader": {
    summary: "the leader is cut off from the other nodes; clients reach it still",
    async run(stage) {
      const { cluster } = stage;
      const node = await elect(stage, "leader");
      await outOfReach(stage, node, "leader cut off", {
        begin: () => cluster.network.cut([node.host], hostsOf(cluster.others(node))),
        end: () => cluster.network.heal(),
      });
    },
  },
  "cut-controller": {
    summary: "the quorum's leader is cut off from everybody",
    async run(stage) {
      const { cluster } = stage;
      const node = await elect(stage, "controller");
      await outOfReach(stage, node, "controller cut off", {
        begin: () =>
          cluster.network.cut([node.host], [...hostsOf(cluster.others(node)), "clients"]),
        end: () => cluster.network.heal(),
      });
    },
  },
  "one-way": {
    summary: "the leader hears the others, and they do not hear it; then the other way",
    async run(stage) {
      const { cluster, random } = stage;
      const node = await elect(stage, "leader");
      const { network } = cluster;
      await outOfReach(stage, node, "leader not heard", {
        begin: async () => {
          for (const { host } of cluster.others(node)) await network.cutOneWay(node.host, host);
        },
        end: () => network.heal(),
      });
      const next = await elect(stage, random() < 0.5 ? "leader" : "controller");
      for (const { host } of cluster.others(next)) await network.cutOneWay(host, next.host);
      await pause(3000 + random() * 5000);
      await network.heal();
      await recovered(stage, "a node that heard nothing");
    },
  },
  "one-link": {
    summary: "two nodes do not hear each other, and the others hear both",
    async run(stage) {
      const { cluster, random, load } = stage;
      const node = await elect(stage, "leader");
      const [other] = await followers(stage);
      await cluster.network.cut([node.host], [other.host]);
      await pause(4000 + random() * 9000);
      await load.untilProgress("with one link cut");
      await cluster.network.heal();
      await recovered(stage, "one link cut");
    },
  },
  "slow-links": {
    summary: "delay, jitter and loss between all nodes and clients",
    async run(stage) {
      const { cluster, random, load, tell } = stage;
      const all = [...hostsOf(cluster.nodes), "clients" as const];
      const quality = { delayMs: 5 + random() * 40, jitterMs: 20, lossPercent: 1 + random() * 4 };
      await load.gap();
      await cluster.network.between(all, all, quality);
      await pause(4000 + random() * 5000);
      await load.untilProgress("over slow links");
      tell("slow links: longest wait of a client", await load.gap());
      const [from, to] = hostsOf(cluster.nodes);
      const { lost } = await cluster.network.carried(from, to);
      if (lost === 0) throw new Error("no packet was lost on a link that loses some");
      await cluster.network.heal();
      await recovered(stage, "slow links");
    },
  },
  "two-faults": {
    summary: "the leader is killed while another node is cut off, and comes back first",
    async run(stage) {
      const { cluster, random } = stage;
      const node = await elect(stage, "leader");
      const others = cluster.others(node);
      const other = others[Math.floor(random() * others.length)];
      await cluster.network.cut([other.host], hostsOf(cluster.others(other)));
      await pause(random() * 6000);
      await node.kill();
      await pause(random() * 3000);
      node.start();
      await pause(random() * 3000);
      await cluster.network.heal();
      await recovered(stage, "two faults");
    },
  },
  "clocks-apart": {
    summary: "one clock half an hour ahead, one behind; then they jump",
    notForKafka: "its timers follow the time of day, and stand still after a clock was set back",
    async run(stage) {
      const { cluster, random, load } = stage;
      const { network, nodes } = cluster;
      // Records that seem to be over an hour ahead are refused, by either make.
      network.setClock(nodes[0].host, 1_800_000);
      network.setClock(nodes[1].host, -1_800_000);
      await pause(1000 + random() * 2000);
      await load.untilProgress("with clocks apart");
      const node = await elect(stage, "leader");
      await node.kill();
      await tellTakeover(stage, "leader killed with clocks apart: next produce", node);
      node.start();
      for (const { host } of nodes) network.setClock(host, (random() - 0.5) * 3_600_000);
      await load.untilProgress("with clocks that jumped");
      for (const { host } of nodes) network.setClock(host, 0);
      await recovered(stage, "clocks apart");
    },
  },
  "damaged-files": {
    summary: "the newest files of one node are cut short and overwritten while it is down",
    run: (stage) => damagedFiles(stage, "newest"),
  },
  "damaged-old-files": {
    summary: "any files of one node are cut short, overwritten and removed while it is down",
    notForKafka: "it believes what lies behind the recovery point, and does not repair it",
    run: (stage) => damagedFiles(stage, "all"),
  },
  "power-loss": {
    summary: "all machines lose power while one node is paused; what was not synced is gone",
    async run(stage) {
      const { cluster, random } = stage;
      const paused = await elect(stage, random() < 0.5 ? "leader" : "controller");
      paused.pause();
      await pause(500 + random() * 12_000);
      // Whose disk goes must not go on: while ext4 goes down it tells some that their sync is done.
      for (const node of cluster.nodes) if (node !== paused) node.pause();
      await Promise.all(cluster.nodes.map(({ disk }) => disk.cutPower()));
      await Promise.all(cluster.nodes.map((node) => node.kill()));
      for (const { disk } of cluster.nodes) {
        await disk.unmount();
        await disk.mount();
      }
      for (const node of cluster.nodes) {
        node.start();
        await pause(random() * 500);
      }
      await cluster.untilAllHere();
      await recovered(stage, "power loss");
    },
  },
  ...FULL_DISKS,
  ...MEMBERS,
  ...UPGRADES,
};
