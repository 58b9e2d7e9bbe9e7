/**
 * Nodes as a person starts them by typing `streamer serve`, and the cluster that they come to be,
 * as `streamer cluster status` tells it.
 */
import { ok, strictEqual } from "node:assert/strict";
import { freePort, pause, Program, root } from "./programs.ts";
import { run } from "./terminal.ts";

const PATIENCE_MS = 60_000;

/** Programs that `streamer serve` was typed for, by their ids, in one folder. */
export class Nodes implements AsyncDisposable {
  readonly #running = new Map<number, Program>();
  readonly #ports = new Map<number, { clients: number; controllers: number }>();

  constructor(readonly folder: string) {}

  at(id: number): { clients: number; controllers: number } {
    const known = this.#ports.get(id) ?? { clients: freePort(), controllers: freePort() };
    this.#ports.set(id, known);
    return known;
  }

  /** A node of a cluster; `how` is what is typed besides its id, its addresses and its folder. */
  start(id: number, how: string): Program {
    const { controllers } = this.at(id);
    const isController = !how.includes("--roles broker");
    return this.#serve(
      id,
      isController ? `--controller-listen 127.0.0.1:${controllers} ${how}` : how,
    );
  }

  /** With no word of others. */
  startAlone(id: number): Program {
    return this.#serve(id, "--rack none");
  }

  #serve(id: number, how: string): Program {
    const isBroker = !/--roles controller\b/.test(how);
    const listen = isBroker ? `--listen 127.0.0.1:${this.at(id).clients} ` : "";
    const line = `serve --node-id ${id} --data ${this.folder}/${id} ${listen}${how}`;
    const program = new Program(`${root}bin/streamer`, line.split(" "));
    this.#running.set(id, program);
    return program;
  }

  async stop(id: number): Promise<void> {
    const program = this.#running.get(id)!;
    strictEqual(await program.stop(), 0, program.printed);
  }

  /** Types a command at a node; what comes of it. */
  type(id: number, line: string) {
    const env = { STREAMER_BROKERS: `127.0.0.1:${this.at(id).clients}` };
    return run(line.split(" "), { env });
  }

  async does(id: number, line: string): Promise<string> {
    const { code, out, err } = await this.type(id, line);
    strictEqual(code, 0, `${line}: ${out}${err}${this.printed()}`);
    return out;
  }

  /** Looks until the status is as wanted. */
  async until(id: number, isIt: (status: any) => boolean): Promise<void> {
    for (const end = performance.now() + PATIENCE_MS;; await pause(200)) {
      const { out, err } = await this.type(id, "cluster status --json");
      if (out !== "" && isIt(JSON.parse(out))) return;
      ok(performance.now() < end, `${out}${err}${this.printed()}`);
    }
  }

  printed(): string {
    return [...this.#running].map(([id, { printed }]) => `\nnode ${id}:\n${printed.slice(-2000)}`)
      .join("");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const program of this.#running.values()) program.kill("SIGKILL");
    await Promise.all([...this.#running.values()].map(({ exited }) => exited));
  }
}

/** Ids of the voters that a status tells of. */
export const votersOf = ({ quorum }: any): number[] =>
  quorum?.members.filter(({ isVoter }: any) => isVoter).map(({ id }: any) => id) ?? [];
/** Ids of the brokers that are there. */
export const brokersOf = ({ brokers }: any): number[] =>
  brokers.filter(({ isFenced }: any) => !isFenced).map(({ id }: any) => id);
