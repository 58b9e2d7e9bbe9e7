/**
 * What compaction costs: how fast a log is cleaned, and what a client that produces small batches
 * to another topic feels of it. With `--kafka` Apache Kafka does the same.
 *
 *     deno run -A --unstable-worker-options test/bench/cleaning.ts [--kafka] [--megabytes 200]
 */
import { parseArgs } from "node:util";
import { encodeBatch } from "../../src/records/mod.ts";
import { Side } from "../conformance/side.ts";
import { TemporaryFolder } from "../kit/folders.ts";
import { freePort, pause, startApacheKafka, startStreamer } from "../kit/programs.ts";

const { values } = parseArgs({
  options: {
    kafka: { type: "boolean", default: false },
    megabytes: { type: "string", default: "200" },
    codec: { type: "string", default: "none" },
    durability: { type: "string", default: "disk" },
  },
});
const megabytes = Number(values.megabytes);
const KEYS = 100_000;
const SEGMENT_BYTES = 67_108_864;
const RECORDS_A_BATCH = 500;
const utf8 = (text: string) => new TextEncoder().encode(text);

using folder = new TemporaryFolder();
const port = freePort();
const settings = ["log.cleaner.backoff.ms=100", "offsets.topic.replication.factor=1"];
const data = `${folder.path}/data`;
const { program } = values.kafka
  ? await startApacheKafka({ port, folder: data, settings: [...settings, `log.dirs=${data}/logs`] })
  : await startStreamer({
    port,
    data: `${data}/logs`,
    args: [...settings, `log.durability=${values.durability}`].flatMap((each) => ["--set", each]),
  });
await using _ = program;
const side = new Side({ port });
await side.topics({
  state: {
    configs: {
      "cleanup.policy": "compact",
      "min.cleanable.dirty.ratio": "1",
      "segment.bytes": String(SEGMENT_BYTES),
    },
  },
  other: {},
});

const value = utf8("0123456789abcdef".repeat(12));
for (let sent = 0, n = 0; sent < megabytes * 1e6;) {
  const records = Array.from({ length: RECORDS_A_BATCH }, () => ({
    key: utf8(`key-${(n++ * 7919) % KEYS}`),
    value,
    timestamp: Date.now(),
  }));
  const batch = encodeBatch(records, { codec: values.codec as "none" });
  sent += batch.length;
  await side.append("state", 0, batch);
}

const small = () =>
  encodeBatch([{ key: utf8("k"), value: utf8("v".repeat(100)), timestamp: Date.now() }]);
async function produceWhile(isRunning: () => boolean): Promise<number[]> {
  const took: number[] = [];
  while (isRunning()) {
    const batch = small();
    const begin = performance.now();
    await side.append("other", 0, batch);
    took.push(performance.now() - begin);
    await pause(1);
  }
  return took.sort((a, b) => a - b);
}
const told = (took: number[]) =>
  `${took.length} produces, p50 ${took[Math.floor(took.length * 0.5)].toFixed(2)} ms, ` +
  `p99 ${took[Math.floor(took.length * 0.99)].toFixed(2)} ms, max ${took.at(-1)!.toFixed(1)} ms`;

const until = performance.now() + 8000;
console.log(`without cleaning: ${told(await produceWhile(() => performance.now() < until))}`);

const checkpoint = () => {
  try {
    return /^state 0 [1-9]/m.test(
      Deno.readTextFileSync(`${data}/logs/cleaner-offset-checkpoint`),
    );
  } catch {
    return false;
  }
};
await side.ask("IncrementalAlterConfigs", 1, {
  validateOnly: false,
  resources: [{
    resourceType: 2,
    resourceName: "state",
    configs: [{ name: "min.cleanable.dirty.ratio", configOperation: 0, value: "0.01" }],
  }],
});
const begin = performance.now();
const deadline = begin + 120_000;
let isCleaned = false;
const timer = setInterval(() => isCleaned = checkpoint(), 20);
const took = await produceWhile(() => !isCleaned && performance.now() < deadline);
clearInterval(timer);
const seconds = (performance.now() - begin) / 1000;
console.log(`while cleaning:   ${told(took)}`);
// The active segment is not cleaned.
const cleanedMb = Math.floor(megabytes * 1e6 / SEGMENT_BYTES) * SEGMENT_BYTES / 1e6;
console.log(
  `${values.kafka ? "Apache Kafka" : "streamer"}: ${cleanedMb.toFixed(0)} MB cleaned in ${
    seconds.toFixed(1)
  } s, ` +
    `${(cleanedMb / seconds).toFixed(0)} MB/s, ${isCleaned ? "" : "NOT DONE"}`,
);
console.log(/log cleaned.*/.exec(program.printed)?.[0] ?? "");
await side.hangUp();
