/** `streamer cluster …`: look after a cluster of several nodes, ours or any Kafka's. */
import type { CommandGroup } from "./command.ts";
import { drainCommand } from "./cluster_drain.ts";
import { reassignCommand } from "./cluster_reassign.ts";
import { statusCommand } from "./cluster_status.ts";

export const clusterCommands: CommandGroup = {
  name: "cluster",
  summary: "see how a cluster is, and look after its nodes",
  commands: [statusCommand, drainCommand, reassignCommand],
};
