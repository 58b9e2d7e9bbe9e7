/**
 * kill -9 while partitions move to and fro between two log directories and are written with
 * acks=all: every acknowledged record is there after it, at its offset, once, and each partition in
 * one directory. `STREAMER_MOVE_ROUNDS` sets how many kills (default 2).
 */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { CompressionTypes, Kafka, logLevel } from "kafkajs";
import { type Dir, whereIs } from "../conformance/places.ts";
import { Side } from "../conformance/side.ts";
import { TemporaryFolder } from "../kit/folders.ts";
import {
  FAULTS,
  freePort,
  hasProgram,
  linesOf,
  pause,
  runProgram,
  startStreamer,
} from "../kit/programs.ts";

import { testWith } from "../kit/skip.ts";

const rounds = Number(Deno.env.get("STREAMER_MOVE_ROUNDS") ?? 2);
const PARTITIONS = [0, 1, 2];
const TOPIC = "ledger";

testWith(
  { needs: "kcat", available: hasProgram("kcat") },
  "kill -9 in the middle of moves loses nothing acknowledged, and leaves one of each partition",
  async () => {
    using folder = new TemporaryFolder();
    const port = freePort();
    const paths = [`${folder.path}/one`, `${folder.path}/two`];
    const seed = Date.now() % 1_000_000;
    let state = seed;
    const random = () => (state = (state * 1103515245 + 12345) % 2147483648) / 2147483648;
    console.log(`seed ${seed}, ${rounds} rounds`);
    // Slow in some rounds, so that kills meet copies of all lengths; small segments, and rolls.
    const start = (round: number) => {
      const bytes = [1_000_000_000, 30_000_000, 2_000_000][round % 3];
      const settings = [
        `replica.alter.log.dirs.io.max.bytes.per.second=${bytes}`,
        "log.segment.bytes=1048576",
        "log.retention.bytes=-1",
        "num.replica.alter.log.dirs.threads=2",
      ];
      const args = settings.flatMap((each) => ["--set", each]);
      return startStreamer({ port, data: paths.join(), args });
    };
    let broker = await start(0);
    const side = new Side({ port, place: { folder: "", logDirs: paths, restart: async () => {} } });
    await side.topics({ [TOPIC]: { partitions: PARTITIONS.length } });
    await side.hangUp();

    const kafka = new Kafka({
      brokers: [broker.brokers],
      logLevel: logLevel.NOTHING,
      retry: { retries: 50, initialRetryTime: 50, maxRetryTime: 500 },
    });
    const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
    await producer.connect();
    const acknowledged: string[] = [];
    let isDone = false, next = 0;
    const producing = (async () => {
      while (!isDone) {
        const partition = next % PARTITIONS.length;
        const values = Array.from({ length: 20 }, () => `${next++}${"x".repeat(1000)}`);
        const messages = values.map((value) => ({ value, partition }));
        const compression = CompressionTypes.None;
        const [told] = await producer.send({ topic: TOPIC, acks: -1, compression, messages });
        values.forEach((value, i) =>
          acknowledged.push(`${partition} ${Number(told.baseOffset) + i} ${value}`)
        );
      }
    })();

    let moved = 0;
    /** Sends each partition where it is not, until the connection breaks. */
    const move = async () => {
      for (;;) {
        const places = await whereIs(side, TOPIC, PARTITIONS.length);
        const dirs = paths.map((path, place) => ({
          path,
          topics: [{ name: TOPIC, partitions: PARTITIONS.filter((at) => places[at] !== place) }],
        }));
        await side.ask("AlterReplicaLogDirs", 2, { dirs });
        await pause(10 + random() * 100);
        const after = await whereIs(side, TOPIC, PARTITIONS.length);
        moved += PARTITIONS.filter((at) => after[at] !== places[at]).length;
      }
    };
    for (let round = 1; round <= rounds; round++) {
      const before = acknowledged.length;
      const moving = move().catch(() => {});
      await pause(200 + random() * 500);
      const until = Date.now() + 20_000;
      while (acknowledged.length === before && Date.now() < until) await pause(5);
      ok(acknowledged.length > before, "producing goes on after a kill");
      broker.program.kill("SIGKILL");
      await broker.program.exited;
      await moving;
      await side.hangUp();
      deepStrictEqual(linesOf(broker.program, FAULTS), []);
      broker = await start(round);
      const { results } = await side.ask("DescribeLogDirs", 5, { topics: null });
      const held = (results as Dir[]).flatMap(({ topics }) => topics)
        .filter(({ name }) => name === TOPIC)
        .flatMap(({ partitions }) => partitions)
        .filter(({ isFutureKey }) => !isFutureKey)
        .map(({ partitionIndex }) => partitionIndex).sort();
      deepStrictEqual(held, PARTITIONS);
    }
    isDone = true;
    await producing;
    await producer.disconnect();
    const kcat = ["-b", broker.brokers, "-C", "-t", TOPIC, "-o", "beginning", "-e", "-q"];
    const { printed } = await runProgram("kcat", [...kcat, "-f", "%p %o %s\n"]);
    const found = new Set(printed.split("\n"));
    strictEqual(found.size, printed.split("\n").length);
    deepStrictEqual(
      acknowledged.filter((each) => !found.has(each)).map((each) => each.slice(0, 20)),
      [],
    );
    const values = [...found].map((each) => each.split(" ")[2]);
    strictEqual(new Set(values).size, values.length, "nothing is doubled");
    console.log(`${acknowledged.length} acknowledged, ${moved} partitions moved`);
    await side.hangUp();
    strictEqual(await broker.program.stop(), 0);
    deepStrictEqual(linesOf(broker.program, FAULTS), []);
  },
);
