/**
 * The real executable, driven by Kafka's own tools and Java clients: those of 4.3.1, and 2.1.1's,
 * the oldest that a 4.x broker still talks to (KIP-896). Other tools are in tests of what they are
 * about: configs, consumer-groups, log-dirs, features, quorum, dump-log.
 */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { TemporaryFolder } from "../kit/folders.ts";
import {
  cacheFolder,
  exists,
  hasApacheKafka,
  hasProgram,
  peers,
  runProgram,
  startStreamer,
} from "../kit/programs.ts";
import { testWith } from "../kit/skip.ts";

type Run = (tool: string, args: string[], input?: string) => Promise<string>;

function toolsTest(name: string, run: (tool: Run, brokers: string) => Promise<void>): void {
  const needs = { needs: "Apache Kafka", available: hasApacheKafka() };
  testWith(needs, `Kafka's tools: ${name}`, async () => {
    using folder = new TemporaryFolder();
    const { program, brokers } = await startStreamer({ data: `${folder.path}/data` });
    await using _ = program;
    const tool: Run = async (name, args, input) => {
      const command = [name, "--bootstrap-server", brokers, ...args];
      return (await runProgram(`${peers}/kafka`, command, { input })).printed;
    };
    await run(tool, brokers);
    strictEqual(await program.stop(), 0, program.printed);
  });
}

/** The JSON lines of Kafka's verifiable clients that have this name. */
const told = (printed: string, name: string): any[] =>
  printed.split("\n").filter((line) => line.startsWith("{")).map((line) => JSON.parse(line))
    .filter((event) => event.name === name);

toolsTest("topics", async (tool) => {
  const settings = ["--config", "retention.ms=60000", "--config", "cleanup.policy=compact,delete"];
  const create = ["--create", "--topic", "orders", "--partitions", "3", ...settings];
  match(await tool("topics", create), /Created topic orders/);
  match(await tool("topics", [...create, "--if-not-exists"]), /^$|exists/);
  strictEqual((await tool("topics", ["--list"])).trim(), "orders");
  await tool("topics", ["--alter", "--topic", "orders", "--partitions", "5"]);
  const described = await tool("topics", ["--describe"]);
  match(described, /PartitionCount: 5\s+ReplicationFactor: 1/);
  match(described, /retention\.ms=60000/);
  strictEqual(described.match(/Leader: 1\s+Replicas: 1\s+Isr: 1/g)?.length, 5);
  for (const filter of ["--under-replicated-partitions", "--unavailable-partitions"]) {
    strictEqual((await tool("topics", ["--describe", filter])).trim(), "");
  }
  await tool("topics", ["--delete", "--topic", "orders"]);
  strictEqual((await tool("topics", ["--list"])).trim(), "");
});

toolsTest("console producer and consumer, get-offsets, delete-records", async (tool) => {
  await tool("topics", ["--create", "--topic", "orders", "--partitions", "1"]);
  const typed = ["parse.key=true", "parse.headers=true", "headers.delimiter=;"];
  const reading = ["--reader-property", "key.separator=:"];
  for (const each of typed) reading.push("--reader-property", each);
  const packed = ["--compression-codec", "zstd"];
  const records = Array.from({ length: 10 }, (_, i) => `from:test;k${i}:v${i}\n`).join("");
  await tool("console-producer", ["--topic", "orders", ...reading, ...packed], records);
  const shown = ["print.key=true", "print.offset=true", "print.headers=true"];
  const printed = await tool("console-consumer", [
    ...["--topic", "orders", "--from-beginning", "--max-messages", "10"],
    ...shown.flatMap((each) => ["--formatter-property", each]),
  ]);
  deepStrictEqual(
    printed.split("\n").filter((line) => line.startsWith("Offset:")),
    Array.from({ length: 10 }, (_, i) => `Offset:${i}\tfrom:test\tk${i}\tv${i}`),
  );

  using folder = new TemporaryFolder();
  const cut = { partitions: [{ topic: "orders", partition: 0, offset: 4 }], version: 1 };
  Deno.writeTextFileSync(`${folder.path}/cut.json`, JSON.stringify(cut));
  const cutting = ["--offset-json-file", `${folder.path}/cut.json`];
  match(await tool("delete-records", cutting), /low_watermark: 4/);
  const offsets = async (time: string) =>
    (await tool("get-offsets", ["--topic", "orders", "--time", time])).trim();
  deepStrictEqual(
    [await offsets("earliest"), await offsets("latest")],
    ["orders:0:4", "orders:0:10"],
  );
});

toolsTest("verifiable clients, and the performance tests", async (tool, brokers) => {
  const count = ["--max-messages", "500"];
  const produced = await tool("verifiable-producer", ["--topic", "checked", ...count]);
  deepStrictEqual(told(produced, "producer_send_success").length, 500);
  const consumed = await tool("verifiable-consumer", [
    ...["--topic", "checked", "--group-id", "checkers", "--reset-policy", "earliest", ...count],
  ]);
  const total = told(consumed, "records_consumed").reduce((sum, { count }) => sum + count, 0);
  strictEqual(total, 500);
  ok(told(consumed, "offsets_committed").every(({ success }) => success));

  const size = ["--num-records", "50000", "--record-size", "200", "--throughput", "-1"];
  const { printed } = await runProgram(`${peers}/kafka`, [
    ...["producer-perf-test", "--topic", "measured", ...size, "--bootstrap-server", brokers],
    ...["--command-property", "compression.type=lz4"],
  ]);
  match(printed, /50000 records sent/);
  const read = await tool("consumer-perf-test", ["--topic", "measured", "--num-records", "50000"]);
  match(read, /^\d{4}-.*, 50000, /m);
  match(await tool("broker-api-versions", []), /Fetch\(1\): 4 to 18/);
});

const oldClients = `${cacheFolder}/java-2.1.1`;
const old = {
  needs: "the jars of test/e2e/java/pom.xml, and Java",
  available: hasProgram("java") && exists(oldClients),
};

testWith(
  old,
  "Java's oldest clients, 2.1.1: idempotent produce, a group, performance",
  async () => {
    using folder = new TemporaryFolder();
    const { program, brokers } = await startStreamer({ data: `${folder.path}/data` });
    await using _ = program;
    const java = async (tool: string, args: string[]) =>
      (await runProgram("java", [
        "-cp",
        `${oldClients}/*`,
        `org.apache.kafka.tools.${tool}`,
        ...args,
      ]))
        .printed;
    const idempotent = `${folder.path}/producer.properties`;
    Deno.writeTextFileSync(
      idempotent,
      "enable.idempotence=true\nretries=10\ncompression.type=lz4\n",
    );
    const where = ["--topic", "old", "--broker-list", brokers, "--max-messages", "500"];
    const settings = ["--acks", "-1", "--producer.config", idempotent];
    const produced = await java("VerifiableProducer", [...where, ...settings]);
    const values = told(produced, "producer_send_success").map(({ value }) => Number(value));
    deepStrictEqual(values.sort((a, b) => a - b), Array.from({ length: 500 }, (_, i) => i));
    const group = ["--group-id", "elders", "--reset-policy", "earliest"];
    const consumed = await java("VerifiableConsumer", [...where, ...group]);
    const total = told(consumed, "records_consumed").reduce((sum, { count }) => sum + count, 0);
    strictEqual(total, 500);
    const size = ["--num-records", "50000", "--record-size", "200", "--throughput", "-1"];
    const properties = ["--producer-props", `bootstrap.servers=${brokers}`];
    const measured = await java("ProducerPerformance", ["--topic", "old", ...size, ...properties]);
    match(measured, /50000 records sent/);
    strictEqual(await program.stop(), 0, program.printed);
  },
);
