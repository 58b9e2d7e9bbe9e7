/**
 * How much one node holds: connections that rest, partitions, groups; and what it takes for that.
 *
 *   deno run -A test/bench/capacity.ts [--connections 10000] [--partitions 10000] [--groups 1000]
 *
 * Starts streamer in an empty folder and adds one kind after the other. After each it prints the
 * resident memory, the processor time that the node takes while nobody wants anything (groups'
 * members send their heartbeats every three seconds, as real ones do), and how long a small produce
 * takes beside it, one at a time, on disk before it is answered. Nothing here is asserted.
 */
import { parseArgs } from "node:util";
import { encodeBatch } from "../../src/records/mod.ts";
import { TemporaryFolder } from "../kit/folders.ts";
import { pause, root, startStreamer } from "../kit/programs.ts";
import { RawClient } from "../kit/wire.ts";

const { values: options } = parseArgs({
  options: {
    connections: { type: "string", default: "10000" },
    partitions: { type: "string", default: "10000" },
    groups: { type: "string", default: "1000" },
    rest: { type: "string", default: "10" },
    program: { type: "string", default: `${root}bin/streamer` },
    json: { type: "boolean", default: false },
  },
});
const counts = {
  connections: Number(options.connections),
  partitions: Number(options.partitions),
  groups: Number(options.groups),
};
const restMs = Number(options.rest) * 1000;
const PRODUCES = 500;
const PARTITIONS_A_TOPIC = 100;
const HEARTBEAT_MS = 3000;

interface Row {
  readonly what: string;
  readonly tookMs: number;
  readonly residentMb: number;
  readonly cpuPercent: number;
  readonly p50: number;
  readonly p99: number;
  readonly files: number;
}

using folder = new TemporaryFolder();
const { program, port } = await startStreamer({
  data: `${folder.path}/data`,
  program: options.program,
  args: ["group.initial.rebalance.delay.ms=0", "connections.max.idle.ms=3600000"]
    .flatMap((setting) => ["--set", setting]),
});
const clients: RawClient[] = [];
const rows: Row[] = [];
const stop = new AbortController();
try {
  const client = await RawClient.connect(port);
  clients.push(client);
  await createTopic(client, "beside", 1);
  await measure("just started", async () => {});
  await measure(`${counts.partitions} partitions`, makePartitions);
  await measure(`${counts.connections} connections`, connect);
  await measure(`${counts.groups} groups`, joinGroups);
  print();
} finally {
  stop.abort();
  for (const client of clients) client[Symbol.dispose]();
  await program.stop();
}

async function makePartitions(): Promise<void> {
  for (let made = 0; made < counts.partitions; made += PARTITIONS_A_TOPIC) {
    const partitions = Math.min(PARTITIONS_A_TOPIC, counts.partitions - made);
    await createTopic(clients[0], `topic-${made}`, partitions);
  }
}

/** Each says hello and rests. */
async function connect(): Promise<void> {
  while (clients.length < counts.connections) {
    const some = await Promise.all(
      Array.from({ length: Math.min(40, counts.connections - clients.length) }, async () => {
        const client = await RawClient.connect(port);
        await client.ask("ApiVersions", 0, {});
        return client;
      }),
    );
    clients.push(...some);
  }
}

/** A member each, by the connections that are there. */
async function joinGroups(): Promise<void> {
  for (let i = 0; i < counts.groups; i++) {
    const client = clients[1 + i % (clients.length - 1)];
    const groupId = `group-${i}`;
    await untilCoordinated(client, groupId);
    const joined = await client.ask("JoinGroup", 3, {
      groupId,
      sessionTimeoutMs: 45_000,
      rebalanceTimeoutMs: 60_000,
      memberId: "",
      protocolType: "consumer",
      protocols: [{ name: "range", metadata: new Uint8Array(100) }],
    });
    const { memberId, generationId, errorCode } = joined;
    if (errorCode !== 0) throw new Error(`${groupId} cannot be joined: ${errorCode}`);
    await client.ask("SyncGroup", 2, {
      groupId,
      memberId,
      generationId,
      assignments: [{ memberId, assignment: new Uint8Array(100) }],
    });
    void beat(client, { groupId, memberId, generationId });
  }
}

async function untilCoordinated(client: RawClient, key: string): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    const { errorCode } = await client.ask("FindCoordinator", 1, { key, keyType: 0 });
    const { errorCode: loading } = errorCode === 0
      ? await client.ask("Heartbeat", 2, { groupId: key, memberId: "", generationId: -1 })
      : { errorCode };
    if (loading === 0 || loading === 25) return; // UNKNOWN_MEMBER_ID: somebody decides
    await pause(20);
  }
  throw new Error("no coordinator");
}

async function beat(client: RawClient, member: object): Promise<void> {
  await pause(Math.random() * HEARTBEAT_MS);
  while (!stop.signal.aborted) {
    const { errorCode } = await client.ask("Heartbeat", 2, member).catch(() => ({ errorCode: 0 }));
    if (errorCode !== 0) throw new Error(`a heartbeat is answered with ${errorCode}`);
    await pause(HEARTBEAT_MS);
  }
}

async function createTopic(client: RawClient, name: string, numPartitions: number): Promise<void> {
  const { topics: [{ errorCode }] } = await client.ask("CreateTopics", 5, {
    topics: [{ name, numPartitions, replicationFactor: 1 }],
    timeoutMs: 30_000,
  });
  if (errorCode !== 0) throw new Error(`${name} cannot be made: ${errorCode}`);
}

async function measure(what: string, add: () => Promise<void>): Promise<void> {
  const began = performance.now();
  await add();
  const tookMs = performance.now() - began;
  await pause(2000);
  const before = cpuSeconds();
  await pause(restMs);
  const cpuPercent = (cpuSeconds() - before) / (restMs / 1000) * 100;
  const took = await producing();
  rows.push({
    what,
    tookMs,
    residentMb: residentMb(),
    cpuPercent,
    p50: took[Math.floor(took.length * 0.5)],
    p99: took[Math.floor(took.length * 0.99)],
    files: [...Deno.readDirSync(`/proc/${program.pid}/fd`)].length,
  });
  console.error(JSON.stringify(rows.at(-1)));
}

/** Milliseconds that small produces took, in order of length. */
async function producing(): Promise<number[]> {
  using client = await RawClient.connect(port);
  const took: number[] = [];
  for (let i = 0; i < PRODUCES; i++) {
    const records = encodeBatch([{ value: new Uint8Array(100), timestamp: Date.now() }]);
    const began = performance.now();
    const { responses } = await client.ask("Produce", 9, {
      acks: -1,
      timeoutMs: 30_000,
      topicData: [{ name: "beside", partitionData: [{ index: 0, records }] }],
    });
    if (responses[0].partitionResponses[0].errorCode !== 0) throw new Error("a produce failed");
    took.push(performance.now() - began);
  }
  return took.sort((a, b) => a - b);
}

function residentMb(): number {
  const status = Deno.readTextFileSync(`/proc/${program.pid}/status`);
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)![1]) / 1024;
}

/** Of all threads, user and system. */
function cpuSeconds(): number {
  const stat = Deno.readTextFileSync(`/proc/${program.pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

function print(): void {
  if (options.json) return console.log(JSON.stringify(rows));
  console.log(
    "\n| with | added in | resident | processor at rest | produce p50, p99 | files |\n" +
      "| --- | --- | --- | --- | --- | --- |",
  );
  for (const { what, tookMs, residentMb, cpuPercent, p50, p99, files } of rows) {
    const cells = [
      what,
      `${(tookMs / 1000).toFixed(1)} s`,
      `${residentMb.toFixed(0)} MiB`,
      `${cpuPercent.toFixed(1)} %`,
      `${p50.toFixed(2)}, ${p99.toFixed(2)} ms`,
      files,
    ];
    console.log(`| ${cells.join(" | ")} |`);
  }
}
