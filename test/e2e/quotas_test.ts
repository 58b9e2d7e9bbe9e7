/**
 * Quotas with Kafka's own tools, on streamer and on Apache Kafka side by side: set and described by
 * kafka-configs, felt by kafka-producer-perf-test, and still there after a restart.
 */
import { ok, strictEqual } from "node:assert/strict";
import { TemporaryFolder } from "../kit/folders.ts";
import { KafkaTools } from "../kit/kafka_tools.ts";
import { hasApacheKafka, startApacheKafka, startStreamer } from "../kit/programs.ts";
import { testWith } from "../kit/skip.ts";
import { RawClient } from "../kit/wire.ts";

const RATE = 400_000, RECORD_BYTES = 1000, RECORDS = 5600;
/** Ten windows' worth goes at once; what is beyond takes its time. */
const FASTEST_MS = (RECORDS * RECORD_BYTES / RATE - 11) * 1000;

const CONFIGS = "kafka.admin.ConfigCommand";
const PERFORMANCE = "org.apache.kafka.tools.ProducerPerformance";

async function run(tools: KafkaTools, mainClass: string, ...args: string[]): Promise<string> {
  const { code, printed } = await tools.run(mainClass, args);
  strictEqual(code, 0, printed);
  return printed;
}

const settings: [entity: string[], config: string][] = [
  [["clients", "--entity-name", "perf"], `producer_byte_rate=${RATE}`],
  [["users", "--entity-default"], "consumer_byte_rate=1000000000,request_percentage=5000.5"],
  [["ips", "--entity-name", "127.0.0.9"], "connection_creation_rate=7"],
];

/** Sets quotas, and tells how kafka-configs describes them. */
async function configure(tools: KafkaTools, brokers: string): Promise<string> {
  const configs = (...args: string[]) =>
    run(tools, CONFIGS, "--bootstrap-server", brokers, ...args);
  let described = "";
  for (const [entity, config] of settings) {
    await configs("--alter", "--entity-type", ...entity, "--add-config", config);
    described += await configs("--describe", "--entity-type", entity[0]);
  }
  return described.split("\n").map((line) =>
    line.replace(/ are (.*)$/, (_, all) => ` are ${all.split(", ").sort().join(", ")}`)
  ).join("\n");
}

/**
 * Writes under the quota as fast as may be: how long it took, and how the client was made to wait.
 */
async function perform(
  tools: KafkaTools,
  brokers: string,
): Promise<{ ms: number; throttledMs: number }> {
  const printed = await run(
    tools,
    PERFORMANCE,
    ...["--bootstrap-server", brokers, "--topic", "perf", "--print-metrics"],
    ...["--num-records", `${RECORDS}`, "--record-size", `${RECORD_BYTES}`, "--throughput", "-1"],
    ...["--command-property", "client.id=perf", "acks=1", "batch.size=16384", "linger.ms=5"],
  );
  const [, rate] = /^5600 records sent, ([\d.]+) records\/sec/m.exec(printed) ?? [];
  ok(rate, printed);
  const [, throttled] = /produce-throttle-time-max\S*\s*:\s*([\d.]+)/.exec(printed) ?? [];
  return { ms: RECORDS / Number(rate) * 1000, throttledMs: Number(throttled) };
}

testWith(
  { needs: "Apache Kafka and Java (shared/peers/kafka)", available: hasApacheKafka() },
  "Kafka's tools set quotas, and a producer over one is slowed down as by Apache Kafka",
  async () => {
    using folder = new TemporaryFolder();
    const data = `${folder.path}/ours`;
    const [ours, theirs] = await Promise.all([
      startStreamer({ data }),
      startApacheKafka({ folder: `${folder.path}/theirs` }),
    ]);
    await using _theirs = theirs.program;
    await using tools = new KafkaTools();
    try {
      const described = await configure(tools, ours.brokers);
      const asKafka = await configure(tools, theirs.brokers);
      strictEqual(described, asKafka);
      for (const part of [`${RATE}`, "5000.5", "127.0.0.9", "default user"]) {
        ok(described.includes(part), `${part} is not in:\n${described}`);
      }
      for (const brokers of [ours.brokers, theirs.brokers]) {
        const { ms, throttledMs } = await perform(tools, brokers);
        ok(ms > FASTEST_MS && ms < FASTEST_MS + 15_000, `took ${ms} ms`);
        ok(throttledMs > 0, "the client was told to wait");
      }
    } finally {
      await ours.program.stop();
    }
    const again = await startStreamer({ data });
    await using _again = again.program;
    using client = await RawClient.connect(again.port);
    const { entries } = await client.ask("DescribeClientQuotas", 1, { components: [] });
    strictEqual(entries.length, settings.length);
  },
);
