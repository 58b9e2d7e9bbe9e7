/** A node of a cluster of real programs, on a host and a disk of its own, and what can happen to it. */
import { Asker } from "../../kit/ask.ts";
import type { Disk } from "../../kit/disks.ts";
import {
  format,
  isBroker,
  isController,
  type Member,
  memberAt,
  type NodePlan,
} from "../../kit/makes.ts";
import type { Host } from "../../kit/netns.ts";
import { FAULTS, linesOf, type Program, runProgram } from "../../kit/programs.ts";
import type { Cluster } from "./cluster.ts";

export class ClusterNode {
  #program: Program | undefined;
  #isPaused = false;
  /** Asks where clients do; where the other controllers do, if it is no broker. */
  readonly asker: Asker;
  /** What it is started from, if not from what the make has. */
  program: string | undefined;
  /** Where there is no cluster yet, it begins one. */
  #begins: boolean;
  /** What its earlier lives printed, the last of it. */
  #earlier = "";

  constructor(
    readonly cluster: Cluster,
    readonly self: Member,
    readonly host: Host,
    readonly disk: Disk,
  ) {
    const { id, address, controllerPort } = self;
    this.#begins = id === cluster.members[0].id;
    const asked = this.isBroker ? self : { ...memberAt(id, address), port: controllerPort };
    this.asker = new Asker(asked);
  }

  get id(): number {
    return this.self.id;
  }

  get isBroker(): boolean {
    return isBroker(this.self);
  }

  get isController(): boolean {
    return isController(this.self);
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

  get #plan(): NodePlan {
    const { members, settings, grows } = this.cluster;
    const { self, folder, program } = this;
    const how = !grows ? "is told" : this.#begins ? "begins" : "joins";
    return { self, members, folder, settings, how, program };
  }

  /** Makes its folder as an older release would have, before its first start. */
  async format(release: string): Promise<void> {
    await format(this.#plan, release);
  }

  start(): void {
    const { make, network } = this.cluster;
    const { command, args, env } = make.start(this.#plan);
    const program = network.start(this.host, command, args, { env, hasOwnClock: true });
    this.#program = program;
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

  /** Nothing of what it had is there any more. Only while it does not run. */
  async replaceDisk(): Promise<void> {
    this.#begins = false; // there is a cluster
    await runProgram("rm", ["-rf", this.folder]);
    await this.disk.sync();
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
