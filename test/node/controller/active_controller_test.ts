import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { errorName, KafkaError } from "../../../src/protocol/mod.ts";
import { Reign, uuidOf } from "./kit.ts";

/** A controller that leads, and brokers 2 and 3 with a connection each. */
async function withBrokers(...args: ConstructorParameters<typeof Reign>) {
  const reign = new Reign(...args);
  reign.log.lead(1);
  const connections = new Map([2, 3].map((id) => [id, new AbortController()]));
  for (const [id, { signal }] of connections) await reign.join(id, signal);
  return { reign, connections };
}

Deno.test("Who does not lead refuses, and so does who led", async () => {
  const reign = new Reign();
  const refused = { error: "NOT_CONTROLLER" };
  await rejects(() => reign.createTopic("x", [2]), refused);
  reign.log.lead(1);
  await reign.join(2);
  await reign.createTopic("x", [2]);
  reign.log.follow(2);
  await rejects(() => reign.createTopic("y", [2]), refused);
});

Deno.test("Whoever waits for a commit when the leadership is lost is told to ask another", async () => {
  const { reign } = await withBrokers();
  reign.log.commits = false;
  const creating = reign.createTopic("x", [2]);
  const beating = reign.beat(2); // has nothing to write, and waits for what it stands on
  const both = Promise.all([
    rejects(creating, { error: "NOT_CONTROLLER" }),
    rejects(beating, { error: "NOT_CONTROLLER" }),
  ]);
  reign.log.follow(3);
  await both;
  // What was decided and lost is not remembered in the next reign.
  reign.log.commits = true;
  reign.log.lead(1);
  await reign.createTopic("x", [2]);
  deepStrictEqual(reign.leaders("x"), [2]);
});

Deno.test("A second decision sees what the first one wrote, before it is committed", async () => {
  const { reign } = await withBrokers();
  reign.log.commits = false;
  const request = {
    topics: [{ name: "x", numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }],
    timeoutMs: 0,
    validateOnly: false,
  };
  const both = Promise.all([1, 2].map(() => reign.controller.createTopics(request)));
  reign.log.commit();
  const errors = (await both).map(({ topics }) => errorName(topics![0].errorCode!));
  deepStrictEqual(errors, ["NONE", "TOPIC_ALREADY_EXISTS"]);
});

Deno.test("A broker that is silent for its session is fenced, others are not", async () => {
  const { reign } = await withBrokers();
  await reign.createTopic("x", [2, 3]);
  await reign.pass(8000);
  await reign.beat(3);
  await reign.pass(999);
  strictEqual(reign.isFenced(2), false);
  await reign.pass(1);
  deepStrictEqual([2, 3].map(reign.isFenced), [true, false]);
  deepStrictEqual(reign.leaders("x"), [3]);
  await reign.pass(8000);
  strictEqual(reign.isFenced(3), true);
});

Deno.test("A broker whose connection ended and that does not come back is gone after half a second", async () => {
  const { reign, connections } = await withBrokers();
  connections.get(2)!.abort();
  await reign.pass(499);
  strictEqual(reign.isFenced(2), false);
  await reign.pass(1);
  deepStrictEqual([2, 3].map(reign.isFenced), [true, false]);
});

Deno.test("Where nobody listens any more it is not waited for", async () => {
  const { reign, connections } = await withBrokers();
  reign.refusing.add(9002);
  connections.get(2)!.abort();
  await reign.pass(199);
  strictEqual(reign.isFenced(2), false);
  await reign.pass(1);
  strictEqual(reign.isFenced(2), true);
});

Deno.test("A broker that comes by another connection has lost nothing but the first one", async () => {
  const { reign, connections } = await withBrokers();
  connections.get(2)!.abort();
  await reign.pass(100);
  await reign.beat(2, new AbortController().signal);
  await reign.pass(2000);
  strictEqual(reign.isFenced(2), false);
});

Deno.test("A broker that was let go is not missed", async () => {
  const { reign, connections } = await withBrokers();
  await reign.createTopic("x", [2, 3]);
  const wish = { wantShutDown: true };
  strictEqual((await reign.beat(2, connections.get(2)!.signal, wish)).shouldShutDown, false);
  connections.get(2)!.abort();
  const { offset } = reign.log.image;
  await reign.pass(2000);
  strictEqual(reign.log.image.offset, offset, "nothing was written about it");
});

Deno.test("A new controller gives each broker a full session, but sees whose process is gone", async () => {
  const { reign } = await withBrokers();
  await reign.pass(5000);
  reign.log.follow(9);
  await reign.pass(60_000);
  reign.log.lead(1);
  reign.refusing.add(9003);
  await reign.pass(200);
  deepStrictEqual([2, 3].map(reign.isFenced), [false, true]);
  await reign.pass(8799);
  strictEqual(reign.isFenced(2), false);
  await reign.pass(1);
  strictEqual(reign.isFenced(2), true);
});

// How long nobody led, and how long from then on until the node that led before is fenced.
const SILENCES: [electionMs: number, fencedAfterMs: number][] = [
  [0, 4500], // it was silent for a fetch timeout by then: half its session goes on
  [1000, 4500],
  [4000, 3000], // the session that began with its last word is over sooner
  [30_000, 2000], // but it gets a moment to come
];
for (const [electionMs, fencedAfterMs] of SILENCES) {
  Deno.test(`Who led the quorum is fenced soon if it is silent, after ${electionMs} ms of election`, async () => {
    const { reign } = await withBrokers();
    reign.log.follow(2);
    await reign.pass(60_000);
    reign.log.follow();
    await reign.pass(electionMs);
    reign.log.lead(1);
    await reign.pass(fencedAfterMs - 1);
    deepStrictEqual([2, 3].map(reign.isFenced), [false, false]);
    await reign.pass(1);
    deepStrictEqual([2, 3].map(reign.isFenced), [true, false]);
  });
}

Deno.test("Who led the quorum is fenced soon also when the next one led for a moment only", async () => {
  for (const [ledForMs, isKnown] of [[500, true], [20_000, false]] as const) {
    const { reign } = await withBrokers();
    reign.log.follow(2);
    await reign.pass(60_000);
    reign.log.follow(9);
    await reign.pass(ledForMs);
    reign.log.lead(1);
    await reign.pass(5000);
    deepStrictEqual([2, 3].map(reign.isFenced), [isKnown, false]);
  }
});

Deno.test("Who led the quorum before and is heard of has its whole session", async () => {
  const { reign } = await withBrokers();
  reign.log.follow(2);
  await reign.pass(60_000);
  reign.log.follow();
  reign.log.lead(1);
  await reign.beat(2);
  await reign.pass(8999);
  strictEqual(reign.isFenced(2), false);
});

Deno.test("A broker that has come to the new controller is there, whatever its port says", async () => {
  const { reign } = await withBrokers();
  reign.log.follow(9);
  reign.log.lead(1);
  reign.refusing.add(9002).add(9003);
  await reign.beat(2);
  await reign.pass(1000);
  deepStrictEqual([2, 3].map(reign.isFenced), [false, true]);
});

Deno.test("The broker in the controller's process needs no heartbeats, and keeps its id", async () => {
  const { reign } = await withBrokers({ hasBroker: true });
  await reign.controller.registerLocalBroker(reign.registration(1));
  await reign.beat(1);
  await reign.pass(60_000);
  strictEqual(reign.isFenced(1), false);
  const other = { ...reign.registration(1), incarnationId: uuidOf("other", 1) };
  const { errorCode } = await reign.controller.registerBroker(other);
  strictEqual(errorName(errorCode!), "DUPLICATE_BROKER_REGISTRATION");
});

Deno.test("Leadership goes back to the preferred replica from time to time, if that is wanted", async () => {
  for (const isWanted of [true, false]) {
    const { reign } = await withBrokers({
      settings: {
        "auto.leader.rebalance.enable": `${isWanted}`,
        "leader.imbalance.check.interval.seconds": "300",
        "broker.session.timeout.ms": "1000000",
      },
    });
    await reign.createTopic("x", [2, 3]);
    await reign.beat(2, undefined, { wantFence: true });
    await reign.beat(2);
    const { id, partitions: [{ leaderEpoch, partitionEpoch }] } = reign.log.image.topicByName("x")!;
    const newIsrWithEpochs = [2, 3].map((id) => ({ brokerId: id, brokerEpoch: reign.epochOf(id) }));
    const proposal = { partitionIndex: 0, leaderEpoch, partitionEpoch, leaderRecoveryState: 0 };
    await reign.controller.alterPartition({
      brokerId: 3,
      brokerEpoch: reign.epochOf(3),
      topics: [{ topicId: id, partitions: [{ ...proposal, newIsr: [], newIsrWithEpochs }] }],
    }, 3);
    deepStrictEqual(reign.leaders("x"), [3]);
    await reign.pass(300_000);
    deepStrictEqual(reign.leaders("x"), [isWanted ? 2 : 3]);
  }
});

Deno.test("Where nobody leads it is looked again from time to time, in case that a setting allows it by then", async () => {
  const { reign } = await withBrokers({
    settings: {
      "unclean.leader.election.interval.ms": "7000",
      "broker.session.timeout.ms": "1000000",
    },
  });
  await reign.createTopic("x", [2, 3]);
  for (const id of [3, 2]) await reign.beat(id, undefined, { wantFence: true });
  await reign.beat(3); // it was in sync no more when the last one left
  deepStrictEqual(reign.leaders("x"), [-1]);
  await reign.set("x", "unclean.leader.election.enable", "true");
  await reign.pass(6000);
  const before = reign.leaders("x");
  await reign.pass(1000);
  deepStrictEqual([before, reign.leaders("x")], [[-1], [3]]);
});

Deno.test("A controller that cannot write its first records decides nothing, and lets another lead", async () => {
  const reign = new Reign();
  reign.log.refusal = new KafkaError("KAFKA_STORAGE_ERROR", "the disk is full");
  reign.log.lead(1);
  strictEqual(reign.log.hasResigned, true);
  const error = { error: "KAFKA_STORAGE_ERROR" };
  await rejects(() => reign.controller.registerBroker(reign.registration(2)), error);
  reign.log.follow(2);
  reign.log.lead(1);
  await reign.join(2);
  strictEqual(reign.isFenced(2), false);
});
