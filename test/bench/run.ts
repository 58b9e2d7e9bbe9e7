/**
 * How fast, with Apache Kafka beside us where it can be had.
 *
 *   deno task bench [--rounds 3] [--json] [--only produce] [--without-kafka] [--durability disk|os]
 *
 * Starts streamer and Apache Kafka, each in an empty folder, and drives both in turn with one
 * client of librdkafka (`load.c` here) at the same durability: what is acknowledged is on disk
 * (`flush.messages=1` in Kafka). Prints each figure's median over the rounds and the ratio; a ratio
 * counts only from one run of both. Nothing here is asserted: machines differ, and are noisy.
 */
import { parseArgs } from "node:util";
import {
  freePort,
  hasApacheKafka,
  pause,
  peers,
  Program,
  root,
  untilListening,
} from "../kit/programs.ts";
import { buildLoad, cpuOf, memoryOf, runLoad } from "./measure.ts";

const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    only: { type: "string", default: "" },
    durability: { type: "string", default: "disk" },
    program: { type: "string", default: `${root}bin/streamer` },
    json: { type: "boolean", default: false },
    "without-kafka": { type: "boolean", default: false },
  },
});
const rounds = Number(options.rounds);
const isSynced = options.durability === "disk";
const work = Deno.makeTempDirSync({ prefix: "streamer-bench-" });

interface System {
  name: string;
  program: Program;
  brokers: string;
  readyMs: number;
}
interface Workload {
  name: string;
  unit: string;
  /** Is more better? Else less is. */
  more: boolean;
  measure(system: System, round: number): Promise<number>;
}

const load = await buildLoad();
const systems: System[] = [];
const figures: { name: string; unit: string; more: boolean; values: Record<string, number[]> }[] =
  [];
try {
  const starters = [startStreamer];
  if (!options["without-kafka"] && hasApacheKafka()) starters.push(startKafka);
  else console.error("Apache Kafka is not here (or not wanted): figures of streamer alone");

  // Time to ready first, each alone on the machine, several times; the last start stays.
  const readiness = {
    name: "empty folder to first metadata answer",
    unit: "ms",
    more: false,
    values: {} as Record<string, number[]>,
  };
  for (const start of starters) {
    for (let round = 1; round <= rounds; round++) {
      const system = await start(round);
      (readiness.values[system.name] ??= []).push(system.readyMs);
      if (round < rounds) await system.program.stop();
      else systems.push(system);
    }
  }
  figures.push(readiness);
  await pause(2000);
  record(
    "resident memory, just started",
    "MB",
    false,
    (system) => memoryOf(system.program.pid).now,
  );
  const before = new Map(systems.map((system) => [system.name, cpuOf(system.program.pid)]));

  for (const workload of workloads().filter(({ name }) => name.includes(options.only))) {
    const values: Record<string, number[]> = {};
    for (let round = 1; round <= rounds; round++) {
      // In turn, and the order turned round each time, so that a slow minute of the machine hits
      // both.
      for (const system of round % 2 ? systems : systems.toReversed()) {
        (values[system.name] ??= []).push(await workload.measure(system, round));
        console.error(
          `${workload.name}, round ${round}, ${system.name}: ${
            values[system.name].at(-1)
          } ${workload.unit}`,
        );
      }
    }
    figures.push({ ...workload, values });
  }
  record(
    "resident memory, at its highest",
    "MB",
    false,
    (system) => memoryOf(system.program.pid).peak,
  );
  record(
    "processor time of all of it",
    "s",
    false,
    (system) => cpuOf(system.program.pid) - before.get(system.name)!,
  );
} finally {
  for (const { program } of systems) await program.stop();
  Deno.removeSync(work, { recursive: true });
}
print();

function workloads(): Workload[] {
  const produce = (size: number, count: number, extra: string[] = []) =>
  async (
    system: System,
    round: number,
  ) => {
    const topic = `produce-${size}-${extra.length}-${round}`;
    const result = await runLoad(load, [
      "produce",
      system.brokers,
      topic,
      `${size}`,
      `${count}`,
      ...extra,
    ]);
    return size >= 1024 ? result.megabytesPerSecond : result.recordsPerSecond;
  };
  const latency = (percentile: "p50" | "p99") => async (system: System, round: number) => {
    const result = await runLoad(load, [
      "latency",
      system.brokers,
      `latency-${percentile}-${round}`,
      "100",
      "2000",
    ]);
    return result[percentile];
  };
  return [
    { name: "produce 1 KiB, acks=1", unit: "MB/s", more: true, measure: produce(1024, 400_000) },
    {
      name: "produce 100 B, acks=1",
      unit: "records/s",
      more: true,
      measure: produce(100, 3_000_000),
    },
    {
      name: "produce 1 KiB, acks=all, idempotent",
      unit: "MB/s",
      more: true,
      measure: produce(1024, 300_000, ["acks=all", "enable.idempotence=true"]),
    },
    {
      name: "latency of a 100 B produce, acks=all, p50",
      unit: "ms",
      more: false,
      measure: latency("p50"),
    },
    {
      name: "latency of a 100 B produce, acks=all, p99",
      unit: "ms",
      more: false,
      measure: latency("p99"),
    },
    {
      name: "consume 1 KiB",
      unit: "MB/s",
      more: true,
      measure: async (system, round) => {
        return (await runLoad(load, ["consume", system.brokers, `produce-1024-0-${round}`, "60"]))
          .megabytesPerSecond;
      },
    },
  ];
}

async function startStreamer(round: number): Promise<System> {
  const port = freePort();
  const began = performance.now();
  const program = new Program(options.program, [
    "serve",
    "--listen",
    `127.0.0.1:${port}`,
    "--data",
    `${work}/streamer-${round}`,
    "--set",
    `log.durability=${options.durability}`,
    "--set",
    "group.initial.rebalance.delay.ms=0",
  ]);
  await firstMetadata(port, program);
  return {
    name: "streamer",
    program,
    brokers: `127.0.0.1:${port}`,
    readyMs: performance.now() - began,
  };
}

async function startKafka(round: number): Promise<System> {
  const port = freePort();
  const began = performance.now();
  const ports = ["--port", `${port}`, "--controller-port", `${freePort()}`];
  const settings = isSynced ? ["log.flush.interval.messages=1"] : [];
  const program = new Program(`${peers}/kafka`, [
    "serve",
    `${work}/kafka-${round}`,
    ...ports,
    ...settings,
  ]);
  await firstMetadata(port, program);
  return {
    name: "Apache Kafka",
    program,
    brokers: `127.0.0.1:${port}`,
    readyMs: performance.now() - began,
  };
}

/** Asks for metadata (v0, no topics) until it is answered with at least one broker. */
async function firstMetadata(port: number, program: Program): Promise<void> {
  await untilListening(port, program, 90_000);
  const until = performance.now() + 90_000;
  const request = new Uint8Array([
    0,
    0,
    0,
    18,
    0,
    3,
    0,
    1,
    0,
    0,
    0,
    1,
    0,
    4,
    98,
    101,
    110,
    99,
    0,
    0,
    0,
    0,
  ]);
  while (performance.now() < until) {
    try {
      const connection = await Deno.connect({ hostname: "127.0.0.1", port });
      try {
        await connection.write(request);
        const answer = new Uint8Array(4096);
        const count = await connection.read(answer) ?? 0;
        if (count >= 12 && new DataView(answer.buffer).getInt32(8) > 0) return;
      } finally {
        connection.close();
      }
    } catch { /* not yet */ }
    await pause(5);
  }
  throw new Error(`No metadata on port ${port}:\n${program.printed}`);
}

function record(
  name: string,
  unit: string,
  more: boolean,
  measure: (system: System) => number,
): void {
  const values = Object.fromEntries(systems.map((system) => [system.name, [measure(system)]]));
  figures.push({ name, unit, more, values });
}

function print(): void {
  const median = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1];
  const rows = figures.map(({ name, unit, more, values }) => {
    const [ours, theirs] = ["streamer", "Apache Kafka"].map((system) =>
      values[system] && median(values[system])
    );
    return {
      name,
      unit,
      streamer: ours,
      kafka: theirs,
      ratio: ours && theirs ? ours / theirs : undefined,
      more,
      values,
    };
  });
  if (options.json) {
    return console.log(JSON.stringify({ durability: options.durability, rounds, rows }));
  }
  const figure = (value?: number) =>
    value === undefined
      ? ""
      : value >= 1000
      ? Math.round(value).toLocaleString("en")
      : value.toPrecision(3);
  const what = isSynced ? "on disk before the answer" : "in the page cache";
  console.log(
    `\nMedians of ${rounds} rounds, ${navigator.hardwareConcurrency} cores, acknowledged means ${what}\n`,
  );
  console.log(
    `| what | streamer | Apache Kafka | ratio | better |\n| --- | --- | --- | --- | --- |`,
  );
  for (const { name, unit, streamer, kafka, ratio, more } of rows) {
    const better = more ? "more" : "less";
    console.log(
      `| ${name} (${unit}) | ${figure(streamer)} | ${figure(kafka)} | ${
        ratio?.toFixed(2) ?? ""
      } | ${better} |`,
    );
  }
}
