/**
 * A cluster of real programs, each on a host and a disk of its own, of either make. Runs only in a
 * world apart (`kit/netns.ts`).
 */
import { Disk } from "../../kit/disks.ts";
import type { Host, Network } from "../../kit/netns.ts";
import { FAULTS, linesOf, type Program } from "../../kit/programs.ts";
import {
  Asker,
  partitionsOf,
  type PartitionState,
  produceOne,
  until,
  untilInSync,
} from "../../kit/ask.ts";
import { addressesOf, type Make, type Member, memberAt } from "../../kit/makes.ts";

/** So that the scenarios' topics and the coordinators' are on all nodes. */
const SETTINGS = {
  "offsets.topic.num.partitions": "4",
  "offsets.topic.replication.factor": "3",
  "default.replication.factor": "3",
  "min.insync.replicas": "2",
  "group.initial.rebalance.delay.ms": "100",
  "auto.create.topics.enable": "false",
};

export interface ClusterOptions {
  readonly make: Make;
  readonly network: Network;
  readonly folder: string;
  readonly nodes: number;
  readonly settings?: Readonly<Record<string, string>>;
  /** Of each node's disk. */
  readonly diskMegabytes?: number;
}

export class ClusterNode {
  #program: Program | undefined;
  #isPaused = false;
  readonly asker: Asker;
  /** What its earlier lives printed, the last of it. */
  #earlier = "";

  constructor(
    readonly cluster: Cluster,
    readonly id: number,
    readonly host: Host,
    readonly disk: Disk,
  ) {
    this.asker = new Asker(this.#self);
  }

  get #self(): Member {
    return memberAt(this.id, this.host.address);
  }

  get folder(): string {
    return `${this.disk.path}/node`;
  }

  /** Where its partitions' folders are. */
  get logs(): string {
    return this.cluster.make.logs(this.folder);
  }

  get isRunning(): boolean {
    return this.#program !== undefined;
  }

  get isServing(): boolean {
    return this.isRunning && !this.#isPaused;
  }

  get pid(): number {
    return this.#program!.pid;
  }

  start(): void {
    const { make, network, members, settings } = this.cluster;
    const plan = { self: this.#self, voters: members, folder: this.folder, settings };
    const { command, args, env } = make.start(plan);
    this.#program = network.start(this.host, command, args, { env, hasOwnClock: true });
    const program = this.#program;
    program.exited.then((code) => {
      if (this.#program !== program) return;
      this.cluster.onEnd(this, code);
      this.#leave();
    });
  }

  /** kill -9. */
  async kill(): Promise<void> {
    const program = this.#program;
    this.#leave();
    program?.kill("SIGKILL");
    await program?.exited;
  }

  /** SIGTERM, and it has to end by itself, with 0 (Kafka's own way out is 143). */
  async stop(withinMs = 60_000): Promise<void> {
    const program = this.#program;
    this.#leave();
    const began = performance.now();
    const code = await program?.stop(withinMs);
    const isFine = code === 0 || code === 143;
    if (!isFine) this.cluster.findings.push(`node ${this.id} stopped with ${code}${this.tail}`);
    this.cluster.note(`stopped in ${Math.round(performance.now() - began)} ms`);
  }

  #leave(): void {
    const program = this.#program;
    this.#program = undefined;
    this.#isPaused = false;
    this.asker[Symbol.dispose]();
    if (program === undefined) return;
    program.exited.then(() => this.#earlier = (this.#earlier + program.printed).slice(-5_000_000));
  }

  /** SIGSTOP: its connections stay, and nothing comes. */
  pause(): void {
    this.#isPaused = true;
    this.#program!.kill("SIGSTOP");
    this.asker[Symbol.dispose]();
  }

  resume(): void {
    this.#isPaused = false;
    this.#program!.kill("SIGCONT");
  }

  /** What it and its earlier lives have printed. */
  get printed(): string {
    return this.#earlier + (this.#program?.printed ?? "");
  }

  /** The last of that. */
  get tail(): string {
    return `; node ${this.id} printed:\n${this.printed.slice(-4000)}`;
  }

  /** Lines that tell of a fault of streamer's own. */
  get faults(): string[] {
    if (this.cluster.make.name !== "streamer") return [];
    return linesOf(this, FAULTS);
  }
}

export class Cluster implements AsyncDisposable {
  readonly make: Make;
  readonly network: Network;
  readonly settings: Readonly<Record<string, string>>;
  readonly nodes: ClusterNode[] = [];
  readonly findings: string[] = [];
  readonly members: readonly Member[];
  /** Nodes that may end by themselves. */
  readonly #mayEnd = new Set<ClusterNode>();

  private constructor({ make, network, nodes, settings }: ClusterOptions) {
    this.make = make;
    this.network = network;
    this.settings = { ...SETTINGS, ...settings };
    this.members = Array.from(
      { length: nodes },
      (_, index) => memberAt(index + 1, `10.0.0.${index + 1}`),
    );
  }

  /** Makes hosts and disks, starts all nodes, and resolves when all of them serve. */
  static async start(options: ClusterOptions): Promise<Cluster> {
    const cluster = new Cluster(options);
    for (const { id } of cluster.members) {
      const host = await options.network.host(id);
      const disk = await Disk.make(`${options.folder}/disk-${id}`, options.diskMegabytes ?? 4000);
      cluster.nodes.push(new ClusterNode(cluster, id, host, disk));
    }
    for (const node of cluster.nodes) node.start();
    await cluster.untilAllHere(90_000);
    if (!options.make.isBegunOnDisk) { for (const { disk } of cluster.nodes) await disk.sync(); }
    return cluster;
  }

  get brokers(): string {
    return addressesOf(this.members);
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
    for (const { asker } of nodes) {
      const answer = await question(asker);
      if (answer !== undefined) return answer;
    }
    return undefined;
  }

  /** Until each node tells of all of them. */
  async untilAllHere(withinMs = 60_000): Promise<void> {
    await until("All brokers are there", async () => {
      for (const { asker } of this.nodes) {
        const answer = await asker.ask("Metadata", 12, { topics: [] });
        if (answer?.brokers.length !== this.nodes.length) return undefined;
      }
      return true;
    }, { withinMs, everyMs: 100, else: () => this.nodes.map(({ tail }) => tail).join("") });
  }

  /** Until all replicas of all partitions are in sync, and each node knows it. */
  async untilWhole(withinMs = 90_000): Promise<void> {
    await untilInSync(() => this.nodes, { withinMs, tell: () => this.tails() });
  }

  /** From now on the node may end by itself, since its surroundings are such. */
  expectEnd(node: ClusterNode): void {
    this.#mayEnd.add(node);
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
      replicationFactor: Math.min(3, this.nodes.length),
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
      for (const { asker } of this.serving) {
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
    const topics = [{ topicName: "__cluster_metadata", partitions: [{ partitionIndex: 0 }] }];
    const id = await until("The quorum's leader", async () => {
      const answer = await this.fromAny((asker) => asker.ask("DescribeQuorum", 2, { topics }));
      const leader = answer?.topics[0]?.partitions[0]?.leaderId;
      return leader > 0 ? leader as number : undefined;
    }, { withinMs: 60_000 });
    return this.node(id);
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
