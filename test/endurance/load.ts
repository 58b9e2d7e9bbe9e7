/**
 * A mixed load that keeps ledgers: clients of several makes over topics of differing settings, and
 * groups whose members come and go. `stop` brings it all to rest, reads all there is, and judges.
 *
 * Producers: librdkafka idempotent with five in flight, over all codecs with the others; plain ones
 * without retries of their own at acks=all and acks=1, which send again under a new id what failed;
 * one with the client's own retries, one at acks=0; kafkajs; Java's newest and its oldest that a
 * 4.x broker talks to. Transactions are not served yet.
 */
import { ok } from "node:assert/strict";
import { Kafka, logLevel } from "kafkajs";
import { pause, type Program } from "../kit/programs.ts";
import {
  CompressionTypes,
  javaVersions,
  KafkajsProducer,
  type PythonPlan,
  startJava,
  startPython,
  untilStopped,
} from "./clients.ts";
import { OffsetKeeper } from "./offset_keeper.ts";
import { judge, type LedgerTopic, type Verdict } from "./whole.ts";

const KEYS = 50;

/** By name. Whatever the settings: the page cache outlives a process that is killed. */
const topicsOf = (segmentBytes: number): Record<string, LedgerTopic> => ({
  disk: {
    partitions: 3,
    configs: { "segment.bytes": `${segmentBytes}`, "index.interval.bytes": "512" },
  },
  os: { partitions: 2, configs: { durability: "os", "segment.bytes": `${segmentBytes}` } },
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
      "min.cleanable.dirty.ratio": "0.3",
    },
    keeping: { isCompacted: true },
    keys: KEYS,
  },
  cut: {
    partitions: 2,
    configs: { "segment.bytes": "1048576", "retention.bytes": "1500000" },
    keeping: { isCut: true },
  },
});
const KEPT = ["disk", "os", "repacked"];
const WRITTEN = [...KEPT, "cut"];
const ALL = [...WRITTEN, "compacted"];

/** What the broker needs so that groups, the cleaner and retention do something soon. */
export const LOAD_SETTINGS = {
  "group.initial.rebalance.delay.ms": "100",
  "log.cleaner.backoff.ms": "1000",
  "log.retention.check.interval.ms": "2000",
  "log.initial.task.delay.ms": "500",
  "log.segment.delete.delay.ms": "500",
};

export interface LoadOptions {
  readonly brokers: string;
  /** Where the ledgers go. */
  readonly folder: string;
  /** 1 is about 700 records a second. */
  readonly pace: number;
  readonly segmentBytes: number;
  /** How often a member leaves its group and another comes. */
  readonly churnSeconds: number;
}

export class MixedLoad {
  readonly #options: LoadOptions;
  readonly #topics: Record<string, LedgerTopic>;
  readonly #python: Program;
  readonly #java: Program[];
  readonly #kafkajs: KafkajsProducer[];
  readonly #keeper: OffsetKeeper;
  /** Members that may be killed. */
  #passers: Program | undefined;

  private constructor(options: LoadOptions, python: Program) {
    const { brokers, folder, pace } = options;
    this.#options = options;
    this.#topics = topicsOf(options.segmentBytes);
    this.#python = python;
    this.#java = javaVersions.map((version) => {
      const isNew = version === "4.3.1";
      const kind = isNew ? "idempotent" as const : "plain" as const;
      const config: Record<string, string> = { "compression.type": isNew ? "gzip" : "lz4" };
      const rate = Math.ceil(60 * pace);
      const options = { name: `java-${version}`, kind, version, config, rate };
      return startJava(brokers, folder, { ...options, topics: this.#of(KEPT) });
    });
    this.#kafkajs = [
      { name: "kafkajs", kind: "idempotent" as const, compression: CompressionTypes.GZIP },
      { name: "kafkajs-plain", kind: "plain" as const },
    ].map((each) =>
      new KafkajsProducer({ ...each, brokers, folder, rate: 60 * pace, topics: this.#of(KEPT) })
    );
    const port = Number(brokers.split(":")[1]);
    this.#keeper = new OffsetKeeper({ port, topic: "disk", pauseMs: 10 / pace });
  }

  static async start(options: LoadOptions): Promise<MixedLoad> {
    const { brokers, folder, pace, churnSeconds } = options;
    const topics = topicsOf(options.segmentBytes);
    await createTopics(brokers, topics);
    const of = (names: string[]) => partitionsOf(topics, names);
    const rate = (most: number) => most * pace;
    const python = await startPython(brokers, folder, {
      producers: [
        {
          name: "steady",
          kind: "idempotent",
          topics: of(WRITTEN),
          rate: rate(150),
          config: { "compression.type": "lz4" },
        },
        {
          name: "newest",
          kind: "idempotent",
          topics: of(["compacted"]),
          rate: rate(100),
          keys: KEYS,
        },
        {
          name: "plain",
          kind: "plain",
          topics: of(WRITTEN),
          rate: rate(100),
          config: { "compression.type": "snappy", acks: -1 },
        },
        { name: "leader", kind: "plain", topics: of(KEPT), rate: rate(60), config: { acks: 1 } },
        {
          name: "again",
          kind: "retrying",
          topics: of(KEPT),
          rate: rate(60),
          config: { "compression.type": "zstd" },
        },
        { name: "unheard", kind: "unheard", topics: of(KEPT), rate: rate(30) },
      ],
      groups: [
        {
          group: "sticky",
          topics: of(KEPT),
          members: 2,
          churnSeconds,
          config: { "partition.assignment.strategy": "cooperative-sticky" },
        },
        {
          group: "ranged",
          topics: of(["disk", "os"]),
          members: 2,
          churnSeconds: 1.7 * churnSeconds,
        },
      ],
      watch: { name: "watch", topics: of(ALL) },
      read: { name: "read", topics: of(ALL) },
      waits: true,
    });
    return new MixedLoad(options, python);
  }

  #of(names: string[]): Record<string, number> {
    return partitionsOf(this.#topics, names);
  }

  /** All records that kafkajs's idempotent producer was told are there. */
  get acknowledged(): number {
    return this.#kafkajs[0].acknowledged;
  }

  /** Resolves when records are acknowledged again; throws when that takes too long. */
  async untilProgress(when: string): Promise<void> {
    const before = this.acknowledged;
    for (const until = performance.now() + 60_000; this.acknowledged === before;) {
      ok(performance.now() < until, `producing goes on: ${when}`);
      await pause(5);
    }
  }

  /** Kills the members of `ranged` that are a program of their own, and has others come. */
  async replacePassers(): Promise<void> {
    await this.#killPassers();
    const { brokers, folder } = this.#options;
    const group = { group: "ranged", topics: this.#of(["disk", "os"]), members: 2, stays: false };
    const plan: PythonPlan = { groups: [group] };
    this.#passers = await startPython(brokers, folder, plan);
  }

  async #killPassers(): Promise<void> {
    this.#passers?.kill("SIGKILL");
    await this.#passers?.exited;
  }

  /** Brings all to rest, reads all that there is, and judges. */
  async stop(): Promise<Verdict & { offsets: { commits: number; asked: number } }> {
    await this.#killPassers();
    this.#python.write("stop\n");
    await this.#python.untilPrinted(/quiet/, 120_000);
    await Promise.all(this.#kafkajs.map((each) => each.stop()));
    await Promise.all(this.#java.map((each) => untilStopped(each)));
    await this.#keeper.stop();
    await untilStopped(this.#python, 400_000);
    const printed = [this.#python, ...this.#java].map((each) => each.printed).join("");
    const verdict = judge({
      folder: this.#options.folder,
      topics: this.#topics,
      producers: [
        ...["steady", "newest", "plain", "leader", "again", "unheard"],
        ...["kafkajs", "kafkajs-plain", ...javaVersions.map((version) => `java-${version}`)],
      ],
      groups: ["sticky", "ranged"],
      watch: "watch",
      read: "read",
    });
    const said = printed.split("\n").filter((line) =>
      /never answered|Traceback|^\w+Error|^Exception in/.test(line)
    );
    const { commits, asked } = this.#keeper;
    return {
      ...verdict,
      offsets: { commits, asked },
      findings: [...verdict.findings, ...this.#keeper.findings, ...said],
    };
  }

  /** Ends whatever still runs, in a hurry. */
  async [Symbol.asyncDispose](): Promise<void> {
    const programs = [this.#python, ...this.#java, ...this.#passers ? [this.#passers] : []];
    for (const program of programs) program.kill("SIGKILL");
    await Promise.all(programs.map((program) => program.exited));
  }
}

const partitionsOf = (topics: Record<string, LedgerTopic>, names: string[]) =>
  Object.fromEntries(names.map((name) => [name, topics[name].partitions]));

async function createTopics(
  brokers: string,
  topics: Record<string, LedgerTopic>,
): Promise<void> {
  const admin = new Kafka({ brokers: [brokers], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  await admin.createTopics({
    topics: Object.entries(topics).map(([topic, { partitions, configs }]) => ({
      topic,
      numPartitions: partitions,
      configEntries: Object.entries(configs).map(([name, value]) => ({ name, value })),
    })),
  });
  await admin.disconnect();
}
