/** What scenarios share: who takes part, who is meant by the leader, and what all of them wait for. */
import type { Cluster, ClusterNode } from "./cluster.ts";
import { type ClusterLoad, PULSE } from "./load.ts";

export interface Stage {
  readonly cluster: Cluster;
  readonly load: ClusterLoad;
  /** From 0 up to 1, from the run's seed. */
  random(): number;
  /** Milliseconds by what was measured. */
  tell(what: string, ms: number): void;
}

export interface Scenario {
  readonly summary: string;
  /** Why it is left out unless asked for by name: what nodes of either make do not come through. */
  readonly onlyByName?: string;
  /** Nobody is surprised by what is done here: no produce may fail. */
  readonly isPolite?: boolean;
  /** Why Apache Kafka does not come through it: it is left out there, unless asked for by name. */
  readonly notForKafka?: string;
  run(stage: Stage): Promise<void>;
}

/** For what a client may wait that was told of the end of a connection. */
export const PATIENCE_MS = 60_000;

/** The partition that is measured: its leader is who is meant by "the leader". */
export const MEASURED = 0;

export const leader = ({ cluster }: Stage) => cluster.leaderOf(PULSE, MEASURED);

/** How long the others take to serve what the node led, from now on. */
export async function tellTakeover(stage: Stage, what: string, lost: ClusterNode): Promise<void> {
  const { cluster, tell } = stage;
  const since = performance.now();
  const nodes = cluster.others(lost).filter((node) => node.isServing);
  tell(what, await cluster.untilProduced(PULSE, MEASURED, { since, nodes }));
}

/** The cluster is whole again, and clients have been answered. */
export async function recovered(stage: Stage, what: string): Promise<void> {
  const since = performance.now();
  await stage.cluster.untilWhole();
  stage.tell(`${what}: until all replicas are in sync`, Math.round(performance.now() - since));
  await stage.load.untilProgress(`after ${what}`);
}

/** Which of the nodes leads the measured partition and not the quorum, or the other way. */
export async function elect(stage: Stage, who: "leader" | "controller"): Promise<ClusterNode> {
  return who === "leader" ? await leader(stage) : await stage.cluster.controller();
}

/** Who has replicas of the measured partition, besides its leader. */
export async function followers({ cluster }: Stage): Promise<ClusterNode[]> {
  const { leader, replicas } = await cluster.partition(PULSE, MEASURED);
  return replicas.filter((id) => id !== leader).map((id) => cluster.node(id));
}

export const hostsOf = (nodes: readonly ClusterNode[]) => nodes.map(({ host }) => host);
