/** `streamer cluster …`: look after a cluster of several nodes, ours or any Kafka's. */
import type { CommandGroup } from "./command.ts";
import { drainCommand } from "./cluster_drain.ts";
import { electCommand } from "./cluster_elect.ts";
import { featuresCommand } from "./cluster_features.ts";
import { addCommand, removeCommand } from "./cluster_members.ts";
import { reassignCommand } from "./cluster_reassign.ts";
import { statusCommand } from "./cluster_status.ts";

export const clusterCommands: CommandGroup = {
  name: "cluster",
  summary: "see how a cluster is, and look after its nodes",
  commands: [
    statusCommand,
    addCommand,
    removeCommand,
    drainCommand,
    reassignCommand,
    electCommand,
    featuresCommand,
  ],
};
