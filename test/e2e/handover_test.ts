/**
 * A cluster of one node is handed to Apache Kafka and back: topics, settings, ids and records stay.
 */
import { match, ok, strictEqual } from "node:assert/strict";
import { TemporaryFolder } from "../kit/folders.ts";
import {
  freePort,
  hasApacheKafka,
  peers,
  Program,
  root,
  runProgram,
  startApacheKafka,
  startStreamer,
} from "../kit/programs.ts";
import { testWith } from "../kit/skip.ts";
import { RawClient } from "../kit/wire.ts";
import { errorName } from "../../src/protocol/mod.ts";
import { encodeBatch } from "../../src/records/mod.ts";

const streamer = (brokers: string, ...args: string[]) =>
  runProgram(`${root}bin/streamer`, [...args, "--brokers", brokers]);
const kafka = (brokers: string, ...args: string[]) =>
  runProgram(`${peers}/kafka`, [...args, "--bootstrap-server", brokers], { withinMs: 90_000 });

const ports = () => ["--port", `${freePort()}`, "--controller-port", `${freePort()}`];

const linesIn = (printed: string) =>
  printed.split("\n").filter((line) => /^(ours|theirs)-\d$/.test(line));

/** An idempotent producer sends one record a batch; returns where each is, or why it is nowhere. */
async function sendAs(producerId: number, port: number, sequences: number[]) {
  using client = await RawClient.connect(port);
  const outcomes: (number | string)[] = [];
  for (const baseSequence of sequences) {
    const numbers = { producerId, producerEpoch: 0, baseSequence };
    const record = { key: null, value: new Uint8Array([baseSequence]), timestamp: Date.now() };
    const partitionData = [{ index: 0, records: encodeBatch([record], numbers) }];
    const topicData = [{ name: "counted", partitionData }];
    const request = { transactionalId: null, acks: -1, timeoutMs: 10_000, topicData };
    const answer = await client.ask("Produce", 9, request);
    const { errorCode, baseOffset } = answer.responses[0].partitionResponses[0];
    outcomes.push(errorCode === 0 ? baseOffset : errorName(errorCode));
  }
  return outcomes.join();
}

testWith(
  { needs: "Apache Kafka", available: hasApacheKafka() },
  "A data folder of ours is served by Apache Kafka, and by us again",
  async () => {
    using folder = new TemporaryFolder();
    const data = `${folder.path}/data`; // where `kafka serve` looks as well
    let topicId: string;
    {
      const { program, port, brokers } = await startStreamer({ data });
      await using _ = program;
      await streamer(
        brokers,
        "topic",
        "create",
        "orders",
        "--partitions",
        "2",
        "--config",
        "retention.ms=86400000",
      );
      for (const n of [1, 2]) {
        await runProgram(`${root}bin/streamer`, [
          "produce",
          "--topic",
          "orders",
          "--key",
          "k",
          "--brokers",
          brokers,
        ], { input: `ours-${n}\n` });
      }
      await streamer(brokers, "topic", "create", "counted");
      strictEqual(await sendAs(4000, port, [0, 1, 2, 3, 4, 5, 6]), "0,1,2,3,4,5,6");
      await using theirs = new Program(`${peers}/kafka`, ["serve", folder.path, ...ports()]);
      await theirs.untilPrinted(/Failed to acquire lock on file \.lock/, 90_000);
      strictEqual(await program.stop(), 0);
    }
    {
      const { program, port, brokers } = await startApacheKafka({ folder: folder.path });
      await using _ = program;
      // Of our five entries of a producer it takes the last.
      strictEqual(await sendAs(4000, port, [6, 5, 7]), "6,OUT_OF_ORDER_SEQUENCE_NUMBER,7");
      const { printed } = await kafka(brokers, "topics", "--describe", "--topic", "orders");
      match(printed, /PartitionCount: 2.*retention\.ms=86400000/);
      match(printed, /Partition: 1\s+Leader: 1/);
      topicId = /TopicId: (\S+)/.exec(printed)![1];
      const consumed = await kafka(
        brokers,
        "console-consumer",
        "--topic",
        "orders",
        "--from-beginning",
        "--max-messages",
        "2",
      );
      strictEqual(linesIn(consumed.printed).join(), "ours-1,ours-2");
      const described = await streamer(brokers, "topic", "describe", "orders");
      match(described.printed, /survives a crash of the broker, not a power cut of its machine/);
      const ours = await runProgram(`${root}bin/streamer`, [
        "serve",
        "--data",
        data,
        "--listen",
        "127.0.0.1:0",
      ], {
        mayFail: true,
      });
      match(ours.printed, /Cannot use .*data: (another )?process (\d+ )?is using it/);
      strictEqual(ours.code, 1);
      await runProgram(`${peers}/kafka`, [
        "console-producer",
        "--bootstrap-server",
        brokers,
        "--topic",
        "orders",
        "--property",
        "parse.key=true",
        "--property",
        "key.separator=:",
      ], { input: "k:theirs-1\n", withinMs: 90_000 });
      strictEqual(await program.stop(), 143); // as Java says that it was asked to end
    }
    {
      const { program, port, brokers } = await startStreamer({ data });
      await using _ = program;
      strictEqual(await sendAs(4000, port, [7, 8]), "7,8");
      const { printed } = await streamer(brokers, "topic", "describe", "orders", "--json");
      ok(printed.includes(topicId), printed);
      const consumed = await streamer(
        brokers,
        "consume",
        "--topic",
        "orders",
        "--from",
        "beginning",
        "--max-messages",
        "3",
      );
      strictEqual(linesIn(consumed.printed).join(), "ours-1,ours-2,theirs-1");
      strictEqual(await program.stop(), 0);
    }
  },
);
