/**
 * The figures of a broker: what came in and went out by topic, what was refused and why, fetch
 * sessions, fetches that wait, and groups. Most are kept by those whom they concern and asked for
 * when somebody looks; what only happens (an error) is counted here.
 */
import type { LimitName, OnLimit } from "../config/mod.ts";
import type { Counter, Metrics, Value } from "../metrics/mod.ts";
import type { ErrorName } from "../protocol/mod.ts";
import type { Replicas, Traffic } from "../replication/mod.ts";
import type { FetchSessions } from "./fetch_sessions.ts";
import type { Groups } from "./groups.ts";

/** Whose figures they are. */
export interface Figured {
  readonly replicas: Replicas;
  readonly fetchSessions: FetchSessions;
  readonly groups: Groups;
  /** Fetches that wait for records. */
  readonly waitingFetches: { readonly size: number };
}

export class BrokerFigures {
  readonly #errors: Counter;
  readonly #failed: ReadonlyMap<string, Value>;
  readonly #groupEvents: Counter;

  /** `limited` is told of who comes to a limit. */
  constructor(metrics: Metrics, readonly limited: OnLimit) {
    this.#errors = metrics.counter("kafka_network_requestmetrics_errors_total", {
      help:
        "Errors that were answered: of a request, and of its partitions where those have their own",
      labels: ["request", "error"],
    });
    const failed = (name: string, what: string) =>
      metrics.counter(`kafka_server_brokertopicmetrics_failed${name}requests_total`, {
        help: `Partitions to which a ${what} failed`,
      }).with();
    this.#failed = new Map([
      ["Produce", failed("produce", "produce")],
      ["Fetch", failed("fetch", "fetch")],
    ]);
    this.#groupEvents = metrics.counter("streamer_group_events_total", {
      help: "What happened to groups",
      labels: ["event"],
    });
  }

  /** An error was answered, of a request or of one of its partitions. */
  failed(api: string, { error, limit }: { error: ErrorName; limit?: LimitName }): void {
    this.#errors.with(api, error).add();
    this.#failed.get(api)?.add();
    if (limit !== undefined) this.limited(limit);
  }

  groupEvent(event: string): void {
    this.#groupEvents.with(event).add();
  }
}

/** Shows what the parts of a broker count themselves. */
export function showBroker(metrics: Metrics, figured: Figured): void {
  const { replicas, fetchSessions, groups, waitingFetches } = figured;
  showTraffic(metrics, replicas);
  const gauge = (name: string, help: string, read: () => number) =>
    metrics.gauge(name, { help }).follow(read);
  gauge(
    "kafka_server_fetchsessioncache_numincrementalfetchsessions",
    "Fetch sessions that are remembered",
    () => fetchSessions.size,
  );
  gauge(
    "kafka_server_fetchsessioncache_numincrementalfetchpartitionscached",
    "Partitions remembered over all fetch sessions",
    () => fetchSessions.partitionCount,
  );
  metrics.gauge("kafka_server_delayedoperationpurgatory_purgatorysize", {
    help: "Requests that wait for something to come",
    labels: ["delayedOperation"],
  }).with("Fetch").follow(() => waitingFetches.size);
  showGroups(metrics, groups);
}

const TRAFFIC: [name: string, help: string, of: (traffic: Traffic) => number][] = [
  ["bytesin", "Bytes appended", ({ bytesIn }) => bytesIn],
  ["bytesout", "Bytes of records fetched", ({ bytesOut }) => bytesOut],
  ["messagesin", "Records appended", ({ recordsIn }) => recordsIn],
  ["totalproducerequests", "Appends", ({ produces }) => produces],
  ["totalfetchrequests", "Partitions of fetches that brought records", ({ fetches }) => fetches],
];

/** Of all topics under no name, and by topic. */
function showTraffic(metrics: Metrics, replicas: Replicas): void {
  for (const [name, help, of] of TRAFFIC) {
    metrics.collect(`kafka_server_brokertopicmetrics_${name}_total`, {
      kind: "counter",
      labels: ["topic"],
      help: `${help}: of all topics since the start, and of each since it came`,
    }, function* () {
      yield [[""], of(replicas.traffic)];
      for (const [topic, partitions] of replicas.topics()) {
        yield [[topic], partitions.reduce((sum, { traffic }) => sum + of(traffic), 0)];
      }
    });
  }
}

function showGroups(metrics: Metrics, groups: Groups): void {
  const name = "kafka_coordinator_group_groupmetadatamanager";
  metrics.gauge(`${name}_numgroups`, { help: "Groups" }).follow(() => groups.figures().groups);
  const states = {
    Empty: "empty",
    PreparingRebalance: "preparingrebalance",
    CompletingRebalance: "completingrebalance",
    Stable: "stable",
  } as const;
  for (const [state, suffix] of Object.entries(states)) {
    metrics.gauge(`${name}_numgroups${suffix}`, { help: `Groups in the state ${state}` })
      .follow(() => groups.figures().states.get(state) ?? 0);
  }
  metrics.gauge(`${name}_numoffsets`, { help: "Offsets that groups have committed" })
    .follow(() => groups.figures().offsets);
  metrics.gauge("streamer_group_members", { help: "Members of all groups" })
    .follow(() => groups.figures().members);
}
