/** A cluster of either make on this machine's loopback, each node a program on ports of its own. */
import { Asker, until, untilInSync } from "./ask.ts";
import { addressesOf, type Make, type Member } from "./makes.ts";
import { Program, steadyPort } from "./programs.ts";

export interface LocalClusterOptions {
  readonly make: Make;
  /** Each node's files go into one of its own in there. */
  readonly folder: string;
  readonly nodes?: number;
  /** Settings of all nodes. */
  readonly settings?: Readonly<Record<string, string>>;
  /** What a node has besides, or otherwise. */
  readonly settingsOf?: (id: number) => Readonly<Record<string, string>>;
}

export class LocalNode {
  readonly asker: Asker;
  /** What is known of an end that nobody asked for. */
  ended: string | undefined;
  #program: Program | undefined;

  constructor(readonly cluster: LocalCluster, readonly self: Member) {
    this.asker = new Asker(self);
  }

  get id(): number {
    return this.self.id;
  }

  get folder(): string {
    return `${this.cluster.folder}/node-${this.id}`;
  }

  get program(): Program {
    return this.#program!;
  }

  get isRunning(): boolean {
    return this.#program !== undefined;
  }

  start(): void {
    const { make, members } = this.cluster;
    const settings = { ...this.cluster.settings, ...this.cluster.settingsOf(this.id) };
    const plan = { self: this.self, members, folder: this.folder, settings };
    const { command, args, env } = make.start(plan);
    const program = new Program(command, args, { env });
    this.#program = program;
    program.exited.then((code) => {
      if (this.#program !== program) return;
      this.#program = undefined;
      this.ended = `node ${this.id} ended by itself with ${code}:\n${program.printed}`;
    });
  }

  /** Ends it politely, or by kill -9. */
  async end(way: "stop" | "kill"): Promise<void> {
    const program = this.#program;
    this.#program = undefined;
    this.asker[Symbol.dispose]();
    if (way === "kill") program?.kill("SIGKILL");
    await program?.stop(60_000);
  }
}

export class LocalCluster implements AsyncDisposable {
  readonly nodes: readonly LocalNode[];
  readonly make: Make;
  readonly folder: string;
  readonly settings: Readonly<Record<string, string>>;
  readonly settingsOf: (id: number) => Readonly<Record<string, string>>;
  readonly members: readonly Member[];

  private constructor(options: LocalClusterOptions) {
    const { make, folder, nodes = 3, settings = {}, settingsOf = () => ({}) } = options;
    this.make = make;
    this.folder = folder;
    this.settings = settings;
    this.settingsOf = settingsOf;
    this.members = Array.from({ length: nodes }, (_, index) => ({
      id: index + 1,
      address: "127.0.0.1",
      port: steadyPort(),
      controllerPort: steadyPort(),
    }));
    this.nodes = this.members.map((member) => new LocalNode(this, member));
  }

  /** Starts all nodes, and resolves when all of them are known to each. */
  static async start(options: LocalClusterOptions): Promise<LocalCluster> {
    const cluster = new LocalCluster(options);
    try {
      await cluster.startAll();
    } catch (error) {
      await cluster[Symbol.asyncDispose]();
      throw error;
    }
    return cluster;
  }

  async startAll(withinMs = 120_000): Promise<void> {
    for (const node of this.nodes) if (!node.isRunning) node.start();
    await this.untilAllHere(withinMs);
  }

  /** Addresses of all brokers, as clients take them. */
  get brokers(): string {
    return addressesOf(this.members);
  }

  get running(): LocalNode[] {
    return this.nodes.filter(({ isRunning }) => isRunning);
  }

  /** What the nodes printed last. */
  tails(): string {
    return this.running.map(({ id, program }) =>
      `\nnode ${id} printed:\n${program.printed.slice(-3000)}`
    ).join("");
  }

  /** Until each node tells of all of them. */
  async untilAllHere(withinMs = 60_000): Promise<void> {
    await until("All brokers are there", async () => {
      if (this.nodes.some(({ ended }) => ended !== undefined)) return "ended";
      for (const { asker } of this.nodes) {
        const answer = await asker.ask("Metadata", 12, { topics: [] });
        if (answer?.brokers.length !== this.nodes.length) return undefined;
      }
      return "here";
    }, { withinMs, everyMs: 20, else: () => this.tails() });
    const ended = this.nodes.find(({ ended }) => ended !== undefined)?.ended;
    if (ended !== undefined) throw new Error(ended);
  }

  /** Until every replica of every partition is in sync, as the running nodes tell. */
  async untilWhole(withinMs = 120_000): Promise<void> {
    await untilInSync(() => this.running, { withinMs, tell: () => this.tails() });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.end("kill")));
  }
}
