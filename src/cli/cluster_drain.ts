/** `streamer cluster drain`: all replicas off a broker, so that it can be taken away. */
import type { BrokerDescription } from "../client/mod.ts";
import { assignmentsOf, carryOut, MOVE_FLAGS, planJson, renderPlan } from "./cluster_moves.ts";
import { BROKERS_FLAG, command, JSON_FLAG } from "./command.ts";
import { CommandError } from "./io.ts";
import { nodeId } from "./node_ids.ts";
import { json, withClient } from "./with_client.ts";

export const drainCommand = command({
  name: "cluster drain",
  summary: "Move all replicas off a broker, so that it can be taken away",
  usage: "NODE [flags]",
  description:
    "Each replica on the broker is copied to another one that runs: into the rack that has fewest of its " +
    "partition, and there to the broker that has fewest at all. Nothing else is copied. The broker may be " +
    "away. Ends when all is moved; ^C ends the command and not the moving.",
  examples: [
    ["streamer cluster drain 3 --dry-run", "what would be moved where"],
    ["streamer cluster drain 3", ""],
    ["streamer cluster drain 3 --throttle 20MiB", "at no more than 20 MiB a second on each broker"],
  ],
  positionals: { min: 1, max: 1 },
  flags: { ...BROKERS_FLAG, ...MOVE_FLAGS, ...JSON_FLAG },
  async run(call) {
    const { values, positionals, io } = call;
    const node = nodeId("NODE", positionals[0]);
    const { clock } = await io.platform();
    await withClient(call, async (client) => {
      const { describeCluster, planDrain, sizesOf } = await import("../client/mod.ts");
      const [{ brokers }, partitions] = await Promise.all([
        describeCluster(client.cluster),
        assignmentsOf(client),
      ]);
      checkKnown(node, brokers, partitions);
      const alive = brokers.filter(({ isFenced, id }) => !isFenced && id !== node);
      const moves = planDrain(partitions, alive, [node]);
      const sizes = await sizesOf(client.cluster, moves);
      if (values.json) await io.write(json({ broker: node, ...await planJson(moves) }, call));
      else if (moves.length > 0) await io.write(await renderPlan(moves, sizes, values.limit));
      if (values["dry-run"]) {
        return io.say("Nothing is changed: this was a dry run");
      }
      if (moves.length > 0) {
        await carryOut(client, moves, { io, throttle: values.throttle, clock });
      }
      const left = (await assignmentsOf(client)).filter(({ replicas }) => replicas.includes(node));
      if (left.length > 0) {
        throw new CommandError(
          `Broker ${node} has got ${left.length} more in the meantime`,
          `Drain it once more, and make no topics until it is stopped`,
        );
      }
      io.say(
        `Broker ${node} has no replicas. Next: stop it, then streamer cluster remove ${node}`,
      );
    });
  },
});

function checkKnown(
  node: number,
  brokers: readonly BrokerDescription[],
  partitions: readonly { replicas: number[] }[],
): void {
  const isKnown = brokers.some(({ id }) => id === node) ||
    partitions.some(({ replicas }) => replicas.includes(node));
  if (isKnown) return;
  const ids = brokers.map(({ id }) => id).join(", ");
  throw new CommandError(`There is no broker ${node}`, `The cluster has ${ids}`);
}
