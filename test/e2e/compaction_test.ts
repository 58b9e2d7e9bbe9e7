/**
 * Compaction under load, with kill -9 between: a producer that is not ours writes the same keys
 * again and again, the cleaner runs all the time, and the program is killed at random moments. Read
 * back: per key the newest value that was acknowledged (or one that was under way after it), every
 * record as it was written at its offset, and fewer than were written.
 *
 * `STREAMER_COMPACTION_MS` sets for how long (default 12 seconds; minutes for the long form).
 */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { CompressionTypes, Kafka, logLevel } from "kafkajs";
import { TemporaryFolder } from "../kit/folders.ts";
import { freePort, hasProgram, pause, runProgram, startStreamer } from "../kit/programs.ts";
import { testWith } from "../kit/skip.ts";

const runMs = Number(Deno.env.get("STREAMER_COMPACTION_MS") ?? 12_000);
const KEYS = 400;

interface Written {
  /** In the order of sending; a larger one came later. */
  readonly number: number;
  readonly value: string | null;
}

testWith(
  { needs: "kcat", available: hasProgram("kcat") },
  "Compaction under load with kills between keeps the newest of each key, and invents nothing",
  async () => {
    using folder = new TemporaryFolder();
    const port = freePort();
    const set = (settings: Record<string, string>) =>
      Object.entries(settings).flatMap(([name, value]) => ["--set", `${name}=${value}`]);
    const args = set({
      "log.cleaner.backoff.ms": "50",
      "log.cleaner.min.cleanable.ratio": "0.1",
      "log.segment.bytes": "1048576",
      "log.segment.delete.delay.ms": "500",
      // Few keys at a time and small reads, so that a kill meets every part of a cleaning.
      "log.cleaner.dedupe.buffer.size": "1100000",
      "log.cleaner.io.buffer.load.factor": "0.004",
      "log.cleaner.io.buffer.size": "65536",
    });
    const start = () => startStreamer({ port, data: `${folder.path}/data`, args });
    let broker = await start();
    const kafka = new Kafka({
      brokers: [broker.brokers],
      logLevel: logLevel.NOTHING,
      retry: { retries: 50, initialRetryTime: 50, maxRetryTime: 500 },
    });
    const admin = kafka.admin();
    await admin.connect();
    const configEntries = [
      { name: "cleanup.policy", value: "compact" },
      { name: "delete.retention.ms", value: "2000" },
      { name: "segment.ms", value: "300" }, // also a slow machine fills some
    ];
    await admin.createTopics({ topics: [{ topic: "state", numPartitions: 1, configEntries }] });
    await admin.disconnect();

    const seed = Date.now() % 1_000_000;
    let state = seed;
    const random = () => (state = (state * 1103515245 + 12345) % 2147483648) / 2147483648;
    const codecs = [CompressionTypes.None, CompressionTypes.GZIP];

    /** Every value that was ever sent, by key; what is read must be among them. */
    const sent = new Map<string, Written[]>();
    const acknowledged = new Map<string, Written>();
    const offsets = new Map<number, string>();
    let bytes = 0;
    let isDone = false;
    const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
    await producer.connect();
    const producing = (async () => {
      for (let number = 0; !isDone;) {
        const messages = Array.from({ length: 40 }, () => {
          const key = `key-${Math.floor(random() * KEYS)}`;
          const value = random() < 0.1 ? null : `${++number} ${"x".repeat(200 + random() * 600)}`;
          const written = { number: ++number, value };
          sent.set(key, [...sent.get(key) ?? [], written].slice(-300));
          bytes += value?.length ?? 0;
          return { key, value, written, partition: 0 };
        });
        const [{ baseOffset }] = await producer.send({
          topic: "state",
          acks: -1,
          compression: codecs[Math.floor(random() * 2)],
          messages: messages.map(({ key, value, partition }) => ({ key, value, partition })),
        });
        messages.forEach(({ key, value, written }, i) => {
          acknowledged.set(key, written);
          offsets.set(Number(baseOffset) + i, `${key} ${value?.split(" ")[0] ?? ""}`);
        });
      }
    })();
    const until = Date.now() + runMs;
    let kills = 0;
    while (Date.now() < until) {
      await pause(400 + random() * 1500);
      broker.program.kill("SIGKILL");
      await broker.program.exited;
      kills++;
      broker = await start();
    }
    isDone = true;
    await producing;
    await producer.disconnect();
    await pause(1500); // the cleaner comes to rest

    const { printed } = await runProgram("kcat", [
      ...["-b", broker.brokers, "-C", "-t", "state", "-o", "beginning", "-e", "-q", "-Z"],
      ...["-f", "%o %k %s\\n"],
    ]);
    const last = new Map<string, string | null>();
    let previous = -1;
    let records = 0;
    for (const line of printed.split("\n").filter(Boolean)) {
      const [offset, key, word] = line.split(" ");
      const value = word === "NULL" ? null : word;
      ok(Number(offset) > previous, `offset ${offset} after ${previous}`);
      previous = Number(offset);
      const was = offsets.get(previous);
      if (was !== undefined) strictEqual(`${key} ${value ?? ""}`, was, `at offset ${offset}`);
      last.set(key, value);
      records++;
    }
    const wrong = [...acknowledged].filter(([key, written]) => {
      const found = last.get(key);
      const value = written.value?.split(" ")[0] ?? null;
      if (found === value || (value === null && found === undefined)) return false;
      // Sent after it, and written though its answer never came.
      return !sent.get(key)!.some((later) =>
        later.number > written.number && (later.value?.split(" ")[0] ?? null) === (found ?? null)
      );
    });
    deepStrictEqual(wrong.slice(0, 3), [], `${wrong.length} keys of ${acknowledged.size}`);
    strictEqual(await broker.program.stop(), 0, broker.program.printed);
    const files = [...Deno.readDirSync(`${folder.path}/data/state-0`)].map(({ name }) => name);
    deepStrictEqual(files.filter((name) => /\.(cleaned|swap)$/.test(name)), []);
    const size = files.reduce(
      (sum, name) => sum + Deno.statSync(`${folder.path}/data/state-0/${name}`).size,
      0,
    );
    console.log(
      `seed ${seed}: ${offsets.size} records (${bytes} bytes) acknowledged over ${kills} kills in ` +
        `${runMs} ms; ${records} records (${size} bytes) are left of ${acknowledged.size} keys`,
    );
    ok(records < offsets.size, `${records} of ${offsets.size} are left`);
  },
);
