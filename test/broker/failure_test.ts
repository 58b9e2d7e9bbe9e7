/** What clients hear when the disk fails, and what is left after the power did. */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import {
  DeleteRecordsRequest,
  DeleteRecordsResponse,
  errorName,
  FetchRequest,
  FetchResponse,
  ProduceRequest,
  ProduceResponse,
} from "../../src/protocol/mod.ts";
import { batchOf, TestBroker } from "./kit.ts";

const PRODUCE = [ProduceRequest, ProduceResponse] as const;
const FETCH = [FetchRequest, FetchResponse] as const;

async function produce(broker: TestBroker, value: string, acks = -1) {
  const partitionData = [{ index: 0, records: batchOf([value]) }];
  const topicData = [{ name: "orders", partitionData }];
  const answer = await broker.ask(PRODUCE, 9, { acks, topicData });
  return errorName(answer.responses[0].partitionResponses[0].errorCode);
}

async function fetch(broker: TestBroker, fetchOffset = 0, maxWaitMs = 0) {
  const partitions = [{ partition: 0, fetchOffset, partitionMaxBytes: 1_000_000 }];
  const topics = [{ topic: "orders", partitions }];
  const answer = await broker.ask(FETCH, 11, { maxWaitMs, minBytes: 1, topics });
  const { errorCode, highWatermark } = answer.responses[0].partitions[0];
  return [errorName(errorCode), highWatermark];
}

for (const operation of ["write", "sync"] as const) {
  Deno.test(`A ${operation} that fails is answered with KAFKA_STORAGE_ERROR, and nothing is believed after it`, async () => {
    const broker = await TestBroker.start();
    broker.createTopic("orders");
    strictEqual(await produce(broker, "kept"), "NONE");
    const waiting = fetch(broker, 1, 1_000_000);
    broker.platform.disk.onOperation = (done) =>
      done === operation ? "the device is gone" : undefined;
    strictEqual(await produce(broker, "lost"), "KAFKA_STORAGE_ERROR");
    deepStrictEqual(await waiting, ["KAFKA_STORAGE_ERROR", -1]);
    broker.platform.disk.onOperation = undefined;
    strictEqual(await produce(broker, "too late"), "KAFKA_STORAGE_ERROR");
    deepStrictEqual(await fetch(broker), ["KAFKA_STORAGE_ERROR", -1]);
    ok(broker.directory.isOffline);
    await broker.close();
  });
}

Deno.test("Fetches that wait are answered once when the disk fails at the first one's read", async () => {
  const broker = await TestBroker.start();
  broker.createTopic("orders");
  strictEqual(await produce(broker, "kept"), "NONE");
  const waiting = [1, 2, 3].map(() => fetch(broker, 1, 1_000_000));
  broker.platform.disk.onOperation = (done) => done === "read" ? "the device is gone" : undefined;
  await produce(broker, "not to be read");
  for (const answer of await Promise.all(waiting)) {
    deepStrictEqual(answer, ["KAFKA_STORAGE_ERROR", -1]);
  }
  match(broker.metrics.text(), /purgatorysize\{delayedOperation="Fetch"\} 0\n/);
  await broker.close();
});

for (const acks of [1, -1]) {
  Deno.test(`What was acknowledged with acks=${acks} is there after the power has failed`, async () => {
    const broker = await TestBroker.start();
    broker.createTopic("orders");
    for (const value of ["a", "b", "c"]) strictEqual(await produce(broker, value, acks), "NONE");
    const unanswered = produce(broker, "d", acks).catch(() => {});
    broker.platform.disk.powerCut();
    await broker.platform.clock.advanceAndSettle(1);
    const again = await TestBroker.start({ platform: broker.platform });
    again.apply(broker.image.toRecords());
    await again.platform.clock.advanceAndSettle(1);
    const { highWatermark, logEndOffset } = again.offsetsOf({ topic: "orders", partition: 0 });
    ok(highWatermark >= 3, `the high watermark is ${highWatermark}`);
    strictEqual(highWatermark, logEndOffset); // what was read back is synced before it counts
    await Promise.race([unanswered, again.close()]);
  });
}

Deno.test("Records that DeleteRecords deleted do not come back with the next crash", async () => {
  const broker = await TestBroker.start();
  broker.createTopic("orders");
  for (const value of ["a", "b", "c"]) strictEqual(await produce(broker, value), "NONE");
  const topics = [{ name: "orders", partitions: [{ partitionIndex: 0, offset: 2 }] }];
  const messages = [DeleteRecordsRequest, DeleteRecordsResponse] as const;
  const answer = await broker.ask(messages, 2, { topics, timeoutMs: 1000 });
  strictEqual(answer.topics[0].partitions[0].lowWatermark, 2);
  broker.platform.disk.powerCut();
  const again = await TestBroker.start({ platform: broker.platform });
  again.apply(broker.image.toRecords());
  strictEqual(again.offsetsOf({ topic: "orders", partition: 0 }).logStartOffset, 2);
  await again.close();
});

Deno.test("DeleteRecords is refused on a full disk as often as it is tried, until it is lasting", async () => {
  const broker = await TestBroker.start();
  broker.createTopic("orders");
  for (const value of ["a", "b", "c"]) strictEqual(await produce(broker, value), "NONE");
  const topics = [{ name: "orders", partitions: [{ partitionIndex: 0, offset: 2 }] }];
  const messages = [DeleteRecordsRequest, DeleteRecordsResponse] as const;
  const deleteRecords = async () => {
    const answer = await broker.ask(messages, 2, { topics, timeoutMs: 1000 });
    return errorName(answer.topics[0].partitions[0].errorCode);
  };
  broker.platform.disk.isFull = () => true;
  for (let i = 0; i < 3; i++) strictEqual(await deleteRecords(), "KAFKA_STORAGE_ERROR");
  broker.platform.disk.isFull = undefined;
  strictEqual(await deleteRecords(), "NONE");
  broker.platform.disk.powerCut();
  const again = await TestBroker.start({ platform: broker.platform });
  again.apply(broker.image.toRecords());
  strictEqual(again.offsetsOf({ topic: "orders", partition: 0 }).logStartOffset, 2);
  await again.close();
});

Deno.test("DeleteRecords whose checkpoint can't be written is refused", async () => {
  const broker = await TestBroker.start();
  broker.createTopic("orders");
  for (const value of ["a", "b", "c"]) strictEqual(await produce(broker, value), "NONE");
  broker.platform.disk.onOperation = (done) => done === "name" ? "the device is gone" : undefined;
  const topics = [{ name: "orders", partitions: [{ partitionIndex: 0, offset: 2 }] }];
  const messages = [DeleteRecordsRequest, DeleteRecordsResponse] as const;
  const answer = await broker.ask(messages, 2, { topics, timeoutMs: 1000 });
  strictEqual(errorName(answer.topics[0].partitions[0].errorCode), "KAFKA_STORAGE_ERROR");
  ok(broker.directory.isOffline);
  await broker.close();
});
