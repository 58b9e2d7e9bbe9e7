/** File systems of our own, in a mount namespace that nobody else sees. */
import { spawnSync } from "node:child_process";
import { freePort, pause, Program, root, runProgram, untilListening } from "./programs.ts";

/** Whether this machine lets us mount. */
export function canMount(): boolean {
  return spawnSync("unshare", ["-m", "mount", "-t", "tmpfs", "none", "/mnt"]).status === 0;
}

export const MOUNTS = "mount namespaces (unshare -m as root)";

/** A folder with a small disk on it, for the programs that are started in it. */
export class SmallDisk {
  readonly #holder: Program;

  private constructor(readonly path: string, holder: Program) {
    this.#holder = holder;
  }

  static async mount(path: string, size: string): Promise<SmallDisk> {
    Deno.mkdirSync(path, { recursive: true });
    const script = 'mount -t tmpfs -o "size=$1" none "$0" && echo mounted && exec sleep 600';
    const holder = new Program("unshare", ["-m", "sh", "-c", script, path, size]);
    await holder.untilPrinted(/mounted/);
    return new SmallDisk(path, holder);
  }

  get #inside(): string[] {
    return ["-m", "-t", `${this.#holder.pid}`];
  }

  /** Runs a program that sees the disk; returns what it printed. */
  async run(command: string, ...args: string[]): Promise<string> {
    return (await runProgram("nsenter", [...this.#inside, command, ...args])).printed;
  }

  async resize(size: string): Promise<void> {
    await this.run("mount", "-o", `remount,size=${size}`, this.path);
  }

  /** Takes all the room that is left. */
  async fill(name: string): Promise<void> {
    const path = `${this.path}/${name}`;
    await this.run("sh", "-c", 'dd if=/dev/zero of="$0" bs=4k 2>/dev/null; true', path);
  }

  async remove(name: string): Promise<void> {
    await this.run("rm", "-rf", `${this.path}/${name}`);
  }

  /** Starts streamer with the data there, and resolves when it serves. */
  async startStreamer(
    { port = freePort(), data = `${this.path}/data`, args = [] }: {
      port?: number;
      data?: string;
      args?: string[];
    } = {},
  ): Promise<{ program: Program; port: number }> {
    const serve = ["serve", "--listen", `127.0.0.1:${port}`, "--data", data, ...args];
    const program = new Program("nsenter", [...this.#inside, `${root}bin/streamer`, ...serve]);
    await program.untilPrinted(/Ready/, 60_000);
    await untilListening(port, program);
    return { program, port };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#holder.kill("SIGKILL");
    await this.#holder.exited;
    await pause(0);
  }
}
