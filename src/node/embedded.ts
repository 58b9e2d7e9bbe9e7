/**
 * A cluster inside someone's own process, mostly a test's: one node on a free port, or several that
 * can be stopped and started one by one. Data is in memory unless told.
 */
import { noLog } from "../base/mod.ts";
import { ConfigError } from "../config/mod.ts";
import { denoPlatform } from "../platform/deno/mod.ts";
import { MemoryDisk } from "../platform/memory/mod.ts";
import { clusterOf, freePorts, NodeGroup, type NodePlan } from "./node_group.ts";

export interface EmbeddedOptions {
  /** How many nodes, each broker and controller; default 1. An even number survives no more. */
  brokers?: number;
  /** Settings by Kafka's names, as texts: `{ "num.partitions": "3" }`. */
  settings?: Record<string, string>;
  /** A folder, as a full path, to keep the data in; without it, it is gone with the process. */
  data?: string;
  /** A port of the loopback, and with several brokers those behind it; default: free ones. */
  port?: number;
}

/** A running cluster. */
export interface EmbeddedCluster {
  /** For any client's list of brokers: `127.0.0.1:41234`. */
  readonly brokers: string;
  /** In order of their ids, from 1. */
  readonly nodes: readonly EmbeddedNode[];
  /** Stops it; data in a folder is synced first. */
  close(): Promise<void>;
}

/** One of the nodes. */
export interface EmbeddedNode {
  readonly id: number;
  /** `127.0.0.1:41234`, also after it was stopped and started. */
  readonly address: string;
  readonly isRunning: boolean;
  /** Stops this one, as a node is stopped: leaders move first. The others go on. */
  stop(): Promise<void>;
  /** Starts it again, with the data that it had. */
  start(): Promise<void>;
}

const HOST = "127.0.0.1";
const MAX_BROKERS = 9;

/**
 * Starts it; resolves when clients can come. Rejects with ConfigError, ListenError or StorageError.
 */
export async function startEmbedded(options: EmbeddedOptions = {}): Promise<EmbeddedCluster> {
  const { brokers = 1 } = options;
  if (!Number.isInteger(brokers) || brokers < 1 || brokers > MAX_BROKERS) {
    throw new ConfigError("brokers", brokers, `a whole number from 1 to ${MAX_BROKERS}`);
  }
  const group = await NodeGroup.start({ plans: plansOf(options, brokers), log: () => noLog });
  const addressOf = (id: number) => {
    const { address: { host, port } } = group.nodes.find((node) => node.id === id)!;
    return `${host}:${port}`;
  };
  const nodes = group.nodes.map(({ id }): EmbeddedNode => ({
    id,
    get address() {
      return addressOf(id);
    },
    get isRunning() {
      return group.node(id) !== undefined;
    },
    stop: () => group.stop(id),
    start: () => group.start(id),
  }));
  return {
    brokers: nodes.map(({ address }) => address).join(","),
    nodes,
    close: () => group.close(),
  };
}

function plansOf({ settings, data, port = 0 }: EmbeddedOptions, brokers: number): NodePlan[] {
  const platform = denoPlatform();
  const common = {
    "group.initial.rebalance.delay.ms": "0", // a test's members come one by one, and wait for nobody
    ...(data === undefined ? { "log.dir.reserve.bytes": "0" } : {}), // memory does not fill up
    ...settings,
  };
  const each = brokers === 1
    ? [new Map(Object.entries({ listeners: `PLAINTEXT://${HOST}:${port}`, ...common }))]
    : clusterOf(HOST, portsOf(port, brokers), common);
  return each.map((settings, index) => ({
    id: Number(settings.get("node.id") ?? 1),
    settings,
    dataFolders: [brokers === 1 ? data ?? "/data" : `${data ?? "/data"}/node-${index + 1}`],
    platform: data === undefined
      ? { ...platform, disk: new MemoryDisk({ clock: platform.clock }) }
      : platform,
  }));
}

/** Controllers take any: only the nodes themselves go there. */
function portsOf(port: number, brokers: number) {
  const free = freePorts(denoPlatform().network, HOST, 2 * brokers);
  return Array.from({ length: brokers }, (_, index) => ({
    client: port > 0 ? port + index : free[2 * index],
    controller: free[2 * index + 1],
  }));
}
