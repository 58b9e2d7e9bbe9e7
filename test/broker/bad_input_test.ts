/**
 * A whole server, broker and all, against clients that mean no good, on a network in memory. Each
 * of them ends with an answer or a closed connection, with at most one line in the log; a client
 * that behaves is served all along.
 */
import { ok, strictEqual } from "node:assert/strict";
import { SERVED_APIS } from "../../src/broker/mod.ts";
import { ByteWriter } from "../../src/bytes/mod.ts";
import { KafkaServer } from "../../src/net/mod.ts";
import { SeededRandom } from "../../src/platform/memory/mod.ts";
import { encodeMessage, ProduceRequest } from "../../src/protocol/mod.ts";
import { randomValue } from "../kit/messages.ts";
import { forEachSeed } from "../kit/seeds.ts";
import { WireClient } from "../net/client.ts";
import { batchOf, TestBroker } from "./kit.ts";

const METADATA = 3;
const ALL_TOPICS = Uint8Array.of(255, 255, 255, 255, 0); // null, and no creation (v4)

async function start() {
  const broker = await TestBroker.start();
  broker.createTopic("orders");
  const { network, clock } = broker.platform;
  const lines: string[] = [];
  const log = (_level: string, event: string, fields: object = {}) => {
    lines.push(`${event} ${JSON.stringify(fields)}`);
  };
  const limits = { stallMs: 1000, idleMs: 5000, maxRequestBytes: 1 << 20 };
  const server = new KafkaServer({ network, clock, log, handler: broker.broker.handler, limits });
  const address = server.listen({ name: "PLAINTEXT", host: "127.0.0.1", port: 0 });
  const connect = async () => new WireClient(await network.dial(address));
  const good = await connect();
  const isServed = async () => {
    const answer = good.send(METADATA, 4, ALL_TOPICS).then(() => good.answer());
    ok(await answer, "the client that behaves was hung up on");
  };
  const close = async () => {
    await server.close();
    await broker.close();
  };
  return { broker, server, connect, isServed, lines, clock, close };
}

/**
 * Frames of every API with random fields, some with their bytes changed, some with a length that
 * lies.
 */
function badBytes(random: SeededRandom): Uint8Array {
  const { key, request, versions } = random.pick([...SERVED_APIS]);
  const version = versions[0] + random.int(versions[1] - versions[0] + 1);
  const writer = new ByteWriter();
  try {
    encodeMessage(request, randomValue(request, version, random), version, writer);
  } catch {
    return random.fill(new Uint8Array(random.int(200)));
  }
  const frame = WireClient.frame(key, version, random.int(1000), writer.finish());
  switch (random.int(6)) {
    case 0:
      return random.fill(new Uint8Array(random.int(300)));
    case 1:
      frame[random.int(4)] = random.int(256); // the length
      return frame;
    case 2:
      return frame.subarray(0, random.int(frame.length));
    case 3:
      frame[4 + random.int(Math.min(20, frame.length - 4))] = random.int(256); // the header
      return frame;
    case 4:
      for (let change = 0; change < 5; change++) {
        frame[4 + random.int(frame.length - 4)] = random.int(256);
      }
      return frame;
    default:
      return frame;
  }
}

Deno.test("Random and damaged frames end in an answer or a hang-up, and everyone else goes on", () =>
  forEachSeed(3, async (seed) => {
    const random = new SeededRandom(seed);
    const { server, connect, isServed, lines, clock, close } = await start();
    for (let round = 0; round < 60; round++) {
      const client = await connect();
      const frames = Array.from({ length: 1 + random.int(3) }, () => badBytes(random));
      void client.connection.write(frames).catch(() => {});
      await clock.advanceAndSettle(20);
      await isServed();
      client.connection.close();
      await clock.advanceAndSettle(20);
      strictEqual(server.connectionCount, 1, "a connection outlives its client");
      ok(lines.filter((line) => /connection closed/.test(line)).length <= round + 1);
    }
    strictEqual(lines.find((line) => /unexpected/.test(line)), undefined);
    await close();
  }));

Deno.test("A client that says nothing is closed after a while, and one that stops halfway sooner", async () => {
  const { server, connect, isServed, clock, close } = await start();
  await connect();
  const halfway = await connect();
  await halfway.connection.write([Uint8Array.of(0, 0, 1)]);
  await clock.advanceAndSettle(10);
  strictEqual(server.connectionCount, 3);
  await clock.advanceAndSettle(1500);
  await isServed();
  strictEqual(server.connectionCount, 2);
  await clock.advanceAndSettle(4500);
  await isServed().catch(() => {}); // it was silent too, but for less long
  ok(server.connectionCount <= 1);
  await close();
});

Deno.test("A client that produces and never reads is hung up on", async () => {
  const { server, connect, isServed, clock, lines, close } = await start();
  const client = await connect();
  const writer = new ByteWriter();
  encodeMessage(
    ProduceRequest,
    {
      acks: 1,
      topicData: [{ name: "orders", partitionData: [{ index: 0, records: batchOf(["a"]) }] }],
    },
    9,
    writer,
  );
  const frame = WireClient.frame(0, 9, 1, writer.finish());
  let isStuck = false;
  for (let count = 0; count < 20_000 && !isStuck; count++) {
    const written = client.connection.write([frame]).then(() => true, () => true);
    const settled = clock.advanceAndSettle(0).then(() => false);
    isStuck = !(await Promise.race([written, settled]));
  }
  ok(isStuck, "20000 answers were taken in by nobody");
  await isServed();
  await clock.advanceAndSettle(3000);
  strictEqual(server.connectionCount, 1);
  ok(lines.some((line) => /does not read its answers/.test(line)));
  await close();
});

/** A connection on which a request was sent; the connection may have ended over it. */
async function asked(
  connect: () => Promise<WireClient>,
  api: string,
  version: number,
  bodies: readonly unknown[],
): Promise<WireClient> {
  const { key, request } = SERVED_APIS.find(({ name }) => name === api)!;
  const client = await connect();
  for (const [id, body] of bodies.entries()) {
    const writer = new ByteWriter();
    encodeMessage(request, body, version, writer);
    const frame = WireClient.frame(key, version, id + 1, writer.finish());
    await client.connection.write([frame]).catch(() => {});
  }
  return client;
}

const countTo = (end: number) => Array.from({ length: end }, (_, index) => index);

Deno.test("More elements than an API takes at once end the connection; partitions may be many", async () => {
  const { connect, isServed, lines, close } = await start();
  const resources = countTo(40_000).map(() => ({ resourceType: 2, resourceName: "" }));
  await (await asked(connect, "DescribeConfigs", 4, [{ resources }])).hungUp();
  ok(lines.some((line) => /Cannot read 40000 elements/.test(line)), lines.join("\n"));
  const partitions = countTo(80_000).map((partition) => ({ partition }));
  const topics = [{ topic: "orders", partitions }];
  const client = await asked(connect, "OffsetForLeaderEpoch", 4, [{ topics }]);
  ok(await client.answer());
  await isServed();
  await close();
});

Deno.test("Requests behind the one that waited when their client left do not wait", async () => {
  const { connect, server, clock, isServed, close } = await start();
  const partitions = [{ partition: 0, partitionMaxBytes: 100 }];
  const fetch = { maxWaitMs: 2 ** 31 - 1, minBytes: 1, topics: [{ topic: "orders", partitions }] };
  const client = await asked(connect, "Fetch", 11, [fetch, fetch, fetch]);
  await clock.advanceAndSettle(10);
  strictEqual(server.connectionCount, 2);
  client.connection.close();
  await clock.advanceAndSettle(10);
  await isServed();
  strictEqual(server.connectionCount, 1);
  await close();
});
