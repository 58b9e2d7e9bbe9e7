/** What a broker says of itself in its metrics. */
export interface Figures {
  /** What its program holds, by V8's count: swept now and then, without what the kernel keeps. */
  readonly heapMiB: number;
  readonly externalMiB: number;
  /** How many series there are: one that outlives its topic or group is a leak. */
  readonly series: number;
  readonly connections: number;
  readonly fetchSessions: number;
  readonly groups: number;
  readonly partitions: number;
  /** How late the event loop was on average since it was started, in milliseconds. */
  readonly lagMs: number;
}

export async function figuresAt(port: number): Promise<Figures> {
  const signal = AbortSignal.timeout(5000);
  const answer = await fetch(`http://127.0.0.1:${port}/metrics`, { signal });
  const lines = (await answer.text()).split("\n").filter((line) => line && !line.startsWith("#"));
  const values = new Map(lines.map((line) => {
    const space = line.lastIndexOf(" ");
    return [line.slice(0, space), Number(line.slice(space + 1))];
  }));
  const of = (name: string) => values.get(name) ?? 0;
  const lag = "streamer_event_loop_lag_seconds";
  return {
    heapMiB: of("streamer_heap_used_bytes") / 2 ** 20,
    externalMiB: of("streamer_external_bytes") / 2 ** 20,
    series: lines.length,
    connections: of("kafka_server_socket_server_metrics_connection_count"),
    fetchSessions: of("kafka_server_fetchsessioncache_numincrementalfetchsessions"),
    groups: of("kafka_coordinator_group_groupmetadatamanager_numgroups"),
    partitions: of("kafka_server_replicamanager_partitioncount"),
    lagMs: 1000 * of(`${lag}_sum`) / Math.max(1, of(`${lag}_count`)),
  };
}
