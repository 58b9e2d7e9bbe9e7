/**
 * The real program under damaged requests: those that real clients sent, of every API and version
 * that is served, thousands a second over many connections. Beside them somebody produces, reads
 * back and keeps a ledger, and somebody tidies up what mutants make (topics, quotas), as mutants
 * that are sound requests do. Drawn from a seed (`SEED`); `STREAMER_MUTANTS` sets how many.
 */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { Kafka, logLevel } from "kafkajs";
import { SERVED_APIS } from "../../src/broker/mod.ts";
import { ByteReader } from "../../src/bytes/mod.ts";
import { SeededRandom } from "../../src/platform/memory/mod.ts";
import { API_KEYS, apiByKey, decodeMessage, decodeRequestHeader } from "../../src/protocol/mod.ts";
import { TemporaryFolder } from "../kit/folders.ts";
import { Mutants } from "../kit/mutants.ts";
import { FAULTS, linesOf, pause, startStreamer } from "../kit/programs.ts";
import { createTopic, produce, readAll } from "../kit/raw_topics.ts";
import { type RecordedRequest, recordedTraffic } from "../kit/traffic.ts";
import { HUNG_UP, RawClient } from "../kit/wire.ts";

const count = Number(Deno.env.get("STREAMER_MUTANTS") ?? 5000);
const seed = Number(Deno.env.get("SEED") ?? 17);

/** Connections at once, and requests that each sends in one go. */
const CONNECTIONS = 40;
const PIPELINED = 6;
/** An answer that takes longer is one that waits for something: then the client leaves. */
const QUIET_MS = 200;
/** How long a connection may stay open once its client has left. */
const LEFT_MS = 20_000;
const LEDGER = "ledger-of-the-one-who-behaves";
/** Who is meant to be unknown stays so. */
const NOT_MADE = /^(nope|nowhere|missing|__.*|made.*)$/;

Deno.test("The recorded requests are of every API in every version that is served", () => {
  const recorded = new Set(recordedTraffic().map(({ api, version }) => `${api} ${version}`));
  const missing = SERVED_APIS.flatMap(({ name, versions: [first, last] }) =>
    Array.from({ length: last - first + 1 }, (_, index) => `${name} ${first + index}`)
  ).filter((each) => !recorded.has(each));
  deepStrictEqual(missing, []);
});

Deno.test(`${count} mutants of real requests (SEED=${seed}) stop nothing, and who is beside them is served`, async () => {
  using folder = new TemporaryFolder();
  // The idle time is also what one may wait for who sends on and on: see `net`.
  const settings = ["group.initial.rebalance.delay.ms=0", "connections.max.idle.ms=8000"];
  const args = settings.flatMap((each) => ["--set", each]);
  const { program, port, brokers } = await startStreamer({ data: `${folder.path}/data`, args });
  await using _ = program;
  using good = await RawClient.connect(port);
  using admin = await RawClient.connect(port);
  await keepOut(admin);
  strictEqual(await createTopic(good, LEDGER, { configs: LEDGER_CONFIGS }), 0);
  const traffic = recordedTraffic();
  const topics = topicsOf(traffic);
  await makeTopics(admin, topics);
  const aimed = await aimedAt(admin, traffic, topics);
  const before = { megabytes: megabytesOf(program.pid), files: filesOf(program.pid) };

  const work = { isDone: false };
  const beside = Promise.all([
    ledger(good, work),
    tidyUp(admin, topics, work),
    reader(brokers, work),
  ]);
  beside.catch(() => work.isDone = true); // what failed first is told
  const began = performance.now();
  const battery = new Battery(port, aimed, new SeededRandom(seed));
  let most = 0;
  const watching = (async () => {
    for (; !work.isDone; await pause(200)) most = Math.max(most, megabytesOf(program.pid));
  })();
  await Promise.all(Array.from({ length: CONNECTIONS }, () => battery.fire(work)));
  const seconds = (performance.now() - began) / 1000;
  work.isDone = true;
  const [{ records, slowestMs }, , consumed] = await beside;
  await watching;

  deepStrictEqual(battery.late, [], "these are neither answered nor hung up on");
  strictEqual(battery.sent, count);
  ok(battery.answered > count * 0.3 && battery.hungUp > count / 20, battery.told);
  const kept = await readAll(good, { topic: LEDGER });
  deepStrictEqual(
    kept.map(({ value }) => value),
    Array.from({ length: records }, (_, i) => `${i}`),
  );
  ok(consumed > 0);
  deepStrictEqual(linesOf(program, FAULTS), []);
  deepStrictEqual(linesOf(program, / error /), []);
  await pause(300);
  const files = filesOf(program.pid);
  console.log(
    `${battery.told} in ${seconds.toFixed(1)} s; beside them ${records} records, the slowest ` +
      `${slowestMs.toFixed(0)} ms; ${before.megabytes.toFixed(0)} MB before, ` +
      `${most.toFixed(0)} at most; ${before.files} files before, ${files} after`,
  );
  ok(most - before.megabytes < 500, `${most - before.megabytes} MB more than before`);
  // A log is open twice at most, once to read and once to write.
  const { topics: left } = await admin.ask("Metadata", 9, { topics: null });
  const partitions = left.reduce((sum: number, each: any) => sum + each.partitions.length, 0);
  ok(files <= before.files + 2 * partitions, `${files} files are open of ${partitions} partitions`);
  strictEqual(await program.stop(), 0, program.printed);
});

/** What mutants of admins' requests would change for everyone else. */
const LEDGER_CONFIGS = {
  "retention.ms": "-1",
  "retention.bytes": "-1",
  "max.message.bytes": "1000000",
  "min.insync.replicas": "1",
  "cleanup.policy": "delete",
};
const QUOTAS = ["producer_byte_rate", "consumer_byte_rate", "request_percentage"];
const OWN_QUOTAS = [
  ...["judge", "kafkajs"].map((clientId) => ({
    entity: [
      { entityType: "user", entityName: "ANONYMOUS" },
      { entityType: "client-id", entityName: clientId },
    ],
    ops: QUOTAS.map((key) => ({ key, value: 1e12, remove: false })),
  })),
  {
    entity: [{ entityType: "ip", entityName: "127.0.0.1" }],
    ops: [{ key: "connection_creation_rate", value: 1e9, remove: false }],
  },
];

/** Quotas that mutants set for everyone are not for those who are beside them. */
async function keepOut(admin: RawClient): Promise<void> {
  const { entries } = await admin.ask("AlterClientQuotas", 1, { entries: OWN_QUOTAS });
  deepStrictEqual(entries.map(({ errorCode }: any) => errorCode), [0, 0, 0]);
}

/** Produces, and times it; every answer has the next offset. */
async function ledger(client: RawClient, work: { isDone: boolean }) {
  let records = 0, slowestMs = 0;
  while (!work.isDone) {
    const began = performance.now();
    const answer = await produce(client, { topic: LEDGER }, [`${records}`]);
    slowestMs = Math.max(slowestMs, performance.now() - began);
    ok(answer !== HUNG_UP && answer.errorCode === 0 && answer.baseOffset === records++);
    await pause(5);
  }
  return { records, slowestMs };
}

/**
 * Reads the ledger in a group, without trying anything again, and finds all in its order. It may
 * see some twice, if the group has to meet again.
 */
async function reader(brokers: string, work: { isDone: boolean }): Promise<number> {
  const kafka = new Kafka({
    brokers: [brokers],
    logLevel: logLevel.NOTHING,
    retry: { retries: 0 },
  });
  const consumer = kafka.consumer({ groupId: LEDGER });
  await consumer.connect();
  await consumer.subscribe({ topic: LEDGER, fromBeginning: true });
  let next = 0;
  let failed: Error | undefined;
  consumer.on("consumer.crash", ({ payload }) => failed ??= payload.error);
  await consumer.run({
    eachMessage: async ({ message }) => {
      const value = Number(message.value);
      ok(value <= next, `${value} comes after ${next - 1}`);
      next = Math.max(next, value + 1);
    },
  });
  while (!work.isDone && failed === undefined) await pause(20);
  await consumer.disconnect();
  if (failed) throw failed;
  return next;
}

/** Takes away topics and quotas that mutants made, and makes those again that they deleted. */
async function tidyUp(admin: RawClient, topics: readonly string[], work: { isDone: boolean }) {
  const kept = new Set([...topics, LEDGER]);
  while (!work.isDone) {
    const { topics: found } = await admin.ask("Metadata", 9, { topics: null });
    const names: string[] = found.map(({ name }: any) => name);
    const extra = names.filter((name) => !kept.has(name) && name !== "__consumer_offsets");
    if (extra.length > 0) {
      await admin.ask("DeleteTopics", 4, { topicNames: extra, timeoutMs: 10_000 });
    }
    await makeTopics(admin, topics.filter((name) => !names.includes(name)));
    const { entries } = await admin.ask("DescribeClientQuotas", 1, { components: [] });
    const removals = entries
      .filter(({ entity }: any) => !/ANONYMOUS|127\.0\.0\.1/.test(JSON.stringify(entity)))
      .map(({ entity, values }: any) => ({
        entity,
        ops: values.map(({ key }: any) => ({ key, value: 0, remove: true })),
      }));
    await admin.ask("AlterClientQuotas", 1, { entries: [...removals, ...OWN_QUOTAS] });
    await pause(500);
  }
}

async function makeTopics(admin: RawClient, names: readonly string[]): Promise<void> {
  if (names.length === 0) return;
  const topics = names.map((name) => ({ name, numPartitions: 2, replicationFactor: 1 }));
  await admin.ask("CreateTopics", 7, { topics, timeoutMs: 10_000 });
}

/** All strings and ids in a request, with the names of their fields. */
function* textsOf(value: unknown, field = ""): Generator<[field: string, text: string]> {
  if (typeof value === "string") yield [field, value];
  else if (Array.isArray(value)) { for (const each of value) yield* textsOf(each, field); }
  else if (typeof value === "object" && value !== null && !(value instanceof Uint8Array)) {
    for (const [name, each] of Object.entries(value)) yield* textsOf(each, name);
  }
}

function bodyOf(frame: Uint8Array): unknown {
  const reader = new ByteReader(frame);
  const { apiKey, apiVersion } = decodeRequestHeader(reader);
  return decodeMessage(apiByKey(apiKey)!.request, reader, apiVersion);
}

/** Names of topics that clients asked for data of. */
function topicsOf(traffic: readonly RecordedRequest[]): string[] {
  const names = traffic
    .filter(({ api }) => /^(Produce|Fetch|Metadata|Offset\w+|ListOffsets|DeleteRecords)$/.test(api))
    .flatMap(({ frame }) => [...textsOf(bodyOf(frame))])
    .filter(([field]) => /^(topic|name|topics)$/.test(field))
    .map(([, name]) => name)
    .filter((name) => /^[\w.-]{3,60}$/.test(name) && !NOT_MADE.test(name));
  return [...new Set(names)];
}

/** Requests that name a topic by its id get one that is there, byte for byte in the same place. */
async function aimedAt(admin: RawClient, traffic: RecordedRequest[], names: readonly string[]) {
  const asked = names.slice(0, 20).map((name) => ({ name }));
  const { topics } = await admin.ask("Metadata", 12, { topics: asked });
  const bytesOfId = (id: string) => Uint8Array.fromBase64(id, { alphabet: "base64url" });
  return traffic.map((recorded, index) => {
    const frame = recorded.frame.slice();
    const own = bytesOfId(topics[index % topics.length].topicId).toHex();
    let hex = frame.toHex();
    for (const [field, id] of textsOf(bodyOf(frame))) {
      if (/topicId/i.test(field) && /[^A]/.test(id)) hex = hex.replace(bytesOfId(id).toHex(), own);
    }
    return { ...recorded, frame: Uint8Array.fromHex(hex) };
  });
}

/**
 * A request that, as sound as any, takes the broker out of its cluster for good or deletes what all
 * groups have committed: who asks for that gets it.
 */
function isTheEnd(frame: Uint8Array): boolean {
  const key = new DataView(frame.buffer, frame.byteOffset).getInt16(0);
  if (key !== API_KEYS.UnregisterBroker && key !== API_KEYS.DeleteTopics) return false;
  try {
    const body = bodyOf(frame) as { brokerId?: number };
    return body.brokerId === 1 ||
      [...textsOf(body)].some(([, text]) => text === "__consumer_offsets");
  } catch {
    return false;
  }
}

/** Fires mutants over connections of its own, and counts what becomes of each. */
class Battery {
  sent = 0;
  answered = 0;
  hungUp = 0;
  /** What the broker did with neither. */
  readonly late: string[] = [];
  readonly #port: number;
  readonly #mutants: Mutants;
  readonly #again: Uint8Array[] = [];
  #drawn = 0;

  constructor(port: number, traffic: readonly RecordedRequest[], random: SeededRandom) {
    this.#port = port;
    this.#mutants = new Mutants(traffic, random);
  }

  get told(): string {
    return `${this.sent} mutants, ${this.answered} answered, ${this.hungUp} hung up on`;
  }

  async fire(work: { isDone: boolean }): Promise<void> {
    for (;;) {
      const batch: Uint8Array[] = [];
      while (batch.length < PIPELINED) {
        const frame = this.#again.pop() ?? (this.#drawn < count ? this.#draw() : undefined);
        if (frame === undefined) break;
        batch.push(frame);
      }
      if (batch.length === 0 || work.isDone) return;
      await this.#send(batch);
    }
  }

  #draw(): Uint8Array {
    const index = this.#drawn++;
    for (;;) {
      const frame = this.#mutants.next(index);
      if (frame.length < 2 || !isTheEnd(frame)) return frame;
    }
  }

  /** Some on one connection; those behind one that is hung up on are for another. */
  async #send(batch: Uint8Array[]): Promise<void> {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port: this.#port });
    connection.setNoDelay(true);
    let hasLeft = false;
    let isLate = false;
    const close = () => {
      try {
        connection.close();
      } catch { /* it is closed */ }
    };
    const leave = () => {
      hasLeft = true;
      connection.closeWrite().catch(() => {});
      timer = setTimeout(() => (isLate = true, close()), LEFT_MS);
    };
    let timer = setTimeout(leave, QUIET_MS);
    const answers = new Set<number>();
    try {
      await connection.write(framed(batch));
      for await (const id of idsFrom(connection)) {
        answers.add(id);
        if (answers.size === batch.length || hasLeft) continue;
        clearTimeout(timer);
        timer = setTimeout(leave, QUIET_MS);
      }
    } catch { /* a reset is an end too */ }
    clearTimeout(timer);
    close();
    if (isLate) this.late.push(...batch.map((frame) => frame.toHex()));
    this.answered += answers.size;
    const first = batch.findIndex((_, index) => !answers.has(index));
    if (hasLeft || first < 0) {
      this.sent += batch.length;
      return;
    }
    this.hungUp++;
    this.sent += first + 1 + [...answers].filter((id) => id > first).length;
    this.#again.push(...batch.filter((_, index) => index > first && !answers.has(index)));
  }
}

/** Puts sizes before frames, and their place in the row for correlation ids. */
function framed(frames: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(frames.reduce((sum, { length }) => sum + 4 + length, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const [index, frame] of frames.entries()) {
    view.setInt32(at, frame.length);
    bytes.set(frame, at + 4);
    if (frame.length >= 8) view.setInt32(at + 8, index);
    at += 4 + frame.length;
  }
  return bytes;
}

/** Correlation ids of the answers that come, to the end of the stream. */
async function* idsFrom(connection: Deno.TcpConn): AsyncGenerator<number> {
  let rest = new Uint8Array(0);
  const into = new Uint8Array(65_536);
  for (let got; (got = await connection.read(into)) !== null;) {
    const all = new Uint8Array(rest.length + got);
    all.set(rest);
    all.set(into.subarray(0, got), rest.length);
    const view = new DataView(all.buffer);
    let at = 0;
    while (all.length - at >= 8 && all.length - at >= 4 + view.getInt32(at)) {
      yield view.getInt32(at + 4);
      at += 4 + view.getInt32(at);
    }
    rest = all.slice(at);
  }
}

const megabytesOf = (pid: number): number =>
  Number(/VmRSS:\s+(\d+)/.exec(Deno.readTextFileSync(`/proc/${pid}/status`))![1]) / 1024;
const filesOf = (pid: number): number => [...Deno.readDirSync(`/proc/${pid}/fd`)].length;
