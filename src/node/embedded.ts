/**
 * A cluster inside someone's own process, mostly a test's: one node on a free port, its data in
 * memory unless told.
 */
import { noLog } from "../base/mod.ts";
import { BrokerConfig } from "../config/mod.ts";
import { denoPlatform } from "../platform/deno/mod.ts";
import { MemoryDisk } from "../platform/memory/mod.ts";
import { startNode } from "./node.ts";

export interface EmbeddedOptions {
  /** Settings by Kafka's names, as texts: `{ "num.partitions": "3" }`. */
  settings?: Record<string, string>;
  /** A folder, as a full path, to keep the data in; without it, it is gone with the process. */
  data?: string;
  /** A port of the loopback; default: any that is free. */
  port?: number;
}

/** A running cluster. */
export interface EmbeddedCluster {
  /** For any client's list of brokers: `127.0.0.1:41234`. */
  readonly brokers: string;
  /** Stops it; data in a folder is synced first. */
  close(): Promise<void>;
}

/**
 * Starts it; resolves when clients can come. Rejects with ConfigError, ListenError or StorageError.
 */
export async function startEmbedded(
  { settings = {}, data, port = 0 }: EmbeddedOptions = {},
): Promise<EmbeddedCluster> {
  const platform = denoPlatform();
  const config = BrokerConfig.from(
    new Map(Object.entries({
      listeners: `PLAINTEXT://127.0.0.1:${port}`,
      "group.initial.rebalance.delay.ms": "0", // a test's members come one by one, and wait for nobody
      ...(data === undefined ? { "log.dir.reserve.bytes": "0" } : {}), // memory does not fill up
      ...settings,
    })),
  );
  const node = await startNode({
    config,
    dataFolders: [data ?? "/data"],
    platform: data === undefined
      ? { ...platform, disk: new MemoryDisk({ clock: platform.clock }) }
      : platform,
    log: noLog,
  });
  const brokers = node.addresses.map(({ host, port }) => `${host}:${port}`).join(",");
  return { brokers, close: () => node.close() };
}
