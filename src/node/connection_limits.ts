/**
 * The limits of connections as they are now: of the settings (each listener may have its own), and
 * of the quotas of addresses. Names of hosts among them are looked up.
 */
import { canonicalAddress } from "../base/mod.ts";
import type { BrokerConfig } from "../config/mod.ts";
import type { MetadataImage } from "../metadata/mod.ts";
import type { AdmissionLimits, ListenerLimits } from "../net/mod.ts";
import type { Network } from "../platform/mod.ts";
import { resolveHosts } from "./host_names.ts";

/** As a setting says that there is no limit. */
const UNLIMITED = 2 ** 31 - 1;
const unlessUnlimited = (limit: number) => limit >= UNLIMITED ? Infinity : limit;

export async function connectionLimits(
  config: BrokerConfig,
  image: MetadataImage,
  listeners: readonly string[],
  network: Network,
): Promise<AdmissionLimits> {
  const overrides = config.get("max.connections.per.ip.overrides");
  const rates = ratesByAddress(image);
  const names = [...overrides.keys(), ...rates.keys()].filter((name) => name !== "");
  const addresses = await resolveHosts(network, names);
  const byAddress = (limits: ReadonlyMap<string, number>) =>
    new Map([...limits].flatMap(([name, limit]) => {
      const address = addresses.get(name);
      return address === undefined ? [] : [[address, limit]];
    }));
  const rateOf = byAddress(rates);
  const anyRate = rates.get("") ?? Infinity;
  return {
    maxConnections: unlessUnlimited(config.get("max.connections")),
    maxCreationRate: unlessUnlimited(config.get("max.connection.creation.rate")),
    maxConnectionsPerIp: unlessUnlimited(config.get("max.connections.per.ip")),
    maxConnectionsPerIpOverrides: byAddress(overrides),
    listeners: new Map(listeners.map((name) => [name, limitsOf(name, config)])),
    protectedListener: listeners.length > 1 ? interBrokerListener(config) : undefined,
    creationRateOf: (host) => rateOf.get(canonicalAddress(host) ?? host) ?? anyRate,
    rateWindows: {
      count: config.get("quota.window.num"),
      sizeMs: config.get("quota.window.size.seconds") * 1000,
    },
  };
}

/** What is set for a listener by its own name; the general setting is for all together. */
function limitsOf(listener: string, config: BrokerConfig): ListenerLimits {
  const own = (name: "max.connections" | "max.connection.creation.rate") => {
    const isSet = config.text(`listener.name.${listener.toLowerCase()}.${name}`) !== undefined;
    return isSet ? unlessUnlimited(config.getFor(listener, name)) : Infinity;
  };
  return {
    maxConnections: own("max.connections"),
    maxCreationRate: own("max.connection.creation.rate"),
  };
}

const interBrokerListener = (config: BrokerConfig): string =>
  config.get("inter.broker.listener.name") ?? config.get("security.inter.broker.protocol");

/** `connection_creation_rate` by the name it was set for; under no name that of all others. */
function ratesByAddress({ clientQuotas }: MetadataImage): Map<string, number> {
  const rates = new Map<string, number>();
  for (const { entity, limits } of clientQuotas.values()) {
    const rate = limits.get("connection_creation_rate");
    const [part] = entity;
    if (rate !== undefined && part.entityType === "ip") rates.set(part.entityName ?? "", rate);
  }
  return rates;
}
