/**
 * What `serve` runs: one node in this thread, or a broker a core in threads of their own. Either
 * way it is a few lines about itself, an end that it may meet, and a way to stop it.
 */
import type { LogEvent, LogLevel } from "../base/mod.ts";
import type { BrokerConfig } from "../config/mod.ts";
import type { NetworkAddress, Platform } from "../platform/mod.ts";
import type { Io } from "./io.ts";
import type { OpeningBar } from "./opening_bar.ts";
import { dataFolders, metadataFolder } from "./node_settings.ts";

/** What runs now. */
export interface Served {
  /** Where clients come in, or, where none do, other controllers. */
  readonly addresses: readonly NetworkAddress[];
  readonly figures: readonly NetworkAddress[];
  /** Who it is: `node 1 of cluster …`. */
  readonly who: string;
  /** Resolves when it can't go on. */
  readonly failed: Promise<Error>;
  close(): Promise<void>;
}

export interface ServeOptions {
  readonly config: BrokerConfig;
  readonly io: Io;
  readonly platform: Platform;
  readonly bar: OpeningBar;
  readonly log: LogEvent;
  readonly logLevel: LogLevel;
}

/** How many brokers there are to be; undefined where nobody has said. */
export function coresOf(config: BrokerConfig, { threads }: Io): number | undefined {
  const cores = config.get("node.cores");
  return cores === "auto" ? threads.processors : cores ?? undefined;
}

/** One node, here. */
export async function serveNode(options: ServeOptions): Promise<Served> {
  const { config, io, platform, bar, log, logLevel } = options;
  const { leaveNoneBehind, startNode } = await import("../node/mod.ts");
  leaveNoneBehind(platform.disk, dataFolders(config, io), [config.get("node.id")]);
  const node = await startNode({
    config,
    dataFolders: dataFolders(config, io),
    metadataFolder: metadataFolder(config, io),
    platform,
    log,
    logLevel,
    signal: io.signal,
    onOpening: bar.show,
  });
  const { addresses, controllerAddresses, metricsAddress } = node;
  return {
    addresses: addresses.length > 0 ? addresses : controllerAddresses,
    figures: metricsAddress === undefined ? [] : [metricsAddress],
    who: `node ${node.nodeId} of cluster ${node.clusterId}`,
    failed: node.failed,
    close: () => node.close(),
  };
}

/** A broker a core. */
export async function serveCores(options: ServeOptions, cores: number): Promise<Served> {
  const { config, io, platform, bar, log, logLevel } = options;
  const { configOf, CoreGroup, planCores } = await import("../node/cores/mod.ts");
  const plans = planCores(config, { cores, hostName: platform.process.hostName() });
  if (cores === 1) return await serveNode({ ...options, config: configOf(plans[0]) });
  const group = await CoreGroup.start({
    cores: plans.map((plan) => {
      const config = configOf(plan);
      const folders = [dataFolders(config, io), metadataFolder(config, io)] as const;
      return { ...plan, dataFolders: folders[0], metadataFolder: folders[1] };
    }),
    threads: io.threads,
    clock: platform.clock,
    log: (id) => (level, event, fields) => log(level, event, { node: id, ...fields }),
    logLevel,
    signal: io.signal,
    onOpening: bar.show,
  });
  const { serving } = group;
  const ids = plans.map(({ id }) => id);
  const rack = configOf(plans[0]).get("broker.rack");
  return {
    addresses: serving.flatMap(({ addresses }) => addresses),
    figures: serving.flatMap(({ metricsAddress }) => metricsAddress ?? []),
    who: `nodes ${ids[0]} to ${ids.at(-1)} of cluster ${serving[0].clusterId}, rack ${rack}`,
    failed: group.failed,
    close: () => group.close(),
  };
}
