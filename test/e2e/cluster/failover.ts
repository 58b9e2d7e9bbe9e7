/**
 * Measures how long a partition takes no records when its leader is lost, or the quorum's, or a node
 * that is both, in a world apart (`kit/netns.ts`):
 *
 *   unshare --net --mount --pid --fork --mount-proc --kill-child=KILL deno run -A test/e2e/cluster/failover.ts \
 *     [--make streamer|kafka] [--nodes 3] [--seed N] [--rounds 5] [--faults kill,pause,cut,aside] [--whom both,leader,controller]
 *     [--clients librdkafka,java]
 *
 * Three times each: until the nodes that are left acknowledge a record, as one who asks them all the
 * time sees it, and until librdkafka's and Java's producer, which come as they are, are answered
 * again. A node is killed, paused, cut off from everybody, or set aside: cut off from the other nodes,
 * while clients reach it still. Prints a line each time, and the figures as JSON at the end.
 */
import { parseArgs } from "node:util";
import { partitionsOf, until } from "../../kit/ask.ts";
import { TemporaryFolder } from "../../kit/folders.ts";
import { MAKES } from "../../kit/makes.ts";
import { Network } from "../../kit/netns.ts";
import { pause } from "../../kit/programs.ts";
import { Cluster, type ClusterNode } from "./cluster.ts";
import { Pulse, type PulseKind } from "./pulse.ts";

type Whom = "leader" | "controller" | "both";

/** How a node is lost, and how it comes back. */
interface Fault {
  begin(cluster: Cluster, node: ClusterNode): Promise<void> | void;
  end(cluster: Cluster, node: ClusterNode): Promise<void> | void;
}

const others = (cluster: Cluster, node: ClusterNode) =>
  cluster.others(node).map(({ host }) => host);
const heal = ({ network }: Cluster) => network.heal();

const FAULTS: Readonly<Record<string, Fault>> = {
  kill: { begin: (_, node) => node.kill(), end: (_, node) => node.start() },
  pause: { begin: (_, node) => node.pause(), end: (_, node) => node.resume() },
  cut: {
    begin: (cluster, node) =>
      cluster.network.cut([node.host], [...others(cluster, node), "clients"]),
    end: heal,
  },
  aside: {
    begin: (cluster, node) => cluster.network.cut([node.host], others(cluster, node)),
    end: heal,
  },
};

const TOPIC = "pulse";
const PARTITIONS = 9;
/** A client that knows no better waits for its request (30 s) and then some. */
const PATIENCE_MS = 120_000;

const { values } = parseArgs({
  options: {
    make: { type: "string", default: "streamer" },
    nodes: { type: "string", default: "3" },
    seed: { type: "string", default: "1" },
    rounds: { type: "string", default: "5" },
    faults: { type: "string", default: Object.keys(FAULTS).join() },
    whom: { type: "string", default: "both,leader,controller" },
    clients: { type: "string", default: "librdkafka,java" },
  },
});
const figures: Record<string, Record<string, number[]>> = {};

let cluster: Cluster;
let clients: readonly Pulse[];
let findings: readonly string[];
try {
  findings = await play();
} catch (error) {
  const reason = error instanceof SuppressedError ? error.suppressed : error;
  findings = [`${(reason as Error).stack}`];
}
console.log(`figures: ${JSON.stringify(figures)}`);
for (const finding of findings) console.log(`finding: ${finding}`);
Deno.exit(findings.length === 0 ? 0 : 1);

async function play(): Promise<readonly string[]> {
  using folder = new TemporaryFolder();
  await using network = await Network.open(folder.path, Number(values.seed));
  await using started = await Cluster.start({
    make: MAKES[values.make],
    network,
    folder: folder.path,
    nodes: values.nodes,
  });
  cluster = started;
  await cluster.createTopic(TOPIC, PARTITIONS, cluster.make.durableTopic);
  await cluster.untilWhole();
  await using pulses = new AsyncDisposableStack();
  const kinds = values.clients.split(",").filter((kind) => kind !== "") as PulseKind[];
  clients = kinds.map((kind) => pulses.use(new Pulse(kind, cluster.bootstrap, TOPIC)));
  for (let round = 1; round <= Number(values.rounds); round++) {
    for (const fault of values.faults.split(",")) {
      for (const whom of values.whom.split(",") as Whom[]) await measure(fault, whom);
    }
  }
  return cluster.findings;
}

async function measure(fault: string, whom: Whom): Promise<void> {
  const { node, partition } = await choose(whom);
  for (const client of clients) client.to(partition);
  await pause(1000);
  for (const client of clients) await client.untilServed(PATIENCE_MS);

  const since = performance.now();
  const lost = FAULTS[fault].begin(cluster, node);
  const nodes = cluster.others(node);
  const [ready, ...waits] = await Promise.all([
    cluster.untilProduced(TOPIC, partition, { since, nodes, withinMs: PATIENCE_MS }),
    ...clients.map((client) => waitOf(client, since)),
    lost,
  ]);
  const row = { ready, ...Object.fromEntries(clients.map(({ kind }, i) => [kind, waits[i]!])) };
  console.log(`${values.make}, ${fault} ${whom}: ${JSON.stringify(row)}`);
  const before = figures[`${fault} ${whom}`] ??= {};
  for (const [what, ms] of Object.entries(row)) (before[what] ??= []).push(ms);
  await FAULTS[fault].end(cluster, node);
  await cluster.untilWhole();
}

/** How long the client is without answers, if the fault reaches it at all. */
async function waitOf(client: Pulse, since: number): Promise<number> {
  await pause(Math.max(0, since + 600 - performance.now()));
  return await client.untilServed(PATIENCE_MS);
}

/** A partition whose leader leads the quorum as well, or whose leader does not. */
async function choose(whom: Whom): Promise<{ node: ClusterNode; partition: number }> {
  const controller = await cluster.controller();
  return await until(`A partition to lose the ${whom} of`, async () => {
    const states = await cluster.fromAny((asker) => partitionsOf(asker, [TOPIC]));
    const found = states?.find(({ leader }) => (leader === controller.id) === (whom === "both"));
    if (found === undefined) return undefined;
    const node = whom === "controller" ? controller : cluster.node(found.leader);
    return { node, partition: found.partition };
  }, { withinMs: 400_000, everyMs: 500 });
}
