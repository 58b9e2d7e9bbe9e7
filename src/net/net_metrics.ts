/**
 * The figures of a server: how many requests of which API, how long they took from the moment they
 * were whole to the moment their answer was handed to the kernel's door, how many bytes came and
 * went, how connections fare, and who came to a limit.
 */
import type { LimitName } from "../config/mod.ts";
import type { Distribution, Metrics, Value } from "../metrics/mod.ts";
import { apiByKey } from "../protocol/mod.ts";

/** Told of what happens; one that does nothing is {@link noNetMetrics}. */
export interface NetMetrics {
  received(apiKey: number, bytes: number): void;
  answered(apiKey: number, bytes: number, tookMs: number): void;
  opened(): void;
  closed(): void;
  /** Somebody came to a limit. */
  limited(limit: LimitName): void;
  /** A connection is not read for so long: its client has exceeded a quota. */
  muted(ms: number): void;
}

export const noNetMetrics: NetMetrics = {
  received() {},
  answered() {},
  opened() {},
  closed() {},
  limited() {},
  muted() {},
};

interface ApiFigures {
  readonly requests: Value;
  readonly took: Distribution;
}

/** From a tenth of a millisecond to half a minute. */
const MILLISECONDS = [
  ...[0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500],
  ...[1000, 2500, 5000, 10_000, 30_000],
];

/** Counts into a registry. The series of an API is looked up once and kept. */
export function netMetrics(
  metrics: Metrics,
  limited: NetMetrics["limited"] = () => {},
): NetMetrics {
  const requests = metrics.counter("kafka_network_requestmetrics_requests_total", {
    help: "Requests received",
    labels: ["request"],
  });
  const took = metrics.histogram("kafka_network_requestmetrics_totaltimems", {
    help: "Milliseconds from a whole request to its answer",
    labels: ["request"],
    buckets: MILLISECONDS,
  });
  const socket = (name: string, help: string) =>
    metrics.counter(`kafka_server_socket_server_metrics_${name}`, { help }).with();
  const bytesIn = socket("incoming_byte_total", "Bytes of requests");
  const bytesOut = socket("outgoing_byte_total", "Bytes of answers");
  const opened = socket("connection_creation_total", "Connections let in");
  const closed = socket("connection_close_total", "Connections that have ended");
  metrics.gauge("kafka_server_socket_server_metrics_connection_count", {
    help: "Connections that are open",
  }).follow(() => opened.value - closed.value);
  const mutedSeconds = metrics.counter("streamer_throttle_seconds_total", {
    help: "Time for which connections were not read, since their clients had exceeded a quota",
  }).with();
  const mutes = metrics.counter("streamer_throttles_total", {
    help: "How often a connection was not read for a while, since its client exceeded a quota",
  }).with();

  const figures: ApiFigures[] = [];
  const figuresOf = (apiKey: number): ApiFigures => {
    const known = figures[apiKey];
    if (known !== undefined) return known;
    const name = apiByKey(apiKey)?.name;
    const api = { requests: requests.with(name ?? "unknown"), took: took.with(name ?? "unknown") };
    if (name !== undefined) figures[apiKey] = api; // keys that nobody knows must not fill the memory
    return api;
  };

  return {
    received(apiKey, bytes) {
      figuresOf(apiKey).requests.add();
      bytesIn.add(bytes);
    },
    answered(apiKey, bytes, tookMs) {
      figuresOf(apiKey).took.observe(tookMs);
      bytesOut.add(bytes);
    },
    opened: () => opened.add(),
    closed: () => closed.add(),
    limited,
    muted(ms) {
      mutes.add();
      mutedSeconds.add(ms / 1000);
    },
  };
}
