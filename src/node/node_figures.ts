/**
 * The figures of a node that no room below counts for itself: the process, the event loop, the
 * cluster's shape and the log directories. Nothing is measured until somebody looks, but for the
 * event loop's lag, which one timer samples while figures are shown.
 */
import type { BrokerId } from "../base/mod.ts";
import type { OnLimit } from "../config/mod.ts";
import type { LogDirectories, LogFigures } from "../log/mod.ts";
import type { MetadataImage } from "../metadata/mod.ts";
import type { Distribution, Metrics } from "../metrics/mod.ts";
import { type Clock, type ProcessInfo, StorageError, type Timer } from "../platform/mod.ts";
import type { Replica, Replicas } from "../replication/mod.ts";

/** How often the lag of the event loop is looked at. */
const LAG_EVERY_MS = 250;
/** Logs whose size is told by partition; those beyond are told together. */
const MAX_SIZES = 1000;
/** Of a sync, in milliseconds. */
const SYNC_MS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 10_000];

export interface FiguredNode {
  readonly nodeId: BrokerId;
  readonly clusterId: string;
  readonly image: () => MetadataImage;
  readonly directories: LogDirectories;
  readonly replicas: Replicas;
}

/** What the process takes of the machine, under the names that every exporter gives it. */
export function showProcess(metrics: Metrics, process: ProcessInfo): void {
  const gauge = (name: string, help: string, read: () => number) =>
    metrics.gauge(name, { help }).follow(read);
  metrics.collect("process_cpu_seconds_total", {
    kind: "counter",
    help: "Processor time, of all threads",
  }, () => [[[], process.cpuSeconds()]]);
  gauge("process_resident_memory_bytes", "In the machine's memory now", () => {
    return process.memory().residentBytes;
  });
  gauge("streamer_heap_used_bytes", "Objects of the program in use", () => {
    return process.memory().heapUsedBytes;
  });
  gauge("streamer_external_bytes", "Buffers that the program holds outside of its heap", () => {
    return process.memory().externalBytes;
  });
  gauge("process_open_fds", "Files and sockets that are open", () => process.openFiles() ?? NaN);
  gauge("process_max_fds", "How many may be (ulimit -n)", () => process.maxOpenFiles() ?? NaN);
}

/** Samples how late the event loop comes to what is due, until the timer is cancelled. */
export function watchEventLoop(metrics: Metrics, clock: Clock): Timer {
  const lag: Distribution = metrics.histogram("streamer_event_loop_lag_seconds", {
    help: `How late a timer fires, looked at every ${LAG_EVERY_MS} ms`,
  }).with();
  let timer: Timer;
  const look = () => {
    const due = clock.monotonic() + LAG_EVERY_MS;
    timer = clock.after(LAG_EVERY_MS, () => {
      lag.observe(Math.max(0, clock.monotonic() - due) / 1000);
      look();
    });
  };
  look();
  return { cancel: () => timer.cancel() };
}

/** What logs tell of syncs and cleanings. */
export function logFigures(metrics: Metrics, limited: OnLimit): LogFigures {
  const syncs = metrics.histogram("kafka_log_logflushstats_logflushrateandtimems", {
    help: "Milliseconds that a sync took, which many appends may have waited for",
    buckets: SYNC_MS,
  }).with();
  const counter = (name: string, help: string) =>
    metrics.counter(`streamer_cleaner_${name}_total`, { help }).with();
  const cleanings = counter("runs", "Logs that the cleaner wrote anew");
  const read = counter("read_bytes", "Bytes before a cleaning");
  const written = counter("written_bytes", "Bytes that were left of them");
  const seconds = counter("seconds", "Time that cleanings took");
  return {
    synced: (ms) => syncs.observe(ms),
    limited,
    cleaned({ bytesBefore, bytesAfter, ms }) {
      cleanings.add();
      read.add(bytesBefore);
      written.add(bytesAfter);
      seconds.add(ms / 1000);
    },
  };
}

/** The cluster as this node sees it, its partitions, and where they lie. */
export function showNode(metrics: Metrics, node: FiguredNode): void {
  const { image, directories, replicas } = node;
  metrics.collect("streamer_node_info", {
    kind: "gauge",
    help: "Who this is",
    labels: ["node_id", "cluster_id"],
  }, () => [[[String(node.nodeId), node.clusterId], 1]]);
  showCluster(metrics, image);
  const gauge = (name: string, help: string, read: () => number) =>
    metrics.gauge(`kafka_server_replicamanager_${name}`, { help }).follow(read);
  const count = (counts: (replica: Replica) => boolean) => {
    let found = 0;
    for (const replica of replicas.all()) if (counts(replica)) found++;
    return found;
  };
  gauge("partitioncount", "Partitions on this broker", () => count(() => true));
  gauge("leadercount", "Those that it leads", () => count(({ isLeader }) => isLeader));
  gauge("offlinereplicacount", "Those whose disk has failed", () => {
    return count(({ offline }) => offline !== undefined);
  });
  metrics.gauge("streamer_log_damaged_partitions", {
    help: "Partitions on this broker of which something can't be read, as far as is known",
  }).follow(() => count(({ log }) => log.damagedSegments.length > 0));
  gauge("underreplicatedpartitions", "Led here, and not all replicas are in sync", () => {
    return count(({ isLeader, state: { isr, replicas } }) =>
      isLeader && isr.length < replicas.length
    );
  });
  gauge("underminisrpartitioncount", "Led here, with fewer in sync than acks=all asks for", () => {
    return count(({ isLeader, inSyncReplicas, minInSyncReplicas }) =>
      isLeader && inSyncReplicas < minInSyncReplicas
    );
  });
  showLogs(metrics, directories, replicas);
}

function showCluster(metrics: Metrics, image: () => MetadataImage): void {
  const gauge = (name: string, help: string, read: (image: MetadataImage) => number) =>
    metrics.gauge(`kafka_controller_kafkacontroller_${name}`, { help }).follow(() => read(image()));
  const partitions = ({ topics }: MetadataImage) => {
    let sum = 0;
    for (const topic of topics.values()) sum += topic.partitions.length;
    return sum;
  };
  gauge("activecontrollercount", "Whether this node is the quorum's leader", () => 1);
  gauge("globaltopiccount", "Topics of the cluster", ({ topics }) => topics.size);
  gauge("globalpartitioncount", "Their partitions", partitions);
  gauge("activebrokercount", "Brokers that are not fenced", ({ brokers }) => {
    return [...brokers.values()].filter(({ fenced }) => !fenced).length;
  });
  gauge("fencedbrokercount", "Brokers that are fenced", ({ brokers }) => {
    return [...brokers.values()].filter(({ fenced }) => fenced).length;
  });
}

function showLogs(metrics: Metrics, directories: LogDirectories, replicas: Replicas): void {
  metrics.collect("kafka_log_log_size", {
    kind: "gauge",
    help: "Bytes of a partition's log",
    labels: ["topic", "partition"],
    maxSeries: MAX_SIZES,
  }, function* () {
    for (const { topicPartition: { topic, partition }, log } of replicas.all()) {
      yield [[topic, String(partition)], log.sizeInBytes];
    }
  });
  metrics.gauge("kafka_log_logmanager_offlinelogdirectorycount", {
    help: "Log directories that have failed",
  }).follow(() => directories.states().filter(({ isOffline }) => isOffline).length);
  metrics.gauge("streamer_log_directories_full", {
    help: "Log directories whose disk has no room left",
  }).follow(() => directories.states().filter(({ directory }) => directory?.isFull).length);
  const space = (what: "freeBytes" | "totalBytes") => (): [string[], number][] => {
    return directories.states().flatMap(({ path, isOffline }): [string[], number][] => {
      if (isOffline) return [];
      try {
        return [[[path], directories.spaceOf(path)[what]]];
      } catch (error) {
        if (error instanceof StorageError) return []; // it fails, and all other figures do not
        throw error;
      }
    });
  };
  const options = { kind: "gauge", labels: ["path"] } as const;
  metrics.collect("streamer_log_directory_free_bytes", {
    ...options,
    help: "Free on the file system of a log directory",
  }, space("freeBytes"));
  metrics.collect("streamer_log_directory_total_bytes", {
    ...options,
    help: "The size of that file system",
  }, space("totalBytes"));
}
