/** Who is what and where when one machine runs several brokers in one process. */
import { deepStrictEqual, match, strictEqual, throws } from "node:assert/strict";
import { BrokerConfig, type ConfigError } from "../../../src/config/mod.ts";
import {
  configOf,
  type CorePlan,
  planCores,
  withController,
  withRealPorts,
} from "../../../src/node/cores/core_plan.ts";

const plansOf = (settings: Record<string, string>, cores: number): CorePlan[] =>
  planCores(BrokerConfig.from(new Map(Object.entries(settings))), { cores, hostName: "attic" });

const textOf = (plan: CorePlan, name: string) => plan.settings.get(name);

Deno.test("Of a lone machine the first is what a lone node is, and has a door for the others", () => {
  const [first, second, third] = plansOf({}, 3);
  deepStrictEqual([first, second, third].map(({ id }) => id), [1, 2, 3]);
  deepStrictEqual([first, second, third].map((plan) => textOf(plan, "listeners")), [
    "PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:0",
    "PLAINTEXT://127.0.0.1:9093",
    "PLAINTEXT://127.0.0.1:9094",
  ]);
  deepStrictEqual([first, second, third].map((plan) => configOf(plan).get("process.roles")), [
    ["broker", "controller"],
    ["broker"],
    ["broker"],
  ]);
  deepStrictEqual([first, second, third].map((plan) => configOf(plan).get("log.dirs")), [
    ["./streamer-data"],
    ["./streamer-data/cores/2"],
    ["./streamer-data/cores/3"],
  ]);
  deepStrictEqual([first, second].map((plan) => plan.awaitsController), [false, true]);
  for (const plan of [first, second]) {
    strictEqual(configOf(plan).get("broker.rack"), "attic");
    strictEqual(configOf(plan).get("node.cores"), 3);
    strictEqual(configOf(plan).get("offsets.topic.replication.factor"), 1);
  }
});

Deno.test("One core is a node as ever, but for its rack", () => {
  const [only, ...others] = plansOf({ "log.retention.hours": "1" }, 1);
  deepStrictEqual(others, []);
  const given = BrokerConfig.from(new Map([["log.retention.hours", "1"]]));
  deepStrictEqual(
    Object.fromEntries(only.settings),
    Object.fromEntries([...given.fixed, ["node.cores", "1"], ["broker.rack", "attic"]]),
  );
});

Deno.test("All folders, ports and names of a broker move with its core", () => {
  const [, , third] = plansOf({
    "node.id": "100",
    "log.dirs": "/a,/b/",
    "metadata.log.dir": "/m",
    "cordoned.log.dirs": "/b/",
    listeners: "IN://:9092,OUT://10.0.0.1:19092,CONTROLLER://127.0.0.1:9100",
    "advertised.listeners": "IN://in:9092,OUT://out:443",
    "listener.security.protocol.map": "IN:PLAINTEXT,OUT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "inter.broker.listener.name": "IN",
    "metrics.listener": "[::1]:9464",
    "broker.rack": "shelf",
    "controller.quorum.new.cluster": "true",
  }, 3);
  deepStrictEqual(Object.fromEntries(third.settings), {
    "node.cores": "3",
    "node.id": "102",
    "broker.id": "102",
    "process.roles": "broker",
    "log.dirs": "/a/cores/102,/b/cores/102",
    "metadata.log.dir": "/m/cores/102",
    "cordoned.log.dirs": "/b/cores/102",
    listeners: "IN://:9094,OUT://10.0.0.1:19094",
    "advertised.listeners": "IN://in:9094,OUT://out:445",
    "listener.security.protocol.map": "IN:PLAINTEXT,OUT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "inter.broker.listener.name": "IN",
    "metrics.listener": "[::1]:9466",
    "broker.rack": "shelf",
  });
});

Deno.test("A quorum that is known from the start is told to all, and its replicas are as many", () => {
  const voters = "1@a:9100,101@b:9100";
  const [first, second] = plansOf({
    listeners: "PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:9100",
    "controller.quorum.voters": voters,
  }, 2);
  for (const plan of [first, second]) {
    strictEqual(textOf(plan, "controller.quorum.voters"), voters);
    strictEqual(plan.awaitsController, false);
    strictEqual(configOf(plan).get("offsets.topic.replication.factor"), 3);
  }
});

Deno.test("Where the first joins a quorum, the others look for it at the same places", () => {
  const [first, second] = plansOf({
    listeners: "PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:9100",
    "controller.quorum.bootstrap.servers": "b:9100,c:9100",
    "controller.quorum.auto.join.enable": "true",
  }, 2);
  strictEqual(textOf(first, "controller.quorum.auto.join.enable"), "true");
  strictEqual(second.awaitsController, false);
  strictEqual(textOf(second, "controller.quorum.bootstrap.servers"), "b:9100,c:9100");
  strictEqual(textOf(second, "controller.quorum.auto.join.enable"), undefined);
});

Deno.test("Kafka's own settings file, which looks for the quorum at itself, is a lone machine's", () => {
  const [first, second] = plansOf({
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.quorum.bootstrap.servers": "localhost:9193",
    listeners: "PLAINTEXT://:9092,CONTROLLER://:9193",
    "inter.broker.listener.name": "PLAINTEXT",
    "advertised.listeners": "PLAINTEXT://localhost:9092,CONTROLLER://localhost:9193",
    "controller.listener.names": "CONTROLLER",
  }, 2);
  strictEqual(textOf(first, "listeners"), "PLAINTEXT://:9092,CONTROLLER://:9193");
  strictEqual(second.awaitsController, true);
  strictEqual(textOf(second, "advertised.listeners"), "PLAINTEXT://localhost:9093");
  const bound = [{ name: "CONTROLLER", host: "0.0.0.0", port: 9193 }];
  strictEqual(
    withController(second.settings, bound).get("controller.quorum.bootstrap.servers"),
    "127.0.0.1:9193",
  );
});

Deno.test("A port that the system chose is asked for again", () => {
  const settings = new Map([["listeners", "PLAINTEXT://127.0.0.1:0,OUT://127.0.0.1:7"], [
    "listener.security.protocol.map",
    "PLAINTEXT:PLAINTEXT,OUT:PLAINTEXT",
  ]]);
  const real = [{ name: "PLAINTEXT", host: "127.0.0.1", port: 4242 }];
  strictEqual(
    withRealPorts(settings, real).get("listeners"),
    "PLAINTEXT://127.0.0.1:4242,OUT://127.0.0.1:7",
  );
});

const refused: [what: string, Record<string, string>, cores: number, RegExp][] = [
  [
    "a port of the controller's",
    {
      listeners: "PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:9093",
    },
    2,
    /^Cannot give port 9093 to CONTROLLER of node 1 and PLAINTEXT of node 2: .*room for 2 /,
  ],
  [
    "a port on all addresses",
    {
      listeners: "PLAINTEXT://127.0.0.1:9092",
      "metrics.listener": "0.0.0.0:9094",
    },
    3,
    /^Cannot give port 9094 to metrics\.listener of node 1 and PLAINTEXT of node 3/,
  ],
  [
    "a port behind the last one",
    {
      listeners: "PLAINTEXT://127.0.0.1:65535",
    },
    2,
    /^Cannot give core 2 the port behind 65535 \(listeners\)/,
  ],
  [
    "an id of a controller",
    {
      listeners: "PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:9100",
      "controller.quorum.voters": "1@a:9100,2@b:9100",
    },
    2,
    /the broker on core 2 the id 2, behind node\.id 1: .* it is a controller; leave as many ids/,
  ],
  [
    "a controller and no broker",
    {
      "process.roles": "controller",
      listeners: "CONTROLLER://127.0.0.1:9100",
      "controller.quorum.voters": "1@a:9100",
    },
    2,
    /^Cannot run a controller on more cores than one/,
  ],
  [
    "listeners that brokers cannot use among themselves",
    {
      listeners: "OUT://127.0.0.1:9092",
      "listener.security.protocol.map": "OUT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    },
    2,
    /inter\.broker\.listener\.name/,
  ],
];

for (const [what, settings, cores, message] of refused) {
  Deno.test(`No plan gives two brokers ${what}`, () => {
    throws(() => plansOf(settings, cores), (error: ConfigError) => {
      strictEqual(error.name, "ConfigError");
      match(error.message, message);
      return true;
    });
  });
}
