/**
 * kill -9 in the middle of acknowledged produces, many times: every acknowledged record is there
 * after the restart, in order, once. The producer is idempotent and keeps a ledger of what was
 * acknowledged, at which offset. `STREAMER_KILL_ROUNDS` sets how many times (default 12).
 */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { CompressionTypes, Kafka, logLevel } from "kafkajs";
import { TemporaryFolder } from "../kit/folders.ts";
import { freePort, hasProgram, pause, runProgram, startStreamer } from "../kit/programs.ts";
import { testWith } from "../kit/skip.ts";

const rounds = Number(Deno.env.get("STREAMER_KILL_ROUNDS") ?? 12);

testWith(
  { needs: "kcat", available: hasProgram("kcat") },
  "kill -9 loses nothing acknowledged, doubles nothing, keeps the order",
  async () => {
    using folder = new TemporaryFolder();
    const port = freePort();
    // Small segments, so that kills meet rolls too.
    const args = ["--set", "log.segment.bytes=1048576"];
    const start = () => startStreamer({ port, data: `${folder.path}/data`, args });
    let broker = await start();
    const kafka = new Kafka({
      brokers: [broker.brokers],
      logLevel: logLevel.NOTHING,
      retry: { retries: 50, initialRetryTime: 50, maxRetryTime: 500 },
    });
    const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
    await producer.connect();
    const admin = kafka.admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic: "ledger", numPartitions: 1 }] });
    await admin.disconnect();

    const acknowledged: { value: string; offset: number }[] = [];
    let isDone = false;
    let next = 0;
    const producing = (async () => {
      while (!isDone) {
        const values = Array.from({ length: 20 }, () => `${next++} ${"x".repeat(500)}`);
        const [{ baseOffset }] = await producer.send({
          topic: "ledger",
          acks: -1,
          compression: CompressionTypes.None,
          messages: values.map((value) => ({ value, partition: 0 })),
        });
        values.forEach((value, i) => acknowledged.push({ value, offset: Number(baseOffset) + i }));
      }
    })();
    // A random moment each time, drawn from a seed that is told.
    const seed = Date.now() % 1_000_000;
    let state = seed;
    const random = () => (state = (state * 1103515245 + 12345) % 2147483648) / 2147483648;
    console.log(`seed ${seed}, ${rounds} rounds`);
    for (let round = 0; round < rounds; round++) {
      const before = acknowledged.length;
      const until = Date.now() + 20_000;
      while (acknowledged.length === before && Date.now() < until) await pause(5);
      ok(acknowledged.length > before, "producing goes on after a kill");
      await pause(random() * 300);
      broker.program.kill("SIGKILL");
      await broker.program.exited;
      broker = await start();
    }
    isDone = true;
    await producing;
    await producer.disconnect();

    const { printed } = await runProgram("kcat", [
      "-b",
      broker.brokers,
      "-C",
      "-t",
      "ledger",
      "-o",
      "beginning",
      "-e",
      "-q",
      "-f",
      "%o %s\\n",
    ]);
    const stored = printed.split("\n").filter(Boolean).map((line) => {
      const space = line.indexOf(" ");
      return { offset: Number(line.slice(0, space)), value: line.slice(space + 1) };
    });
    const byOffset = new Map(stored.map(({ offset, value }) => [offset, value]));
    const lost = acknowledged.filter(({ offset, value }) => byOffset.get(offset) !== value);
    deepStrictEqual(
      lost.slice(0, 3),
      [],
      `${lost.length} of ${acknowledged.length} acknowledged records are not there`,
    );
    const numbers = stored.map(({ value }) => Number(value.split(" ")[0]));
    deepStrictEqual(
      numbers,
      [...new Set(numbers)].sort((a, b) => a - b),
      "each once, and in order",
    );
    console.log(`${acknowledged.length} records acknowledged over ${rounds} kills`);
    strictEqual(await broker.program.stop(), 0, broker.program.printed);
  },
);
