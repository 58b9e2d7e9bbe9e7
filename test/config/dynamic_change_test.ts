import { deepStrictEqual, doesNotThrow, strictEqual, throws } from "node:assert/strict";
import { BrokerConfig, checkDynamicChange, CONFIG_SOURCES } from "../../src/config/mod.ts";

const started = BrokerConfig.from(new Map([["log.dirs", "/data/a,/data/b"]]));

const refused: [scope: "broker" | "cluster", name: string, value: string, why: RegExp][] = [
  ["broker", "num.partitions", "5", /needs a restart/],
  ["cluster", "listener.name.lan.ssl.keystore.location", "/k", /for each by itself/],
  ["cluster", "cordoned.log.dirs", "*", /for each by itself/],
  ["broker", "ssl.keystore.location", "/k", /listener\.name\.….ssl\.keystore\.location/],
  ["broker", "message.max.bytes", "much", /whole number/],
  ["broker", "log.retention.ms", "0", /-1 for ever/],
  ["broker", "log.local.retention.ms", "999999999999", /at most log\.retention\.ms/],
  ["broker", "log.local.retention.ms", "-1", /at most log\.retention\.ms/],
  ["broker", "cordoned.log.dirs", "/data/c", /folders of \/data\/a,\/data\/b/],
  ["broker", "max.connections", "0", /at least 1/],
  ["broker", "listener.name.plaintext.max.connections", "0", /at least 1/],
  ["broker", "max.connections.per.ip", "0", /as long as/],
  ["broker", "log.cleaner.dedupe.buffer.size", "1048576", /more than 1048576/],
  ["broker", "num.io.threads", "17", /from half to double/],
  ["broker", "num.io.threads", "3", /from half to double/],
  ["broker", "listener.name.plaintext.num.network.threads", "7", /from half to double/],
  ["broker", "metric.reporters", "com.example.Reporter", /comes with Kafka/],
  ["broker", "principal.builder.class", "com.example.Builder", /comes with Kafka/],
];

for (const [scope, name, value, why] of refused) {
  Deno.test(`${name}=${value} can't be set for the ${scope} while it runs`, () => {
    throws(() => checkDynamicChange(started, scope, new Map([[name, value]])), why);
  });
}

const allowed: ["broker" | "cluster", string, string][] = [
  ["cluster", "message.max.bytes", "5"],
  ["cluster", "listener.name.lan.max.connections", "0"],
  ["cluster", "num.io.threads", "16"],
  ["broker", "num.io.threads", "4"],
  ["broker", "listener.name.lan.ssl.keystore.location", "/k"],
  ["broker", "cordoned.log.dirs", "/data/b"],
  ["broker", "log.retention.ms", "-2"],
  ["broker", "log.local.retention.ms", "5"],
  ["broker", "a.setting.of.some.plugin", "5"],
];

for (const [scope, name, value] of allowed) {
  Deno.test(`${name}=${value} can be set for the ${scope} while it runs`, () => {
    doesNotThrow(() => checkDynamicChange(started, scope, new Map([[name, value]])));
  });
}

Deno.test("A change is checked beside what else is set", () => {
  const before = started.with({ broker: new Map([["log.retention.ms", "1000"]]) });
  const local = new Map([["log.local.retention.ms", "2000"]]);
  throws(() => checkDynamicChange(before, "cluster", local), /at most log\.retention\.ms/);
  doesNotThrow(() => checkDynamicChange(started, "cluster", local));
});

Deno.test("What the metadata log holds and is not allowed doesn't count", () => {
  const given = started.with({
    cluster: new Map([["message.max.bytes", "much"], ["num.partitions", "7"]]),
    broker: new Map([["log.retention.ms", "5"]]),
  });
  strictEqual(given.get("message.max.bytes"), 1_048_588);
  strictEqual(given.get("num.partitions"), 1);
  strictEqual(given.get("log.retention.ms"), 5);
});

Deno.test("Settings of one listener and unknown ones are described when they are set", () => {
  const given = started.with({
    broker: new Map([
      ["colour", "red"],
      ["listener.name.plaintext.max.connections", "7"],
      ["listener.name.plaintext.ssl.key.password", "hush"],
    ]),
  });
  const described = given.describe().filter(({ name }) =>
    name === "colour" || name.startsWith("listener.name.")
  );
  deepStrictEqual(
    described.map(({ name, value, isSensitive, source }) => [
      name,
      value,
      isSensitive,
      source,
    ]),
    [
      ["colour", null, true, CONFIG_SOURCES.dynamicBroker],
      ["listener.name.plaintext.max.connections", "7", false, CONFIG_SOURCES.dynamicBroker],
      ["listener.name.plaintext.ssl.key.password", null, true, CONFIG_SOURCES.dynamicBroker],
    ],
  );
  deepStrictEqual(described[1].synonyms.map(({ name }) => name), [
    "listener.name.plaintext.max.connections",
    "max.connections",
  ]);
  strictEqual(JSON.stringify(described).includes("hush"), false);
});
