/**
 * The figures of a server: how many requests of which API, how long they took from the moment they
 * were whole to the moment their answer was handed to the kernel's door, how many bytes came and
 * went, and how connections fare.
 */
import type { Distribution, Metrics, Value } from "../metrics/mod.ts";
import { apiByKey } from "../protocol/mod.ts";

/** Told of what happens; one that does nothing is {@link noNetMetrics}. */
export interface NetMetrics {
  received(apiKey: number, bytes: number): void;
  answered(apiKey: number, bytes: number, tookMs: number): void;
  opened(): void;
  closed(): void;
  refused(): void;
  idleClosed(): void;
  /** A connection is not read for so long: its client has exceeded a quota. */
  muted(ms: number): void;
}

export const noNetMetrics: NetMetrics = {
  received() {},
  answered() {},
  opened() {},
  closed() {},
  refused() {},
  idleClosed() {},
  muted() {},
};

interface ApiFigures {
  readonly requests: Value;
  readonly seconds: Distribution;
}

/** Counts into a registry. The series of an API is looked up once and kept. */
export function netMetrics(metrics: Metrics): NetMetrics {
  const requests = metrics.counter("streamer_requests_total", {
    help: "Requests received",
    labels: ["api"],
  });
  const seconds = metrics.histogram("streamer_request_seconds", {
    help: "Time from a whole request to its answer",
    labels: ["api"],
  });
  const bytesIn = metrics.counter("streamer_request_bytes_total", { help: "Bytes of requests" })
    .with();
  const bytesOut = metrics.counter("streamer_response_bytes_total", { help: "Bytes of answers" })
    .with();
  const open = metrics.gauge("streamer_connections", { help: "Connections that are open" }).with();
  const opened = metrics.counter("streamer_connections_total", { help: "Connections accepted" })
    .with();
  const refused = metrics.counter("streamer_connections_refused_total", {
    help: "Connections closed at once, since their address had too many",
  }).with();
  const idle = metrics.counter("streamer_connections_idle_closed_total", {
    help: "Connections closed because nothing was asked for too long",
  }).with();
  const muted = metrics.counter("streamer_throttle_seconds_total", {
    help: "Time for which connections were muted, since their clients had exceeded a quota",
  }).with();

  const figures: ApiFigures[] = [];
  const figuresOf = (apiKey: number): ApiFigures => {
    const known = figures[apiKey];
    if (known !== undefined) return known;
    const name = apiByKey(apiKey)?.name;
    const api = {
      requests: requests.with(name ?? "unknown"),
      seconds: seconds.with(name ?? "unknown"),
    };
    if (name !== undefined) figures[apiKey] = api; // keys that nobody knows must not fill the memory
    return api;
  };

  return {
    received(apiKey, bytes) {
      figuresOf(apiKey).requests.add();
      bytesIn.add(bytes);
    },
    answered(apiKey, bytes, tookMs) {
      figuresOf(apiKey).seconds.observe(tookMs / 1000);
      bytesOut.add(bytes);
    },
    opened() {
      open.add();
      opened.add();
    },
    closed: () => open.add(-1),
    refused: () => refused.add(),
    idleClosed: () => idle.add(),
    muted: (ms) => muted.add(ms / 1000),
  };
}
