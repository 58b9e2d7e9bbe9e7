import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { ZERO_UUID } from "../../src/base/mod.ts";
import {
  errorName,
  FetchRequest,
  FetchResponse,
  type InputOf,
  ProduceRequest,
  ProduceResponse,
} from "../../src/protocol/mod.ts";
import { batchesOf, recordsOf } from "../../src/records/mod.ts";
import { batchOf, decode, TestBroker, type TestBrokerOptions, versionsOf } from "./kit.ts";

const FETCH = [FetchRequest, FetchResponse] as const;
const PRODUCE = [ProduceRequest, ProduceResponse] as const;
type Request = InputOf<typeof FetchRequest>;
type Partition = NonNullable<NonNullable<Request["topics"]>[number]["partitions"]>[number];

async function start(options?: TestBrokerOptions & { partitions?: number }) {
  const broker = await TestBroker.start(options);
  const topicId = broker.createTopic("orders", { partitions: options?.partitions ?? 1 });
  const produce = async (values: string[], partition = 0) => {
    const partitionData = [{ index: partition, records: batchOf(values) }];
    await broker.ask(PRODUCE, 9, { acks: -1, topicData: [{ name: "orders", partitionData }] });
  };
  return { broker, topicId, produce };
}

const requestFor = (
  partitions: Partition[],
  { topic = "orders", topicId = ZERO_UUID, ...more }:
    & { topic?: string; topicId?: string }
    & Omit<Request, "topics"> = {},
): Request => ({
  maxWaitMs: 0,
  minBytes: 1,
  maxBytes: 1_000_000,
  ...more,
  topics: [{
    topic,
    topicId,
    partitions: partitions.map((each) => ({ partitionMaxBytes: 1_000_000, ...each })),
  }],
});

const only = (response: FetchResponse) => response.responses[0].partitions[0];

function valuesIn(records: Uint8Array | null): (string | null)[] {
  return [...batchesOf(records!)].flatMap((batch) =>
    [...recordsOf(batch, { maxDecompressedBytes: 1 << 20 })].map(({ value }) => decode(value))
  );
}

Deno.test("A missing partition does not keep a fetch from waiting for the others", async () => {
  const { broker, produce } = await start();
  const request = requestFor([{ partition: 0 }, { partition: 9 }], { maxWaitMs: 60_000 });
  const answer = broker.ask(FETCH, 12, request);
  await produce(["a"]);
  const { partitions } = (await answer).responses[0];
  deepStrictEqual(valuesIn(partitions[0].records), ["a"]);
  strictEqual(errorName(partitions[1].errorCode), "UNKNOWN_TOPIC_OR_PARTITION");
  const nothing = requestFor([{ partition: 9 }], { maxWaitMs: 60_000 });
  strictEqual(
    errorName(only(await broker.ask(FETCH, 12, nothing)).errorCode),
    "UNKNOWN_TOPIC_OR_PARTITION",
  );
  await broker.close();
});

Deno.test("Fetch returns what was produced, in every version", async () => {
  const { broker, topicId, produce } = await start();
  await produce(["a", "b"]);
  for (const version of versionsOf(broker, 1)) {
    const answer = await broker.ask(FETCH, version, requestFor([{ partition: 0 }], { topicId }));
    strictEqual(answer.responses[0].topic, version >= 13 ? "" : "orders");
    const partition = only(answer);
    strictEqual(partition.errorCode, 0);
    strictEqual(partition.highWatermark, 2);
    strictEqual(partition.lastStableOffset, 2);
    deepStrictEqual(valuesIn(partition.records), ["a", "b"]);
  }
  await broker.close();
});

Deno.test("Fetch at the end returns nothing, and says so at once when it must not wait", async () => {
  const { broker, produce } = await start();
  await produce(["a"]);
  const partition = only(
    await broker.ask(FETCH, 11, requestFor([{ partition: 0, fetchOffset: 1 }])),
  );
  strictEqual(partition.errorCode, 0);
  strictEqual(partition.records?.length, 0);
  await broker.close();
});

// what is wrong, the request, the error, the version
const refusals: [string, Request, string, number?][] = [
  [
    "an offset behind the end",
    requestFor([{ partition: 0, fetchOffset: 9 }]),
    "OFFSET_OUT_OF_RANGE",
  ],
  ["a negative offset", requestFor([{ partition: 0, fetchOffset: -1 }]), "OFFSET_OUT_OF_RANGE"],
  [
    "an unknown topic",
    requestFor([{ partition: 0 }], { topic: "x" }),
    "UNKNOWN_TOPIC_OR_PARTITION",
  ],
  ["an unknown partition", requestFor([{ partition: 5 }]), "UNKNOWN_TOPIC_OR_PARTITION"],
  ["no topic id", requestFor([{ partition: 0 }]), "UNKNOWN_TOPIC_ID", 13],
  [
    "another's partition",
    requestFor([{ partition: 0 }], { topic: "elsewhere" }),
    "NOT_LEADER_OR_FOLLOWER",
  ],
  [
    "an old leader epoch",
    requestFor([{ partition: 0, currentLeaderEpoch: 0 }], { topic: "moved" }),
    "FENCED_LEADER_EPOCH",
  ],
  [
    "a leader epoch to come",
    requestFor([{ partition: 0, currentLeaderEpoch: 9 }], { topic: "moved" }),
    "UNKNOWN_LEADER_EPOCH",
  ],
  ["a replica id", requestFor([{ partition: 0 }], { replicaId: 2 }), "NOT_LEADER_OR_FOLLOWER"],
];
for (const [what, request, error, version = 11] of refusals) {
  Deno.test(`Fetch with ${what} is refused with ${error}, at once`, async () => {
    const { broker } = await start();
    broker.createTopic("elsewhere", { leader: 2 });
    broker.createTopic("moved");
    raiseEpoch(broker, "moved");
    const answer = await broker.ask(FETCH, version, { ...request, maxWaitMs: 1_000_000 });
    strictEqual(errorName(only(answer).errorCode), error);
    strictEqual(only(answer).highWatermark, -1);
    await broker.close();
  });
}

function raiseEpoch(broker: TestBroker, topic: string): void {
  const replica = broker.replicas.get(topic, 0)!;
  replica.onState({ ...replica.state, leaderEpoch: 5, partitionEpoch: 1 });
}

Deno.test("A fetch that finds nothing waits until something is committed", async () => {
  const { broker, produce } = await start();
  let isAnswered = false;
  const answer = broker.ask(FETCH, 11, requestFor([{ partition: 0 }], { maxWaitMs: 500 }));
  void answer.then(() => isAnswered = true);
  await broker.platform.clock.advanceAndSettle(100);
  strictEqual(isAnswered, false);
  await produce(["a"]);
  deepStrictEqual(valuesIn(only(await answer).records), ["a"]);
  strictEqual(broker.replicas.get("orders", 0)!.listenerCount, 0);
  await broker.close();
});

Deno.test("A fetch that finds nothing answers with nothing when its time is up", async () => {
  const { broker } = await start();
  const answer = broker.ask(FETCH, 11, requestFor([{ partition: 0 }], { maxWaitMs: 500 }));
  await broker.platform.clock.advanceAndSettle(501);
  strictEqual(only(await answer).records?.length, 0);
  strictEqual(broker.platform.clock.nextDue, undefined); // no timer is left behind
  await broker.close();
});

Deno.test("A fetch waits for its least bytes", async () => {
  const { broker, produce } = await start();
  let isAnswered = false;
  const request = requestFor([{ partition: 0 }], { maxWaitMs: 500, minBytes: 150 });
  const answer = broker.ask(FETCH, 11, request);
  void answer.then(() => isAnswered = true);
  await produce(["a"]);
  await broker.platform.clock.advanceAndSettle(1);
  strictEqual(isAnswered, false);
  await produce(["b"]);
  await produce(["c"]);
  deepStrictEqual(valuesIn(only(await answer).records), ["a", "b", "c"]);
  await broker.close();
});

Deno.test("A fetch that waits stops when its client leaves", async () => {
  const { broker } = await start();
  const client = new AbortController();
  const request = requestFor([{ partition: 0 }], { maxWaitMs: 1_000_000 });
  const answer = broker.ask(FETCH, 11, request, { signal: client.signal });
  await broker.platform.clock.advanceAndSettle(1);
  client.abort();
  await answer.catch((error) => ok(/no answer/.test(error.message)));
  strictEqual(broker.replicas.get("orders", 0)!.listenerCount, 0);
  strictEqual(broker.platform.clock.nextDue, undefined);
  await broker.close();
});

Deno.test("A fetch that waits for a topic hears of its deletion", async () => {
  const { broker } = await start();
  const answer = broker.ask(FETCH, 11, requestFor([{ partition: 0 }], { maxWaitMs: 1_000_000 }));
  await broker.platform.clock.advanceAndSettle(1);
  broker.removeTopic("orders");
  strictEqual(errorName(only(await answer).errorCode), "UNKNOWN_TOPIC_OR_PARTITION");
  await broker.close();
});

Deno.test("The first batch comes whole, however small the limits; a second one only within them", async () => {
  const { broker, produce } = await start({ partitions: 2 });
  await produce(["a".repeat(5000)]);
  await produce(["b".repeat(5000)]);
  await produce(["c".repeat(5000)], 1);
  const fetch = async (maxBytes: number, partitionMaxBytes: number) => {
    const partitions = [{ partition: 0, partitionMaxBytes }, { partition: 1, partitionMaxBytes }];
    const answer = await broker.ask(FETCH, 11, requestFor(partitions, { maxBytes }));
    return answer.responses[0].partitions.map(({ records }) =>
      valuesIn(records).map((value) => value![0]).join("")
    );
  };
  deepStrictEqual(await fetch(1, 1), ["a", ""]);
  deepStrictEqual(await fetch(1_000_000, 6000), ["a", "c"]);
  deepStrictEqual(await fetch(6000, 1_000_000), ["a", ""]);
  deepStrictEqual(await fetch(11_000, 1_000_000), ["ab", ""]);
  deepStrictEqual(await fetch(1_000_000, 1_000_000), ["ab", "c"]);
  await broker.close();
});

Deno.test("Fetch with durability=disk shows nothing that a power cut could take", async () => {
  const { broker } = await start();
  const partitionData = [{ index: 0, records: batchOf(["a"]) }];
  const produced = broker.ask(PRODUCE, 9, {
    acks: -1,
    topicData: [{ name: "orders", partitionData }],
  });
  const fetched = broker.ask(FETCH, 11, requestFor([{ partition: 0 }]));
  const { durableEndOffset, logEndOffset } = broker.replicas.get("orders", 0)!.log;
  deepStrictEqual([durableEndOffset, logEndOffset], [0, 1]);
  strictEqual(only(await fetched).records?.length, 0);
  await produced;
  await broker.close();
});

Deno.test("A fetch that comes between an append and its sync is answered by the sync, not by its time", async () => {
  const { broker } = await start();
  const topicData = [{ name: "orders", partitionData: [{ index: 0, records: batchOf(["a"]) }] }];
  const produced = broker.ask(PRODUCE, 9, { acks: -1, topicData });
  const fetched = broker.ask(FETCH, 11, requestFor([{ partition: 0 }], { maxWaitMs: 500 }));
  await produced; // no clock has moved
  deepStrictEqual(valuesIn(only(await fetched).records), ["a"]);
  await broker.close();
});

Deno.test("A session sends a partition again only when it has news", async () => {
  const { broker, topicId, produce } = await start({ partitions: 2 });
  await produce(["a"]);
  const ask = (request: Request) => broker.ask(FETCH, 18, request);
  const first = await ask(
    requestFor([{ partition: 0 }, { partition: 1 }], { topicId, sessionEpoch: 0 }),
  );
  const { sessionId } = first;
  ok(sessionId > 0);
  strictEqual(first.responses[0].partitions.length, 2);

  const moved = requestFor([{ partition: 0, fetchOffset: 1 }], {
    topicId,
    sessionId,
    sessionEpoch: 1,
  });
  deepStrictEqual((await ask(moved)).responses, []);
  await produce(["b"], 1);
  const { responses } = await ask({ sessionId, sessionEpoch: 2, minBytes: 1, maxBytes: 1_000_000 });
  deepStrictEqual(responses[0].partitions.map(({ partitionIndex }) => partitionIndex), [1]);
  const wrong = await ask({ sessionId, sessionEpoch: 2 });
  strictEqual(errorName(wrong.errorCode), "INVALID_FETCH_SESSION_EPOCH");
  await broker.close();
});

Deno.test("A history that leaves ours is told where it does", async () => {
  const { broker, topicId, produce } = await start();
  await produce(["a", "b"]);
  raiseEpoch(broker, "orders");
  await produce(["c"]);
  const request = requestFor([{ partition: 0, fetchOffset: 3, lastFetchedEpoch: 3 }], { topicId });
  const answer = only(await broker.ask(FETCH, 12, { ...request, maxWaitMs: 1_000_000 }));
  deepStrictEqual(answer.divergingEpoch, { epoch: 0, endOffset: 2 });
  strictEqual(answer.records?.length, 0);
  await broker.close();
});

Deno.test("read_committed gives a list of aborted transactions, read_uncommitted null", async () => {
  const { broker, produce } = await start();
  await produce(["a"]);
  const fetch = async (isolationLevel: number) =>
    only(await broker.ask(FETCH, 11, requestFor([{ partition: 0 }], { isolationLevel })))
      .abortedTransactions;
  strictEqual(await fetch(0), null);
  deepStrictEqual(await fetch(1), []);
  await broker.close();
});
