/**
 * Kafka's own tools for the cluster itself, against the real executable: features, the quorum,
 * elections, reassignments, endpoints; and those that read our metadata from disk.
 */
import { doesNotMatch, match, ok, strictEqual } from "node:assert/strict";
import { TemporaryFolder } from "../kit/folders.ts";
import { hasApacheKafka, peers, runProgram, startStreamer } from "../kit/programs.ts";
import { testWith } from "../kit/skip.ts";

/** Runs one of the tools; what it prints, whether it succeeds or not. */
const run = async (name: string, ...args: string[]): Promise<string> => {
  const options = { withinMs: 120_000, mayFail: true };
  return (await runProgram(`${peers}/kafka`, [name, ...args], options)).printed;
};

testWith(
  { needs: "Apache Kafka's tools", available: hasApacheKafka() },
  "Kafka's tools: features, metadata-quorum, leader-election, reassign-partitions, cluster",
  async () => {
    using folder = new TemporaryFolder();
    const data = `${folder.path}/data`;
    const settings = [
      "controller.quorum.voters=1@127.0.0.1:19", // told in the quorum, and nobody goes there
      "metadata.log.max.record.bytes.between.snapshots=100",
    ];
    const args = settings.flatMap((setting) => ["--set", setting]);
    const { program, brokers } = await startStreamer({ data, args });
    await using _ = program;
    const tool = (name: string, ...args: string[]) =>
      run(name, "--bootstrap-server", brokers, ...args);
    match(await tool("topics", "--create", "--topic", "orders", "--partitions", "2"), /Created/);

    const plan = `${folder.path}/plan.json`;
    const replicas = [0, 1].map((partition) => ({ topic: "orders", partition, replicas: [1] }));
    Deno.writeTextFileSync(plan, JSON.stringify({ version: 1, partitions: replicas }));
    const asked = `${folder.path}/topics.json`;
    Deno.writeTextFileSync(asked, JSON.stringify({ version: 1, topics: [{ topic: "orders" }] }));
    const reassign = (...args: string[]) => tool("reassign-partitions", ...args);
    const byPlan = ["--reassignment-json-file", plan];

    const moving = async () => {
      const generate = ["--topics-to-move-json-file", asked, "--broker-list", "1", "--generate"];
      match(await reassign(...generate), /Proposed[^]*"replicas":\[1\]/);
      match(await reassign(...byPlan, "--execute"), /Successfully started.*orders-0,orders-1/);
      match(
        await reassign(...byPlan, "--verify"),
        /orders-0 is completed[^]*orders-1 is completed/,
      );
      match(await reassign(...byPlan, "--cancel"), /None of the specified .* are active/);
      match(await reassign("--list"), /No partition reassignments found/);
    };
    const agreeing = async () => {
      match(
        await tool("features", "describe"),
        /metadata\.version.*FinalizedVersionLevel: 4\.3-IV0/,
      );
      match(await tool("features", "downgrade", "--feature", "share.version=0"), /downgraded to 0/);
      match(
        await tool("features", "downgrade", "--release-version", "4.0"),
        /7 out of 7 .* failed/,
      );
      match(
        await tool("features", "upgrade", "--release-version", "4.3"),
        /kraft\.version was upgraded to 1[^]*share\.version was upgraded to 1/,
      );
      const status = await tool("metadata-quorum", "describe", "--status");
      match(status, /LeaderId:\s+1[^]*"directoryId": "[\w-]{22}", "endpoints": \["CONTROLLER:/);
      match(await tool("metadata-quorum", "describe", "--replication"), /\s0\s.*Leader/);
    };
    const looking = async () => {
      const preferred = ["--election-type", "preferred", "--all-topic-partitions"];
      doesNotMatch(await tool("leader-election", ...preferred), /rror/);
      const unclean = ["--election-type", "unclean", "--topic", "orders", "--partition", "1"];
      match(await tool("leader-election", ...unclean), /already elected.*orders-1/);
      match(
        await run("cluster", "cluster-id", "--bootstrap-server", brokers),
        /Cluster ID: \S{22}/,
      );
      const endpoints = await run("cluster", "list-endpoints", "--bootstrap-server", brokers);
      match(endpoints, /1\s+127\.0\.0\.1\s+\d+.*unfenced\s+broker/);
    };
    await Promise.all([moving(), agreeing().then(looking)]);
    strictEqual(await program.stop(), 0, program.printed);

    const files = `${data}/__cluster_metadata-0`;
    const snapshots = [...Deno.readDirSync(files)].map(({ name }) => name).sort()
      .filter((name) => name.endsWith(".checkpoint"));
    ok(snapshots.length > 0);
    const newest = `${files}/${snapshots.at(-1)}`;
    const dump = await run("dump-log", "--cluster-metadata-decoder", "--files", newest);
    doesNotMatch(dump, /rror|isvalid: false/);
    match(dump, /KRaftVersion \{"version":0,"kRaftVersion":1\}[^]*KRaftVoters[^]*SnapshotFooter/);
    const tree = await run("metadata-shell", "--snapshot", newest, "tree", "/image");
    match(tree, /finalized_share\.version:\s+1/);
    match(tree, /orders:/);
  },
);
