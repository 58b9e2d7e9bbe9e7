import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import {
  AlterConfigsRequest,
  errorName,
  IncrementalAlterConfigsRequest,
  type InputOf,
  RESOURCE,
} from "../../src/protocol/mod.ts";
import { of, TestCluster } from "./kit.ts";

const withTopic = () => {
  const cluster = TestCluster.withBrokers([null]);
  cluster.create({
    topics: [{
      name: "x",
      numPartitions: 1,
      replicationFactor: 1,
      configs: [{ name: "cleanup.policy", value: "delete" }],
    }],
  });
  return cluster;
};

type Operation = [name: string, operation: number, value: string | null];
const request = (resourceType: number, resourceName: string, ...operations: Operation[]) =>
  of(IncrementalAlterConfigsRequest, {
    resources: [{
      resourceType,
      resourceName,
      configs: operations.map(([name, configOperation, value]) => ({
        name,
        configOperation,
        value,
      })),
    }],
  });

const [SET, DELETE, APPEND, SUBTRACT] = [0, 1, 2, 3];
const cases: [string, ReturnType<typeof request>, string, object?][] = [
  ["sets a topic's setting", request(RESOURCE.topic, "x", ["retention.ms", SET, "5"]), "NONE", {
    "cleanup.policy": "delete",
    "retention.ms": "5",
  }],
  ["deletes one", request(RESOURCE.topic, "x", ["cleanup.policy", DELETE, null]), "NONE", {}],
  [
    "appends to a list",
    request(RESOURCE.topic, "x", ["cleanup.policy", APPEND, "compact,delete"]),
    "NONE",
    { "cleanup.policy": "delete,compact" },
  ],
  [
    "subtracts from a list",
    request(RESOURCE.topic, "x", ["cleanup.policy", SUBTRACT, "delete"]),
    "NONE",
    { "cleanup.policy": "" },
  ],
  [
    "appends to no list",
    request(RESOURCE.topic, "x", ["retention.ms", APPEND, "5"]),
    "INVALID_CONFIG",
  ],
  ["an unknown setting", request(RESOURCE.topic, "x", ["retention", SET, "5"]), "INVALID_CONFIG"],
  ["a wrong value", request(RESOURCE.topic, "x", ["retention.ms", SET, "soon"]), "INVALID_CONFIG"],
  [
    "values that don't go together",
    request(RESOURCE.topic, "x", ["min.compaction.lag.ms", SET, "10"], [
      "max.compaction.lag.ms",
      SET,
      "5",
    ]),
    "INVALID_CONFIG",
  ],
  [
    "a value that is too long",
    request(RESOURCE.topic, "x", [
      "leader.replication.throttled.replicas",
      SET,
      "x".repeat(40_000),
    ]),
    "INVALID_CONFIG",
  ],
  ["null to set", request(RESOURCE.topic, "x", ["retention.ms", SET, null]), "INVALID_REQUEST"],
  [
    "an operation nobody knows",
    request(RESOURCE.topic, "x", ["retention.ms", 9, "1"]),
    "INVALID_REQUEST",
  ],
  [
    "a setting twice",
    request(RESOURCE.topic, "x", ["retention.ms", SET, "1"], ["retention.ms", DELETE, null]),
    "INVALID_REQUEST",
  ],
  [
    "an unknown topic",
    request(RESOURCE.topic, "y", ["retention.ms", SET, "1"]),
    "UNKNOWN_TOPIC_OR_PARTITION",
  ],
  [
    "a bad name",
    request(RESOURCE.topic, "a/b", ["retention.ms", SET, "1"]),
    "INVALID_TOPIC_EXCEPTION",
  ],
  ["all brokers", request(RESOURCE.broker, "", ["log.cleaner.threads", SET, "2"]), "NONE", {
    "log.cleaner.threads": "2",
  }],
  ["one broker", request(RESOURCE.broker, "1", ["log.cleaner.threads", SET, "2"]), "NONE", {
    "log.cleaner.threads": "2",
  }],
  [
    "a broker that is not there",
    request(RESOURCE.broker, "7", ["log.cleaner.threads", SET, "2"]),
    "INVALID_REQUEST",
  ],
  [
    "a broker that is no number",
    request(RESOURCE.broker, "x", ["log.cleaner.threads", SET, "2"]),
    "INVALID_REQUEST",
  ],
  [
    "what only a restart changes",
    request(RESOURCE.broker, "1", ["node.id", SET, "2"]),
    "INVALID_REQUEST",
  ],
  ["a group", request(RESOURCE.group, "g", ["consumer.session.timeout.ms", SET, "50000"]), "NONE", {
    "consumer.session.timeout.ms": "50000",
  }],
  [
    "a group beyond the broker's range",
    request(RESOURCE.group, "g", ["consumer.session.timeout.ms", SET, "5"]),
    "INVALID_CONFIG",
  ],
  ["clients' figures", request(RESOURCE.clientMetrics, "m", ["interval.ms", SET, "5000"]), "NONE", {
    "interval.ms": "5000",
  }],
  [
    "loggers, which are the broker's",
    request(RESOURCE.brokerLogger, "1", ["root", SET, "INFO"]),
    "INVALID_REQUEST",
  ],
];
for (const [name, changes, error, after] of cases) {
  Deno.test(`IncrementalAlterConfigs: ${name}: ${error}`, () => {
    const cluster = withTopic();
    const { responses } = cluster.commit(cluster.controller.incrementalAlterConfigs(changes));
    strictEqual(errorName(responses[0].errorCode), error, responses[0].errorMessage ?? "");
    const { resourceType: type, resourceName } = changes.resources[0];
    if (after) {
      const set = new Map(cluster.image.configsOf({ type, name: resourceName }));
      if (resourceName === "") set.delete("min.insync.replicas"); // there from the beginning
      deepStrictEqual(Object.fromEntries(set), after);
    } else if (type === RESOURCE.topic) {
      strictEqual(cluster.image.configsOf({ type, name: "x" }).size, 1);
    }
  });
}

Deno.test("A resource that is twice in a request is refused each time", () => {
  const cluster = withTopic();
  const one = request(RESOURCE.topic, "x", ["retention.ms", SET, "5"]).resources[0];
  const { records, response } = cluster.controller.incrementalAlterConfigs(
    of(IncrementalAlterConfigsRequest, { resources: [one, one] }),
  );
  deepStrictEqual(
    [records.length, response.responses.map(({ errorCode }) => errorName(errorCode))],
    [0, ["INVALID_REQUEST", "INVALID_REQUEST"]],
  );
});

Deno.test("A setting that is so already is not written again, except a broker's, which makes it read anew", () => {
  const cluster = withTopic();
  const again = request(RESOURCE.topic, "x", ["cleanup.policy", SET, "delete"]);
  strictEqual(cluster.controller.incrementalAlterConfigs(again).records.length, 0);
  const broker = request(RESOURCE.broker, "1", ["log.cleaner.threads", SET, "2"]);
  for (let i = 0; i < 2; i++) {
    const decision = cluster.controller.incrementalAlterConfigs(broker);
    strictEqual(decision.records.length, 1);
    cluster.commit(decision);
  }
});

Deno.test("AlterConfigs replaces all that was set", () => {
  const cluster = withTopic();
  const all: InputOf<typeof AlterConfigsRequest> = {
    resources: [{
      resourceType: RESOURCE.topic,
      resourceName: "x",
      configs: [{ name: "retention.ms", value: "7" }],
    }],
  };
  strictEqual(
    cluster.controller.alterConfigs(of(AlterConfigsRequest, { ...all, validateOnly: true })).records
      .length,
    0,
  );
  cluster.commit(cluster.controller.alterConfigs(of(AlterConfigsRequest, all)));
  deepStrictEqual([...cluster.image.configsOf({ type: 2, name: "x" })], [["retention.ms", "7"]]);
});

Deno.test("What is set for all brokers is the controller's default from then on", () => {
  const cluster = withTopic();
  cluster.commit(
    cluster.controller.incrementalAlterConfigs(
      request(RESOURCE.broker, "", ["log.retention.ms", SET, "77"]),
    ),
  );
  const [topic] = cluster.create({
    topics: [{ name: "y", numPartitions: 1, replicationFactor: 1 }],
  });
  const described = topic.configs!.find(({ name }) => name === "retention.ms")!;
  deepStrictEqual([described.value, described.configSource], ["77", 3]);
});

Deno.test("Ten thousands of resources, settings and members of a list are decided at once", () => {
  const { controller } = withTopic();
  const many = Array.from({ length: 50_000 }, (_, i) => `n${i}`);
  const unknown = many.map((resourceName) => ({ resourceType: 2, resourceName, configs: [] }));
  const began = performance.now();
  controller.incrementalAlterConfigs(of(IncrementalAlterConfigsRequest, { resources: unknown }));
  for (
    const changes of [
      many.map((name): Operation => [name, SET, "1"]),
      [["cleanup.policy", SUBTRACT, many.join(",")]] as Operation[],
      [["cleanup.policy", APPEND, many.join(",")]] as Operation[],
    ]
  ) controller.incrementalAlterConfigs(request(RESOURCE.topic, "x", ...changes));
  ok(performance.now() - began < 30_000);
});
