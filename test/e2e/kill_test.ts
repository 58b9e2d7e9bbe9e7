/**
 * kill -9 in the middle of everything, many times: while it serves, starts, stops, or is frozen.
 * Clients of several makes produce (idempotent, plain, with retries of their own, unheard) and
 * consume in groups, each keeping a ledger of what it was told, which must be whole at the end
 * (`test/endurance/checks.ts` says what that is). Topics differ in settings, and lie in two log
 * directories. Transactions are not served yet.
 *
 * `STREAMER_KILL_ROUNDS` sets how many times (default 10), `SEED` the ways and moments.
 */
import { deepStrictEqual, ok } from "node:assert/strict";
import { Kafka, logLevel } from "kafkajs";
import { SeededRandom } from "../../src/platform/memory/mod.ts";
import {
  CompressionTypes,
  hasConfluent,
  javaVersions,
  KafkajsProducer,
  startJava,
  startPython,
  untilStopped,
} from "../endurance/clients.ts";
import { drawWay, KilledBroker } from "../endurance/killed_broker.ts";
import { judge, type LedgerTopic } from "../endurance/whole.ts";
import { TemporaryFolder } from "../kit/folders.ts";
import { pause } from "../kit/programs.ts";
import { testWith } from "../kit/skip.ts";

const rounds = Number(Deno.env.get("STREAMER_KILL_ROUNDS") ?? 10);

const KEYS = 50;
const TOPICS: Record<string, LedgerTopic> = {
  // Small segments, so that kills meet rolls.
  disk: { partitions: 3, configs: { "segment.bytes": "1048576", "index.interval.bytes": "512" } },
  // The page cache outlives the process.
  os: { partitions: 2, configs: { durability: "os", "segment.ms": "900" } },
  // What is stored is not what was sent.
  repacked: {
    partitions: 2,
    configs: { "compression.type": "zstd", "message.timestamp.type": "LogAppendTime" },
  },
  compacted: {
    partitions: 2,
    configs: {
      "cleanup.policy": "compact",
      "segment.ms": "1500",
      "delete.retention.ms": "3000",
      "min.cleanable.dirty.ratio": "0.1",
    },
    keeping: { isCompacted: true },
    keys: KEYS,
  },
  cut: {
    partitions: 2,
    configs: { "segment.bytes": "1048576", "retention.bytes": "1500000" },
    keeping: { isCut: true },
  },
};
const of = (...names: string[]) =>
  Object.fromEntries(names.map((name) => [name, TOPICS[name].partitions]));
const KEPT = ["disk", "os", "repacked"];

testWith(
  {
    needs: "confluent-kafka and Java's clients",
    available: hasConfluent && javaVersions.length > 0,
  },
  "kill -9 loses nothing acknowledged, doubles nothing, keeps the order, and no group forgets",
  async () => {
    using folder = new TemporaryFolder();
    const ledgers = `${folder.path}/ledgers`;
    Deno.mkdirSync(ledgers);
    const seed = Number(Deno.env.get("SEED") ?? Date.now() % 1_000_000);
    const chance = new SeededRandom(seed);
    const random = () => chance.uint32() / 2 ** 32;
    await using broker = new KilledBroker({
      data: `${folder.path}/one,${folder.path}/two`,
      random,
      settings: {
        "group.initial.rebalance.delay.ms": "100",
        "log.cleaner.backoff.ms": "200",
        "log.retention.check.interval.ms": "1000",
        "log.initial.task.delay.ms": "200",
        "log.segment.delete.delay.ms": "500",
      },
    });
    await broker.start();
    await createTopics(broker.brokers);
    const { brokers } = broker;
    const all = [...KEPT, "cut"];
    const python = await startPython(brokers, ledgers, {
      producers: [
        { name: "steady", kind: "idempotent", topics: of(...all), rate: 150, config: LZ4 },
        { name: "newest", kind: "idempotent", topics: of("compacted"), rate: 100, keys: KEYS },
        { name: "plain", kind: "plain", topics: of(...all), rate: 100, config: SNAPPY },
        { name: "leader", kind: "plain", topics: of(...KEPT), rate: 60, config: { acks: 1 } },
        { name: "again", kind: "retrying", topics: of(...KEPT), rate: 60, config: ZSTD },
        { name: "unheard", kind: "unheard", topics: of(...KEPT), rate: 30 },
      ],
      groups: [
        { group: "sticky", topics: of(...KEPT), members: 2, churnSeconds: 6, config: STICKY },
        { group: "ranged", topics: of("disk", "os"), members: 2, churnSeconds: 11 },
      ],
      watch: { name: "watch", topics: of(...all, "compacted") },
      read: { name: "read", topics: of(...all, "compacted") },
      waits: true,
    });
    await using _ = python;
    const java = javaVersions.map((version) => {
      const isNew = version === "4.3.1";
      const kind = isNew ? "idempotent" as const : "plain" as const;
      const config: Record<string, string> = { "compression.type": isNew ? "gzip" : "lz4" };
      const options = { name: `java-${version}`, kind, version, config };
      return startJava(brokers, ledgers, { ...options, rate: 60, topics: of(...KEPT) });
    });
    const kafkajs = [
      { name: "kafkajs", kind: "idempotent" as const, compression: CompressionTypes.GZIP },
      { name: "kafkajs-plain", kind: "plain" as const },
    ].map((each) =>
      new KafkajsProducer({ ...each, brokers, folder: ledgers, rate: 80, topics: of(...KEPT) })
    );

    console.log(`seed ${seed}, ${rounds} rounds`);
    for (let round = 1; round <= rounds; round++) {
      await untilProgress(kafkajs[0], `round ${round}`);
      await pause(random() * 700);
      await broker.end(drawWay(random));
      if (round % 25 === 0) console.log(`${round} rounds: ${JSON.stringify(broker.counts)}`);
    }
    await untilProgress(kafkajs[0], "the end");
    python.write("stop\n");
    await python.untilPrinted(/quiet/, 120_000);
    await Promise.all(kafkajs.map((each) => each.stop()));
    await Promise.all(java.map((each) => untilStopped(each)));
    await untilStopped(python, 300_000);
    ok(!/never answered/.test(python.printed), python.printed);

    const verdict = judge({
      folder: ledgers,
      topics: TOPICS,
      producers: [
        ...["steady", "newest", "plain", "leader", "again", "unheard"],
        ...["kafkajs", "kafkajs-plain", ...javaVersions.map((version) => `java-${version}`)],
      ],
      groups: ["sticky", "ranged"],
      watch: "watch",
      read: "read",
    });
    const starts = broker.starts.sort((a, b) => a - b);
    const middle = starts[starts.length >> 1];
    console.log(JSON.stringify({
      ...broker.counts,
      starts: { middle, longest: starts.at(-1) },
      ...verdict,
      findings: verdict.findings.length,
    }));
    deepStrictEqual([...verdict.findings, ...broker.findings], []);
  },
);

const LZ4 = { "compression.type": "lz4" };
const SNAPPY = { "compression.type": "snappy", acks: -1 };
const ZSTD = { "compression.type": "zstd" };
const STICKY = { "partition.assignment.strategy": "cooperative-sticky" };

async function createTopics(brokers: string): Promise<void> {
  const admin = new Kafka({ brokers: [brokers], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  const topics = Object.entries(TOPICS).map(([topic, { partitions, configs }]) => ({
    topic,
    numPartitions: partitions,
    configEntries: Object.entries(configs).map(([name, value]) => ({ name, value })),
  }));
  await admin.createTopics({ topics });
  await admin.disconnect();
}

/** Records are acknowledged again; fails when that takes too long. */
async function untilProgress(producer: KafkajsProducer, when: string): Promise<void> {
  const before = producer.acknowledged;
  for (const until = performance.now() + 60_000; producer.acknowledged === before;) {
    ok(performance.now() < until, `producing goes on after a kill: ${when}`);
    await pause(5);
  }
}
