/**
 * A cluster of real programs, each on a host and a disk of its own, of either make. Runs only in a
 * world apart (`kit/netns.ts`).
 */
import { Disk } from "../../kit/disks.ts";
import type { Network } from "../../kit/netns.ts";
import {
  type Asker,
  partitionsOf,
  type PartitionState,
  produceOne,
  until,
  untilInSync,
} from "../../kit/ask.ts";
import { addressesOf, type Make, type Member, memberAt, type Roles } from "../../kit/makes.ts";
import { ClusterNode } from "./node.ts";

export { ClusterNode };

/** So that the scenarios' topics and the coordinators' are on all nodes. */
const SETTINGS = {
  "offsets.topic.num.partitions": "4",
  "offsets.topic.replication.factor": "3",
  "default.replication.factor": "3",
  "min.insync.replicas": "2",
  "group.initial.rebalance.delay.ms": "100",
  "auto.create.topics.enable": "false",
};

/**
 * Who is what: a letter a node, `n` for both roles, `c` for a controller, `b` for a broker; or a
 * number of nodes that are both.
 */
export function rolesOf(nodes: string): Roles[] {
  const letters = /^\d+$/.test(nodes) ? "n".repeat(Number(nodes)) : nodes;
  return [...letters].map((letter) => {
    const roles = ({ n: "broker,controller", c: "controller", b: "broker" } as const)[letter];
    if (roles === undefined) throw new Error(`No node is a "${letter}": they are n, c or b`);
    return roles;
  });
}

export interface ClusterOptions {
  readonly make: Make;
  readonly network: Network;
  readonly folder: string;
  /** See {@link rolesOf}. */
  readonly nodes: string;
  /** The first node begins the cluster, and the others join it. */
  readonly grows?: boolean;
  /** What all nodes are started from, if not from what the make has: an older build, say. */
  readonly program?: string;
  /** The release whose metadata.version the cluster begins with, if not the newest. */
  readonly release?: string;
  readonly settings?: Readonly<Record<string, string>>;
  /** Of each node's disk. */
  readonly diskMegabytes?: number;
}

export class Cluster implements AsyncDisposable {
  readonly make: Make;
  readonly network: Network;
  readonly settings: Readonly<Record<string, string>>;
  readonly grows: boolean;
  readonly nodes: ClusterNode[] = [];
  readonly findings: string[] = [];
  readonly members: readonly Member[];
  /** Nodes that may end by themselves. */
  readonly #mayEnd = new Set<ClusterNode>();

  readonly #options: ClusterOptions;

  private constructor(options: ClusterOptions) {
    const { make, network, nodes, settings, grows = false } = options;
    this.#options = options;
    this.make = make;
    this.network = network;
    this.grows = grows;
    this.settings = { ...SETTINGS, ...settings };
    this.members = rolesOf(nodes).map((roles, index) => placed(index + 1, roles));
  }

  /** Makes hosts and disks, starts all nodes, and resolves when all of them serve. */
  static async start(options: ClusterOptions): Promise<Cluster> {
    const cluster = new Cluster(options);
    for (const member of cluster.members) await cluster.add(member);
    const { release } = options;
    if (release !== undefined) { for (const node of cluster.nodes) await node.format(release); }
    for (const node of cluster.nodes) node.start();
    await cluster.untilAllHere(180_000);
    await cluster.untilAllVote();
    if (!options.make.isBegunOnDisk) { for (const { disk } of cluster.nodes) await disk.sync(); }
    return cluster;
  }

  /** Another node, with a host and a disk; it is not started yet. */
  async add(member: Member): Promise<ClusterNode> {
    const { folder, diskMegabytes = 4000, network, program } = this.#options;
    const host = await network.host(member.id);
    const disk = await Disk.make(`${folder}/disk-${member.id}`, diskMegabytes);
    const node = new ClusterNode(this, member, host, disk);
    node.program = program;
    this.nodes.push(node);
    return node;
  }

  /** One that comes when the others are there already, under the next id. */
  addNext(roles: Roles = "broker,controller"): Promise<ClusterNode> {
    const next = Math.max(...this.nodes.map(({ id }) => id)) + 1;
    return this.add(placed(next, roles));
  }

  /** A node that is gone for good. */
  async forget(node: ClusterNode): Promise<void> {
    await node.kill();
    this.nodes.splice(this.nodes.indexOf(node), 1);
    await node.disk.unmount();
  }

  /** Addresses of the brokers that were there from the start. */
  get bootstrap(): string {
    return addressesOf(this.members);
  }

  /** The older build that the nodes were begun with. */
  get old(): string | undefined {
    return this.#options.program;
  }

  get brokers(): ClusterNode[] {
    return this.nodes.filter((node) => node.isBroker);
  }

  note(text: string): void {
    console.log(`    ${text}`);
  }

  node(id: number): ClusterNode {
    return this.nodes.find((node) => node.id === id)!;
  }

  /** Nodes that run and are not paused. */
  get serving(): ClusterNode[] {
    return this.nodes.filter((node) => node.isServing);
  }

  others(...nodes: ClusterNode[]): ClusterNode[] {
    return this.nodes.filter((node) => !nodes.includes(node));
  }

  /** What the first of the nodes says that says something. */
  async fromAny<Value>(
    question: (asker: Asker) => Promise<Value | undefined>,
    nodes: readonly ClusterNode[] = this.serving,
  ): Promise<Value | undefined> {
    for (const { asker, isBroker } of nodes) {
      if (!isBroker) continue;
      const answer = await question(asker);
      if (answer !== undefined) return answer;
    }
    return undefined;
  }

  /** Until each broker tells of all of them, and controllers answer. */
  async untilAllHere(withinMs = 60_000): Promise<void> {
    await until("All nodes are there", async () => {
      for (const { asker, isBroker } of this.nodes) {
        const answer = isBroker
          ? await asker.ask("Metadata", 12, { topics: [] })
          : await asker.ask("ApiVersions", 0, {});
        const isHere = isBroker
          ? answer?.brokers.length === this.brokers.length
          : answer?.errorCode === 0;
        if (!isHere) return undefined;
      }
      return true;
    }, { withinMs, everyMs: 100, else: () => this.nodes.map(({ tail }) => tail).join("") });
  }

  /** Until all controllers vote, where they come to it by themselves. */
  async untilAllVote(): Promise<void> {
    if (!this.grows) return;
    const due = this.nodes.filter((node) => node.isController).map(({ id }) => id).sort();
    await until("All controllers vote", async () => {
      const voters = await this.voters();
      return `${voters?.toSorted()}` === `${due}` || undefined;
    }, { withinMs: 90_000, else: () => this.tails() });
  }

  /** Until all replicas of all partitions are in sync, and each node knows it. */
  async untilWhole(withinMs = 90_000): Promise<void> {
    await untilInSync(() => this.brokers, { withinMs, tell: () => this.tails() });
  }

  /** From now on the node may end by itself, since its surroundings are such. */
  expectEnd(node: ClusterNode): void {
    this.#mayEnd.add(node);
  }

  /** From now on it may not. */
  expectNoEnd(node: ClusterNode): void {
    this.#mayEnd.delete(node);
  }

  /** A node has ended and nobody asked it to. */
  onEnd(node: ClusterNode, code: number): void {
    if (this.#mayEnd.delete(node)) this.note(`node ${node.id} ended with ${code}`);
    else this.findings.push(`node ${node.id} ended by itself with ${code}${node.tail}`);
  }

  tails(): string {
    return this.nodes.map(({ tail }) => tail).join("");
  }

  async createTopic(
    name: string,
    partitions: number,
    configs: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    const topic = {
      name,
      numPartitions: partitions,
      replicationFactor: Math.min(3, this.brokers.length),
      configs: Object.entries(configs).map(([name, value]) => ({ name, value })),
    };
    await until(`Creating ${name}`, async () => {
      const answer = await this.fromAny((asker) =>
        asker.ask("CreateTopics", 7, { topics: [topic], timeoutMs: 20_000 }, 25_000)
      );
      const [{ errorCode, errorMessage }] = answer.topics;
      if (errorCode === 0 || errorCode === 36) return true; // or it exists
      throw new Error(`${errorCode}: ${errorMessage}`);
    }, { withinMs: 60_000 });
    await until(`All nodes know ${name}`, async () => {
      for (const { asker, isBroker } of this.serving) {
        if (!isBroker) continue;
        const states = await partitionsOf(asker, [name]);
        if (states?.length !== partitions) return undefined;
      }
      return true;
    }, { withinMs: 60_000 });
  }

  async partition(topic: string, partition: number, nodes?: readonly ClusterNode[]) {
    return await until(`The leader of ${topic}-${partition}`, async () => {
      const states = await this.fromAny((asker) => partitionsOf(asker, [topic]), nodes);
      return states?.find((each: PartitionState) =>
        each.partition === partition && each.leader > 0
      );
    }, { withinMs: 60_000 });
  }

  async leaderOf(topic: string, partition: number): Promise<ClusterNode> {
    return this.node((await this.partition(topic, partition)).leader);
  }

  /** The node that leads the quorum. */
  async controller(): Promise<ClusterNode> {
    const id = await until("The quorum's leader", async () => {
      const { leaderId } = await this.#quorum() ?? {};
      return leaderId > 0 ? leaderId as number : undefined;
    }, { withinMs: 60_000 });
    return this.node(id);
  }

  /** Ids of who votes in the quorum; undefined when nobody can tell now. */
  async voters(): Promise<number[] | undefined> {
    const quorum = await this.#quorum();
    return quorum?.currentVoters.map(({ replicaId }: { replicaId: number }) => replicaId);
  }

  async #quorum(): Promise<any> {
    const topics = [{ topicName: "__cluster_metadata", partitions: [{ partitionIndex: 0 }] }];
    const answer = await this.fromAny((asker) => asker.ask("DescribeQuorum", 2, { topics }));
    return answer?.topics[0]?.partitions[0];
  }

  /**
   * How long until a record is acknowledged in the partition, by whichever of these nodes leads it,
   * from the moment given.
   */
  async untilProduced(
    topic: string,
    partition: number,
    { since, nodes = this.serving, withinMs = 60_000 }: {
      since: number;
      nodes?: readonly ClusterNode[];
      withinMs?: number;
    },
  ): Promise<number> {
    await until(`A produce to ${topic}-${partition}`, async () => {
      const states = await this.fromAny((asker) => partitionsOf(asker, [topic]), nodes);
      const leader = states?.find((each) => each.partition === partition)?.leader;
      const node = nodes.find(({ id }) => id === leader);
      if (node && await produceOne(node.asker, topic, partition)) return true;
    }, { withinMs, everyMs: 10, else: () => this.tails() });
    return Math.round(performance.now() - since);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const node of this.nodes) if (!node.isServing && node.isRunning) node.resume();
    await Promise.all(this.nodes.map((node) => node.kill()));
    for (const { disk } of this.nodes) await disk.unmount();
  }
}

const placed = (id: number, roles: Roles): Member => memberAt(id, `10.0.0.${id}`, roles);
