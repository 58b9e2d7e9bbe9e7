/**
 * Hosts of their own on one machine, for real programs: each has an address in a network namespace,
 * and what goes between them can be cut (both ways or one), lost and delayed.
 *
 * All of it lives in a world apart ({@link runApart}): fresh namespaces for network, mounts and
 * processes, in which a script of the tests is the first process. Whatever it starts, mounts and
 * makes is gone when it ends, however it ends, since the kernel sees to it; and nobody outside
 * notices any of it. `switch.c` carries the packets: `tc netem` would, but the kernels of small
 * machines come without it.
 *
 * A host's clock can be wrong as well, by `clock.c`.
 */
import { spawnSync } from "node:child_process";
import { hasProgram, pause, Program, root, runProgram } from "./programs.ts";

/** Can this machine do that? */
export function canRunApart(): boolean {
  const probe = ["--net", "--mount", "--pid", "--fork", "test", "-w", "/dev/net/tun"];
  return ["cc", "nsenter", "mkfs.ext4"].every(hasProgram) &&
    spawnSync("unshare", probe).status === 0;
}
export const APART = "namespaces (unshare as root, /dev/net/tun), a C compiler and mkfs.ext4";

/** Starts a script of the tests in a world apart; ends it, and all in there, when time is up. */
export function runApart(
  script: string,
  args: readonly string[],
  options: { withinMs: number },
): Promise<{ code: number; printed: string }> {
  const world = ["--net", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child=KILL"];
  const deno = [Deno.execPath(), "run", "--allow-all", "--no-prompt", "--quiet"];
  return runProgram("unshare", [...world, ...deno, `${root}${script}`, ...args], {
    ...options,
    mayFail: true,
  });
}

/** What a link does to packets that go one way. */
export interface LinkQuality {
  /** Of a hundred packets so many are lost. */
  readonly lossPercent?: number;
  readonly delayMs?: number;
  /** Up to so much more, which also changes their order. */
  readonly jitterMs?: number;
}

const SOURCES = new URL("network/", import.meta.url).pathname;
/** Nothing gets through. */
export const CUT: LinkQuality = { lossPercent: 100 };
/** Where the tests' own clients are. */
const HERE = 254;

export interface Host {
  readonly number: number;
  readonly address: string;
}

export class Network implements AsyncDisposable {
  readonly #switch: Program;
  readonly #folder: string;
  readonly #spaces = new Map<number, string>();
  #read = 0;
  #asking: Promise<unknown> = Promise.resolve();

  private constructor(program: Program, folder: string) {
    this.#switch = program;
    this.#folder = folder;
  }

  /** @param folder where it builds what it needs. */
  static async open(folder: string, seed: number): Promise<Network> {
    const built = `${folder}/switch`;
    await runProgram("cc", ["-O2", "-o", built, `${SOURCES}switch.c`]);
    const library = ["-O2", "-shared", "-fPIC", "-o", `${folder}/clock.so`];
    await runProgram("cc", [...library, `${SOURCES}clock.c`]);
    const network = new Network(new Program(built, [`${seed}`]), folder);
    await network.#ask(`here ${HERE}`);
    return network;
  }

  /** Makes the host 10.0.0.number. */
  async host(number: number): Promise<Host> {
    this.#spaces.set(number, await this.#ask(`host ${number}`));
    const clock = new Uint8Array(8);
    Deno.writeFileSync(this.#clockOf(number), clock);
    return { number, address: `10.0.0.${number}` };
  }

  #clockOf(number: number): string {
    return `${this.#folder}/clock-${number}`;
  }

  /** Starts a program on a host. Signals go to it alone: nothing stands between. */
  start(
    { number }: Host,
    command: string,
    args: readonly string[],
    options: { env?: Record<string, string>; hasOwnClock?: boolean } = {},
  ): Program {
    const clock: Record<string, string> = options.hasOwnClock
      ? { CLOCK_FILE: this.#clockOf(number), LD_PRELOAD: `${this.#folder}/clock.so` }
      : {};
    return new Program("nsenter", [`--net=${this.#spaces.get(number)}`, command, ...args], {
      env: { ...clock, ...options.env },
    });
  }

  /** From now on the host's programs that have their own clock see it so much ahead. */
  setClock({ number }: Host, aheadMs: number): void {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigInt64(0, BigInt(Math.round(aheadMs)), true);
    const file = Deno.openSync(this.#clockOf(number), { write: true });
    file.writeSync(bytes); // in place: programs have it mapped
    file.close();
  }

  /** From one host to another, that way only. `"clients"` are the tests themselves. */
  async link(from: Host | "clients", to: Host | "clients", quality: LinkQuality): Promise<void> {
    const [a, b] = [from, to].map((end) => end === "clients" ? HERE : end.number);
    const { lossPercent = 0, delayMs = 0, jitterMs = 0 } = quality;
    const numbers = [lossPercent * 10_000, delayMs * 1000, jitterMs * 1000].map(Math.round);
    await this.#ask(`link ${a} ${b} ${numbers.join(" ")}`);
  }

  /** Both ways between each of some and each of others. */
  async between(
    some: readonly (Host | "clients")[],
    others: readonly (Host | "clients")[],
    quality: LinkQuality,
  ): Promise<void> {
    for (const one of some) {
      for (const other of others) {
        if (one === other) continue;
        await this.link(one, other, quality);
        await this.link(other, one, quality);
      }
    }
  }

  cut(some: readonly (Host | "clients")[], others: readonly (Host | "clients")[]): Promise<void> {
    return this.between(some, others, CUT);
  }

  cutOneWay(from: Host | "clients", to: Host | "clients"): Promise<void> {
    return this.link(from, to, CUT);
  }

  /** All links as they were at first. */
  async heal(): Promise<void> {
    const all = [...this.#spaces.keys(), HERE];
    for (const a of all) for (const b of all) await this.#ask(`link ${a} ${b} 0 0 0`);
  }

  /** How many packets have gone from one to the other, and how many were lost on the way. */
  async carried(from: Host, to: Host): Promise<{ carried: number; lost: number }> {
    const [carried, lost] = (await this.#ask(`carried ${from.number} ${to.number}`)).split(" ");
    return { carried: Number(carried), lost: Number(lost) };
  }

  /** One command, one answer, in order. */
  #ask(command: string): Promise<string> {
    const answer = this.#asking.then(async () => {
      this.#switch.write(`${command}\n`);
      const until = performance.now() + 10_000;
      for (;;) {
        const end = this.#switch.printed.indexOf("\n", this.#read);
        if (end >= 0) {
          const line = this.#switch.printed.slice(this.#read, end);
          this.#read = end + 1;
          if (line.startsWith("ok")) return line.slice(3);
          throw new Error(`The switch cannot ${command}: ${line}`);
        }
        if (performance.now() > until) throw new Error(`The switch does not answer: ${command}`);
        await pause(1);
      }
    });
    this.#asking = answer.catch(() => {});
    return answer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#switch.stop();
  }
}
