/** This process as Linux shows it in `/proc`; other systems say less. */
import process from "node:process";
import type { MemoryFigures, ProcessInfo } from "../process.ts";

export class DenoProcess implements ProcessInfo {
  /** `ulimit -n` as it was at the start, which is as high as it goes: Deno raises it by itself. */
  readonly #maxOpenFiles = maxOpenFiles();

  memory(): MemoryFigures {
    const { rss, heapUsed, external } = Deno.memoryUsage();
    return { residentBytes: rss, heapUsedBytes: heapUsed, externalBytes: external };
  }

  cpuSeconds(): number {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  }

  /** Linux has the number as the folder's size since 6.2; before that it is 0 there. */
  openFiles(): number | undefined {
    try {
      return Deno.statSync("/proc/self/fd").size || [...Deno.readDirSync("/proc/self/fd")].length;
    } catch {
      return undefined;
    }
  }

  hostName(): string {
    return Deno.hostname();
  }

  maxOpenFiles(): number | undefined {
    return this.#maxOpenFiles;
  }
}

function maxOpenFiles(): number | undefined {
  try {
    const limits = Deno.readTextFileSync("/proc/self/limits");
    const soft = /^Max open files\s+(\d+)/m.exec(limits);
    return soft === null ? undefined : Number(soft[1]);
  } catch {
    return undefined;
  }
}
