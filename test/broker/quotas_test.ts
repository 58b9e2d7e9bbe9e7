/** Client quotas as this broker counts them, under a clock that the test moves. */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { Limits } from "../../src/broker/quotas/limits.ts";
import { Meters } from "../../src/base/mod.ts";
import { MutationQuotas } from "../../src/broker/quotas/mutation_quota.ts";
import { RateQuota } from "../../src/broker/quotas/rate_quota.ts";
import { type ClientQuotaImage, metadataRecord } from "../../src/metadata/mod.ts";
import { batchOf, messagesOf, TestBroker } from "./kit.ts";

const PRODUCE = messagesOf(0), FETCH = messagesOf(1), LIST_GROUPS = messagesOf(16);
const CREATE_TOPICS = messagesOf(19);

const quota = (entity: Record<string, string | null>, limits: Record<string, number>) =>
  ({
    entity: Object.entries(entity).map(([entityType, entityName]) => ({ entityType, entityName })),
    limits: new Map(Object.entries(limits)),
  }) satisfies ClientQuotaImage;

const P = "producer_byte_rate";

Deno.test("Of the eight places for a limit the first that has one counts, and says who shares it", () => {
  const places: [Record<string, string | null>, shared: string][] = [
    [{ user: "u", "client-id": "c" }, "u\nc"],
    [{ user: "u", "client-id": null }, "u\nc"],
    [{ user: "u" }, "u\n"],
    [{ user: null, "client-id": "c" }, "u\nc"],
    [{ user: null, "client-id": null }, "u\nc"],
    [{ user: null }, "u\n"],
    [{ "client-id": "c" }, "\nc"],
    [{ "client-id": null }, "\nc"],
  ];
  const quotas = places.map(([entity], index) => quota(entity, { [P]: index + 1 }));
  places.forEach(([, shared], index) => {
    deepStrictEqual(new Limits(quotas.slice(index), P).of("u", "c"), { limit: index + 1, shared });
  });
  strictEqual(new Limits(quotas, "consumer_byte_rate").isEmpty, true);
  strictEqual(new Limits([quotas[0]], P).of("u", "other"), undefined);
  strictEqual(new Limits([quotas[0]], P).of("other", "c"), undefined);
});

Deno.test("Ever new client ids do not grow the memory: who is at rest goes, then who is oldest", () => {
  const meters = new Meters<{ rests: boolean }>(100);
  for (let i = 0; i < 1000; i++) {
    meters.get(`busy-${i}`, () => ({ rests: false }), ({ rests }) => rests);
  }
  ok(meters.size <= 100);
  ok(meters.peek("busy-999"));
  const quiet = new Meters<{ rests: boolean }>(100);
  for (let i = 0; i < 1000; i++) {
    quiet.get(`quiet-${i}`, () => ({ rests: true }), ({ rests }) => rests);
  }
  ok(quiet.size <= 5);
});

Deno.test("Whoever goes on at twice the rate waits half of the time", () => {
  const quota1000 = new RateQuota(P, { count: 11, sizeMs: 1000 });
  quota1000.apply([quota({ user: null }, { [P]: 1000 })]);
  let now = 1_000_000, waited = 0;
  const began = now;
  for (let sent = 0; sent < 200_000; sent += 500) {
    const ms = quota1000.record({ user: "u", clientId: "c" }, 500, now);
    waited += ms;
    now += 250 + ms;
  }
  const rate = 200_000 / ((now - began) / 1000);
  ok(rate > 900 && rate < 1150, `${rate} bytes a second`);
  ok(waited > 0);
});

Deno.test("A strict client is refused while it owes, an older one is served and waits", () => {
  const mutations = new MutationQuotas(11);
  mutations.apply([quota({ "client-id": null }, { controller_mutation_rate: 2 })]);
  const of = (clientId: string, isStrict: boolean, now: number) =>
    mutations.open({ user: "u", clientId }, isStrict, now);
  const strict = of("strict", true, 0);
  strict.take(30); // 22 were there
  strictEqual(strict.throttleMs, 0);
  const again = of("strict", true, 1000);
  let error: unknown;
  try {
    again.take(1);
  } catch (thrown) {
    error = thrown;
  }
  strictEqual((error as { error: string }).error, "THROTTLING_QUOTA_EXCEEDED");
  strictEqual(again.throttleMs, 3000); // 6 owed
  of("strict", true, 4001).take(1);
  const older = of("older", false, 0);
  older.take(30);
  strictEqual(older.throttleMs, 4000);
  older.take(2);
  strictEqual(older.throttleMs, 5000);
});

/** Sets or (null) removes one limit of a client id. */
function limit(broker: TestBroker, clientId: string, key: string, value: number | null): void {
  broker.apply([metadataRecord("ClientQuotaRecord", 0, {
    entity: [{ entityType: "client-id", entityName: clientId }],
    key,
    value: value ?? 0,
    remove: value === null,
  })]);
}

const produceTo = (name: string, bytes: number) => ({
  acks: -1,
  timeoutMs: 1000,
  topicData: [{ name, partitionData: [{ index: 0, records: batchOf(["x".repeat(bytes)]) }] }],
});
const fetchFrom = (topic: string) => ({
  replicaId: -1,
  maxWaitMs: 0,
  minBytes: 1,
  maxBytes: 1_000_000,
  topics: [{ topic, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1 << 20 }] }],
});

Deno.test("A producer over its limit is told to wait; its records are there all the same", async () => {
  const broker = await TestBroker.start();
  broker.createTopic("t");
  limit(broker, "slow", P, 100);
  const first: any = await broker.ask(PRODUCE, 9, produceTo("t", 2000), { clientId: "slow" });
  ok(first.throttleTimeMs > 10_000 && first.throttleTimeMs < 13_000, `${first.throttleTimeMs}`);
  strictEqual(broker.offsetsOf({ topic: "t", partition: 0 }).logEndOffset, 1);
  const other: any = await broker.ask(PRODUCE, 9, produceTo("t", 2000), { clientId: "fast" });
  strictEqual(other.throttleTimeMs, 0);
  limit(broker, "slow", P, null);
  const after: any = await broker.ask(PRODUCE, 9, produceTo("t", 2000), { clientId: "slow" });
  strictEqual(after.throttleTimeMs, 0);
  await broker.close();
});

Deno.test("A consumer over its limit gets nothing, no session, and the same once it has waited", async () => {
  const broker = await TestBroker.start();
  broker.createTopic("t");
  await broker.ask(PRODUCE, 9, produceTo("t", 800));
  limit(broker, "slow", "consumer_byte_rate", 100);
  const ask = async (more = {}): Promise<any> =>
    await broker.ask(FETCH, 11, { ...fetchFrom("t"), sessionEpoch: -1, ...more }, {
      clientId: "slow",
    });
  const sizes = (answer: any) => answer.responses.map((each: any) => each.partitions.length);
  const first = await ask();
  deepStrictEqual([first.throttleTimeMs, sizes(first)], [0, [1]]);
  const second = await ask({ sessionEpoch: 0 });
  ok(second.throttleTimeMs > 0);
  deepStrictEqual([second.sessionId, sizes(second)], [0, []]);
  strictEqual(broker.broker.fetchSessions.size, 0);
  await broker.platform.clock.advance(11_000);
  const third = await ask({ sessionEpoch: 0 });
  deepStrictEqual([third.throttleTimeMs, sizes(third)], [0, [1]]);
  await broker.close();
});

Deno.test("A client over its share of changes is refused by the version that knows of it", async () => {
  const broker = await TestBroker.start();
  limit(broker, "busy", "controller_mutation_rate", 0.5);
  const create = async (name: string, version: number): Promise<any> =>
    await broker.ask(CREATE_TOPICS, version, {
      topics: [{ name, numPartitions: 8, replicationFactor: 1 }],
      timeoutMs: 1000,
    }, { clientId: "busy" });
  const first = await create("a", 6);
  deepStrictEqual([first.throttleTimeMs, first.topics[0].errorCode], [0, 0]);
  const refused = await create("b", 6);
  deepStrictEqual([refused.throttleTimeMs, refused.topics[0].errorCode], [5000, 89]);
  const older = await create("c", 5);
  deepStrictEqual([older.throttleTimeMs, older.topics[0].errorCode], [21_000, 0]);
  await broker.close();
});

Deno.test("The time that requests take is counted, and makes wait for a window at most", async () => {
  const broker = await TestBroker.start();
  const { clock } = broker.platform;
  const monotonic = clock.monotonic.bind(clock);
  let looks = 0;
  clock.monotonic = () => monotonic() + 5 * ++looks; // every look at the clock takes 5 ms
  limit(broker, "busy", "request_percentage", 0.01);
  const ask = async (clientId: string) =>
    (await broker.ask(LIST_GROUPS, 4, {}, { clientId }) as any).throttleTimeMs;
  deepStrictEqual([await ask("busy"), await ask("other")], [1000, 0]);
  limit(broker, "busy", "request_percentage", 100);
  strictEqual(await ask("busy"), 0);
  await broker.close();
});
