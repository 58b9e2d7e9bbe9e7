/** `streamer cluster status`: how a cluster is, and what to do when it is not well. */
import { formatDuration } from "../base/mod.ts";
import type { ClusterStatus, Health, QuorumMember, TroubledPartition } from "../client/mod.ts";
import { BROKERS_FLAG, command, type CommandCall, JSON_FLAG } from "./command.ts";
import { hintFor } from "./hints.ts";
import { renderFacts, renderTable } from "./table.ts";
import { json, withClient } from "./with_client.ts";

const FLAGS = {
  ...BROKERS_FLAG,
  watch: { type: "boolean", short: "w", help: "Look again and again, until ^C" },
  every: {
    type: "duration",
    default: 2000,
    min: 100,
    max: 3_600_000,
    help: "How often with --watch",
  },
  limit: {
    type: "integer",
    value: "N",
    default: 10,
    min: 0,
    max: 100_000,
    help: "So many partitions are listed of each kind of trouble",
  },
  ...JSON_FLAG,
} as const;

export const statusCommand = command({
  name: "cluster status",
  summary: "Show the quorum, brokers and partitions, whether all is well, and what to do if not",
  description:
    "The last line says whether all is well and, if it is not, what to do first. Ends with 0 when all is " +
    "well, with 1 when it is not, or when no broker can be reached. With --watch it goes on until ^C and " +
    "ends with 0; with --json as well, an object a line.\n\n" +
    "A partition is under-replicated when a replica is not in sync, under min ISR when so few are that " +
    "acks=all is refused, and offline when it has no leader. A voter's lag is how many records of the " +
    "metadata it has not got, and how long ago it had them all.",
  examples: [
    ["streamer cluster status", ""],
    ["streamer cluster status --watch", "look every 2 seconds, until ^C"],
    ["streamer cluster status --json | jq .health.isWell", "for programs"],
    ["streamer cluster status && deploy", "go on only when all is well"],
  ],
  flags: FLAGS,
  async run(call) {
    return call.values.watch ? await watch(call) : await showOnce(call);
  },
});

type Call = CommandCall<typeof FLAGS>;

async function showOnce(call: Call): Promise<number> {
  return await withClient(call, async ({ cluster }) => {
    const { clusterStatus, healthOf } = await import("../client/mod.ts");
    const status = await clusterStatus(cluster);
    const health = healthOf(status);
    await call.io.write(
      call.values.json
        ? json(shorten(status, health, call.values.limit), call)
        : renderStatus(status, health, call.values.limit),
    );
    return health.isWell ? 0 : 1;
  });
}

/** What cannot be reached now may come back: that is watched too. */
async function watch(call: Call): Promise<number> {
  const { io, values } = call;
  const { clock } = await io.platform();
  const { clusterStatus, healthOf } = await import("../client/mod.ts");
  while (!io.signal.aborted) {
    const text = await withClient(call, async ({ cluster }) => {
      const status = await clusterStatus(cluster);
      const health = healthOf(status);
      return values.json
        ? `${JSON.stringify(shorten(status, health, values.limit))}\n`
        : renderStatus(status, health, values.limit);
    }).catch((error: Error) => {
      if (!/^(BrokersUnreachable|ConnectionLost|KafkaError)$/.test(error.name)) throw error;
      if (values.json) return `${JSON.stringify({ error: error.message })}\n`;
      return [error.message, hintFor(error)].filter(Boolean).join("\n") + "\n";
    });
    if (io.signal.aborted) break;
    await io.write(io.isOutTerminal && !values.json ? `${CLEAR}${text}` : text);
    if (!io.isOutTerminal && !values.json) await io.write("\n");
    await clock.sleep(values.every, io.signal).catch(() => {});
  }
  return 0;
}

/** To the terminal's upper left corner, with nothing left of what was there. */
const CLEAR = "\x1b[H\x1b[2J\x1b[3J";

/** As the command tells it, with lists of partitions no longer than asked for. */
function shorten(status: ClusterStatus, health: Health, limit: number) {
  const listed = (all: readonly TroubledPartition[]) => ({
    count: all.length,
    partitions: all.slice(0, limit),
  });
  return {
    ...status,
    underReplicated: listed(status.underReplicated),
    underMinIsr: listed(status.underMinIsr),
    offline: listed(status.offline),
    health,
  };
}

export function renderStatus(status: ClusterStatus, health: Health, limit: number): string {
  const { quorum, quorumError } = status;
  const facts = renderFacts({
    Cluster: status.clusterId,
    Quorum: quorumError !== undefined
      ? "does not answer"
      : quorum === undefined
      ? "none (ZooKeeper)"
      : `${
        quorum.leaderId < 0 ? "no leader" : `leader ${quorum.leaderId}`
      }, epoch ${quorum.leaderEpoch}, high watermark ${quorum.highWatermark}`,
  });
  const { underReplicated, underMinIsr, offline } = status;
  const figures = renderFacts({
    Topics: status.topics,
    Partitions: status.partitions,
    "Under-replicated": underReplicated.length,
    "Under min ISR": underMinIsr.length,
    Offline: offline.length,
    Moving: status.moving,
  });
  const parts = [facts];
  if (quorum !== undefined) parts.push(renderQuorum(quorum.members, quorum.leaderId));
  parts.push(renderBrokers(status), figures);
  const troubled = distinct([...offline, ...underMinIsr, ...underReplicated]);
  if (troubled.length > 0) parts.push(renderTroubled(status, troubled, limit));
  return `${parts.join("\n")}\n${health.verdict}\n`;
}

function renderQuorum(members: readonly QuorumMember[], leaderId: number): string {
  return renderTable([
    { title: "NODE", cell: ({ id }) => id },
    {
      title: "IN THE QUORUM",
      cell: ({ id, isVoter }) => id === leaderId ? "leader" : isVoter ? "voter" : "observer",
    },
    { title: "LAG", cell: ({ lag }) => lag ?? "unknown", align: "right" },
    { title: "BEHIND FOR", cell: ({ lagMs }) => duration(lagMs), align: "right" },
    { title: "SILENT FOR", cell: ({ silentMs }) => duration(silentMs), align: "right" },
  ], members);
}

function renderBrokers({ brokers, missingBrokers }: ClusterStatus): string {
  const unknown = missingBrokers.map((id) => ({
    id,
    host: "",
    port: 0,
    rack: null,
    isFenced: true,
    leads: 0,
    replicas: undefined,
  }));
  return renderTable([
    { title: "BROKER", cell: ({ id }) => id },
    { title: "ADDRESS", cell: ({ host, port }) => host && `${host}:${port}` },
    { title: "RACK", cell: ({ rack }) => rack },
    { title: "STATE", cell: ({ isFenced, host }) => !isFenced ? "up" : host ? "fenced" : "away" },
    { title: "LEADS", cell: ({ leads }) => leads },
    { title: "REPLICAS", cell: ({ replicas }) => replicas },
  ], [...brokers, ...unknown]);
}

function renderTroubled(
  { offline, underMinIsr }: ClusterStatus,
  troubled: readonly TroubledPartition[],
  limit: number,
): string {
  const table = renderTable([
    { title: "TOPIC", cell: ({ topic }) => topic },
    { title: "PARTITION", cell: ({ partition }) => partition },
    { title: "LEADER", cell: ({ leader }) => leader < 0 ? "none" : leader, align: "right" },
    { title: "REPLICAS", cell: ({ replicas }) => replicas.join(",") },
    { title: "IN SYNC", cell: ({ isr }) => isr.join(",") },
    {
      title: "",
      cell: (one) =>
        offline.includes(one)
          ? "offline"
          : underMinIsr.includes(one)
          ? "under min ISR"
          : "under-replicated",
    },
  ], troubled.slice(0, limit));
  const more = troubled.length - limit;
  return more > 0 ? `${table}… and ${more} more\n` : table;
}

/** Each partition once, by the worst that can be said of it. */
function distinct(troubled: readonly TroubledPartition[]): TroubledPartition[] {
  const seen = new Map<string, TroubledPartition>();
  for (const one of troubled) {
    const key = `${one.topic}-${one.partition}`;
    if (!seen.has(key)) seen.set(key, one);
  }
  return [...seen.values()];
}

const duration = (ms: number | null) => ms === null ? "unknown" : formatDuration(ms);
