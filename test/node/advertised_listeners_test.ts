/** Where others are told to come to a node, however it listens. */
import { deepStrictEqual } from "node:assert/strict";
import { BrokerConfig } from "../../src/config/mod.ts";
import { advertisedListeners } from "../../src/node/advertised_listeners.ts";

const BOTH = "PLAINTEXT://0.0.0.0:0,CONTROLLER://:9093";

// What is set, and what is told of the two listeners, which are bound to ports 9092 and 9093.
const cases: [string, Record<string, string>, [string, string]][] = [
  ["its own host", { listeners: "PLAINTEXT://a:0,CONTROLLER://[::1]:9093" }, [
    "a:9092",
    "::1:9093",
  ]],
  ["the machine's name", {}, ["pi:9092", "pi:9093"]],
  ["a host of another listener", { listeners: "PLAINTEXT://a:0,CONTROLLER://:9093" }, [
    "a:9092",
    "a:9093",
  ]],
  ["what it is told by", { "advertised.listeners": "PLAINTEXT://door:99" }, [
    "door:99",
    "door:9093",
  ]],
  ["its place among the voters", { "controller.quorum.voters": "2@b:9093,1@a:9093" }, [
    "a:9092",
    "a:9093",
  ]],
  ["both, where each is told", {
    "advertised.listeners": "PLAINTEXT://door:0,CONTROLLER://back:93",
    "controller.quorum.voters": "1@a:9093",
  }, ["door:9092", "back:93"]],
];
for (const [name, settings, expected] of cases) {
  Deno.test(`A node is told of by ${name}`, () => {
    const config = BrokerConfig.from(new Map(Object.entries({ listeners: BOTH, ...settings })));
    const ports: Record<string, number> = { PLAINTEXT: 9092, CONTROLLER: 9093 };
    const bound = config.get("listeners").map((each) => ({ ...each, port: ports[each.name] }));
    const told = advertisedListeners(bound, config, "pi");
    deepStrictEqual(told.map(({ host, port }) => `${host}:${port}`), expected);
    deepStrictEqual(told.map(({ name }) => name), ["PLAINTEXT", "CONTROLLER"]);
  });
}
