import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import {
  BrokerConfig,
  ClientMetricsConfig,
  CONFIG_SOURCES,
  ConfigError,
  GroupConfig,
  TopicConfig,
} from "../../src/config/mod.ts";

const broker = BrokerConfig.from(
  new Map([["log.retention.hours", "1"], ["log.segment.bytes", "2000000"], [
    "log.durability",
    "os",
  ]]),
);
const topic = (values: Record<string, string> = {}) =>
  TopicConfig.from(new Map(Object.entries(values)), broker);

Deno.test("A topic has the broker's settings until it sets its own", () => {
  strictEqual(topic().get("retention.ms"), 3_600_000);
  strictEqual(topic().get("segment.bytes"), 2_000_000);
  strictEqual(topic().get("durability"), "os");
  strictEqual(topic().get("remote.storage.enable"), false);
  strictEqual(topic({ "retention.ms": "5" }).get("retention.ms"), 5);
  strictEqual(topic({ "durability": "disk" }).get("durability"), "disk");
  deepStrictEqual(topic({ "cleanup.policy": "compact" }).get("cleanup.policy"), ["compact"]);
});

Deno.test("A topic's own setting is told before the broker's and the default", () => {
  const described = topic({ "segment.bytes": "1048576" }).describe()
    .find(({ name }) => name === "segment.bytes")!;
  strictEqual(described.value, "1048576");
  strictEqual(described.source, CONFIG_SOURCES.topic);
  deepStrictEqual(described.synonyms, [
    { name: "segment.bytes", value: "1048576", source: CONFIG_SOURCES.topic },
    { name: "log.segment.bytes", value: "2000000", source: CONFIG_SOURCES.staticBroker },
    { name: "log.segment.bytes", value: "1073741824", source: CONFIG_SOURCES.default },
  ]);
});

Deno.test("Names of a later version don't stop a topic from being read", () => {
  strictEqual(topic({ "from.a.later.version": "1" }).get("segment.bytes"), 2_000_000);
});

const refused: [string, string, RegExp][] = [
  ["segment.bytes", "1048575", /at least 1048576/],
  ["cleanup.policy", "compact,keep", /compact, delete/],
  ["compression.type", "none", /one of uncompressed/],
  ["retention.ms", "-2", /at least -1/],
  ["min.cleanable.dirty.ratio", "1.5", /from 0 to 1/],
  ["message.timestamp.type", "createtime", /CreateTime, LogAppendTime/],
  ["leader.replication.throttled.replicas", "1-2", /partition:broker/],
  ["retention.m", "1", /did you mean retention\.ms\?/],
  ["message.format.version", "2.0", /leave it out/],
];
for (const [name, value, message] of refused) {
  Deno.test(`A topic's ${name}=${value} is refused`, () => {
    throws(() => TopicConfig.validate(name, value), (error: unknown) => {
      ok(error instanceof ConfigError && message.test(error.message), String(error));
      return true;
    });
  });
}

Deno.test("A topic's settings must go together", () => {
  const wrong = new Map([["min.compaction.lag.ms", "5"], ["max.compaction.lag.ms", "4"]]);
  throws(() => TopicConfig.validateAll(wrong, broker), ConfigError);
  TopicConfig.validateAll(new Map([["cleanup.policy", ""]]), broker);
});

Deno.test("A group's settings keep within the broker's minimum and maximum", () => {
  GroupConfig.validate("consumer.session.timeout.ms", "50000", broker);
  throws(() => GroupConfig.validate("consumer.session.timeout.ms", "44999", broker), /minimum/);
  throws(() => GroupConfig.validate("consumer.session.timeout.ms", "60001", broker), /maximum/);
  throws(() => GroupConfig.validate("streams.num.standby.replicas", "3", broker), /maximum/);
  throws(() => GroupConfig.validate("consumer.sesion.timeout.ms", "1", broker), /did you mean/);
  strictEqual(
    GroupConfig.from(new Map(), broker).get("share.isolation.level"),
    "read_uncommitted",
  );
});

Deno.test("A subscription's interval is from 100 ms to an hour", () => {
  ClientMetricsConfig.validate("interval.ms", "100");
  throws(() => ClientMetricsConfig.validate("interval.ms", "99"), ConfigError);
  throws(() => ClientMetricsConfig.validate("interval.ms", "3600001"), ConfigError);
});
