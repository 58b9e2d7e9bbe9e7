/**
 * Kafka's own tools on three nodes of ours that have joined each other: the quorum and its voters,
 * topics by state, elections, reassignments with a limit, features, endpoints.
 */
import { deepStrictEqual, doesNotMatch, match, strictEqual } from "node:assert/strict";
import { TemporaryFolder } from "../kit/folders.ts";
import { KafkaTools } from "../kit/kafka_tools.ts";
import { hasApacheKafka } from "../kit/programs.ts";
import { testWith } from "../kit/skip.ts";
import { brokersOf, Nodes, votersOf } from "../kit/typed_nodes.ts";

const TOOLS = {
  cluster: "ClusterTool",
  features: "FeatureCommand",
  "leader-election": "LeaderElectionCommand",
  "metadata-quorum": "MetadataQuorumCommand",
  "reassign-partitions": "reassign.ReassignPartitionsCommand",
  topics: "TopicCommand",
} as const;

class Tools {
  readonly #tools = new KafkaTools();

  constructor(readonly nodes: Nodes, readonly folder: string) {}

  /** What a tool prints, whether it succeeds or not. */
  async run(name: keyof typeof TOOLS, args: string): Promise<string> {
    const at = ["--bootstrap-server", `127.0.0.1:${this.nodes.at(1).clients}`];
    const words = args.split(" ");
    // The cluster's tool takes its command first.
    const all = name === "cluster" ? [...words, ...at] : [...at, ...words];
    return (await this.#tools.run(`org.apache.kafka.tools.${TOOLS[name]}`, all)).printed;
  }

  plan(topic: string, replicas: readonly number[][]): string {
    const path = `${this.folder}/plan.json`;
    const partitions = replicas.map((ids, partition) => ({ topic, partition, replicas: ids }));
    Deno.writeTextFileSync(path, JSON.stringify({ version: 1, partitions }));
    return `--reassignment-json-file ${path}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#tools[Symbol.asyncDispose]();
  }
}

async function quorum(tools: Tools): Promise<void> {
  const status = await tools.run("metadata-quorum", "describe --status");
  match(status, /LeaderId:\s+1\b/);
  for (const id of [1, 2, 3]) {
    match(status, new RegExp(`CurrentVoters:.*"id": ${id}, "directoryId"`));
  }
  const replication = await tools.run("metadata-quorum", "describe --replication");
  strictEqual(replication.match(/\b(?:Leader|Follower)\b/g)?.length, 3, replication);
  strictEqual(replication.match(/\bObserver\b/g)?.length, 1, replication);
  const endpoints = await tools.run("cluster", "list-endpoints");
  for (const id of [1, 2, 3, 4]) {
    const { clients } = tools.nodes.at(id);
    match(endpoints, new RegExp(`^${id}\\s+127\\.0\\.0\\.1\\s+${clients}\\b.*broker`, "m"));
  }
  match(await tools.run("features", "describe"), /kraft\.version.*FinalizedVersionLevel: 1\b/);
}

async function partitions(tools: Tools): Promise<void> {
  const create = "--create --topic moved --partitions 2 --replication-factor 2";
  match(await tools.run("topics", create), /Created topic moved/);
  const moved = "--describe --topic moved";
  const byPlan = (how: string, replicas: number[][]) =>
    tools.run("reassign-partitions", `${tools.plan("moved", replicas)} ${how}`);
  const from = [[1, 2], [2, 1]], to = [[3, 4], [4, 3]];
  await byPlan("--execute", from);
  await tools.nodes.does(1, "cluster reassign --wait");
  match(await byPlan("--execute --throttle 1000000", to), /throttle limit was set[^]*Successfully/);
  await tools.nodes.does(1, "cluster reassign --wait");
  match(await byPlan("--verify", to), /moved-0 is completed[^]*moved-1 is completed/);
  deepStrictEqual(
    [...(await tools.run("topics", moved)).matchAll(/Replicas: (\S+)\s+Isr: (\S+)/g)]
      .map(([, replicas, isr]) => [replicas, isr.split(",").toSorted().join()]),
    [["3,4", "3,4"], ["4,3", "3,4"]],
  );
  const { throttle } = JSON.parse(await tools.nodes.does(1, "cluster reassign --status --json"));
  deepStrictEqual(throttle, { brokers: [], topics: [] }, "the verification takes limits back");

  await byPlan("--execute", [[4, 3], [3, 4]]);
  await tools.nodes.does(1, "cluster reassign --wait");
  const elect = "--election-type preferred --all-topic-partitions";
  match(
    await tools.run("leader-election", elect),
    /Successfully completed leader election.*moved-/,
  );
  const led = await tools.run("topics", moved);
  match(led, /Partition: 0\s+Leader: 4[^]*Partition: 1\s+Leader: 3/);
}

/** Without node 4: what is short of it, by each of the filters. */
async function shortOfOne(tools: Tools): Promise<void> {
  const { nodes } = tools;
  const create = "--create --topic alone --partitions 1 --replica-assignment 4";
  match(await tools.run("topics", create.replace("--partitions 1 ", "")), /Created topic alone/);
  await nodes.does(1, "topic alter moved --config min.insync.replicas=2");
  await nodes.stop(4);
  await nodes.until(1, (status) => !brokersOf(status).includes(4));
  const listed = async (filter: string) =>
    [...(await tools.run("topics", `--describe --${filter}`)).matchAll(
      /Topic: (\S+)\s+Part\S+ (\d+)/g,
    )]
      .map(([, topic, partition]) => `${topic}-${partition}`).toSorted();
  const both = ["moved-0", "moved-1"];
  deepStrictEqual(await listed("under-replicated-partitions"), ["alone-0", ...both]);
  deepStrictEqual(await listed("unavailable-partitions"), ["alone-0"]);
  deepStrictEqual(await listed("under-min-isr-partitions"), ["alone-0", ...both]);
  deepStrictEqual(await listed("at-min-isr-partitions"), []);
}

/** One is taken out, and one that does not join by itself is let in. */
async function voters(tools: Tools): Promise<void> {
  const { nodes, folder } = tools;
  const { quorum: { members } } = JSON.parse((await nodes.type(1, "cluster status --json")).out);
  const { directoryId } = members.find(({ id }: { id: number }) => id === 3);
  await nodes.stop(3);
  const remove = `remove-controller --controller-id 3 --controller-directory-id ${directoryId}`;
  match(await tools.run("metadata-quorum", remove), /Removed\s+KRaft controller 3/);
  await nodes.until(1, (status) => votersOf(status).join() === "1,2");

  const controllers = nodes.at(1).controllers;
  nodes.start(5, `--set controller.quorum.bootstrap.servers=127.0.0.1:${controllers}`);
  await nodes.until(1, (status) => brokersOf(status).includes(5));
  const properties = `${folder}/controller.properties`;
  Deno.writeTextFileSync(
    properties,
    `process.roles=controller\nnode.id=5\nlog.dirs=${folder}/5\n` +
      `listeners=CONTROLLER://127.0.0.1:${nodes.at(5).controllers}\n` +
      "controller.listener.names=CONTROLLER\n" +
      `controller.quorum.bootstrap.servers=127.0.0.1:${controllers}\n`,
  );
  const add = await tools.run("metadata-quorum", `--command-config ${properties} add-controller`);
  match(add, /Added\s+controller 5/);
  await nodes.until(1, (status) => votersOf(status).join() === "1,2,5");
}

testWith(
  { needs: "Apache Kafka's tools", available: hasApacheKafka() },
  "Kafka's tools on three nodes: the quorum and its voters, partitions by state, moves, elections",
  async () => {
    using folder = new TemporaryFolder();
    await using nodes = new Nodes(folder.path);
    await using tools = new Tools(nodes, folder.path);
    nodes.start(1, "--new-cluster");
    const join = `--join 127.0.0.1:${nodes.at(1).controllers}`;
    nodes.start(2, join);
    nodes.start(3, join);
    nodes.start(4, `${join} --roles broker`);
    await nodes.until(
      1,
      (status) => votersOf(status).join() === "1,2,3" && brokersOf(status).join() === "1,2,3,4",
    );
    await quorum(tools);
    await partitions(tools);
    await shortOfOne(tools);
    await voters(tools);
    doesNotMatch(nodes.printed(), /fault in streamer|unexpected/);
  },
);
