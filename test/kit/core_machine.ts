/** A machine that runs several brokers in one process (`streamer serve --cores`), for tests. */
import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { Asker } from "./ask.ts";
import { memberAt } from "./makes.ts";
import { FAULTS, freePorts, linesOf, Program, root } from "./programs.ts";

export interface Machine extends AsyncDisposable {
  readonly program: Program;
  /** Of the first core; the others' are behind it. */
  readonly port: number;
  readonly brokers: string;
  readonly asker: Asker;
}

export interface MachineOptions {
  readonly folder: string;
  readonly cores?: number;
  readonly port?: number;
  readonly args?: string[];
}

/** Resolves when all its brokers serve. */
export async function startMachine(options: MachineOptions): Promise<Machine> {
  const machine = beginMachine(options);
  try {
    await machine.program.untilPrinted(/^Ready on .*$/m, 60_000);
    return machine;
  } catch (error) {
    await machine[Symbol.asyncDispose]();
    throw error;
  }
}

export function beginMachine({ folder, cores = 2, ...options }: MachineOptions): Machine {
  const port = options.port ?? freePorts(cores);
  const listen = ["--listen", `127.0.0.1:${port}`, "--data", `${folder}/data`];
  const fast = ["--set", "group.initial.rebalance.delay.ms=100"];
  const args = ["serve", "--cores", `${cores}`, ...listen, ...fast, ...options.args ?? []];
  const program = new Program(`${root}bin/streamer`, args);
  const asker = new Asker({ ...memberAt(1, "127.0.0.1"), port });
  return {
    program,
    port,
    brokers: `127.0.0.1:${port}`,
    asker,
    async [Symbol.asyncDispose]() {
      asker[Symbol.dispose]();
      program.kill("SIGKILL");
      await program.stop();
    },
  };
}

/** Stops it as an operator does, and looks at how it ended. */
export async function stopWell({ program }: Machine): Promise<void> {
  strictEqual(await program.stop(), 0, program.printed);
  match(program.printed, /Stopped, all data is on disk/);
  deepStrictEqual(linesOf(program, FAULTS), []);
}
