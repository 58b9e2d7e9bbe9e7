/**
 * Kafka's own configs tool, all that it can do for topics, brokers, loggers, groups, client metrics
 * and clients, on streamer and on Apache Kafka: both are told the same, and what the tool prints
 * must be the same.
 */
import { deepStrictEqual, match } from "node:assert/strict";
import { Side } from "../conformance/side.ts";
import { TemporaryFolder } from "../kit/folders.ts";
import { KafkaTools } from "../kit/kafka_tools.ts";
import { hasApacheKafka, startApacheKafka, startStreamer } from "../kit/programs.ts";
import { testWith } from "../kit/skip.ts";

const TOOL = "kafka.admin.ConfigCommand";

type Args = readonly string[];
const describe = (...args: string[]): Args => ["--describe", ...args];
const alter = (...args: string[]): Args => ["--alter", ...args];

const TOPIC = ["--entity-type", "topics", "--entity-name", "orders"];
const SHORT_TOPIC = ["--topic", "orders"];
const BROKER = ["--entity-type", "brokers", "--entity-name", "1"];
const ALL_BROKERS = ["--entity-type", "brokers", "--entity-default"];
const LOGGERS = ["--entity-type", "broker-loggers", "--entity-name", "1"];
const GROUP = ["--entity-type", "groups", "--entity-name", "readers"];
const METRICS = ["--entity-type", "client-metrics", "--entity-name", "slow"];
const CLIENT = ["--entity-type", "clients", "--entity-name", "app"];
const USER = ["--entity-type", "users", "--entity-name", "ada"];

/** Everything an operator types, in this order. */
const commands = (folder: string): Args[] => [
  describe(...TOPIC),
  describe(...TOPIC, "--all"),
  alter(...TOPIC, "--add-config", "retention.ms=86400000,cleanup.policy=[compact,delete]"),
  describe(...SHORT_TOPIC),
  alter(...TOPIC, "--add-config", "retention.ms=long"),
  alter(...TOPIC, "--add-config", "colour=red"),
  alter(...TOPIC, "--add-config-file", `${folder}/topic.properties`),
  describe(...SHORT_TOPIC),
  alter(...TOPIC, "--delete-config", "retention.ms,segment.ms"),
  alter(...TOPIC, "--delete-config", "retention.ms"),
  alter(...TOPIC, "--delete-config", "retention.ms", "--add-config", "segment.ms=70000000"),
  describe("--entity-type", "topics", "--entity-name", "nowhere"),
  describe("--entity-type", "topics"),

  describe(...BROKER),
  alter(...BROKER, "--add-config", "log.cleaner.threads=2,log.retention.ms=86400001"),
  alter(...BROKER, "--add-config", "log.cleaner.threads=9"),
  alter(...BROKER, "--add-config", "num.partitions=9"),
  alter(...BROKER, "--add-config", "listener.name.plaintext.ssl.key.password=hush"),
  describe(...BROKER),
  describe("--broker", "1"),
  alter(...ALL_BROKERS, "--add-config", "log.retention.ms=86400002"),
  alter(...ALL_BROKERS, "--add-config", "listener.name.plaintext.ssl.keystore.type=JKS"),
  describe(...ALL_BROKERS),
  describe(...BROKER),
  alter(...BROKER, "--delete-config", "log.cleaner.threads,log.retention.ms"),
  alter(...BROKER, "--delete-config", "listener.name.plaintext.ssl.key.password"),
  alter(...ALL_BROKERS, "--delete-config", "log.retention.ms"),
  describe("--entity-type", "brokers"),
  describe("--broker", "7"),

  alter(...LOGGERS, "--add-config", "root=WARN"),
  alter(...LOGGERS, "--add-config", "root=LOUD"),
  alter(...LOGGERS, "--add-config", "nowhere=INFO"),
  alter(...LOGGERS, "--delete-config", "root"),
  alter(...LOGGERS, "--add-config", "root=INFO"),
  alter("--broker-logger", "1", "--add-config", "root=INFO"),

  alter(...GROUP, "--add-config", "consumer.session.timeout.ms=50000"),
  alter(...GROUP, "--add-config", "consumer.session.timeout.ms=5"),
  describe(...GROUP),
  describe(...GROUP, "--all"),
  describe("--entity-type", "groups"),
  alter("--group", "readers", "--delete-config", "consumer.session.timeout.ms"),
  describe(...GROUP),

  alter(...METRICS, "--add-config", "interval.ms=5000,match=[client_id=a.*]"),
  alter(...METRICS, "--add-config", "interval.ms=5"),
  describe(...METRICS),
  describe("--entity-type", "client-metrics"),
  alter("--client-metrics", "slow", "--delete-config", "interval.ms,match"),
  describe(...METRICS),

  alter(...CLIENT, "--add-config", "producer_byte_rate=1000,consumer_byte_rate=2000"),
  alter(...USER, ...CLIENT, "--add-config", "request_percentage=50"),
  alter(...CLIENT, "--add-config", "colour=5"),
  describe(...CLIENT),
  describe("--entity-type", "users", "--entity-type", "clients"),
  alter(...CLIENT, "--delete-config", "producer_byte_rate,consumer_byte_rate"),
  alter(...USER, ...CLIENT, "--delete-config", "request_percentage"),
  describe(...CLIENT),
];

/** What belongs to each place, the order of hash maps, and how a Java stack looks. */
const seen = (printed: string): string[] =>
  printed
    .split("\n")
    .map((line) => line.trim().replace(/\s+/g, " "))
    .filter((line) => line !== "" && !/^(at |\.\.\. \d+ more|Caused by)/.test(line))
    .filter((line) => !/^(Error while executing|(org|java)\.[\w.]+Exception)/.test(line))
    .filter((line) => !/^durability=/.test(line))
    .sort();

testWith(
  { needs: "Apache Kafka, with a Java that compiles", available: hasApacheKafka() },
  "Kafka's configs tool describes, alters and deletes as with Apache Kafka",
  async () => {
    using folder = new TemporaryFolder();
    await Deno.writeTextFile(
      `${folder.path}/topic.properties`,
      "# as in a file\nsegment.ms = 60000000\nretention.bytes=1000000\n",
    );
    const [ours, theirs] = await Promise.all([
      startStreamer({ data: `${folder.path}/ours` }),
      startApacheKafka({ folder: `${folder.path}/theirs` }),
    ]);
    await using _ours = ours.program;
    await using _theirs = theirs.program;
    for (const { port } of [ours, theirs]) {
      const side = new Side({ port });
      await side.topics({ orders: {} });
      await side.hangUp();
    }
    await using first = new KafkaTools();
    await using second = new KafkaTools();
    const run = async (tools: KafkaTools, brokers: string) => {
      const printed: Record<string, unknown> = {};
      for (const [index, args] of commands(folder.path).entries()) {
        const done = await tools.run(TOOL, ["--bootstrap-server", brokers, ...args]);
        printed[`${index} ${args.join(" ")}`] = [done.code, ...seen(done.printed)];
      }
      const loggers = ["--bootstrap-server", brokers, "--describe", ...LOGGERS];
      match((await tools.run(TOOL, loggers)).printed, /^ {2}root=INFO sensitive=false/m);
      const all = ["--bootstrap-server", brokers, "--describe", "--all", ...BROKER];
      match((await tools.run(TOOL, all)).printed, /log\.retention\.hours=168/);
      return printed;
    };
    const said = await run(first, ours.brokers);
    deepStrictEqual(said, await run(second, theirs.brokers));
  },
);
