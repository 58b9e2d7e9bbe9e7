/**
 * How the real program ends: by one signal, by two, while it opens its data, with clients that
 * wait, that never read and that say nothing. What was acknowledged is there every time.
 */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { encodeBatch } from "../../src/records/mod.ts";
import { TemporaryFolder } from "../kit/folders.ts";
import { FAULTS, freePort, linesOf, pause, Program, root, startStreamer } from "../kit/programs.ts";
import { createTopic, produce, produceBytes, readAll } from "../kit/raw_topics.ts";
import { HUNG_UP, RawClient } from "../kit/wire.ts";

const NOT_COORDINATOR = 16;
const MINUTE = 60_000;

Deno.test("One signal: who waits is answered, who never reads or says nothing is left, all is clean", async () => {
  using folder = new TemporaryFolder();
  const data = `${folder.path}/data`;
  const settings = ["group.initial.rebalance.delay.ms=60000", "log.cleaner.backoff.ms=1"];
  const { program, port } = await startStreamer({
    data,
    args: settings.flatMap((setting) => ["--set", setting]),
  });
  const clients: Disposable[] = [];
  const connect = async () => {
    const client = await RawClient.connect(port);
    clients.push(client);
    return client;
  };
  try {
    const client = await connect();
    await createTopic(client, "waits");
    const compacted = {
      "cleanup.policy": "compact",
      "segment.bytes": "1048576",
      "min.cleanable.dirty.ratio": "0.01",
    };
    await createTopic(client, "compacted", { configs: compacted });
    await untilCoordinator(client);

    for (let i = 0; i < 1000; i++) clients.push(await Deno.connect({ port }) as Disposable);
    for (let i = 0; i < 20; i++) await neverRead(await connect());
    const acked: number[] = [];
    const load = keepProducing(await connect(), "compacted", acked);
    const fetched = (await connect()).ask("Fetch", 11, fetchOf("waits", 10 * MINUTE));
    const joined = (await connect()).ask("JoinGroup", 3, joinOf("group"));
    await program.untilPrinted(/log cleaned/);

    program.kill("SIGTERM");
    strictEqual((await fetched).responses[0].partitions[0].errorCode, 0);
    strictEqual((await joined).errorCode, NOT_COORDINATOR);
    await load;
    strictEqual(await program.exited, 0, program.printed);
    deepStrictEqual(linesOf(program, FAULTS), []);
    const next = await startStreamer({ data });
    match(next.program.printed, /log directory opened.*clean=true/);
    using reader = await RawClient.connect(next.port);
    const end = await endOf(reader, "compacted");
    ok(end > acked.at(-1)!, `${end} ${acked.at(-1)}`);
    strictEqual(await next.program.stop(), 0);
  } finally {
    for (const client of clients) client[Symbol.dispose]();
  }
});

for (const [signal, code] of [["SIGTERM", 143], ["SIGINT", 130]] as const) {
  Deno.test(`A second ${signal} ends it at once with ${code}, and nothing acknowledged is lost`, async () => {
    using folder = new TemporaryFolder();
    const data = `${folder.path}/data`;
    const { program, port } = await startStreamer({ data });
    using client = await RawClient.connect(port);
    await createTopic(client, "load");
    using idle = await RawClient.connect(port);
    await neverRead(idle); // whom the first signal waits for
    const acked: number[] = [];
    const load = keepProducing(client, "load", acked);
    while (acked.length < 50) await pause(10);
    program.kill(signal);
    await pause(200);
    program.kill(signal);
    strictEqual(await program.exited, code, program.printed);
    await load;
    const next = await startStreamer({ data });
    match(next.program.printed, /log directory opened.*clean=false/);
    using reader = await RawClient.connect(next.port);
    const stored = new Set((await readAll(reader, { topic: "load" })).map(({ offset }) => offset));
    deepStrictEqual(acked.filter((offset) => !stored.has(offset)), []);
    strictEqual(await next.program.stop(), 0);
  });
}

Deno.test("Signals at the same moment are one: runners pass on what their group gets as well", async () => {
  using folder = new TemporaryFolder();
  const { program } = await startStreamer({ data: `${folder.path}/data` });
  program.kill("SIGINT");
  program.kill("SIGTERM");
  strictEqual(await program.exited, 0, program.printed);
  match(program.printed, /Stopped, all data is on disk/);
});

Deno.test("A signal ends a long recovery, and the next start is right", async () => {
  using folder = new TemporaryFolder();
  const data = `${folder.path}/data`;
  const partitions = 120;
  const first = await startStreamer({ data });
  using client = await RawClient.connect(first.port);
  await createTopic(client, "large", { partitions });
  for (let i = 0; i < 20; i++) await produce(client, { topic: "large" }, ["x".repeat(900_000)]);
  for (let i = 1; i < partitions; i++) await produce(client, { topic: "large", partition: i }, []);
  strictEqual(await first.program.stop(), 0);
  // The same 18 MB under each partition's name: nobody writes to them here.
  const log = "00000000000000000000.log";
  for (let i = 1; i < partitions; i++) {
    Deno.removeSync(`${data}/large-${i}/${log}`);
    Deno.linkSync(`${data}/large-0/${log}`, `${data}/large-${i}/${log}`);
  }
  Deno.removeSync(`${data}/.kafka_cleanshutdown`);
  Deno.removeSync(`${data}/recovery-point-offset-checkpoint`);

  const port = freePort();
  const serve = ["serve", "--listen", `127.0.0.1:${port}`, "--data", data];
  const given = new Program(`${root}bin/streamer`, serve);
  await given.untilPrinted(/data in/);
  await pause(300); // it has 2 GB to read
  given.kill("SIGTERM");
  strictEqual(await given.exited, 0, given.printed);
  match(given.printed, /Stopped before it was ready/);
  deepStrictEqual(linesOf(given, /Ready|rror/), []);

  const next = await startStreamer({ data });
  match(next.program.printed, /log directory opened.*clean=false/);
  using reader = await RawClient.connect(next.port);
  for (const partition of [0, 1, partitions - 1]) {
    strictEqual(await endOf(reader, "large", partition), 20);
  }
  strictEqual(await next.program.stop(), 0, next.program.printed);
});

/** Asks for far more than its socket takes, and never looks at it. */
async function neverRead(client: RawClient): Promise<void> {
  await createTopic(client, "big");
  await produce(client, { topic: "big" }, ["y".repeat(900_000)]);
  for (let i = 0; i < 30; i++) await client.send("Fetch", 11, fetchOf("big", 0));
}

const fetchOf = (topic: string, maxWaitMs: number) => ({
  maxWaitMs,
  minBytes: 1,
  maxBytes: 50_000_000,
  topics: [{ topic, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1 << 20 }] }],
});

const joinOf = (groupId: string) => ({
  groupId,
  sessionTimeoutMs: 30_000,
  rebalanceTimeoutMs: MINUTE,
  memberId: "",
  protocolType: "consumer",
  protocols: [{ name: "range", metadata: new Uint8Array() }],
});

async function untilCoordinator(client: RawClient): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const answer = await client.ask("FindCoordinator", 4, {
      keyType: 0,
      coordinatorKeys: ["group"],
    });
    if (answer.coordinators[0].errorCode === 0) return;
    await pause(50);
  }
}

/** Until nobody answers any more. */
async function keepProducing(client: RawClient, topic: string, acked: number[]): Promise<void> {
  for (let n = 0;; n++) {
    const key = new TextEncoder().encode(`key ${n % 100}`);
    const batch = encodeBatch([{ key, value: new Uint8Array(20_000), timestamp: Date.now() }]);
    const answer = await produceBytes(client, { topic }, batch).catch(() => HUNG_UP);
    if (typeof answer === "string") return;
    strictEqual(answer.errorCode, 0, answer.errorMessage);
    acked.push(answer.baseOffset);
  }
}

async function endOf(client: RawClient, topic: string, partition = 0): Promise<number> {
  const answer = await client.ask("ListOffsets", 5, {
    replicaId: -1,
    isolationLevel: 0,
    topics: [{ name: topic, partitions: [{ partitionIndex: partition, timestamp: -1 }] }],
  });
  return answer.topics[0].partitions[0].offset;
}
