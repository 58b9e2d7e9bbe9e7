/**
 * Several nodes of one cluster in this process, each of which can be stopped and started again
 * while the others go on: for tests (`startCluster`) and for the demo. They meet over sockets, as
 * they would on machines of their own, and share nothing but the process.
 */
import type { LogEvent, LogLevel } from "../base/mod.ts";
import { BrokerConfig } from "../config/mod.ts";
import type { Network, NetworkAddress, Platform } from "../platform/mod.ts";
import { type Node, startNode } from "./node.ts";

/** One of them, as it is started each time. */
export interface NodePlan {
  readonly id: number;
  /** By Kafka's names, as texts. */
  readonly settings: ReadonlyMap<string, string>;
  /** Full paths. */
  readonly dataFolders: readonly string[];
  /** Likewise; default the first of them. */
  readonly metadataFolder?: string;
  /** With a disk of its own where the data is in memory: it outlives a stop. */
  readonly platform: Platform;
}

export type NodeState = "starting" | "running" | "stopping" | "stopped" | "failed";

export interface GroupedNode {
  readonly id: number;
  readonly state: NodeState;
  /** Where clients come in; as it was, while it is stopped. */
  readonly address: NetworkAddress;
  /** Why it failed. */
  readonly error?: Error;
}

export interface NodeGroupOptions {
  readonly plans: readonly NodePlan[];
  /** Where a node tells what happens. */
  readonly log: (id: number) => LogEvent;
  readonly logLevel?: LogLevel;
  readonly signal?: AbortSignal;
  /** After each change of a node's state. */
  readonly onChange?: (node: GroupedNode) => void;
}

interface Member {
  plan: NodePlan;
  state: NodeState;
  address: NetworkAddress;
  error?: Error;
  node?: Node;
  /** What is asked of it is done one after the other. */
  last: Promise<unknown>;
}

export class NodeGroup {
  readonly #options: NodeGroupOptions;
  readonly #members: ReadonlyMap<number, Member>;

  private constructor(options: NodeGroupOptions) {
    this.#options = options;
    this.#members = new Map(options.plans.map((plan) => [plan.id, {
      plan,
      state: "stopped",
      address: { host: "", port: 0 },
      last: Promise.resolve(),
    }]));
  }

  /** Starts all of them at once; rejects when one does not come up, and leaves none behind. */
  static async start(options: NodeGroupOptions): Promise<NodeGroup> {
    const group = new NodeGroup(options);
    const starts = await Promise.allSettled(options.plans.map(({ id }) => group.start(id)));
    const failed = starts.find((start) => start.status === "rejected");
    if (failed === undefined) return group;
    await group.close();
    throw failed.reason;
  }

  get nodes(): GroupedNode[] {
    return [...this.#members.values()].map(({ plan, state, address, error }) => ({
      id: plan.id,
      state,
      address,
      ...error && { error },
    }));
  }

  /** The running node itself. */
  node(id: number): Node | undefined {
    return this.#members.get(id)?.node;
  }

  /** Starts one that is stopped; nothing happens to one that runs. */
  start(id: number): Promise<void> {
    return this.#inTurn(id, async (member) => {
      if (member.node !== undefined) return;
      this.#change(member, "starting");
      try {
        await this.#startNode(member);
      } catch (error) {
        member.error = error as Error;
        this.#change(member, "failed");
        throw error;
      }
    });
  }

  /** Stops one as a whole node is stopped, leaders moved first; nothing happens to one that is. */
  stop(id: number): Promise<void> {
    return this.#inTurn(id, async (member) => {
      const { node } = member;
      if (node === undefined) return;
      this.#change(member, "stopping");
      member.node = undefined;
      await node.close();
      this.#change(member, "stopped");
    });
  }

  /** Stops all of them. Fine to call twice. */
  async close(): Promise<void> {
    await Promise.allSettled([...this.#members.keys()].map((id) => this.stop(id)));
  }

  async #startNode(member: Member): Promise<void> {
    const { plan, address } = member;
    const { log, logLevel, signal } = this.#options;
    const settings = new Map(plan.settings);
    // Clients know it by the port that it had.
    if (address.port > 0) settings.set("listeners", withPort(settings.get("listeners")!, address));
    const node = await startNode({
      config: BrokerConfig.from(settings),
      dataFolders: plan.dataFolders,
      metadataFolder: plan.metadataFolder,
      platform: plan.platform,
      log: log(plan.id),
      logLevel,
      signal,
    });
    member.node = node;
    member.error = undefined;
    [member.address] = node.addresses;
    void node.failed.then((error) => this.#onFailed(member, node, error));
    this.#change(member, "running");
  }

  async #onFailed(member: Member, node: Node, error: Error): Promise<void> {
    if (member.node !== node) return;
    member.node = undefined;
    member.error = error;
    this.#change(member, "failed");
    await node.close().catch(() => {});
  }

  #inTurn(id: number, run: (member: Member) => Promise<void>): Promise<void> {
    const member = this.#members.get(id);
    if (member === undefined) return Promise.reject(new RangeError(`There is no node ${id}`));
    const done = member.last.then(() => run(member));
    member.last = done.catch(() => {});
    return done;
  }

  #change(member: Member, state: NodeState): void {
    member.state = state;
    this.#options.onChange?.(this.nodes.find(({ id }) => id === member.plan.id)!);
  }
}

/** The first of the listeners, which is the clients', at the port that it was given. */
const withPort = (listeners: string, { port }: NetworkAddress): string =>
  listeners.replace(/:0(?=,|$)/, `:${port}`);

export interface ClusterPorts {
  readonly client: number;
  readonly controller: number;
}

/**
 * For a cluster in one process: of each node by its place, the settings that make them one. Clients
 * come to `host`, other nodes to the loopback.
 */
export function clusterOf(
  host: string,
  ports: readonly ClusterPorts[],
  settings: Readonly<Record<string, string>>,
): Map<string, string>[] {
  const at = host.includes(":") ? `[${host}]` : host;
  const copies = `${Math.min(3, ports.length)}`;
  const voters = ports.map(({ controller }, index) => `${index + 1}@${INSIDE}:${controller}`);
  return ports.map(({ client, controller }, index) =>
    new Map(Object.entries({
      "node.id": `${index + 1}`,
      listeners: `PLAINTEXT://${at}:${client},CONTROLLER://${INSIDE}:${controller}`,
      "controller.listener.names": "CONTROLLER",
      "controller.quorum.voters": voters.join(","),
      "default.replication.factor": copies,
      "offsets.topic.replication.factor": copies,
      "transaction.state.log.replication.factor": copies,
      "share.coordinator.state.topic.replication.factor": copies,
      ...settings,
    }))
  );
}

/** Where the nodes of one process find each other. */
const INSIDE = "127.0.0.1";

/** So many ports that nobody listens on now, each another one. */
export function freePorts(network: Network, host: string, count: number): number[] {
  const listeners = Array.from({ length: count }, () => network.listen({ host, port: 0 }));
  const ports = listeners.map(({ address }) => address.port);
  for (const listener of listeners) listener.close();
  return ports;
}
