/**
 * How long a start takes, with much on disk.
 *
 *   deno run -A --no-prompt test/bench/startup.ts [--partitions 10000] [--topics 1000] [--gigabytes 100]
 *
 * Makes a folder by the real program: so many partitions, each with a few records; then one more
 * topic whose sealed segments are sparse files of a GiB. Starts it after a clean stop, after a
 * kill, and each again with the page cache dropped where that is allowed. Prints the time to ready
 * and the resident memory. Nothing here is asserted: machines differ, and are noisy.
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { TemporaryFolder } from "../kit/folders.ts";
import { pause, type Program, root, startStreamer } from "../kit/programs.ts";
import { createTopic, produce } from "../kit/raw_topics.ts";
import { inflate } from "../kit/sparse_segments.ts";
import { RawClient } from "../kit/wire.ts";

const { values: options } = parseArgs({
  options: {
    partitions: { type: "string", default: "10000" },
    topics: { type: "string", default: "900" },
    gigabytes: { type: "string", default: "100" },
    program: { type: "string", default: `${root}bin/streamer` },
    keep: { type: "string", default: "" },
  },
});
const partitions = Number(options.partitions);
const topics = Number(options.topics);
const { program: file } = options;

using folder = new TemporaryFolder();
const data = options.keep || `${folder.path}/data`;
const args = ["--set", "log.segment.bytes=1048576"];

{
  const { program, port } = await startStreamer({ data, program: file, args });
  await fill(port);
  await stop(program);
}
const bytes = inflate(`${data}/large-0`, 2 ** 30, Number(options.gigabytes));
console.log(`${partitions} partitions of ${topics} topics, ${bytes / 2 ** 30} GiB in large-0`);
for (const isCold of [false, true]) {
  const cache = isCold ? "cold" : "warm";
  if (isCold && !dropCaches()) {
    console.log("the page cache can't be dropped here");
    break;
  }
  await stop(await start(`clean stop, ${cache}`));
  const again = await start("");
  again.kill("SIGKILL");
  await again.exited;
  if (isCold) dropCaches();
  await stop(await start(`kill, ${cache}`));
}

async function start(what: string): Promise<Program> {
  const began = performance.now();
  const { program } = await startStreamer({ data, program: file });
  const ms = Math.round(performance.now() - began);
  if (what === "") return program;
  const told = /after (\d+) ms/.exec(program.printed)![1];
  await pause(1000);
  const status = readFileSync(`/proc/${program.pid}/status`, "utf8");
  const [, kib] = /VmHWM:\s+(\d+) kB/.exec(status)!;
  const [, rss] = /VmRSS:\s+(\d+) kB/.exec(status)!;
  console.log(
    `${what}: ready after ${ms} ms (told: ${told} ms), ` +
      `${Math.round(Number(rss) / 1024)} MiB resident, ${Math.round(Number(kib) / 1024)} at most`,
  );
  return program;
}

async function stop(program: Program): Promise<void> {
  const began = performance.now();
  const code = await program.stop(120_000);
  console.log(`  stopped with ${code} after ${Math.round(performance.now() - began)} ms`);
}

function dropCaches(): boolean {
  try {
    Deno.writeTextFileSync("/proc/sys/vm/drop_caches", "3");
    return true;
  } catch {
    return false;
  }
}

async function fill(port: number): Promise<void> {
  const each = Math.ceil(partitions / topics);
  using client = await RawClient.connect(port);
  for (let topic = 0; topic < topics; topic++) {
    const code = await createTopic(client, `topic-${topic}`, { partitions: each });
    if (code !== 0) throw new Error(`CreateTopics answers ${code}`);
    for (let partition = 0; partition < each; partition++) {
      const answer = await produce(client, { topic: `topic-${topic}`, partition, acks: 1 }, [
        "some",
      ]);
      if (answer === "hung up" || answer.errorCode !== 0) {
        throw new Error(`${topic} ${partition} ${JSON.stringify(answer)}`);
      }
    }
  }
  const configs = { "segment.bytes": "1048576" };
  await createTopic(client, "large", { configs });
  for (let i = 0; i < 2 * Number(options.gigabytes) + 3; i++) {
    await produce(client, { topic: "large" }, [`${i} ${"x".repeat(600_000)}`]);
  }
}
