import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { ZERO_UUID } from "../../src/base/mod.ts";
import {
  errorName,
  type InputOf,
  KafkaError,
  ProduceRequest,
  ProduceResponse,
} from "../../src/protocol/mod.ts";
import { RefusedBatches } from "../../src/broker/refused_batches.ts";
import { crc32c } from "../../src/bytes/mod.ts";
import { compress } from "../../src/records/mod.ts";
import { batchOf, connectionOf, NODE, TestBroker, versionsOf } from "./kit.ts";

const PRODUCE = [ProduceRequest, ProduceResponse] as const;
type Request = InputOf<typeof ProduceRequest>;

const requestFor = (
  records: Uint8Array | null,
  { topic = "orders", topicId = ZERO_UUID, index = 0, ...more }: {
    topic?: string;
    topicId?: string;
    index?: number;
  } & Omit<Request, "topicData"> = {},
): Request => ({
  acks: -1,
  timeoutMs: 1000,
  ...more,
  topicData: [{ name: topic, topicId, partitionData: [{ index, records }] }],
});

const only = (response: ProduceResponse) => response.responses[0].partitionResponses[0];

Deno.test("Produce appends and answers with the offset, in every version", async () => {
  const broker = await TestBroker.start();
  const topicId = broker.createTopic("orders");
  for (const [index, version] of versionsOf(broker, 0).entries()) {
    const request = requestFor(batchOf([`v${version}`]), { topicId });
    const answer = await broker.ask(PRODUCE, version, request);
    deepStrictEqual(answer.responses[0].name, version >= 13 ? "" : "orders");
    const { errorCode, baseOffset, logStartOffset, logAppendTimeMs } = only(answer);
    deepStrictEqual({ errorCode, baseOffset, logAppendTimeMs }, {
      errorCode: 0,
      baseOffset: index,
      logAppendTimeMs: -1,
    });
    strictEqual(logStartOffset, version >= 5 ? 0 : -1);
  }
  await broker.close();
});

for (const acks of [-1, 1]) {
  Deno.test(`With acks=${acks} the answer leaves when the batch is synced`, async () => {
    const broker = await TestBroker.start();
    broker.createTopic("orders");
    await broker.ask(PRODUCE, 9, requestFor(batchOf(["a"]), { acks }));
    const { durableEndOffset } = broker.replicas.get("orders", 0)!.log;
    strictEqual(durableEndOffset, 1);
    await broker.close();
  });
}

Deno.test("With durability=os the answer does not wait for the disk", async () => {
  const broker = await TestBroker.start();
  broker.createTopic("orders", { configs: { durability: "os" } });
  await broker.ask(PRODUCE, 9, requestFor(batchOf(["a"])));
  deepStrictEqual(broker.offsetsOf({ topic: "orders", partition: 0 }), {
    logStartOffset: 0,
    highWatermark: 1,
    logEndOffset: 1,
  });
  strictEqual(broker.replicas.get("orders", 0)!.log.durableEndOffset, 0);
  await broker.close();
});

Deno.test("With acks=0 there is no answer, and an error ends the connection", async () => {
  const broker = await TestBroker.start();
  broker.createTopic("orders");
  const { ByteWriter } = await import("../../src/bytes/mod.ts");
  const { encodeMessage } = await import("../../src/protocol/mod.ts");
  const send = (request: Request) => {
    const writer = new ByteWriter();
    encodeMessage(ProduceRequest, request, 9, writer);
    return broker.raw(0, 9, writer.finish().slice());
  };
  strictEqual(await send(requestFor(batchOf(["a"]), { acks: 0 })), "none");
  strictEqual(broker.offsetsOf({ topic: "orders", partition: 0 }).logEndOffset, 1);
  const refused = await send(requestFor(batchOf(["a"]), { acks: 0, topic: "missing" }));
  ok(typeof refused === "object" && /UNKNOWN_TOPIC_OR_PARTITION/.test(refused.close));
  await broker.close();
});

const corrupt = (() => {
  const batch = batchOf(["a"]);
  batch[batch.length - 1] ^= 1;
  return batch;
})();
const transactional = batchOf(["a"], {
  isTransactional: true,
  producerId: 1,
  producerEpoch: 0,
  baseSequence: 0,
} as never);

/** A batch whose payload is replaced, with a checksum that is right again. */
function withPayload(batch: Uint8Array, payload: Uint8Array): Uint8Array {
  const whole = new Uint8Array(61 + payload.length);
  whole.set(batch.subarray(0, 61));
  whole.set(payload, 61);
  const view = new DataView(whole.buffer);
  view.setInt32(8, whole.length - 12);
  view.setUint32(17, crc32c(whole, 21));
  return whole;
}
const CODECS = ["gzip", "snappy", "lz4", "zstd"] as const;
const nonsense = Uint8Array.from({ length: 40 }, (_, i) => i * 37);
const bomb = (codec: typeof CODECS[number]) =>
  withPayload(batchOf(["a"], { codec }), compress(codec, new Uint8Array(80 * 1024 * 1024)));

// what is wrong, the request, the error, the version
const refusals: [string, Request, string, number?][] = [
  ["an unknown topic", requestFor(batchOf(["a"]), { topic: "nope" }), "UNKNOWN_TOPIC_OR_PARTITION"],
  ["an unknown partition", requestFor(batchOf(["a"]), { index: 7 }), "UNKNOWN_TOPIC_OR_PARTITION"],
  ["a negative partition", requestFor(batchOf(["a"]), { index: -1 }), "UNKNOWN_TOPIC_OR_PARTITION"],
  [
    "an unknown topic id",
    requestFor(batchOf(["a"]), { topicId: "AAAAAAAAAAAAAAAAAAAAZw" }),
    "UNKNOWN_TOPIC_ID",
    13,
  ],
  ["no topic id", requestFor(batchOf(["a"])), "UNKNOWN_TOPIC_ID", 13],
  [
    "another broker's partition",
    requestFor(batchOf(["a"]), { topic: "elsewhere" }),
    "NOT_LEADER_OR_FOLLOWER",
  ],
  [
    "an internal topic",
    requestFor(batchOf(["a"]), { topic: "__consumer_offsets" }),
    "INVALID_TOPIC_EXCEPTION",
  ],
  ["no records", requestFor(null), "INVALID_RECORD"],
  ["empty records", requestFor(new Uint8Array(0)), "INVALID_RECORD"],
  ["a wrong checksum", requestFor(corrupt), "CORRUPT_MESSAGE"],
  ["a batch cut short", requestFor(batchOf(["a"]).subarray(0, 40)), "INVALID_RECORD"],
  ...CODECS.map((codec): [string, Request, string] => [
    `bytes that are no ${codec}`,
    requestFor(withPayload(batchOf(["a"], { codec }), nonsense)),
    "CORRUPT_MESSAGE",
  ]),
  [
    "two batches",
    requestFor(new Uint8Array([...batchOf(["a"]), ...batchOf(["b"])])),
    "INVALID_RECORD",
  ],
  ["a control batch", requestFor(batchOf(["a"], { isControl: true })), "INVALID_RECORD"],
  ["a batch too large", requestFor(batchOf(["a".repeat(2_000_000)])), "MESSAGE_TOO_LARGE"],
  [
    "a record from the future",
    requestFor(batchOf(["a"], { timestamp: Date.UTC(2026, 0, 2) })),
    "INVALID_TIMESTAMP",
  ],
  ["acks that are none", requestFor(batchOf(["a"]), { acks: 2 }), "INVALID_REQUIRED_ACKS"],
  ["a transactional batch", requestFor(transactional), "TRANSACTIONAL_ID_AUTHORIZATION_FAILED"],
];
for (const [what, request, error, version = 9] of refusals) {
  Deno.test(`Produce with ${what} is refused with ${error}, and nothing is written`, async () => {
    const broker = await TestBroker.start();
    broker.createTopic("orders");
    broker.createTopic("elsewhere", { leader: 2 });
    const answer = only(await broker.ask(PRODUCE, version, request));
    strictEqual(errorName(answer.errorCode), error);
    strictEqual(answer.baseOffset, -1);
    strictEqual(broker.offsetsOf({ topic: "orders", partition: 0 }).logEndOffset, 0);
    deepStrictEqual(broker.lines, []);
    await broker.close();
  });
}

for (const codec of CODECS) {
  Deno.test(`A ${codec} bomb is defused`, async () => {
    const broker = await TestBroker.start();
    broker.createTopic("orders", { configs: { "max.message.bytes": "8000000" } });
    const answer = only(await broker.ask(PRODUCE, 9, requestFor(bomb(codec))));
    strictEqual(errorName(answer.errorCode), "MESSAGE_TOO_LARGE");
    await broker.close();
  });

  Deno.test(`A ${codec} batch is taken as it is`, async () => {
    const broker = await TestBroker.start();
    broker.createTopic("orders");
    const answer = only(await broker.ask(PRODUCE, 9, requestFor(batchOf(["a", "b"], { codec }))));
    deepStrictEqual([errorName(answer.errorCode), answer.baseOffset], ["NONE", 0]);
    await broker.close();
  });
}

Deno.test("One bad partition does not fail the others", async () => {
  const broker = await TestBroker.start();
  broker.createTopic("orders", { partitions: 2 });
  const { responses } = await broker.ask(PRODUCE, 9, {
    acks: -1,
    topicData: [{
      name: "orders",
      partitionData: [
        { index: 0, records: batchOf(["a"]) },
        { index: 1, records: corrupt },
        { index: 9, records: batchOf(["b"]) },
      ],
    }],
  });
  const errors = responses[0].partitionResponses.map(({ errorCode }) => errorName(errorCode));
  deepStrictEqual(errors, ["NONE", "CORRUPT_MESSAGE", "UNKNOWN_TOPIC_OR_PARTITION"]);
  await broker.close();
});

Deno.test("An idempotent producer's repetition is answered with the first offset", async () => {
  const broker = await TestBroker.start();
  broker.createTopic("orders");
  const batch = (baseSequence: number) =>
    batchOf(["a", "b"], { producerId: 7, producerEpoch: 0, baseSequence } as never);
  const send = async (sequence: number) =>
    only(await broker.ask(PRODUCE, 9, requestFor(batch(sequence))));
  strictEqual((await send(0)).baseOffset, 0);
  strictEqual((await send(2)).baseOffset, 2);
  strictEqual((await send(0)).baseOffset, 0);
  strictEqual(errorName((await send(7)).errorCode), "OUT_OF_ORDER_SEQUENCE_NUMBER");
  strictEqual(broker.offsetsOf({ topic: "orders", partition: 0 }).logEndOffset, 4);
  await broker.close();
});

Deno.test("A leader elsewhere is named from version 10 on, with where it is", async () => {
  const broker = await TestBroker.start();
  broker.createTopic("elsewhere", { leader: 2 });
  const answer = await broker.ask(PRODUCE, 10, requestFor(batchOf(["a"]), { topic: "elsewhere" }));
  deepStrictEqual(only(answer).currentLeader, { leaderId: 2, leaderEpoch: 0 });
  deepStrictEqual(answer.nodeEndpoints, []); // broker 2 has no listener that this client could reach
  await broker.close();
});

Deno.test("What is under way behind a refused batch is refused as that was, until it comes again", async () => {
  const broker = await TestBroker.start();
  broker.createTopic("orders", { leader: NODE + 1 });
  const asked = async (
    sequence: number,
    { connection = pipeline, producerEpoch = 0 }: {
      connection?: ReturnType<typeof connectionOf>;
      producerEpoch?: number;
    } = {},
  ) => {
    const batch = batchOf(["a", "b"], { producerId: 7, producerEpoch, baseSequence: sequence });
    const answer = await broker.ask(PRODUCE, 9, requestFor(batch), { connection });
    return errorName(only(answer).errorCode);
  };
  const [pipeline, other] = [connectionOf(), { ...connectionOf(), id: 2 }];
  strictEqual(await asked(0), "NOT_LEADER_OR_FOLLOWER");
  broker.removeTopic("orders");
  broker.createTopic("orders");
  for (const behind of [2, 4, 6, 8]) {
    strictEqual(await asked(behind), "NOT_LEADER_OR_FOLLOWER", `${behind} is behind the refused`);
  }
  for (const sequence of [0, 2, 4, 6, 8]) strictEqual(await asked(sequence), "NONE");
  strictEqual(await asked(20), "OUT_OF_ORDER_SEQUENCE_NUMBER", "the producer's own gap");
  strictEqual(await asked(10, { connection: other }), "NONE");

  broker.removeTopic("orders");
  strictEqual(await asked(12), "UNKNOWN_TOPIC_OR_PARTITION");
  broker.createTopic("orders");
  strictEqual(await asked(14, { connection: other }), "NONE", "of another connection");
  strictEqual(await asked(0, { producerEpoch: 1 }), "NONE", "of another epoch");
  await broker.close();
});

Deno.test("Of ever so many partitions that are refused, only the last are known", () => {
  const refused = new RefusedBatches();
  const error = new KafkaError("UNKNOWN_TOPIC_OR_PARTITION");
  const sent = (partition: number) => ({ connectionId: 1, topic: "nowhere", partition });
  const first = batchOf(["a"], { producerId: 7, producerEpoch: 0, baseSequence: 0 });
  const next = batchOf(["b"], { producerId: 7, producerEpoch: 0, baseSequence: 1 });
  for (let partition = 0; partition <= 10_000; partition++) {
    refused.add(sent(partition), first, { error, before: undefined });
  }
  strictEqual(refused.take(sent(0), next), undefined);
  strictEqual(refused.take(sent(1), next)?.error, error);
  strictEqual(refused.take(sent(10_000), next)?.error, error);
});

Deno.test("No more is refused behind a batch than a producer may have under way", async () => {
  const broker = await TestBroker.start();
  broker.createTopic("orders", { leader: NODE + 1 });
  const connection = connectionOf();
  const errors: string[] = [];
  for (const sequence of [0, 1, 2, 3, 4, 5]) {
    const batch = batchOf(["a"], { producerId: 7, producerEpoch: 0, baseSequence: sequence });
    const answer = await broker.ask(PRODUCE, 9, requestFor(batch), { connection });
    errors.push(errorName(only(answer).errorCode));
    if (sequence === 0) {
      broker.removeTopic("orders");
      broker.createTopic("orders");
    }
  }
  deepStrictEqual(errors, [...Array(5).fill("NOT_LEADER_OR_FOLLOWER"), "NONE"]);
  await broker.close();
});
