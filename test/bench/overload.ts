/**
 * What becomes of more load than the machine can carry.
 *
 *   deno run -A test/bench/overload.ts [--seconds 8] [--levels 1,2,5,10] [--partitions 4]
 *
 * First some producers that wait for each answer find out how much can be carried. Then that and
 * its multiples are offered, by as many times more connections, whether answers come or not: what
 * a socket does not take waits at its client. Two consumers read meanwhile. Told are what was
 * answered, the time from a request's last byte being taken by the kernel to its answer, how far
 * clients were behind at the end, and memory. Nothing is asserted: machines differ.
 */
import { parseArgs } from "node:util";
import { ByteWriter } from "../../src/bytes/mod.ts";
import {
  API_KEYS,
  encodeMessage,
  encodeRequestHeader,
  ProduceRequest,
} from "../../src/protocol/mod.ts";
import { encodeBatch } from "../../src/records/mod.ts";
import { TemporaryFolder } from "../kit/folders.ts";
import { pause, Program, root, startStreamer } from "../kit/programs.ts";
import { createTopic } from "../kit/raw_topics.ts";
import { RawClient } from "../kit/wire.ts";

const { values: options } = parseArgs({
  options: {
    seconds: { type: "string", default: "8" },
    levels: { type: "string", default: "1,2,5,10" },
    partitions: { type: "string", default: "4" },
    program: { type: "string", default: `${root}bin/streamer` },
    load: { type: "boolean", default: false },
    port: { type: "string", default: "0" },
    connections: { type: "string", default: "8" },
    rate: { type: "string", default: "0" },
  },
});
const seconds = Number(options.seconds);
const partitions = Number(options.partitions);
const RECORDS = 16;
const CONNECTIONS = 8;

interface Load {
  answered: number;
  failed: number;
  /** Requests that should have been sent by the end and were not. */
  behind: number;
  times: number[];
}

function requestFor(partition: number): Uint8Array {
  const value = crypto.getRandomValues(new Uint8Array(1000));
  const records = encodeBatch(Array.from({ length: RECORDS }, () => ({ value, timestamp: 1e12 })));
  const writer = new ByteWriter();
  const size = writer.reserveInt32();
  const header = { apiKey: API_KEYS.Produce, apiVersion: 9, correlationId: 1, clientId: "load" };
  encodeRequestHeader(writer, header);
  const topicData = [{ name: "load", partitionData: [{ index: partition, records }] }];
  encodeMessage(ProduceRequest, { acks: -1, timeoutMs: 30_000, topicData }, 9, writer);
  size.set(writer.size - 4);
  return writer.finish().slice();
}

/** Offers so many requests a second on one connection; with 0, one after the other's answer. */
async function producer(index: number, rate: number, load: Load): Promise<void> {
  const frame = requestFor(index % partitions);
  const connection = await Deno.connect({ hostname: "127.0.0.1", port: Number(options.port) });
  connection.setNoDelay(true);
  const began = performance.now();
  const until = began + seconds * 1000;
  const sentAt: number[] = [];
  let sent = 0;
  let onAnswer: (() => void) | undefined;
  const reading = (async () => {
    for await (const at of answers(connection)) {
      load.times.push(at.now - sentAt.shift()!);
      load.answered++;
      if (at.errorCode !== 0) load.failed++;
      onAnswer?.();
    }
  })();
  while (performance.now() < until) {
    const due = rate === 0 ? sent : Math.floor((performance.now() - began) / 1000 * rate);
    if (rate > 0 && sent >= due) {
      await pause(Math.min(50, 1000 / rate));
      continue;
    }
    const answered = Promise.withResolvers<void>();
    onAnswer = answered.resolve;
    let at = 0;
    const late = setTimeout(() => connection.close(), until - performance.now());
    try {
      while (at < frame.length) at += await connection.write(frame.subarray(at));
      sentAt.push(performance.now());
      sent++;
    } catch {
      break; // time was up before the kernel took it
    } finally {
      clearTimeout(late);
    }
    if (rate === 0) await answered.promise;
  }
  if (rate > 0) load.behind += Math.max(0, Math.floor(seconds * rate) - sent);
  await pause(0);
  try {
    connection.close();
  } catch { /* it is closed */ }
  await reading.catch(() => {});
}

/** The time of each answer, and its error. */
async function* answers(connection: Deno.TcpConn) {
  let rest = new Uint8Array(0);
  const into = new Uint8Array(65_536);
  for (let got; (got = await connection.read(into).catch(() => null)) !== null;) {
    const all = new Uint8Array(rest.length + got);
    all.set(rest);
    all.set(into.subarray(0, got), rest.length);
    const view = new DataView(all.buffer);
    let at = 0;
    for (
      ;
      all.length - at >= 4 && all.length - at >= 4 + view.getInt32(at);
      at += 4 + view.getInt32(at)
    ) {
      // size, correlation id, tags, 1 topic, "load", 1 partition, its index, the error
      yield { now: performance.now(), errorCode: view.getInt16(at + 4 + 4 + 1 + 1 + 5 + 1 + 4) };
    }
    rest = all.slice(at);
  }
}

if (options.load) {
  const load: Load = { answered: 0, failed: 0, behind: 0, times: [] };
  const count = Number(options.connections);
  const rate = Number(options.rate) / count;
  await Promise.all(Array.from({ length: count }, (_, index) => producer(index, rate, load)));
  const times = load.times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))];
  const told = { ...load, times: undefined, p50: at(0.5), p99: at(0.99), most: times.at(-1) };
  console.log(`result ${JSON.stringify(told)}`);
  Deno.exit(0);
}

using folder = new TemporaryFolder();
const { program, port } = await startStreamer({
  data: `${folder.path}/data`,
  program: options.program,
});
const megabytes = () => {
  const status = Deno.readTextFileSync(`/proc/${program.pid}/status`);
  return Number(/VmRSS:\s+(\d+)/.exec(status)![1]) / 1024;
};

async function offered(connections: number, rate: number) {
  const script = new URL(import.meta.url).pathname;
  const load = new Program(Deno.execPath(), [
    ...["run", "-A", script, "--load", "--port", `${port}`, "--connections", `${connections}`],
    ...["--rate", `${rate}`, "--seconds", `${seconds}`, "--partitions", `${partitions}`],
  ]);
  let most = 0;
  let isDone = false;
  let consumed = 0;
  const watch = (async () => {
    for (; !isDone; await pause(100)) most = Math.max(most, megabytes());
  })();
  const consumers = [0, 1].map(async (partition) => {
    using client = await RawClient.connect(port);
    const end = await client.ask("ListOffsets", 6, {
      replicaId: -1,
      topics: [{ name: "load", partitions: [{ partitionIndex: partition, timestamp: -1 }] }],
    });
    let fetchOffset = end.topics[0].partitions[0].offset;
    while (!isDone) {
      const { responses } = await client.ask("Fetch", 11, {
        maxWaitMs: 500,
        minBytes: 1,
        maxBytes: 1 << 20,
        topics: [{
          topic: "load",
          partitions: [{ partition, fetchOffset, partitionMaxBytes: 1 << 20 }],
        }],
      });
      const records: Uint8Array | null = responses[0]?.partitions[0].records;
      if (!records?.length) continue;
      const view = new DataView(records.buffer, records.byteOffset, records.length);
      for (let at = 0; at + 61 <= records.length; at += 12 + view.getInt32(at + 8)) {
        fetchOffset = Number(view.getBigInt64(at)) + view.getInt32(at + 23) + 1;
        consumed += view.getInt32(at + 57);
      }
    }
  });
  const printed = await load.untilPrinted(/result (.*)\n/, seconds * 1000 + 60_000);
  isDone = true;
  const told = await Promise.allSettled(consumers);
  await watch;
  await load.exited;
  const failed = told.filter(({ status }) => status === "rejected").length;
  return {
    ...JSON.parse(printed[1]),
    most: JSON.parse(printed[1]).most,
    consumed,
    failed,
    rss: most,
  };
}

try {
  using client = await RawClient.connect(port);
  await createTopic(client, "load", { partitions, configs: { "retention.bytes": "200000000" } });
  await offered(CONNECTIONS, 0); // warm
  const carried = await offered(CONNECTIONS, 0);
  const capacity = carried.answered / seconds;
  console.log(
    "| offered | connections | records/s offered | answered | consumed | p50 ms | p99 ms | most ms | " +
      "behind s | MB |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
  );
  const tell = (name: string, connections: number, rate: number, result: typeof carried) =>
    console.log(
      "| " + [
        name,
        connections,
        (rate * RECORDS).toFixed(0),
        (result.answered * RECORDS / seconds).toFixed(0),
        (result.consumed / seconds).toFixed(0),
        result.p50.toFixed(1),
        result.p99.toFixed(1),
        result.most.toFixed(0),
        rate === 0 ? "" : (result.behind / rate).toFixed(1),
        result.rss.toFixed(0),
      ].join(" | ") + " |",
    );
  tell("one at a time", CONNECTIONS, 0, carried);
  for (const level of options.levels.split(",").map(Number)) {
    const rate = capacity * level;
    tell(`${level}×`, CONNECTIONS * level, rate, await offered(CONNECTIONS * level, rate));
  }
} finally {
  await program.stop();
}
