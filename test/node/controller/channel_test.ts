/**
 * The way to the controller, over a network in memory: listeners of two nodes that say who they
 * are, and a leader that changes.
 */
import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { noLog } from "../../../src/base/mod.ts";
import { type Asker, controllerHandler, type ControllerNode } from "../../../src/broker/mod.ts";
import { BrokerConfig } from "../../../src/config/mod.ts";
import { KafkaServer } from "../../../src/net/mod.ts";
import { ControllerChannel } from "../../../src/node/controller_channel.ts";
import { ControllerProxy } from "../../../src/node/controller_proxy.ts";
import { MemoryNetwork, SimulatedClock } from "../../../src/platform/memory/mod.ts";
import { CreateTopicsRequest, KafkaError, withDefaults } from "../../../src/protocol/mod.ts";
import { FakeLog } from "./kit.ts";

type Controller = ControllerNode["controller"];

const request = (name: string) =>
  withDefaults(CreateTopicsRequest, {
    topics: [{ name, numPartitions: 1, replicationFactor: 1 }],
    timeoutMs: 1000,
  });

const asker: Asker = {
  version: 5,
  user: "alice",
  clientId: "console",
  connection: { remoteHost: "2001:db8::7" },
};

class Stage {
  readonly clock = new SimulatedClock();
  readonly network = new MemoryNetwork();
  /** Of the broker's node, 9, which is no controller. */
  readonly log = new FakeLog();
  readonly #servers = new Map<number, { close(): Promise<void> }>();
  readonly channel = this.#channel();
  readonly proxy = new ControllerProxy({
    forwarding: this.channel,
    own: this.#channel(),
    metadata: this.log,
    config: () => BrokerConfig.from(new Map([["request.timeout.ms", "5000"]])),
    clock: this.clock,
    nodeId: 9,
    brokerEpoch: () => 77,
  });

  #channel() {
    const { network, clock, log: metadata } = this;
    return new ControllerChannel({
      metadata,
      endpointOf: (id) => ({ host: "127.0.0.1", port: 9000 + id }),
      nodeId: 9,
      name: "test",
      network,
      clock,
      log: noLog,
    });
  }

  /** A controller that does as told; what is not told it does not do. */
  serve(id: number, controller: Partial<Controller>): void {
    const { network, clock } = this;
    const describeQuorum: Controller["describeQuorum"] = () =>
      Promise.resolve({
        leaderId: id,
        leaderEpoch: this.log.epoch,
        highWatermark: this.log.endOffset,
        voters: [],
        observers: [],
        nodes: [],
      });
    const node = {
      nodeId: id,
      clock,
      log: noLog,
      quotas: {
        time: { isSet: false },
        mutations: { open: () => ({ take() {}, throttleMs: 250 }) },
      },
      figures: { failed() {} },
      image: () => this.log.image,
      advertisedApis: [18, 19, 55, 58, 67].map((apiKey) => ({
        apiKey,
        minVersion: 0,
        maxVersion: 7,
      })),
      controller: { kraftVersion: 0, describeQuorum, ...controller },
    } as unknown as ControllerNode;
    const handler = controllerHandler(node, noLog);
    const server = new KafkaServer({ network, clock, log: noLog, handler });
    const listener = network.listen({ host: "127.0.0.1", port: 9000 + id });
    server.serve("CONTROLLER", listener);
    this.#servers.set(id, {
      close: async () => {
        listener.close();
        await server.close({ graceMs: 0 });
      },
    });
  }

  async stop(id: number): Promise<void> {
    const closing = this.#servers.get(id)?.close();
    await this.pass(1000);
    await closing;
  }

  async pass(ms: number): Promise<void> {
    for (let i = 0; i < 20; i++) await this.clock.advanceAndSettle(ms / 20);
  }

  /** The promise, with time going on. */
  async outcome<T>(promise: Promise<T>, withinMs = 10_000): Promise<T> {
    let isDone = false;
    const done = () => void (isDone = true);
    promise.then(done, done);
    for (let ms = 0; !isDone && ms < withinMs; ms += 50) {
      await this.clock.advanceAndSettle(50);
      await new Promise((resolve) => setTimeout(resolve)); // what the streams do
    }
    ok(isDone, `nothing within ${withinMs} ms`);
    return await promise;
  }
}

const notController = () => Promise.reject(new KafkaError("NOT_CONTROLLER"));

Deno.test("A client's request travels with who asks, and the answer waits until it is true here", async () => {
  const stage = new Stage();
  const asked: unknown[] = [];
  stage.serve(1, {
    createTopics({ topics: [{ name }] }, { version, user, clientId, connection }, quota) {
      asked.push({ name, version, user, clientId, from: connection.remoteHost });
      strictEqual((quota as { throttleMs?: number }).throttleMs, 250);
      stage.log.endOffset = 5; // committed there, and not heard of here yet
      return Promise.resolve({ topics: [{ name, errorCode: 0, numPartitions: 1 }] });
    },
  });
  stage.log.follow(1);
  const creating = stage.proxy.createTopics(request("orders"), asker);
  let isAnswered = false;
  creating.then(() => isAnswered = true);
  const soon = stage.outcome(creating, 1000).catch(() => {});
  await soon;
  deepStrictEqual(asked, [
    { name: "orders", version: 5, user: "alice", clientId: "console", from: "2001:db8::7" },
  ]);
  strictEqual(isAnswered, false, "answered before this node had applied it");
  stage.log.apply([{
    type: "NoOpRecord",
    version: 0,
    value: {},
  } as never], 4);
  const { topics, throttleTimeMs } = await stage.outcome(creating);
  strictEqual(topics![0].name, "orders");
  strictEqual(throttleTimeMs, 250, "the controller's quota is told");
});

Deno.test("Who leads no more is left for who does", async () => {
  const stage = new Stage();
  stage.serve(1, { createTopics: notController });
  stage.serve(2, {
    createTopics: ({ topics: [{ name }] }) =>
      Promise.resolve({ topics: [{ name, errorCode: 36 }] }),
  });
  stage.log.follow(1);
  const creating = stage.proxy.createTopics(request("x"), asker);
  await stage.pass(500);
  stage.log.follow(2);
  const { topics } = await stage.outcome(creating);
  strictEqual(topics![0].errorCode, 36, "an error of the request is no reason to ask again");
});

for (const how of ["went away", "hangs, and leads no more,"]) {
  Deno.test(`What was asked of a controller that ${how} is asked of the next one`, async () => {
    const stage = new Stage();
    let wasAsked = false;
    stage.serve(1, {
      allocateIds: () => {
        wasAsked = true;
        return new Promise(() => {});
      },
    });
    stage.serve(2, {
      allocateIds: ({ brokerId, brokerEpoch }) => {
        deepStrictEqual([brokerId, brokerEpoch], [9, 77]);
        return Promise.resolve({ errorCode: 0, producerIdStart: 3000, producerIdLen: 1000 });
      },
    });
    stage.log.follow(1);
    const asking = stage.proxy.allocateProducerIds();
    for (let i = 0; i < 20 && !wasAsked; i++) {
      await stage.pass(10);
      await new Promise((resolve) => setTimeout(resolve));
    }
    strictEqual(wasAsked, true);
    if (how === "went away") await stage.stop(1);
    stage.log.follow(2);
    deepStrictEqual(await stage.outcome(asking, 2000), { start: 3000, length: 1000 });
  });
}

Deno.test("Without a controller a request ends in time, and says so", async () => {
  const stage = new Stage();
  stage.log.follow(undefined);
  const asking = stage.proxy.createTopics(request("x"), asker);
  const refused = rejects(asking, { error: "REQUEST_TIMED_OUT" });
  await stage.pass(4900);
  await stage.pass(200);
  await refused;
});

Deno.test("A node that stops waits for no controller", async () => {
  const stage = new Stage();
  stage.log.follow(undefined);
  const refused = rejects(stage.proxy.createTopics(request("x"), asker), {
    error: "NOT_CONTROLLER",
  });
  await stage.pass(100);
  stage.channel.close();
  await refused;
});
