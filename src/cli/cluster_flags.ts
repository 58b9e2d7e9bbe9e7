/**
 * The flags of `serve` that make a node part of a cluster, and the settings that they stand for.
 * Each is Kafka's setting by a shorter name; `--listen`, `--controller-listen` and `--roles` come
 * together in `listeners`, which has the clients' and the controllers' addresses in one.
 */
import type { Flags, FlagValues } from "./flags.ts";
import { UsageError } from "./io.ts";

export const CLUSTER_FLAGS = {
  "node-id": { type: "string", value: "N", help: "This node's id (node.id; default 1)" },
  roles: {
    type: "string",
    value: "ROLES",
    help: "What this node does: broker,controller, or one of them (process.roles; default both)",
  },
  rack: {
    type: "string",
    value: "NAME",
    help: "The rack or zone that it stands in; replicas are spread over racks (broker.rack)",
  },
  cores: {
    type: "string",
    value: "N|auto",
    help:
      "Brokers in this process, one a processor core, with the ids and ports behind this one's " +
      "(node.cores; default 1)",
  },
  "controller-listen": {
    type: "string",
    value: "HOST:PORT",
    help: "Address to listen on for the other nodes of the quorum (listeners, as CONTROLLER://)",
  },
  voters: {
    type: "string",
    value: "N@HOST:PORT,…",
    help: "All controllers of a cluster, the same list on each node (controller.quorum.voters)",
  },
  "new-cluster": {
    type: "boolean",
    help: "Begin a cluster that others --join, if there is no data yet " +
      "(controller.quorum.new.cluster)",
  },
  join: {
    type: "string",
    value: "HOST:PORT,…",
    help: "Join the cluster that has controllers there (controller.quorum.bootstrap.servers, " +
      "and controller.quorum.auto.join.enable for a controller)",
  },
} as const satisfies Flags;

type Values = Partial<FlagValues<typeof CLUSTER_FLAGS>>;

/** By Kafka's names; undefined where a flag was not given. `roles` is what the file says. */
export function clusterSettings(
  values: Values,
  { roles = "broker,controller" }: { roles?: string } = {},
): Record<string, string | undefined> {
  const { voters, join } = values;
  const isFirst = values["new-cluster"] === true;
  if (isFirst && voters !== undefined) {
    throw new UsageError(
      "--new-cluster and --voters cannot go together",
      "The same --voters on all nodes begin a cluster by themselves; --new-cluster begins one " +
        "that others --join",
    );
  }
  if (isFirst && join !== undefined) {
    throw new UsageError(
      "--new-cluster and --join cannot go together",
      "The first node begins the cluster, all others join it",
    );
  }
  if (voters !== undefined && join !== undefined) {
    throw new UsageError(
      "--voters and --join cannot go together",
      "A cluster has either a fixed list of voters or one that nodes join",
    );
  }
  const isController = (values.roles ?? roles).includes("controller");
  return {
    "node.id": values["node-id"],
    "process.roles": values.roles,
    "broker.rack": values.rack,
    "node.cores": values.cores,
    "controller.quorum.voters": voters,
    "controller.quorum.new.cluster": isFirst ? "true" : undefined,
    "controller.quorum.bootstrap.servers": join,
    "controller.quorum.auto.join.enable": join !== undefined && isController ? "true" : undefined,
  };
}
