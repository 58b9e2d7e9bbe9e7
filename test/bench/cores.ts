/**
 * What a broker on each core is worth, and costs: `serve` alone, and with `--cores` 1, 2, ….
 *
 * deno run -A test/bench/cores.ts [--rounds 3] [--cores 1,2,4] [--scale 1] [--program bin/streamer]
 *
 * Each round starts each of them once in an empty folder, in an order that turns round each time,
 * and loads topics of eight partitions by one client of librdkafka (`load.c`). The client takes a
 * good part of a small machine itself, so beside what went through stands what it cost the server:
 * the processor time of a gigabyte. One load is the server's alone nearly: a topic that is
 * compressed by the broker (`compression.type`). Prints each figure's median. Nothing here is
 * asserted: machines differ, and are noisy.
 */
import { parseArgs } from "node:util";
import { TemporaryFolder } from "../kit/folders.ts";
import { freePorts, pause, Program, root } from "../kit/programs.ts";
import { createTopic } from "../kit/raw_topics.ts";
import { RawClient } from "../kit/wire.ts";
import { buildLoad, cpuOf, memoryOf, runLoad } from "./measure.ts";

const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    cores: { type: "string", default: "1,2,4" },
    scale: { type: "string", default: "1" },
    program: { type: "string", default: `${root}bin/streamer` },
  },
});
const scale = Number(options.scale);
const PARTITIONS = 8;
const REST_MS = 5000;
const load = await buildLoad();
/** undefined: without the flag. */
const variants = [undefined, ...options.cores.split(",").map(Number)];
const nameOf = (cores: number | undefined) => cores === undefined ? "serve" : `--cores ${cores}`;
const figures = new Map<string, Map<string, number[]>>();

for (let round = 1; round <= Number(options.rounds); round++) {
  for (const cores of round % 2 ? variants : variants.toReversed()) {
    using folder = new TemporaryFolder();
    await measure(cores, folder.path, (what, value) => {
      const row = figures.get(what) ?? new Map<string, number[]>();
      figures.set(what, row.set(nameOf(cores), [...row.get(nameOf(cores)) ?? [], value]));
      console.error(`round ${round}, ${nameOf(cores)}: ${what}: ${value.toFixed(2)}`);
    });
  }
}
print();

async function measure(
  cores: number | undefined,
  folder: string,
  tell: (what: string, value: number) => void,
): Promise<void> {
  const port = freePorts(cores ?? 1);
  const flag = cores === undefined ? [] : ["--cores", `${cores}`];
  const listen = ["--listen", `127.0.0.1:${port}`, "--data", `${folder}/data`];
  const began = performance.now();
  const program = new Program(options.program, ["serve", ...flag, ...listen]);
  try {
    await program.untilPrinted(/^Ready/m, 60_000);
    tell("start in an empty folder (ms)", performance.now() - began);
    const ready = cpuOf(program.pid);
    tell("processor time until then (s)", ready);
    await pause(REST_MS);
    tell("memory, idle (MB)", memoryOf(program.pid).now);
    tell("processor, idle (% of a core)", (cpuOf(program.pid) - ready) / REST_MS * 1e5);
    await loadIt(port, program, tell);
    tell("memory at its highest (MB)", memoryOf(program.pid).peak);
    const stopping = performance.now();
    const code = await program.stop(60_000);
    tell("stop (ms)", performance.now() - stopping);
    if (code !== 0) throw new Error(`it ended with ${code}:\n${program.printed}`);
  } finally {
    program.kill("SIGKILL");
  }
}

async function loadIt(
  port: number,
  program: Program,
  tell: (what: string, value: number) => void,
): Promise<void> {
  const brokers = `127.0.0.1:${port}`;
  const measured = async (what: string, args: string[], bytes?: number) => {
    const before = cpuOf(program.pid);
    const { megabytesPerSecond, seconds } = await runLoad(load, args);
    tell(`${what} (MB/s)`, megabytesPerSecond);
    const gigabytes = (bytes ?? megabytesPerSecond * seconds * 1e6) / 1e9;
    tell(`${what}, the server's processor time (s/GB)`, (cpuOf(program.pid) - before) / gigabytes);
  };
  await makeTopic(port, "plain");
  await makeTopic(port, "small");
  await makeTopic(port, "compressed", { "compression.type": "zstd" });
  const count = (records: number) => `${Math.round(records * scale)}`;
  await measured("produce 1 KiB", ["produce", brokers, "plain", "1024", count(600_000)]);
  await measured("produce 100 B", ["produce", brokers, "small", "100", count(3_000_000)]);
  await measured("produce 1 KiB, the broker compresses", [
    ...["produce", brokers, "compressed", "1024", count(200_000)],
  ]);
  await measured("consume 1 KiB", ["consume", brokers, "plain", "120"]);
}

async function makeTopic(port: number, name: string, configs = {}): Promise<void> {
  using client = await RawClient.connect(port);
  const code = await createTopic(client, name, { partitions: PARTITIONS, configs });
  if (code !== 0) throw new Error(`CreateTopics answers ${code}`);
  await pause(500); // until each of its leaders knows it
}

function print(): void {
  const names = variants.map(nameOf);
  const width = Math.max(...[...figures.keys()].map(({ length }) => length));
  const row = (first: string, cells: string[]) =>
    console.log([first.padEnd(width), ...cells.map((cell) => cell.padStart(11))].join(" "));
  row("", names);
  for (const [what, values] of figures) {
    row(
      what,
      names.map((name) => median(values.get(name)!).toFixed(what.includes("s/GB") ? 2 : 1)),
    );
  }
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
