import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { BrokerConfig, CONFIG_SOURCES, ConfigError, NO_LIMIT } from "../../src/config/mod.ts";

const config = (values: Record<string, string> = {}) =>
  BrokerConfig.from(new Map(Object.entries(values)));

Deno.test("Values are typed by their declarations", () => {
  const given = config({
    "log.segment.bytes": " 2097152 ",
    "auto.create.topics.enable": "FALSE",
    "log.cleanup.policy": "compact, delete",
    "log.cleaner.min.cleanable.ratio": "0.25",
    "log.flush.interval.messages": "9223372036854775807",
    "max.connections.per.ip.overrides": "10.0.0.1:5,::1:7,[fe80::1]:8",
    "broker.rack": "shelf-1",
  });
  strictEqual(given.get("log.segment.bytes"), 2_097_152);
  strictEqual(given.get("auto.create.topics.enable"), false);
  deepStrictEqual(given.get("log.cleanup.policy"), ["compact", "delete"]);
  strictEqual(given.get("log.cleaner.min.cleanable.ratio"), 0.25);
  strictEqual(given.get("log.flush.interval.messages"), NO_LIMIT);
  deepStrictEqual(
    [...given.get("max.connections.per.ip.overrides")],
    [["10.0.0.1", 5], ["::1", 7], ["fe80::1", 8]],
  );
  strictEqual(given.get("broker.rack"), "shelf-1");
  strictEqual(config().get("broker.rack"), null);
});

// What is set, and what retention comes of it.
const retentions: [Record<string, string>, number][] = [
  [{}, 604_800_000],
  [{ "log.retention.hours": "2" }, 7_200_000],
  [{ "log.retention.hours": "2", "log.retention.minutes": "3" }, 180_000],
  [{ "log.retention.hours": "2", "log.retention.minutes": "3", "log.retention.ms": "4" }, 4],
  [{ "log.retention.hours": "-1" }, -1],
  [{ "log.retention.ms": "-1" }, -1],
];
for (const [values, expected] of retentions) {
  Deno.test(`Retention of ${JSON.stringify(values)} is ${expected} ms`, () => {
    strictEqual(config(values).get("log.retention.ms"), expected);
  });
}

Deno.test("Listeners are read into their parts", () => {
  const given = config({
    "listeners": "PLAINTEXT://:9092, controller://[::1]:9093",
    "controller.listener.names": "CONTROLLER",
  });
  deepStrictEqual(given.get("listeners"), [
    { name: "PLAINTEXT", host: "", port: 9092 },
    { name: "CONTROLLER", host: "::1", port: 9093 },
  ]);
  deepStrictEqual(given.get("advertised.listeners").map(({ name }) => name), ["PLAINTEXT"]);
  deepStrictEqual(given.get("early.start.listeners"), ["CONTROLLER"]);
});

Deno.test("What depends on other settings follows them", () => {
  strictEqual(config({ "broker.id": "7" }).get("node.id"), 7);
  strictEqual(config({ "node.id": "8" }).get("broker.id"), 8);
  deepStrictEqual(config({ "log.dir": "/a" }).get("log.dirs"), ["/a"]);
  deepStrictEqual(config({ "log.dir": "/a", "log.dirs": "/b, /c" }).get("log.dirs"), ["/b", "/c"]);
  strictEqual(config({ "log.dirs": "/b,/c" }).get("metadata.log.dir"), "/b");
  strictEqual(config({ "log.roll.hours": "1" }).get("log.roll.ms"), 3_600_000);
  deepStrictEqual(
    config({
      "controller.quorum.voters": "1@a:9093,2@[::1]:9094",
      "listeners": "PLAINTEXT://a:9092,CONTROLLER://a:9093",
    }).get("controller.quorum.voters"),
    [{ id: 1, host: "a", port: 9093 }, { id: 2, host: "::1", port: 9094 }],
  );
});

// A setting, a value that is refused, and the message.
const refused: [string, string, RegExp][] = [
  ["log.segment.bytes", "5", /log\.segment\.bytes to "5": it must be .* at least 1048576/],
  ["num.partitions", "0", /at least 1/],
  ["num.partitions", "1.5", /a whole number/],
  ["num.partitions", "", /a whole number/],
  ["num.partitions", "99999999999", /a whole number/],
  ["compression.gzip.level", "0", /from 1 to 9, or -1/],
  ["compression.type", "brotli", /one of uncompressed, zstd, lz4/],
  ["log.cleanup.policy", "shred", /by commas of compact, delete/],
  ["auto.create.topics.enable", "yes", /true or false/],
  ["log.durability", "ram", /one of disk, os/],
  ["listeners", "9092", /NAME:\/\/HOST:PORT/],
  ["listeners", "PLAINTEXT://a:1,PLAINTEXT://a:2", /each name once/],
  ["listeners", "PLAINTEXT://a:70000", /NAME:\/\/HOST:PORT/],
  ["listeners", "LAN://a:1", /LAN is not one/],
  ["listeners", "PLAINTEXT://a:1,SSL://b:1", /a port each/],
  ["advertised.listeners", "SSL://a:1", /not SSL/],
  ["advertised.listeners", "PLAINTEXT://0.0.0.0:9092", /clients can reach/],
  ["inter.broker.listener.name", "LAN", /one of the listeners: PLAINTEXT/],
  ["controller.quorum.voters", "a:1", /id@host:port/],
  ["process.roles", "zookeeper", /of broker, controller/],
  ["log.retention.hours", "0", /-1 for ever/],
  ["broker.heartbeat.interval.ms", "10000", /at most broker\.session\.timeout\.ms, which is 9000/],
  ["group.consumer.session.timeout.ms", "1000", /at most group\.consumer\.session\.timeout\.ms/],
  ["ssl.keystore.pasword", "x", /did you mean ssl\.keystore\.password\?/],
  ["log.retention.milliseconds", "x", /no broker setting/],
  ["zookeeper.connect", "a:2181", /no ZooKeeper/],
  ["log.message.format.version", "2.8", /one format/],
  ["listener.name.lan.ssl.client.auth", "maybe", /required, requested, none/],
];
for (const [name, value, message] of refused) {
  Deno.test(`${name}=${value} is refused`, () => {
    throws(() => config({ [name]: value }), (error: unknown) => {
      ok(error instanceof ConfigError, String(error));
      ok(message.test(error.message), error.message);
      return true;
    });
  });
}

Deno.test("node.id and broker.id must not differ", () => {
  throws(() => config({ "node.id": "1", "broker.id": "2" }), ConfigError);
  strictEqual(config({ "node.id": "2", "broker.id": "2" }).get("node.id"), 2);
});

Deno.test("Settings for one listener, one mechanism and plugins are known by their prefix", () => {
  const given = config({
    "listener.name.lan.max.connections": "5",
    "listener.name.lan.scram-sha-256.sasl.jaas.config": "…",
    "rsm.config.bucket": "b",
    "super.users": "User:a",
  });
  strictEqual(given.getFor("LAN", "max.connections"), 5);
  strictEqual(given.getFor("PLAINTEXT", "max.connections"), 2_147_483_647);
  strictEqual(given.text("rsm.config.bucket"), "b");
});

Deno.test("The file that ships with Kafka 4 is accepted", () => {
  const given = config({
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.quorum.bootstrap.servers": "localhost:9093",
    "listeners": "PLAINTEXT://:9092,CONTROLLER://:9093",
    "inter.broker.listener.name": "PLAINTEXT",
    "advertised.listeners": "PLAINTEXT://localhost:9092,CONTROLLER://localhost:9093",
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map":
      "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL",
    "num.network.threads": "3",
    "num.io.threads": "8",
    "socket.send.buffer.bytes": "102400",
    "log.dirs": "/tmp/kraft-combined-logs",
    "num.partitions": "1",
    "offsets.topic.replication.factor": "1",
    "log.retention.hours": "168",
    "log.segment.bytes": "1073741824",
    "log.retention.check.interval.ms": "300000",
  });
  deepStrictEqual(given.withoutEffect().map(({ name }) => name).sort(), [
    "num.io.threads",
    "num.network.threads",
    "socket.send.buffer.bytes",
  ]);
});

Deno.test("What is set while running counts before the file, a broker's own before the cluster's", () => {
  const own = config({ "message.max.bytes": "100" });
  const given = own.with({
    cluster: new Map([["message.max.bytes", "200"], ["num.io.threads", "3"]]),
    broker: new Map([["message.max.bytes", "300"], ["from.a.later.version", "1"]]),
  });
  strictEqual(given.get("message.max.bytes"), 300);
  strictEqual(given.get("num.io.threads"), 3);
  strictEqual(own.get("message.max.bytes"), 100);
  const described = given.describe().find(({ name }) => name === "message.max.bytes")!;
  strictEqual(described.value, "300");
  strictEqual(described.source, CONFIG_SOURCES.dynamicBroker);
  deepStrictEqual(described.synonyms.map(({ value, source }) => [value, source]), [
    ["300", CONFIG_SOURCES.dynamicBroker],
    ["200", CONFIG_SOURCES.dynamicDefaultBroker],
    ["100", CONFIG_SOURCES.staticBroker],
    ["1048588", CONFIG_SOURCES.default],
  ]);
});

Deno.test("Passwords are described without their value", () => {
  const described = config({ "ssl.key.password": "hush" }).describe()
    .find(({ name }) => name === "ssl.key.password")!;
  strictEqual(JSON.stringify(described).includes("hush"), false);
  ok(described.isSensitive);
});

Deno.test("Hidden settings are described once they are set", () => {
  const isThere = (given: BrokerConfig) =>
    given.describe().some(({ name }) => name === "super.users");
  ok(!isThere(config()));
  ok(isThere(config({ "super.users": "User:a" })));
});
