/**
 * Kafka's tools against a cluster of three: the quorum and its voters, reassignments with limits,
 * elections, features, endpoints, topics by state while a node is gone, replicas compared, and the
 * metadata read from disk.
 *
 * `STREAMER_CLUSTER_MAKE=kafka` runs the same on three nodes of Apache Kafka, which is the judge of
 * what is expected here.
 */
import { doesNotMatch, match, strictEqual } from "node:assert/strict";
import { produceOne, until } from "../kit/ask.ts";
import { TemporaryFolder } from "../kit/folders.ts";
import { KafkaTools } from "../kit/kafka_tools.ts";
import { LocalCluster } from "../kit/local_cluster.ts";
import { MAKES } from "../kit/makes.ts";
import { hasApacheKafka, peers, Program } from "../kit/programs.ts";
import { testWith } from "../kit/skip.ts";

const CLASSES = {
  cluster: "org.apache.kafka.tools.ClusterTool",
  features: "org.apache.kafka.tools.FeatureCommand",
  "leader-election": "org.apache.kafka.tools.LeaderElectionCommand",
  "metadata-quorum": "org.apache.kafka.tools.MetadataQuorumCommand",
  "metadata-shell": "org.apache.kafka.shell.MetadataShell",
  "reassign-partitions": "org.apache.kafka.tools.reassign.ReassignPartitionsCommand",
  topics: "org.apache.kafka.tools.TopicCommand",
};
const SETTINGS = {
  "offsets.topic.num.partitions": "3",
  "min.insync.replicas": "2",
  "metadata.log.max.record.bytes.between.snapshots": "500",
};

testWith(
  { needs: "Apache Kafka's tools", available: hasApacheKafka() },
  "Kafka's tools work on a cluster of three",
  async () => {
    using folder = new TemporaryFolder();
    const make = MAKES[Deno.env.get("STREAMER_CLUSTER_MAKE") ?? "streamer"];
    await using cluster = await LocalCluster.start({
      ...{ make, folder: folder.path, settings: SETTINGS },
    });
    await using tools = new KafkaTools();
    const { brokers, members, nodes } = cluster;
    const plain = async (name: keyof typeof CLASSES, ...args: string[]) =>
      (await tools.run(CLASSES[name], args)).printed;
    const tool = (name: keyof typeof CLASSES, ...args: string[]) =>
      plain(name, "--bootstrap-server", brokers, ...args);
    const [first, , third] = members;

    const create = (...args: string[]) => tool("topics", "--create", "--topic", ...args);
    match(await create("orders", "--partitions", "3", "--replication-factor", "3"), /Created/);
    match(await create("moved", "--replica-assignment", "1:2,2:3"), /Created/);
    await cluster.untilWhole();

    await quorum();
    await moving();
    await comparing();
    await withOneGone();
    await voters();
    await onDisk();

    async function quorum(): Promise<void> {
      const status = await tool("metadata-quorum", "describe", "--status");
      match(status, /LeaderId:\s+[123]\n[^]*MaxFollowerLag:\s+\d+\n[^]*"id": 1.*"id": 2.*"id": 3/);
      match(status, /CurrentObservers:\s+\[\]/);
      const replication = await tool("metadata-quorum", "describe", "--replication");
      strictEqual(replication.match(/\t(?:Leader|Follower)/g)?.length, 3, replication);
      const controller = `127.0.0.1:${first.controllerPort}`;
      const direct = ["--bootstrap-controller", controller];
      match(
        await plain("metadata-quorum", ...direct, "describe", "--status"),
        /CurrentVoters:.*"id": 3/,
      );
      const endpoints = await plain("cluster", "list-endpoints", ...direct);
      strictEqual(endpoints.match(/\d\s+127\.0\.0\.1 \d+\s+null\s+controller/g)?.length, 3);
      const ids = await Promise.all(
        nodes.map(async ({ asker }) => (await asker.ask("Metadata", 12, { topics: [] })).clusterId),
      );
      match(
        await plain("cluster", "cluster-id", "--bootstrap-server", brokers),
        new RegExp(`Cluster ID: ${ids[0]}`),
      );
      strictEqual(new Set(ids).size, 1);
      match(await tool("features", "describe"), /kraft\.version.*FinalizedVersionLevel: 0/);
    }

    function plan(replicas: number[][]): string[] {
      const path = `${folder.path}/plan.json`;
      const partitions = replicas.map((replicas, partition) => ({
        topic: "moved",
        partition,
        replicas,
      }));
      Deno.writeTextFileSync(path, JSON.stringify({ version: 1, partitions }));
      return ["--reassignment-json-file", path];
    }

    async function moving(): Promise<void> {
      // More than fits one fetch, since the first is free.
      for (const partition of [0, 1]) {
        for (let count = 0; count < 40; count++) {
          await until("A large record", async () => {
            const { asker } = nodes[partition];
            return await produceOne(asker, "moved", partition, { bytes: 100_000 }) || undefined;
          }, { withinMs: 20_000 });
        }
      }
      const reassign = (...args: string[]) => tool("reassign-partitions", ...args);
      // So slow that it lasts until it is called off.
      const there = plan([[2, 3], [3, 1]]);
      match(
        await reassign(...there, "--execute", "--throttle", "1"),
        /limit was set to 1 B\/s[^]*started partition reassignments for moved-0,moved-1/,
      );
      match(
        await reassign("--list"),
        /moved-0: replicas: 2,3,1\. adding: 3\. removing: 1\.\n.*moved-1: replicas: 3,1,2\. adding: 1\. removing: 2/,
      );
      match(await reassign(...there, "--verify", "--preserve-throttles"), /still in progress/);
      match(
        await reassign(...there, "--cancel"),
        /Successfully cancelled partition reassignments for: moved-0,moved-1/,
      );
      match(await reassign("--list"), /No partition reassignments found/);
      match(await reassign(...there, "--execute"), /Successfully started/);
      await until(
        "The moves are done",
        async () => /No partition reassignments/.test(await reassign("--list")) || undefined,
        {
          withinMs: 60_000,
        },
      );
      match(
        await reassign(...there, "--verify"),
        /moved-0 is completed[^]*moved-1 is completed[^]*Clearing topic-level throttles/,
      );
      match(
        await tool("topics", "--describe", "--topic", "moved"),
        /Replicas: 2,3\t[^]*Replicas: 3,1\t/,
      );
    }

    async function comparing(): Promise<void> {
      // It goes on for ever, and tells at each interval how far replicas are apart.
      const args = ["--broker-list", brokers, "--topics-include", "moved|orders"];
      const interval = ["--report-interval-ms", "500"];
      await using program = new Program(`${peers}/kafka`, [
        "replica-verification",
        ...args,
        ...interval,
      ]);
      await program.untilPrinted(/max lag is 0 for partition/, 60_000);
      doesNotMatch(program.printed, /checksum mismatch|Exception|partition \S+ has unmatched/i);
    }

    async function withOneGone(): Promise<void> {
      await nodes[2].end("kill");
      const described = (filter: string) => tool("topics", "--describe", filter);
      await until("The others know", async () => {
        const poor = await described("--under-replicated-partitions");
        return poor.match(/Topic: (?:orders|moved)/g)?.length === 5 || undefined;
      }, { withinMs: 60_000 });
      const below = await described("--under-min-isr-partitions");
      match(below, /Topic: moved\tPartition: 0\tLeader: 2\tReplicas: 2,3\tIsr: 2\tElr: 3/);
      match(below, /Topic: moved\tPartition: 1\tLeader: 1\tReplicas: 3,1\tIsr: 1\tElr: 3/);
      doesNotMatch(below, /orders/);
      const at = await described("--at-min-isr-partitions");
      strictEqual(at.match(/Topic: orders/g)?.length, 3, at);
      doesNotMatch(at, /moved/);
      doesNotMatch(await described("--unavailable-partitions"), /Topic:/);
      match(await described("--topics-with-overrides"), /Topic: orders.*min\.insync\.replicas=2/);
      const fenced = ["list-endpoints", "--include-fenced-brokers", "--bootstrap-server", brokers];
      match(await plain("cluster", ...fenced), /3\s+127\.0\.0\.1 \d+\s+null\s+fenced/);
      const refused = plan([[1, 3]]);
      match(
        await tool("reassign-partitions", ...refused, "--execute"),
        /Unknown broker id 3/,
      );
      nodes[2].start();
      await cluster.untilAllHere();
      await cluster.untilWhole();
      const preferred = ["--election-type", "preferred", "--all-topic-partitions"];
      match(await tool("leader-election", ...preferred), /Successfully completed.*moved-1/);
      match(
        await tool("topics", "--describe", "--topic", "moved"),
        /Partition: 1\tLeader: 3\tReplicas: 3,1/,
      );
      const unclean = ["--election-type", "unclean", "--topic", "orders", "--partition", "0"];
      match(await tool("leader-election", ...unclean), /already elected.*orders-0/);
    }

    async function voters(): Promise<void> {
      match(await tool("features", "upgrade", "--feature", "kraft.version=1"), /upgraded to 1/);
      const logs = make.logs(nodes[2].folder);
      const [, directory] = /directory\.id=(\S+)/.exec(
        Deno.readTextFileSync(`${logs}/meta.properties`),
      )!;
      const config = `${folder.path}/third.properties`;
      Deno.writeTextFileSync(
        config,
        [
          ...["process.roles=broker,controller", "node.id=3", `log.dirs=${logs}`],
          `listeners=PLAINTEXT://127.0.0.1:${third.port},CONTROLLER://127.0.0.1:${third.controllerPort}`,
          "controller.listener.names=CONTROLLER",
          `controller.quorum.bootstrap.servers=127.0.0.1:${first.controllerPort}`,
        ].join("\n"),
      );
      const which = ["--controller-id", "3", "--controller-directory-id", directory];
      const status = () => tool("metadata-quorum", "describe", "--status");
      match(await status(), new RegExp(`"id": 3, "directoryId": "${directory}"`));
      match(await tool("metadata-quorum", "remove-controller", ...which), /Removed .* 3 with/);
      const without = await status();
      match(
        without,
        new RegExp(`CurrentObservers:\\s+\\[\\{"id": 3, "directoryId": "${directory}"`),
      );
      doesNotMatch(without, /CurrentVoters:.*"id": 3/);
      match(
        await tool("metadata-quorum", "--command-config", config, "add-controller"),
        /Added controller 3 with directory id/,
      );
      match(await status(), /CurrentVoters:.*"id": 3/);
    }

    /** The shell wants the directory for itself. */
    async function onDisk(): Promise<void> {
      await Promise.all(nodes.map((node) => node.end("stop")));
      const files = `${make.logs(nodes[0].folder)}/__cluster_metadata-0`;
      const newest = [...Deno.readDirSync(files)].map(({ name }) => name)
        .filter((name) => name.endsWith(".checkpoint")).sort().at(-1);
      const read = ["--snapshot", `${files}/${newest}`, "tree", "/image"];
      match(await plain("metadata-shell", ...read), /moved:[^]*orders:/);
    }
  },
);
