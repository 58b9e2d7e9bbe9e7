/** Listeners, connections, and the size of what comes through them. */
import {
  formatListeners,
  formatProtocolMap,
  type ListenerAddress,
  parseListeners,
  parseProtocolMap,
  SECURITY_PROTOCOLS,
} from "../listeners.ts";
import { type Dynamic, int, list, long, type Setting, string, structured } from "../setting.ts";

export const NETWORK_SETTINGS = {
  "listeners": listeners({
    default: parseListeners("PLAINTEXT://127.0.0.1:9092")!, // Kafka: all addresses
    dynamic: "broker",
    doc: "Where to listen: NAME://HOST:PORT, several by commas. An empty host means all addresses.",
  }),
  "advertised.listeners": listeners({
    default: null,
    doc:
      "What clients are told to connect to, when it differs from what is listened on. Controller " +
      "listeners stay out of it.",
  }),
  "listener.security.protocol.map": structured("string", {
    default: new Map(SECURITY_PROTOCOLS.map((protocol) => [protocol as string, protocol])),
    dynamic: "broker",
    allowed: `NAME:PROTOCOL by commas, where PROTOCOL is one of ${SECURITY_PROTOCOLS.join(", ")}`,
    parse: parseProtocolMap,
    format: formatProtocolMap,
    doc: "Which security protocol each listener name stands for, as NAME:PROTOCOL.",
  }),
  "inter.broker.listener.name": string({
    default: null,
    doc: "The listener that brokers use among themselves; otherwise the one of " +
      "security.inter.broker.protocol.",
  }),
  "security.inter.broker.protocol": string({
    default: "PLAINTEXT",
    oneOf: ["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"],
    doc: "The security protocol among brokers, when inter.broker.listener.name is not given.",
  }),
  "early.start.listeners": list({
    default: null,
    doc: "Listeners that open before the node is ready, while others wait; by default the " +
      "controller's.",
  }),
  "socket.send.buffer.bytes": int({
    default: 102_400,
    doc: "The size of a socket's send buffer; -1 leaves it to the system.",
  }),
  "socket.receive.buffer.bytes": int({
    default: 102_400,
    doc: "The size of a socket's receive buffer; -1 leaves it to the system.",
  }),
  "socket.listen.backlog.size": int({
    default: 50,
    min: 1,
    doc: "How many connections may wait to be accepted.",
  }),
  "socket.request.max.bytes": int({
    default: 104_857_600,
    min: 1,
    doc: "A request larger than this closes its connection.",
  }),
  "socket.connection.setup.timeout.ms": long({
    default: 10000,
    doc: "How long a first attempt to connect to another node may take.",
  }),
  "socket.connection.setup.timeout.max.ms": long({
    default: 30000,
    doc: "Attempts to connect are given more time after each failure, up to this.",
  }),
  "connections.max.idle.ms": long({
    default: 600_000,
    doc: "A connection that says nothing for this long is closed.",
  }),
  "connection.failed.authentication.delay.ms": int({
    default: 100,
    min: 0,
    doc: "How long a client waits for the news that it failed to authenticate.",
  }),
  "connections.max.reauth.ms": long({
    default: 0,
    doc: "How long a SASL session lasts before the client must authenticate again; 0 for as " +
      "long as the connection.",
  }),
  "max.connections": int({
    default: 2_147_483_647,
    min: 0,
    dynamic: "cluster",
    doc: "The most connections at once; when full, the least used of other listeners makes " +
      "room for the inter-broker listener.",
  }),
  "max.connections.per.ip": int({
    default: 2_147_483_647,
    min: 0,
    dynamic: "cluster",
    doc: "The most connections at once from one address.",
  }),
  "max.connections.per.ip.overrides": structured("string", {
    default: new Map<string, number>(),
    dynamic: "cluster",
    allowed: "address:number by commas",
    parse: parseLimits,
    format: (limits) => [...limits].map(([address, limit]) => `${address}:${limit}`).join(","),
    doc: "Other limits for some addresses or host names: address:number, several by commas.",
  }),
  "max.connection.creation.rate": int({
    default: 2_147_483_647,
    min: 0,
    dynamic: "cluster",
    doc: "The most new connections a second; more of them wait.",
  }),
  "queued.max.requests": int({
    default: 500,
    min: 1,
    doc: "How many requests may wait for the disk before connections are read one request at a " +
      "time.",
  }),
  "queued.max.request.bytes": long({
    default: -1,
    doc: "How many bytes of requests may wait before reading from the network pauses; -1 for " +
      "no limit.",
  }),
  "request.timeout.ms": int({
    default: 30000,
    doc: "How long this node waits for another to answer.",
  }),
  "max.request.partition.size.limit": int({
    default: 2000,
    min: 1,
    doc: "The most partitions that one answer describes before the client must ask for more.",
  }),
  "num.network.threads": int({
    default: 3,
    min: 1,
    dynamic: "cluster",
    doc: "In Kafka, threads that read and write sockets, for each listener.",
  }),
  "num.io.threads": int({
    default: 8,
    min: 1,
    dynamic: "cluster",
    doc: "In Kafka, threads that handle requests.",
  }),
  "background.threads": int({
    default: 10,
    min: 1,
    dynamic: "cluster",
    doc: "In Kafka, threads for background work.",
  }),
};

function listeners<D extends readonly ListenerAddress[] | null>(
  options: { default: D; dynamic?: Dynamic; doc: string },
): Setting<D extends null ? readonly ListenerAddress[] | null : readonly ListenerAddress[]> {
  return structured<readonly ListenerAddress[] | null>("list", {
    ...options,
    allowed: "NAME://HOST:PORT, several by commas, each name once",
    parse: parseListeners,
    format: (value) => value && formatListeners(value),
  }) as Setting<D extends null ? readonly ListenerAddress[] | null : readonly ListenerAddress[]>;
}

/** `address:number` by commas; an IPv6 address may have colons of its own. */
function parseLimits(text: string): Map<string, number> | undefined {
  const limits = new Map<string, number>();
  for (const part of text.split(",")) {
    if (part.trim() === "") continue;
    const match = /^\s*([\w.:%[\]-]+):(-?\d{1,10})\s*$/.exec(part);
    if (!match || Math.abs(Number(match[2])) > 2 ** 31 - 1) return undefined;
    limits.set(match[1].replace(/^\[(.*)\]$/, "$1"), Number(match[2]));
  }
  return limits;
}
