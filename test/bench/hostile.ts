/**
 * What clients that behave badly cost those that behave.
 *
 *   deno run -A test/bench/hostile.ts [--seconds 6] [--only flood]
 *
 * One client produces small records that must be on disk, and another reads them, each waiting for
 * its answer before it asks again; their answers' times are told while nothing else happens and
 * then under each kind of attack, which is a process of its own. Nothing is asserted: machines
 * differ, and are noisy.
 */
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import { ByteWriter, crc32c } from "../../src/bytes/mod.ts";
import {
  API_KEYS,
  apiByKey,
  type ApiName,
  encodeMessage,
  encodeRequestHeader,
} from "../../src/protocol/mod.ts";
import { encodeBatch } from "../../src/records/mod.ts";
import { TemporaryFolder } from "../kit/folders.ts";
import { pause, Program, root, startStreamer } from "../kit/programs.ts";
import { createTopic, produce } from "../kit/raw_topics.ts";
import { RawClient } from "../kit/wire.ts";

const { values: options } = parseArgs({
  options: {
    seconds: { type: "string", default: "6" },
    only: { type: "string", default: "" },
    attack: { type: "string" },
    port: { type: "string", default: "0" },
    program: { type: "string", default: `${root}bin/streamer` },
  },
});

function frameOf(api: ApiName, version: number, body: unknown): Uint8Array {
  const writer = new ByteWriter();
  const size = writer.reserveInt32();
  const apiKey = API_KEYS[api];
  encodeRequestHeader(writer, { apiKey, apiVersion: version, correlationId: 1, clientId: "bad" });
  encodeMessage(apiByKey(apiKey)!.request, body as never, version, writer);
  size.set(writer.size - 4);
  return writer.finish().slice();
}

const largeFetch = () =>
  frameOf("Fetch", 11, {
    maxWaitMs: 0,
    minBytes: 0,
    maxBytes: 50_000_000,
    topics: [{
      topic: "big",
      partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 50_000_000 }],
    }],
  });
const produceOf = (records: Uint8Array, partitions = 1) =>
  frameOf("Produce", 9, {
    acks: 1,
    timeoutMs: 1000,
    topicData: [{
      name: "bad",
      partitionData: Array.from({ length: partitions }, () => ({ index: 0, records })),
    }],
  });

/** A batch that says it has one record, around 64 MiB of zeros. */
function bomb(): Uint8Array {
  const one = encodeBatch([{ value: new Uint8Array(1), timestamp: 1 }]);
  const payload = gzipSync(new Uint8Array(1 << 26));
  const batch = new Uint8Array(61 + payload.length);
  batch.set(one.subarray(0, 61));
  batch.set(payload, 61);
  const view = new DataView(batch.buffer);
  view.setInt32(8, batch.length - 12);
  view.setInt16(21, 1);
  view.setUint32(17, crc32c(batch, 21, batch.length));
  return batch;
}

const connect = () => Deno.connect({ hostname: "127.0.0.1", port: Number(options.port) });
const times = <T>(count: number, make: () => Promise<T>) =>
  Promise.all(Array.from({ length: count }, make));
const sendAll = async (to: Deno.TcpConn, bytes: Uint8Array) => {
  for (let at = 0; at < bytes.length;) at += await to.write(bytes.subarray(at));
};
function repeated(bytes: Uint8Array, count: number): Uint8Array {
  const all = new Uint8Array(bytes.length * count);
  for (let i = 0; i < count; i++) all.set(bytes, i * bytes.length);
  return all;
}
/** Asks the same again and again, many at once, and reads what comes. */
async function flood(frame: Uint8Array, atOnce: number): Promise<void> {
  const connection = await connect();
  const many = repeated(frame, atOnce);
  const into = new Uint8Array(1 << 20);
  const reading = (async () => {
    while (await connection.read(into) !== null);
  })();
  reading.catch(() => {});
  for (;;) await sendAll(connection, many);
}

/** Each runs until its process is ended. */
const ATTACKS: Record<string, () => Promise<unknown>> = {
  "50 ask for 1,000 large fetches each and never read": () =>
    times(50, async () => sendAll(await connect(), repeated(largeFetch(), 1000))),
  "50 do so and read a byte a second": () =>
    times(50, async () => {
      const connection = await connect();
      sendAll(connection, repeated(largeFetch(), 1000)).catch(() => {});
      for (;; await pause(1000)) await connection.read(new Uint8Array(1));
    }),
  "200 send half a produce of 1 MB and stop": () =>
    times(200, async () => {
      const frame = produceOf(encodeBatch([{ value: new Uint8Array(1 << 20), timestamp: 1 }]));
      await sendAll(await connect(), frame.subarray(0, frame.length / 2));
    }),
  "1,000 connect and say nothing": () => times(1000, connect),
  "500 say a byte a second": () =>
    times(500, async () => {
      const connection = await connect();
      for (const byte of largeFetch()) {
        await connection.write(new Uint8Array([byte]));
        await pause(1000);
      }
    }),
  "connections come and go as fast as they can": () =>
    times(20, async () => {
      for (;;) (await connect()).close();
    }),
  "one floods with ApiVersions": () => flood(frameOf("ApiVersions", 0, {}), 1000),
  "one floods with Metadata of all": () => flood(frameOf("Metadata", 9, { topics: null }), 1000),
  "one floods with small produces": () =>
    flood(produceOf(encodeBatch([{ value: new Uint8Array(100), timestamp: 1 }])), 100),
  "one floods with small fetches": () =>
    flood(
      frameOf("Fetch", 11, {
        maxBytes: 1000,
        topics: [{ topic: "big", partitions: [{ partition: 0, partitionMaxBytes: 1000 }] }],
      }),
      500,
    ),
  "eight flood with Metadata of all": () =>
    times(8, () => flood(frameOf("Metadata", 9, { topics: null }), 1000)),
  "one commits 20,000 partitions again and again": () =>
    flood(
      frameOf("OffsetCommit", 8, {
        groupId: "bad",
        generationIdOrMemberEpoch: -1,
        topics: [{
          name: "big",
          partitions: Array.from({ length: 20_000 }, (_, partitionIndex) => ({ partitionIndex })),
        }],
      }),
      1,
    ),
  "one deletes 20,000 topics that are not there": () =>
    flood(
      frameOf("DeleteTopics", 4, { topicNames: Array.from({ length: 20_000 }, (_, i) => `t${i}`) }),
      1,
    ),
  "one sends zip bombs": () => flood(produceOf(bomb()), 1),
  "one sends 100 zip bombs a request": () => flood(produceOf(bomb(), 100), 1),
};

if (options.attack !== undefined) {
  await connect().then((connection) => connection.close());
  console.log("attacking");
  await ATTACKS[options.attack]().catch(() => {});
  await pause(1e9); // connections stay open
}

interface Measured {
  produce: number[];
  fetch: number[];
  megabytes: number;
}

async function measured(port: number, pid: number): Promise<Measured> {
  const result: Measured = { produce: [], fetch: [], megabytes: 0 };
  const until = performance.now() + Number(options.seconds) * 1000;
  using producer = await RawClient.connect(port);
  using consumer = await RawClient.connect(port);
  const loop = async (into: number[], ask: () => Promise<unknown>) => {
    while (performance.now() < until) {
      const began = performance.now();
      await ask();
      into.push(performance.now() - began);
      await pause(2);
    }
  };
  const fetch = {
    maxWaitMs: 0,
    minBytes: 0,
    maxBytes: 10_000,
    topics: [{ topic: "good", partitions: [{ partition: 0, partitionMaxBytes: 10_000 }] }],
  };
  await Promise.all([
    loop(result.produce, () => produce(producer, { topic: "good" }, ["x".repeat(100)])),
    loop(result.fetch, () => consumer.ask("Fetch", 11, fetch)),
    (async () => {
      for (; performance.now() < until; await pause(100)) {
        const status = Deno.readTextFileSync(`/proc/${pid}/status`);
        const megabytes = Number(/VmRSS:\s+(\d+)/.exec(status)![1]) / 1024;
        result.megabytes = Math.max(result.megabytes, megabytes);
      }
    })(),
  ]);
  return result;
}

const at = (values: number[], share: number) =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))];

function tell(name: string, { produce, fetch, megabytes }: Measured): void {
  const cells = [produce, fetch].flatMap((values) => [
    at(values, 0.5).toFixed(1),
    at(values, 0.99).toFixed(1),
    Math.max(...values).toFixed(0),
  ]);
  console.log(`| ${name} | ${cells.join(" | ")} | ${megabytes.toFixed(0)} |`);
}

using folder = new TemporaryFolder();
const { program, port } = await startStreamer({
  data: `${folder.path}/data`,
  program: options.program,
});
try {
  using client = await RawClient.connect(port);
  for (const topic of ["good", "bad", "big"]) await createTopic(client, topic);
  for (let i = 0; i < 50; i++) await produce(client, { topic: "big" }, ["x".repeat(900_000)]);
  console.log(
    "| | produce p50 ms | p99 | most | fetch p50 ms | p99 | most | MB |\n" +
      "| --- | --- | --- | --- | --- | --- | --- | --- |",
  );
  await measured(port, program.pid);
  for (const name of Object.keys(ATTACKS).filter((name) => name.includes(options.only))) {
    tell("nothing else", await measured(port, program.pid));
    const script = new URL(import.meta.url).pathname;
    const attacker = new Program(Deno.execPath(), [
      ...["run", "-A", script, "--attack", name, "--port", `${port}`],
    ]);
    await attacker.untilPrinted(/attacking/);
    await pause(500);
    try {
      tell(name, await measured(port, program.pid));
    } catch (error) {
      console.log(`| ${name} | ${error instanceof Error ? error.message : error} |`);
    }
    attacker.kill("SIGKILL");
    await attacker.exited;
    await pause(500);
  }
} finally {
  await program.stop();
}
