/** A running node's figures, as Prometheus and `streamer metrics` see them. */
import { match, ok, strictEqual } from "node:assert/strict";
import { brokerId } from "../../src/base/mod.ts";
import type { LogDirectories } from "../../src/log/mod.ts";
import { MetadataImage } from "../../src/metadata/mod.ts";
import { Metrics } from "../../src/metrics/mod.ts";
import { showNode } from "../../src/node/node_figures.ts";
import { StorageError } from "../../src/platform/mod.ts";
import { encodeBatch } from "../../src/records/mod.ts";
import type { Replicas } from "../../src/replication/mod.ts";
import { startFigured } from "../kit/figures.ts";
import { freePort } from "../kit/programs.ts";
import { run } from "../kit/terminal.ts";
import { RawClient } from "../kit/wire.ts";

const batch = encodeBatch(
  [1, 2, 3].map(() => ({ key: null, value: new Uint8Array(100), timestamp: Date.now() })),
);

async function produce(client: RawClient, name: string, records: Uint8Array) {
  const answer = await client.ask("Produce", 9, {
    acks: -1,
    timeoutMs: 1000,
    topicData: [{ name, partitionData: [{ index: 0, records }] }],
  });
  return answer.responses[0].partitionResponses[0].errorCode;
}

Deno.test("What a node does is seen in its figures, under the names that dashboards know", async () => {
  await using cluster = await startFigured();
  using client = await RawClient.connect(cluster.port);
  await client.ask("CreateTopics", 5, {
    topics: [{ name: "orders", numPartitions: 2, replicationFactor: 1 }],
    timeoutMs: 1000,
  });
  strictEqual(await produce(client, "orders", batch.slice()), 0);
  strictEqual(await produce(client, "orders", batch.slice()), 0);
  strictEqual(await produce(client, "nowhere", batch.slice()), 3);
  await client.ask("Fetch", 12, {
    maxWaitMs: 0,
    minBytes: 1,
    maxBytes: 1_000_000,
    topics: [{
      topic: "orders",
      partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1_000_000 }],
    }],
  });
  const brokerTopics = "kafka_server_brokertopicmetrics";
  const expected: [series: string, value: number][] = [
    [`${brokerTopics}_messagesin_total{topic="orders"}`, 6],
    [`${brokerTopics}_bytesin_total{topic="orders"}`, 2 * batch.length],
    [`${brokerTopics}_bytesin_total`, 2 * batch.length],
    [`${brokerTopics}_bytesout_total{topic="orders"}`, 2 * batch.length],
    [`${brokerTopics}_failedproducerequests_total`, 1],
    [`kafka_network_requestmetrics_requests_total{request="Produce"}`, 3],
    [`kafka_network_requestmetrics_totaltimems_count{request="Produce"}`, 3],
    [`kafka_network_requestmetrics_errors_total{error="UNKNOWN_TOPIC_OR_PARTITION"}`, 1],
    ["kafka_controller_kafkacontroller_globalpartitioncount", 2],
    ["kafka_server_replicamanager_leadercount", 2],
    ["kafka_log_log_size", 2 * batch.length],
    ["kafka_server_socket_server_metrics_connection_count", 1],
    ["kafka_log_logmanager_offlinelogdirectorycount", 0],
    [`streamer_limit{limit="max.connections"}`, Infinity],
    [`streamer_limit_used{limit="max.connections"}`, 1],
  ];
  for (const [series, value] of expected) strictEqual(await cluster.figure(series), value, series);
  ok((await cluster.figure("kafka_log_logflushstats_logflushrateandtimems_count"))! >= 2);
  ok((await cluster.figure("process_resident_memory_bytes"))! > 1_000_000);
});

Deno.test("streamer metrics prints them as a table and for programs, and says where there are none", async () => {
  await using cluster = await startFigured({ "max.connections": "77" });
  const { code, out } = await run(["metrics", "limit", "--from", cluster.metrics]);
  strictEqual(code, 0);
  match(out, /^streamer_limit limit=max\.connections +77 +How much there may be$/m);
  match(out, /^streamer_limit limit=max\.connections\.per\.ip +no limit /m);
  const printed = await run(["metrics", "--json", "--from", cluster.metrics]);
  const limit = JSON.parse(printed.out).find((each: any) =>
    each.name === "streamer_limit" && each.labels.limit === "max.connections"
  );
  strictEqual(limit.value, 77);
  const nowhere = await run(["metrics", "--from", `127.0.0.1:${freePort()}`]);
  strictEqual(nowhere.code, 1);
  match(nowhere.err, /Cannot read figures from .*\n.*--metrics-listen/s);
});

Deno.test("Figures are shown on this machine only, unless it is said aloud", async () => {
  const { code, err } = await run(["serve", "--metrics-listen", "0.0.0.0:9464"]);
  strictEqual(code, 2);
  match(err, /0\.0\.0\.0:9464.*--allow-anyone/);
});

Deno.test("A log directory whose space can't be told takes no other figure along", () => {
  const metrics = new Metrics();
  const states = ["/a", "/b"].map((path) => ({ path, directory: undefined, isOffline: false }));
  const spaceOf = (path: string) => {
    if (path === "/a") throw new StorageError("Cannot tell the space of /a", path);
    return { totalBytes: 100, freeBytes: 40 };
  };
  showNode(metrics, {
    nodeId: brokerId(1),
    clusterId: "one",
    image: () => MetadataImage.empty,
    directories: { states: () => states, spaceOf } as unknown as LogDirectories,
    replicas: { all: () => [] } as unknown as Replicas,
  });
  const text = metrics.text();
  match(text, /^streamer_log_directory_free_bytes\{path="\/b"\} 40$/m);
  match(text, /^streamer_log_directory_total_bytes\{path="\/b"\} 100$/m);
  ok(!text.includes(`path="/a"`));
});
