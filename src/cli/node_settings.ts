/**
 * How flags, a `server.properties` and defaults become the settings of one node: the file first,
 * `--set` over it, the short flags over both. What is said wrongly ends with exit code 2 and the
 * setting, the value and what is allowed.
 */
import { resolve } from "node:path";
import { isLoopbackHost } from "../base/mod.ts";
import { BrokerConfig, ConfigError, parseProperties } from "../config/mod.ts";
import type { StorageFault } from "../platform/mod.ts";
import { address } from "./address_flag.ts";
import { type CLUSTER_FLAGS, clusterSettings } from "./cluster_flags.ts";
import type { Flags, FlagValues } from "./flags.ts";
import { CommandError, type Io, UsageError } from "./io.ts";
import { applyListenFlags } from "./listen_flags.ts";

export const NODE_FLAGS = {
  listen: {
    type: "string",
    value: "HOST:PORT",
    help: "Address to listen on for clients (listeners; default 127.0.0.1:9092)",
  },
  advertise: {
    type: "string",
    value: "HOST:PORT",
    help: "Address that clients are told to come to (advertised.listeners; default: --listen)",
  },
  data: {
    type: "string",
    value: "FOLDER",
    help: "Where records are kept (log.dirs; default ./streamer-data)",
  },
  set: {
    type: "string",
    value: "NAME=VALUE",
    multiple: true,
    help: "Any setting by Kafka's name, e.g. log.retention.ms=3600000; may be repeated",
  },
  "metrics-listen": {
    type: "string",
    value: "HOST:PORT",
    help: "Show figures for Prometheus there, under /metrics (metrics.listener; default: nowhere)",
  },
  "allow-anyone": {
    type: "boolean",
    help: "Listen beyond this machine although there is no authentication yet",
  },
} as const satisfies Flags;

type NodeFlagValues = FlagValues<typeof NODE_FLAGS>;

/** The settings of a node, or a {@link UsageError}. */
export async function nodeConfig(
  values: NodeFlagValues & Partial<FlagValues<typeof CLUSTER_FLAGS>> & { config?: string },
  io: Io,
): Promise<BrokerConfig> {
  const settings = values.config
    ? await readProperties(values.config, io)
    : new Map<string, string>();
  for (const setting of values.set) {
    const equals = setting.indexOf("=");
    if (equals < 1) {
      throw new UsageError(
        `--set ${setting} is not NAME=VALUE`,
        "For example: --set log.retention.ms=3600000",
      );
    }
    settings.set(setting.slice(0, equals).trim(), setting.slice(equals + 1).trim());
  }
  const metrics = values["metrics-listen"];
  if (metrics) settings.set("metrics.listener", address("--metrics-listen", metrics));
  if (values.data) settings.set("log.dirs", values.data);
  const cluster = clusterSettings(values, { roles: settings.get("process.roles") });
  for (const [name, value] of Object.entries(cluster)) {
    if (value !== undefined) settings.set(name, value);
  }
  applyListenFlags(values, settings);
  try {
    const config = BrokerConfig.from(settings);
    checkReach(config, values["allow-anyone"]);
    return config;
  } catch (error) {
    if (error instanceof ConfigError) throw new UsageError(error.message);
    throw error;
  }
}

/** The folders of `log.dirs`, from the working directory. */
export function dataFolders(config: BrokerConfig, io: Io): string[] {
  return config.get("log.dirs").map((folder) => resolve(io.workingDirectory, folder));
}

/** The folder of `metadata.log.dir`, likewise. */
export function metadataFolder(config: BrokerConfig, io: Io): string {
  return resolve(io.workingDirectory, config.get("metadata.log.dir"));
}

/** As it is typed and stands in an URL: an IPv6 address in brackets. */
export const shownAddress = ({ host, port }: { host: string; port: number }): string =>
  host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;

async function readProperties(path: string, io: Io): Promise<Map<string, string>> {
  const { disk } = await io.platform();
  try {
    const bytes = disk.readFile(resolve(io.workingDirectory, path));
    return parseProperties(new TextDecoder().decode(bytes));
  } catch (error) {
    throw new UsageError(`Cannot read --config ${path}: ${(error as Error).message}`);
  }
}

/**
 * Whoever can reach a listener without authentication can read, write and delete everything. That
 * is fine on this machine; beyond it, it must be said aloud.
 */
function checkReach(config: BrokerConfig, isAllowed: boolean): void {
  if (isAllowed) return;
  const metrics = config.get("metrics.listener");
  const all = [...config.get("listeners"), ...metrics === null ? [] : [metrics]];
  const open = all.filter(({ host }) => !isLoopbackHost(host));
  if (open.length === 0) return;
  const { host, port } = open[0];
  throw new UsageError(
    `Will not listen on ${shownAddress({ host: host || "all addresses", port })}: ` +
      `there is no authentication yet, so ` +
      `anyone who reaches it could read, write and delete everything`,
    "Add --allow-anyone if the network is yours alone",
  );
}

/** What to say when a node cannot start for a reason that its owner can mend. */
export function explainStart(error: unknown, config?: BrokerConfig): never {
  const { name, message } = error as Error;
  if (name === "ListenError") {
    const more = config?.get("metrics.listener") ? " (for figures by --metrics-listen)" : "";
    const hint = `Choose another address by --listen HOST:PORT${more}`;
    throw new CommandError(message, hint, { cause: error });
  }
  if (name === "ConfigError") throw new UsageError(message);
  if (name === "StorageError" && (error as { fault?: StorageFault }).fault === "full") {
    const hint = "Nothing is lost. Free some room on this disk, by removing files that are not " +
      "streamer's or enlarging it, and start again: then topics and records can be deleted";
    throw new CommandError(message, hint, { cause: error });
  }
  throw error;
}
