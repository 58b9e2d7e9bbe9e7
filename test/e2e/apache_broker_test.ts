/**
 * A broker of Apache Kafka 4.3.1 in a cluster whose controllers are ours: it follows our metadata
 * log, registers, leads a partition that ours copy, copies one that ours leads, and when it is
 * killed ours go on with what it had. Every record of our controller's has to be to its taste, or its
 * process ends.
 */
import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { Asker, partitionsOf, produceOne, until } from "../kit/ask.ts";
import { TemporaryFolder } from "../kit/folders.ts";
import { LocalCluster } from "../kit/local_cluster.ts";
import { kafka, type Member, streamer } from "../kit/makes.ts";
import { freePort, hasApacheKafka, Program } from "../kit/programs.ts";
import { readAll } from "../kit/raw_topics.ts";
import { testWith } from "../kit/skip.ts";
import { RawClient } from "../kit/wire.ts";

const TOPIC = "mixed";
/** Of partition 0 the Apache broker is the leader, of partition 1 a follower. */
const REPLICAS = [[3, 1, 2], [1, 3, 2]];
const RECORDS = 20;
const PATIENCE = { withinMs: 90_000 };

testWith(
  { needs: "Apache Kafka", available: hasApacheKafka() },
  "A broker of Apache Kafka lives in a cluster of ours, leads, follows, and can be lost",
  async () => {
    using folder = new TemporaryFolder();
    await using cluster = await LocalCluster.start({
      make: streamer,
      folder: folder.path,
      nodes: 2,
      settings: { "offsets.topic.replication.factor": "1" },
    });
    const [first] = cluster.nodes;
    const { clusterId } = await first.asker.ask("Metadata", 12, { topics: [] });
    const apache: Member = {
      id: 3,
      address: "127.0.0.1",
      port: freePort(),
      controllerPort: freePort(),
      roles: "broker",
    };
    const plan = { self: apache, members: cluster.members, folder: `${folder.path}/apache` };
    const { command, args, env } = kafka.start({ ...plan, settings: {} });
    const program = new Program(command, [...args, "--cluster-id", clusterId], { env });
    using asker = new Asker(apache);
    try {
      const told = () => `\napache printed:\n${program.printed.slice(-3000)}${cluster.tails()}`;
      const patience = { ...PATIENCE, else: told };
      await until("The Apache broker is there", async () => {
        const answer = await first.asker.ask("Metadata", 12, { topics: [] });
        return answer?.brokers.some(({ nodeId }: any) => nodeId === apache.id) || undefined;
      }, patience);

      const assignments = REPLICAS.map((brokerIds, partitionIndex) => ({
        partitionIndex,
        brokerIds,
      }));
      const made = await first.asker.ask("CreateTopics", 7, {
        topics: [{ name: TOPIC, numPartitions: -1, replicationFactor: -1, assignments }],
        timeoutMs: 30_000,
      }, 30_000);
      strictEqual(made.topics[0].errorCode, 0, JSON.stringify(made));
      for (let i = 0; i < RECORDS; i++) {
        for (const [partition, leader] of [asker, first.asker].entries()) {
          const what = `Record ${i} of partition ${partition} is on all replicas`;
          const isDone = async () => await produceOne(leader, TOPIC, partition) || undefined;
          await until(what, isDone, patience);
        }
      }
      const partitions = await until(
        "All replicas are in sync, as the Apache broker tells",
        async () => {
          const all = await partitionsOf(asker, [TOPIC]);
          const isWhole = all?.every(({ isr, replicas }) => isr.length === replicas.length);
          return isWhole ? all : undefined;
        },
        patience,
      );
      deepStrictEqual(
        partitions.toSorted((one, other) => one.partition - other.partition)
          .map(({ leader, replicas }) => [leader, replicas]),
        REPLICAS.map((replicas) => [replicas[0], replicas]),
      );

      program.kill("SIGKILL");
      await program.exited;
      const left = await until("One of ours leads in its place", async () => {
        const all = await partitionsOf(first.asker, [TOPIC]);
        return all?.find(({ partition, leader }) => partition === 0 && [1, 2].includes(leader));
      }, patience);
      const { self } = cluster.nodes.find(({ id }) => id === left.leader)!;
      using client = await RawClient.connect(self.port, self.address);
      const kept = await readAll(client, { topic: TOPIC, partition: 0 });
      strictEqual(kept.length >= RECORDS, true, `${kept.length} records are left`);
    } finally {
      program.kill("SIGKILL");
      await program.exited;
    }
  },
);
