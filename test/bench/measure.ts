/** What benchmarks measure with: a client of librdkafka (`load.c`), and what the kernel counts. */
import { exists, root, runProgram } from "../kit/programs.ts";

/** Builds `load.c` unless that was done; its path. */
export async function buildLoad(): Promise<string> {
  const binary = `${root}.cache/load`;
  const source = `${root}test/bench/load.c`;
  if (!exists(binary) || Deno.statSync(binary).mtime! < Deno.statSync(source).mtime!) {
    Deno.mkdirSync(`${root}.cache`, { recursive: true });
    await runProgram("cc", ["-O2", "-o", binary, source, "-lrdkafka", "-lm"]);
  }
  return binary;
}

/** Runs `load.c` to its end; throws when a record was refused. */
export async function runLoad(load: string, args: string[]): Promise<Record<string, number>> {
  const { printed } = await runProgram(load, args, { withinMs: 180_000 });
  const result = JSON.parse(printed.slice(printed.lastIndexOf("{")));
  if (result.failed) throw new Error(`${args.join(" ")}: ${result.failed} failed\n${printed}`);
  return result;
}

/** Resident memory in MB, now and at its highest, as the kernel counts it. */
export function memoryOf(pid: number): { now: number; peak: number } {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  const field = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)![1]) / 1000;
  return { now: field("VmRSS"), peak: field("VmHWM") };
}

/** Processor seconds so far, user and system, of all threads. */
export function cpuOf(pid: number): number {
  const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
