/**
 * What clients that we did not write do to a cluster while it is in trouble, with ledgers of what
 * they were told: librdkafka, Java's and kafkajs, producers and groups. `stop` brings all to rest,
 * reads all there is, and judges (`test/endurance/checks.ts` says what must hold).
 *
 * Nobody here asks for less than acks=all: a record that only a leader has may go with it.
 */
import {
  CompressionTypes,
  javaVersions,
  KafkajsProducer,
  startJava,
  startPython,
  untilStopped,
} from "../../endurance/clients.ts";
import { judge, type LedgerTopic, type Verdict } from "../../endurance/whole.ts";
import type { Program } from "../../kit/programs.ts";
import { until } from "../../kit/ask.ts";
import type { Cluster } from "./cluster.ts";
import { Pulse } from "./pulse.ts";

/** A topic of its own for measuring; nobody judges it. */
export const PULSE = "pulse";
/** Enough that each node leads some. */
export const PULSES = 9;

const TOPICS: Record<string, LedgerTopic> = {
  kept: {
    partitions: 6,
    configs: { "segment.bytes": "1048576", "index.interval.bytes": "512" },
  },
  // Here an ISR of one is enough for an answer, and must be for the record too.
  narrow: { partitions: 3, configs: { "min.insync.replicas": "1", "segment.bytes": "4194304" } },
};

/** Whose records are judged at the end, by name: how many partitions. */
export const LEDGER_TOPICS: ReadonlyMap<string, number> = new Map(
  Object.entries(TOPICS).map(([name, { partitions }]) => [name, partitions]),
);

export class ClusterLoad implements AsyncDisposable {
  readonly #folder: string;
  readonly #python: Program;
  readonly #java: Program;
  readonly #kafkajs: KafkajsProducer;
  /** Produces to the first partition of {@link PULSE}. */
  readonly pulse: Pulse;
  readonly #groups: readonly string[];

  private constructor(brokers: string, folder: string, pace: number, parts: {
    python: Program;
    groups: readonly string[];
  }) {
    this.#folder = folder;
    this.#python = parts.python;
    this.#groups = parts.groups;
    const rate = 60 * pace;
    const topics = partitionCounts();
    this.#java = startJava(brokers, folder, {
      ...{ name: "java", kind: "idempotent", version: javaVersions[0], rate, topics },
      config: { "compression.type": "gzip" },
    });
    this.#kafkajs = new KafkajsProducer({
      ...{ name: "kafkajs", kind: "idempotent", brokers, folder, rate, topics },
      compression: CompressionTypes.GZIP,
    });
    this.pulse = new Pulse("librdkafka", brokers, PULSE);
  }

  static async start(
    cluster: Cluster,
    { folder, pace, withGroups, debugs }: {
      folder: string;
      pace: number;
      withGroups: boolean;
      /** Has librdkafka write down beside its ledger what it does. */
      debugs: boolean;
    },
  ): Promise<ClusterLoad> {
    const { bootstrap: brokers } = cluster;
    const { durableTopic } = cluster.make;
    for (const [name, { partitions, configs }] of Object.entries(TOPICS)) {
      await cluster.createTopic(name, partitions, { ...configs, ...durableTopic });
    }
    await cluster.createTopic(PULSE, PULSES, durableTopic);
    await cluster.untilWhole();
    const topics = partitionCounts();
    const groups = withGroups ? ["sticky", "ranged"] : [];
    const python = await startPython(brokers, folder, {
      producers: [
        {
          ...{ name: "steady", kind: "idempotent", topics, rate: 120 * pace },
          config: { "compression.type": "lz4", ...debugs ? { debug: "eos,msg" } : {} },
        },
        {
          // It gives up soon; but what a node says it is not the leader for, it sends to the next one,
          // though a leader that was deposed may have appended it.
          ...{ name: "hasty", kind: "retrying", topics, rate: 80 * pace },
          config: { "max.in.flight": 5, "message.send.max.retries": 0 },
        },
        {
          ...{ name: "again", kind: "retrying", topics, rate: 60 * pace },
          config: { "compression.type": "zstd" },
        },
      ],
      groups: groups.map((group) => {
        const isSticky = group === "sticky";
        const strategy = isSticky ? "cooperative-sticky" : "range";
        const config = { "partition.assignment.strategy": strategy };
        return { group, topics, members: 2, churnSeconds: isSticky ? 7 : 11, config };
      }),
      watch: { name: "watch", topics },
      read: { name: "read", topics },
      waits: true,
    });
    const load = new ClusterLoad(brokers, folder, pace, { python, groups });
    await load.untilProgress("at the start");
    await load.gap();
    return load;
  }

  /** Resolves when records are acknowledged again; throws when that takes too long. */
  async untilProgress(when: string): Promise<void> {
    const before = this.#kafkajs.acknowledged;
    const attempt = async () => this.#kafkajs.acknowledged > before || undefined;
    await until(`Producing goes on ${when}`, attempt, { withinMs: 90_000, everyMs: 5 });
  }

  /** The longest that a client as it comes has waited for an answer since this was last asked. */
  async gap(): Promise<number> {
    return (await this.pulse.gap()).longestMs;
  }

  async stop(): Promise<Verdict> {
    await this.pulse[Symbol.asyncDispose]();
    this.#python.write("stop\n");
    await this.#python.untilPrinted(/quiet/, 120_000);
    await this.#kafkajs.stop();
    await untilStopped(this.#java);
    await untilStopped(this.#python, 400_000);
    const verdict = judge({
      folder: this.#folder,
      topics: TOPICS,
      producers: ["steady", "hasty", "again", "java", "kafkajs"],
      groups: [...this.#groups],
      watch: "watch",
      read: "read",
    });
    const said = [this.#python, this.#java].flatMap(({ printed }) => printed.split("\n"))
      .filter((line) => /never answered|Traceback|^\w+Error|^Exception in/.test(line));
    return { ...verdict, findings: [...verdict.findings, ...said] };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const programs = [this.#python, this.#java];
    for (const program of programs) program.kill("SIGKILL");
    await Promise.all(programs.map((program) => program.exited));
    await this.pulse[Symbol.asyncDispose]();
  }
}

const partitionCounts = (): Record<string, number> =>
  Object.fromEntries(Object.entries(TOPICS).map(([name, { partitions }]) => [name, partitions]));
