/** Starts the clients of other makes that keep ledgers, and ends them. */
import { CompressionTypes } from "kafkajs";
import {
  cacheFolder,
  exists,
  hasApacheKafka,
  hasPythonModule,
  peers,
  Program,
} from "../kit/programs.ts";
import { KafkajsProducer } from "./kafkajs_producer.ts";
import type { ProducerKind } from "./ledger.ts";

const python = "/usr/bin/python3";
const env = { PYTHONPATH: `${cacheFolder}/python` };
const oldJars = `${cacheFolder}/java-2.1.1`;

export const hasConfluent = hasPythonModule("confluent_kafka", python, env);
/** Which versions of Java's clients are here. */
export const javaVersions = hasApacheKafka()
  ? ["4.3.1", ...(exists(oldJars) ? ["2.1.1"] : [])]
  : [];

/** What `clients.py` is told to do. */
export interface PythonPlan {
  producers?: {
    name: string;
    kind: ProducerKind;
    topics: Record<string, number>;
    rate: number;
    config?: Record<string, string | number>;
    keys?: number;
  }[];
  groups?: {
    group: string;
    topics: Record<string, number>;
    members: number;
    config?: Record<string, string | number>;
    churnSeconds?: number;
    stays?: boolean;
  }[];
  watch?: { name: string; topics: Record<string, number> };
  read?: { name: string; topics: Record<string, number> };
  /** Groups and readers go on until all producers are quiet, also others'. */
  waits?: boolean;
}

export async function startPython(
  brokers: string,
  folder: string,
  plan: PythonPlan,
): Promise<Program> {
  const script = new URL("clients.py", import.meta.url).pathname;
  const program = new Program(python, [script, brokers, folder], { env });
  program.write(`${JSON.stringify(plan)}\n`);
  await program.untilPrinted(/started/, 30_000);
  return program;
}

export interface JavaOptions {
  readonly name: string;
  readonly kind: "idempotent" | "plain";
  readonly version: string;
  readonly rate: number;
  readonly topics: Record<string, number>;
  readonly config?: Record<string, string>;
}

export function startJava(brokers: string, folder: string, options: JavaOptions): Program {
  const { name, kind, version, rate, topics, config = {} } = options;
  const args = [
    new URL("Producing.java", import.meta.url).pathname,
    ...[brokers, `${folder}/${name}.ledger`, name, kind, `${rate}`],
    Object.entries(topics).map((each) => each.join(":")).join(),
    ...Object.entries(config).map((each) => each.join("=")),
  ];
  const heap = "-Xmx128M";
  if (version === "2.1.1") return new Program("java", [heap, "-cp", `${oldJars}/*`, ...args]);
  return new Program(`${peers}/kafka`, ["java", ...args], { env: { KAFKA_HEAP: heap } });
}

/** Ends a program that listens to its input; throws when it does not end well. */
export async function untilStopped(program: Program, withinMs = 200_000): Promise<void> {
  program.write("stop\n");
  await program.untilPrinted(/stopped/, withinMs);
  await program.exited;
}

export { CompressionTypes, KafkajsProducer };
