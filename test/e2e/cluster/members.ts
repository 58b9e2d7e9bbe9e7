/**
 * Who belongs to the cluster changes under load: a node comes, another one goes, one loses all that it
 * had. By the commands that a person would type, which work on either make.
 */
import { until } from "../../kit/ask.ts";
import { pause, root, runProgram } from "../../kit/programs.ts";
import type { Cluster, ClusterNode } from "./cluster.ts";
import { elect, recovered, type Scenario, type Stage, tellTakeover } from "./stage.ts";

/** Types `streamer cluster …` at those that are there. */
export async function type(cluster: Cluster, line: string): Promise<void> {
  const brokers = cluster.serving.filter(({ isBroker }) => isBroker)
    .map(({ host }) => `${host.address}:9092`);
  const args = ["cluster", ...line.split(" "), "--brokers", brokers.join()];
  await runProgram(`${root}bin/streamer`, args, { withinMs: 180_000 });
  cluster.note(`streamer cluster ${line}`);
}

async function joined(stage: Stage, node: ClusterNode, what: string): Promise<void> {
  const { cluster, tell } = stage;
  const since = performance.now();
  node.start();
  await cluster.untilAllHere();
  await cluster.untilAllVote();
  tell(what, Math.round(performance.now() - since));
}

/** It is asked to go, and goes: nobody misses it. */
async function left({ cluster }: Stage, node: ClusterNode): Promise<void> {
  await type(cluster, `drain ${node.id}`);
  await node.stop();
  await until(`Node ${node.id} is fenced`, async () => {
    const answer = await cluster.fromAny((asker) => asker.ask("Metadata", 12, { topics: [] }));
    return answer?.brokers.every(({ nodeId }: { nodeId: number }) => nodeId !== node.id) ||
      undefined;
  }, { withinMs: 30_000 });
  await type(cluster, `remove ${node.id}`);
}

const idsOf = (nodes: readonly ClusterNode[]) => nodes.map(({ id }) => id).join();

export const MEMBERS: Readonly<Record<string, Scenario>> = {
  "disk-replaced": {
    summary: "a node dies with all it had, and comes back under its id with an empty disk",
    async run(stage) {
      const { random } = stage;
      const node = await elect(stage, random() < 0.5 ? "leader" : "controller");
      await node.kill();
      await tellTakeover(stage, "a node lost for good: next produce", node);
      await pause(random() * 3000);
      await node.replaceDisk();
      await joined(stage, node, "an empty node: until it is there");
      await recovered(stage, "an empty node");
    },
  },
  "members-change": {
    summary:
      "a node joins and gets partitions, another is drained and taken out, and all is undone",
    isPolite: true,
    async run(stage) {
      const { cluster, load, random } = stage;
      const roles = cluster.grows ? "broker,controller" : "broker";
      const next = await cluster.addNext(roles);
      await joined(stage, next, "a node that joins: until it is there");
      await type(cluster, `reassign --to ${idsOf(cluster.brokers)}`);
      const others = cluster.brokers.filter((node) => node !== next);
      if (cluster.grows) {
        const leaving = random() < 0.5 ? await cluster.controller() : others[0];
        await left(stage, leaving);
        await load.untilProgress("without a node that was taken out");
        await leaving.replaceDisk();
        await joined(stage, leaving, "a node that comes back: until it is there");
      }
      await type(cluster, `reassign --to ${idsOf(others)}`);
      await left(stage, next);
      await cluster.forget(next);
      await cluster.untilAllVote();
      await recovered(stage, "members that came and went");
    },
  },
};
