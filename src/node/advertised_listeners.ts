/**
 * Where others are told to come to this node: clients and brokers to its clients' listeners,
 * controllers to its controllers' ones. What `advertised.listeners` says counts first. Else it is
 * where the node listens; and where that is "on all addresses", which is none that can be dialed,
 * the host by which others know it already, as far as the settings tell: its own place in
 * `controller.quorum.voters` (Kafka does that for controllers), a host that another of its
 * listeners is told by, and at last the machine's name.
 */
import type { BrokerConfig, ListenerAddress } from "../config/mod.ts";

const EVERYWHERE = new Set(["", "0.0.0.0", "::"]);

/** Of each of the listeners that are bound, with the real ports, the address to tell. */
export function advertisedListeners(
  bound: readonly ListenerAddress[],
  config: BrokerConfig,
  hostName: string,
): ListenerAddress[] {
  const set = config.isSet("advertised.listeners") ? config.get("advertised.listeners") : [];
  const own = config.get("controller.quorum.voters").find(({ id }) => id === config.get("node.id"));
  const known = [own, ...set, ...bound].find((at) => at && !EVERYWHERE.has(at.host))?.host;
  return bound.map(({ name, host, port }) => {
    const told = set.find((each) => each.name === name);
    if (told !== undefined) return { name, host: told.host, port: told.port || port };
    return { name, host: EVERYWHERE.has(host) ? known ?? hostName : host, port };
  });
}
