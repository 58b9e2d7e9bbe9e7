/**
 * A data directory that Apache Kafka formatted and filled goes from one broker to the other and
 * back, after clean stops and after `kill -9`: topics of every cleanup policy, groups of the old
 * protocol and the new, transactions, credentials, ACLs, quotas, snapshots of the metadata. Clients
 * are confluent-kafka's; each round goes on where the last one ended.
 */
import { doesNotMatch, match, ok, strictEqual } from "node:assert/strict";
import { TemporaryFolder } from "../kit/folders.ts";
import {
  cacheFolder,
  FAULTS,
  freePort,
  hasApacheKafka,
  hasPythonModule,
  linesOf,
  peers,
  Program,
  root,
  runProgram,
  startStreamer,
  untilListening,
} from "../kit/programs.ts";
import { testWith } from "../kit/skip.ts";
import { RawClient } from "../kit/wire.ts";

const python = "/usr/bin/python3";
const env = { PYTHONPATH: `${cacheFolder}/python` };
const SNAPSHOTS = "metadata.log.max.record.bytes.between.snapshots=2000";

/** Settings of a node that was formatted with `--standalone`, with an authorizer. */
function settingsOf(data: string, port: number, controller: number): string {
  const internal = ["offsets.topic", "transaction.state.log", "share.coordinator.state.topic"];
  return [
    "process.roles=broker,controller",
    "node.id=1",
    `listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controller}`,
    "controller.listener.names=CONTROLLER",
    "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    `controller.quorum.bootstrap.servers=127.0.0.1:${controller}`,
    `log.dirs=${data}`,
    ...internal.flatMap((topic) => [
      `${topic}.replication.factor=1`,
      `${topic}.num.partitions=4`,
    ]),
    "transaction.state.log.min.isr=1",
    "share.coordinator.state.topic.min.isr=1",
    "group.initial.rebalance.delay.ms=0",
    // So that nobody waits for the session of one who was killed, or for the next heartbeat.
    "broker.heartbeat.interval.ms=500",
    "broker.session.timeout.ms=2000",
    "group.consumer.min.heartbeat.interval.ms=500",
    "group.consumer.heartbeat.interval.ms=500",
    "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    "allow.everyone.if.no.acl.found=true",
    "super.users=User:ANONYMOUS",
    SNAPSHOTS,
  ].join("\n");
}

const quota = { entity: [{ entityType: "client-id", entityName: "slow" }] };

async function askOnce(port: number, api: "AlterClientQuotas" | "DescribeClientQuotas", body: any) {
  const client = await RawClient.connect(port);
  try {
    return await client.ask(api, 1, body);
  } finally {
    client[Symbol.dispose]();
  }
}

testWith(
  {
    needs: "Apache Kafka, and the packages in test/e2e/python/requirements.txt",
    available: hasApacheKafka() && hasPythonModule("confluent_kafka", python, env),
  },
  "A data directory of Apache Kafka's goes to us and back, stopped or killed, and nothing is lost",
  async () => {
    using folder = new TemporaryFolder();
    const data = `${folder.path}/data`;
    const port = freePort();
    const file = `${folder.path}/server.properties`;
    Deno.writeTextFileSync(file, settingsOf(data, port, freePort()));
    const format = [
      "storage",
      "format",
      "--standalone",
      "-t",
      "abcdefghijklmnopqrstug",
      "-c",
      file,
    ];
    await runProgram(`${peers}/kafka`, format, { withinMs: 90_000 });

    const clients = async (port: number, ...args: string[]) => {
      const command = [`${root}test/e2e/python/handover.py`, `127.0.0.1:${port}`, ...args];
      const { printed } = await runProgram(python, command, { env, withinMs: 120_000 });
      match(printed, /held/);
    };
    const inApacheKafka = async (end: "SIGTERM" | "SIGKILL", ...args: string[]) => {
      const heap = { KAFKA_HEAP: "-Xmx512M" };
      await using program = new Program(`${peers}/kafka`, ["java", "kafka.Kafka", file], {
        env: heap,
      });
      await untilListening(port, program, 90_000);
      await clients(port, ...args);
      if (args[0] === "fill") {
        const ops = [{ key: "producer_byte_rate", value: 5000, remove: false }];
        await askOnce(port, "AlterClientQuotas", { entries: [{ ...quota, ops }] });
      }
      program.kill(end);
      await program.exited;
    };
    const inStreamer = async (end: "SIGTERM" | "SIGKILL", round: number) => {
      const { program, port } = await startStreamer({ data, args: ["--set", SNAPSHOTS] });
      await using _ = program;
      match(program.printed, /ACLs are kept and not enforced/);
      const kept = linesOf(program, /records are kept as they are/);
      strictEqual(kept.length, 2, program.printed);
      match(kept.join("\n"), /topic=__transaction_state[^]*consumerGroups=1/);
      await clients(port, "round", `${round}`, "streamer");
      const { entries } = await askOnce(port, "DescribeClientQuotas", {
        components: [],
        strict: false,
      });
      strictEqual(entries.length, 1);
      doesNotMatch(program.printed, FAULTS);
      program.kill(end);
      if (end === "SIGTERM") strictEqual(await program.exited, 0, program.printed);
      else await program.exited;
    };

    await inApacheKafka("SIGKILL", "fill");
    await inStreamer("SIGKILL", 1);
    await inApacheKafka("SIGTERM", "round", "2", "kafka");
    await inStreamer("SIGTERM", 3);
    await inApacheKafka("SIGKILL", "round", "4", "kafka");

    const files = [...Deno.readDirSync(`${data}/__cluster_metadata-0`)].map(({ name }) => name);
    ok(files.filter((name) => name.endsWith(".checkpoint")).length > 2, `${files}`);
  },
);
