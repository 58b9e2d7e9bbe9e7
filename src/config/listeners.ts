/** Addresses in settings: `NAME://HOST:PORT`. */

/** One listener, or where clients are told to find it. */
export interface ListenerAddress {
  /**
   * In capitals; also the security protocol, unless `listener.security.protocol.map` says
   * otherwise.
   */
  readonly name: string;
  /** Without the brackets of an IPv6 address; empty for all addresses. */
  readonly host: string;
  readonly port: number;
}

export const SECURITY_PROTOCOLS = ["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] as const;
export type SecurityProtocol = typeof SECURITY_PROTOCOLS[number];

/** Listeners by commas; undefined when one is not NAME://HOST:PORT, or a name comes twice. */
export function parseListeners(text: string): ListenerAddress[] | undefined {
  const listeners: ListenerAddress[] = [];
  for (const part of text.split(",")) {
    const match = /^([A-Za-z0-9_-]+):\/\/(?:\[([0-9a-fA-F:.%]+)\]|([^:/[\]\s]*)):(\d{1,5})$/
      .exec(part.trim());
    if (!match || Number(match[4]) > 65_535) return undefined;
    listeners.push({
      name: match[1].toUpperCase(),
      host: match[2] ?? match[3],
      port: Number(match[4]),
    });
  }
  const names = new Set(listeners.map(({ name }) => name));
  return names.size === listeners.length ? listeners : undefined;
}

export function formatListeners(listeners: readonly ListenerAddress[]): string {
  return listeners.map(({ name, host, port }) =>
    `${name}://${host.includes(":") ? `[${host}]` : host}:${port}`
  ).join(",");
}

/** An address without a name; undefined when it is not HOST:PORT. */
export function parseAddress(text: string): Omit<ListenerAddress, "name"> | undefined {
  const [listener] = parseListeners(`ANY://${text.trim()}`) ?? [];
  return listener && { host: listener.host, port: listener.port };
}

/** `NAME:PROTOCOL` by commas; undefined when one is neither. */
export function parseProtocolMap(text: string): Map<string, SecurityProtocol> | undefined {
  const map = new Map<string, SecurityProtocol>();
  for (const part of text.split(",")) {
    const [name, protocol, ...more] = part.trim().split(":");
    const known = SECURITY_PROTOCOLS.find((each) => each === protocol?.trim().toUpperCase());
    if (!name || !known || more.length > 0) return undefined;
    map.set(name.trim().toUpperCase(), known);
  }
  return map;
}

export function formatProtocolMap(map: ReadonlyMap<string, SecurityProtocol>): string {
  return [...map].map(([name, protocol]) => `${name}:${protocol}`).join(",");
}
