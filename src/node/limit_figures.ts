/** How near a running node is to its limits; the list of them stands in `config/limits.ts`. */
import type { Broker } from "../broker/mod.ts";
import { type BrokerConfig, type BrokerSetting, type LimitName, LIMITS } from "../config/mod.ts";
import type { LimitFigures } from "../metrics/mod.ts";
import type { KafkaServer } from "../net/mod.ts";
import type { ProcessInfo } from "../platform/mod.ts";

/** As a setting says that there is no limit. */
const UNLIMITED = 2 ** 31 - 1;

export interface Limited {
  readonly server: KafkaServer;
  readonly broker: Broker;
  readonly process: ProcessInfo;
  readonly config: () => BrokerConfig;
  /** As `queued.max.request.bytes` has it, or what counts where that sets no limit. */
  readonly maxQueuedBytes: number;
}

/** What there is of what is limited over all clients; other limits are each request's own. */
const USED: { readonly [N in LimitName]?: (of: Limited) => number } = {
  "max.connections": ({ server }) => server.connectionCount,
  "max.connections.per.ip": ({ server }) => server.mostOfOneAddress,
  "open.files": ({ process }) => process.openFiles() ?? NaN,
  "held.connections": ({ server }) => server.heldCount,
  "queued.max.request.bytes": ({ server }) => server.queuedBytes,
  "queued.max.requests": ({ server }) => server.waitingRequests,
  "queued.max.response.bytes": ({ server }) => server.unsentBytes,
  "max.incremental.fetch.session.cache.slots": ({ broker }) => broker.fetchSessions.size,
  "fetch.session.partitions": ({ broker }) => broker.fetchSessions.partitionCount,
  "group.coordinator.max.groups": ({ broker }) => broker.groups.count,
  "group.coordinator.max.bytes": ({ broker }) => broker.groups.bytes,
  "max.broker.partitions": ({ broker }) => [...broker.replicas.all()].length,
  "telemetry.instances": ({ broker }) => broker.telemetry.counts.instances,
};

export function showLimits(limits: LimitFigures, of: Limited): void {
  for (const [name, { fixed }] of Object.entries(LIMITS) as [LimitName, { fixed?: number }][]) {
    const limit = limitOf(name, fixed, of);
    const used = USED[name];
    if (limit !== undefined) limits.follow(name, { limit, used: used && (() => used(of)) });
  }
}

function limitOf(
  name: LimitName,
  fixed: number | undefined,
  { config, maxQueuedBytes, process }: Limited,
): (() => number) | undefined {
  if (fixed !== undefined) return () => fixed;
  if (name === "open.files") return () => process.maxOpenFiles() ?? Infinity;
  if (name === "queued.max.request.bytes") return () => maxQueuedBytes;
  if (name === "connection_creation_rate") return undefined; // a quota: each address has its own
  return () => {
    const limit = Number(config().get(name as BrokerSetting));
    return limit >= UNLIMITED ? Infinity : limit;
  };
}
