import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import type { LogFields } from "../../src/base/mod.ts";
import {
  type Answer,
  KafkaServer,
  type NetMetrics,
  netMetrics,
  type Request,
  type RequestHandler,
  type ServerLimits,
} from "../../src/net/mod.ts";
import { NO_ADMISSION_LIMITS } from "../../src/net/admission.ts";
import { Metrics } from "../../src/metrics/mod.ts";
import { MemoryNetwork, SimulatedClock } from "../../src/platform/memory/mod.ts";
import { WireClient } from "./client.ts";

const HEARTBEAT = 12;
const API_VERSIONS = 18;

/**
 * A server on a network in memory whose handler the test writes; time stands until the test moves
 * it.
 */
function serverOf(
  handle: (request: Request) => Answer | Promise<Answer>,
  limits: Partial<ServerLimits> = {},
  metrics?: NetMetrics,
) {
  const network = new MemoryNetwork();
  const clock = new SimulatedClock();
  const lines: string[] = [];
  const log = (level: string, event: string, fields: LogFields = {}) => {
    if (level !== "debug") lines.push(`${event}: ${fields.reason ?? ""}`);
  };
  const handler: RequestHandler = {
    versions: (key) => key === HEARTBEAT || key === API_VERSIONS ? [0, 3] : undefined,
    handle,
  };
  const server = new KafkaServer({ network, clock, log, handler, limits, metrics });
  const address = server.listen({ name: "PLAINTEXT", host: "127.0.0.1", port: 0 });
  const connect = async () => new WireClient(await network.dial(address));
  return { server, connect, clock, lines, address, network };
}

const echo = ({ reader }: Request): Answer => {
  const body = reader.view(reader.remaining);
  return (writer) => writer.bytes(body);
};

/** Lets everything go on that does not wait for time. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 5));

Deno.test("Requests are answered in order, under their correlation ids", async () => {
  const { server, connect } = serverOf(echo);
  const client = await connect();
  for (let body = 1; body <= 3; body++) await client.send(HEARTBEAT, 0, Uint8Array.of(body));
  for (let body = 1; body <= 3; body++) {
    const answer = await client.answer();
    strictEqual(answer?.correlationId, body);
    strictEqual(answer?.reader.uint8(), body);
  }
  await server.close();
});

Deno.test("A large request and a large answer go through unharmed", async () => {
  const { server, connect } = serverOf(echo);
  const client = await connect();
  const body = new Uint8Array(3_000_000).map((_, index) => index * 7);
  void client.send(HEARTBEAT, 0, body);
  const answer = await client.answer();
  deepStrictEqual(answer?.reader.view(answer.reader.remaining), body);
  await server.close();
});

Deno.test("Memory lent to an answer is given back when the kernel has all of it, and not before", async () => {
  const lent = new Uint8Array(3_000_000).fill(7);
  let isSent = false;
  const { server, connect } = serverOf((request) => {
    request.onSent = () => {
      isSent = true;
      lent.fill(9); // whoever gets the memory next writes to it
    };
    return (writer) => writer.view(lent);
  });
  const client = await connect();
  await client.send(HEARTBEAT, 0, new Uint8Array(1));
  await settle();
  strictEqual(isSent, false); // the client has read nothing, and the stream holds less than the answer
  const answer = await client.answer();
  const body = answer!.reader.view(answer!.reader.remaining);
  strictEqual(body.every((byte) => byte === 7), true);
  await settle();
  strictEqual(isSent, true);
  await server.close();
});

Deno.test("One request at a time: the next is taken in once the last is answered", async () => {
  const { promise, resolve } = Promise.withResolvers<Answer>();
  const seen: number[] = [];
  const { server, connect } = serverOf((request) => {
    seen.push(request.correlationId);
    return request.correlationId === 1 ? promise : echo(request);
  });
  const client = await connect();
  await client.send(HEARTBEAT, 0);
  await client.send(HEARTBEAT, 0);
  await settle();
  deepStrictEqual(seen, [1]);
  resolve(() => {});
  strictEqual((await client.answer())?.correlationId, 1);
  strictEqual((await client.answer())?.correlationId, 2);
  await server.close();
});

Deno.test("A released request lets the next one in, and the answers keep their order", async () => {
  const waits: ((answer: Answer) => void)[] = [];
  const { server, connect } = serverOf((request) => {
    request.release();
    return new Promise((resolve) => waits.push(resolve));
  });
  const client = await connect();
  for (let request = 0; request < 3; request++) await client.send(HEARTBEAT, 0);
  await settle();
  strictEqual(waits.length, 3);
  for (const resolve of waits.toReversed()) resolve(() => {});
  for (let id = 1; id <= 3; id++) strictEqual((await client.answer())?.correlationId, id);
  await server.close();
});

Deno.test("An answer at once does not overtake those that are still waited for", async () => {
  const { promise, resolve } = Promise.withResolvers<Answer>();
  const { server, connect } = serverOf((request) => {
    if (request.correlationId > 1) return echo(request);
    request.release();
    return promise;
  });
  const client = await connect();
  await client.send(HEARTBEAT, 0);
  await client.send(HEARTBEAT, 0);
  await settle();
  resolve(() => {});
  strictEqual((await client.answer())?.correlationId, 1);
  strictEqual((await client.answer())?.correlationId, 2);
  await server.close();
});

Deno.test("How many requests may wait on one connection is bounded", async () => {
  let taken = 0;
  const { server, connect } = serverOf((request) => {
    taken++;
    request.release();
    return new Promise(() => {});
  });
  const client = await connect();
  for (let request = 0; request < 100; request++) await client.send(HEARTBEAT, 0);
  await settle();
  strictEqual(taken, 32);
  void server.close();
});

Deno.test("A request without an answer is followed by the next one's", async () => {
  const { server, connect } = serverOf((request) =>
    request.correlationId === 1 ? "none" : echo(request)
  );
  const client = await connect();
  await client.send(HEARTBEAT, 0);
  await client.send(HEARTBEAT, 0);
  strictEqual((await client.answer())?.correlationId, 2);
  await server.close();
});

// what a client sends, what the log says
const refusals: [string, Uint8Array, RegExp][] = [
  ["an unknown key", WireClient.frame(HEARTBEAT, 0, 1, new Uint8Array(0)).with(5, 99), /API 99 v/],
  [
    "an unknown version",
    WireClient.frame(HEARTBEAT, 0, 1, new Uint8Array(0)).with(7, 4),
    /version 4/,
  ],
  ["a negative size", Uint8Array.of(255, 255, 255, 255), /size is -1/],
  ["a huge size", Uint8Array.of(127, 255, 255, 255), /size is 2147483647/],
  ["an empty frame", Uint8Array.of(0, 0, 0, 0), /only 0 are left/],
  [
    "a header that breaks off",
    Uint8Array.of(0, 0, 0, 9, 0, 12, 0, 0, 0, 0, 0, 1, 0),
    /only 1 are left/,
  ],
  [
    "a client id that lies",
    Uint8Array.of(0, 0, 0, 10, 0, 12, 0, 0, 0, 0, 0, 1, 127, 0),
    /Cannot read/,
  ],
];
for (const [what, bytes, line] of refusals) {
  Deno.test(`A client that sends ${what} is hung up on, with one line`, async () => {
    const { server, connect, lines } = serverOf(echo);
    const client = await connect();
    const other = await connect();
    await client.connection.write([bytes]);
    await client.hungUp();
    strictEqual(lines.length, 1);
    match(lines[0], line);
    await other.send(HEARTBEAT, 0); // everyone else goes on
    ok(await other.answer());
    await server.close();
  });
}

Deno.test("ApiVersions in a version that nobody knows reaches the handler as version 0", async () => {
  const { server, connect } = serverOf((request) => (writer) => {
    writer.bool(request.isUnknownVersion);
    writer.int16(request.apiVersion);
  });
  const client = await connect();
  await client.connection.write([
    WireClient.frame(API_VERSIONS, 0, 7, new Uint8Array(3)).with(7, 99),
  ]);
  const answer = await client.answer();
  strictEqual(answer?.correlationId, 7);
  ok(answer.reader.bool());
  strictEqual(answer.reader.int16(), 0);
  await server.close();
});

Deno.test("A handler that fails in its own way ends that connection only", async () => {
  const { server, connect, lines } = serverOf((request) => {
    if (request.correlationId === 1) throw new Error("this is a bug");
    return echo(request);
  });
  const client = await connect();
  await client.send(HEARTBEAT, 0);
  await client.hungUp();
  match(lines[0], /unexpected error: Error: this is a bug/);
  ok(await connect());
  await server.close();
});

Deno.test("The signal fires when the client leaves while its request waits", async () => {
  const left = Promise.withResolvers<void>();
  const { server, connect } = serverOf((request) =>
    new Promise((resolve) =>
      request.connection.signal.addEventListener("abort", () => {
        left.resolve();
        resolve("none");
      })
    )
  );
  const client = await connect();
  await client.send(HEARTBEAT, 0);
  await settle();
  client.connection.close();
  await left.promise;
  await settle();
  strictEqual(server.connectionCount, 0);
  await server.close();
});

Deno.test("A connection that rests is closed after the idle time, silently; one that never asked, with a line", async () => {
  const { server, connect, clock, lines } = serverOf(echo, { idleMs: 1000 });
  const client = await connect();
  await settle();
  await clock.advanceAndSettle(900);
  strictEqual(server.connectionCount, 1);
  await client.send(HEARTBEAT, 0);
  ok(await client.answer());
  const silent = await connect();
  await clock.advanceAndSettle(1200);
  await client.hungUp();
  await silent.hungUp();
  deepStrictEqual(lines, ["connection closed: asked for nothing whole within 1000 ms"]);
  await server.close();
});

Deno.test("A connection whose request is being served is never idle", async () => {
  const { promise, resolve } = Promise.withResolvers<Answer>();
  const { server, connect, clock } = serverOf(() => promise, { idleMs: 1000 });
  const client = await connect();
  await client.send(HEARTBEAT, 0);
  await settle();
  await clock.advanceAndSettle(60_000);
  resolve(() => {});
  ok(await client.answer());
  await server.close();
});

Deno.test("A client that sends on and on while its request waits is given the idle time", async () => {
  const { server, connect, clock, lines } = serverOf(
    ({ connection }) => new Promise((resolve) => connection.signal.onabort = () => resolve("none")),
    { idleMs: 1000 },
  );
  const quiet = await connect();
  await quiet.send(HEARTBEAT, 0);
  const busy = await connect();
  await busy.send(HEARTBEAT, 0);
  void busy.send(HEARTBEAT, 0, new Uint8Array(60_000)).catch(() => {});
  await settle();
  await clock.advanceAndSettle(900);
  strictEqual(server.connectionCount, 2);
  await clock.advanceAndSettle(400);
  await busy.hungUp();
  strictEqual(server.connectionCount, 1, "who only waits may wait");
  match(lines.join(), /sent more than is read ahead while its request waits for over 1000 ms/);
  await server.close();
});

Deno.test("A frame that stops halfway is given up on", async () => {
  const { server, connect, clock, lines } = serverOf(echo, { stallMs: 1000 });
  const client = await connect();
  await client.connection.write([Uint8Array.of(0, 1, 0, 0, 0, 12)]);
  await settle();
  await clock.advanceAndSettle(2000);
  await client.hungUp();
  match(lines[0], /did not finish a request/);
  await server.close();
});

Deno.test("A client that never reads its answers is hung up on, and holds no more than its own answers", async () => {
  let served = 0;
  const { server, connect, clock, lines } = serverOf(() => {
    served++;
    return (writer) => writer.view(new Uint8Array(4_000_000));
  }, { stallMs: 1000 });
  const client = await connect();
  for (let request = 0; request < 10; request++) await client.send(HEARTBEAT, 0);
  await settle();
  strictEqual(served, 1); // the second waits until the first is taken
  await clock.advanceAndSettle(2000);
  match(lines[0], /does not read its answers/);
  await settle();
  strictEqual(server.connectionCount, 0);
  await server.close();
});

Deno.test("What waits to be written makes less room for the next answers", async () => {
  const rooms: number[] = [];
  const { server, connect } = serverOf((request) => {
    rooms.push(request.responseRoom);
    return (writer) => writer.view(new Uint8Array(3_000_000));
  }, { maxUnsentBytes: 4_000_000 });
  const first = await connect();
  await first.send(HEARTBEAT, 0);
  await settle();
  const second = await connect();
  await second.send(HEARTBEAT, 0);
  await settle();
  strictEqual(rooms[0], 4_000_000);
  ok(rooms[1] < 1_100_000, `room for ${rooms[1]}`);
  void server.close();
});

Deno.test("Beyond max.connections nobody is accepted until someone leaves", async () => {
  const { server, connect } = serverOf(echo, { maxConnections: 1 });
  const first = await connect();
  await first.send(HEARTBEAT, 0);
  ok(await first.answer());
  const second = await connect();
  await second.send(HEARTBEAT, 0);
  await settle();
  strictEqual(server.connectionCount, 1);
  first.connection.close();
  ok(await second.answer());
  await server.close();
});

Deno.test("Of those who wait at two listeners one comes in when one leaves", async () => {
  const { server, connect, network } = serverOf(echo, { maxConnections: 1 });
  const other = server.listen({ name: "OTHER", host: "127.0.0.1", port: 0 });
  const first = await connect();
  await settle();
  const waiting = [await connect(), new WireClient(await network.dial(other))];
  await settle();
  first.connection.close();
  await settle();
  strictEqual(server.connectionCount, 1);
  await waiting[0].send(HEARTBEAT, 0, Uint8Array.of(1));
  strictEqual((await waiting[0].answer())?.correlationId, 1, "who is in stays");
  await server.close();
});

Deno.test("Beyond max.connections.per.ip a connection is closed at once; an override lifts it", async () => {
  const limited = serverOf(echo, { maxConnectionsPerIp: 1 });
  await limited.connect();
  await (await limited.connect()).hungUp();
  await limited.server.close();
  const lifted = serverOf(echo, {
    maxConnectionsPerIp: 1,
    maxConnectionsPerIpOverrides: new Map([["127.0.0.1", 2]]),
  });
  await lifted.connect();
  const second = await lifted.connect();
  await second.send(HEARTBEAT, 0);
  ok(await second.answer());
  await lifted.server.close();
});

Deno.test("Limits change while the server runs: who waits comes in, who is too many goes", async () => {
  const limits = { ...NO_ADMISSION_LIMITS, maxConnections: 1 };
  const { server, connect, clock } = serverOf(echo, limits);
  const first = await connect();
  await first.send(HEARTBEAT, 0);
  ok(await first.answer());
  clock.advance(10);
  const second = await connect();
  await second.send(HEARTBEAT, 0);
  await settle();
  strictEqual(server.connectionCount, 1);
  server.limitConnections({ ...limits, maxConnections: 2 });
  ok(await second.answer());
  strictEqual(server.connectionCount, 2);
  clock.advance(10);
  server.limitConnections(limits);
  strictEqual(await first.answer(), undefined); // it was idle for longer
  await second.send(HEARTBEAT, 0);
  ok(await second.answer());
  await server.close();
});

Deno.test("An address that comes too often is held for a while, and then closed", async () => {
  const { server, connect, clock } = serverOf(echo, { creationRateOf: () => 0.1 });
  const first = await connect();
  await first.send(HEARTBEAT, 0);
  ok(await first.answer());
  const second = await connect();
  await second.send(HEARTBEAT, 0);
  let end: unknown = "not yet";
  void second.answer().then((answer) => end = answer);
  await clock.advanceAndSettle(900);
  strictEqual(end, "not yet");
  await clock.advanceAndSettle(200);
  strictEqual(end, undefined);
  await server.close();
});

Deno.test("A throttled client is answered first and not listened to for a while after", async () => {
  const { server, connect, clock } = serverOf((request) => {
    request.throttleMs = 500;
    return echo(request);
  });
  const client = await connect();
  await client.send(HEARTBEAT, 0);
  ok(await client.answer());
  await client.send(HEARTBEAT, 0);
  const second = client.answer();
  await settle();
  let isAnswered = false;
  void second.then(() => isAnswered = true);
  await clock.advanceAndSettle(400);
  strictEqual(isAnswered, false);
  await clock.advanceAndSettle(200);
  ok(await second);
  await server.close();
});

Deno.test("Closing lets a request finish, takes no new ones, and cuts what takes too long", async () => {
  const { promise, resolve } = Promise.withResolvers<Answer>();
  const { server, connect, clock } = serverOf((request) =>
    request.clientId === "test" && request.correlationId === 1 ? promise : echo(request)
  );
  const busy = await connect();
  const idle = await connect();
  await busy.send(HEARTBEAT, 0);
  await busy.send(HEARTBEAT, 0);
  await settle();
  const closed = server.close({ graceMs: 1000 });
  await idle.hungUp();
  resolve(() => {});
  strictEqual((await busy.answer())?.correlationId, 1);
  await busy.hungUp();
  await clock.advanceAndSettle(2000);
  await closed;
  strictEqual(server.connectionCount, 0);
});

Deno.test("What was asked before the request that ends the connection is still answered", async () => {
  const { server, connect } = serverOf((request) =>
    request.correlationId === 3 ? { close: "the third is one too many" } : echo(request)
  );
  const client = await connect();
  const frames = [1, 2, 3, 4].map((id) => WireClient.frame(HEARTBEAT, 0, id, new Uint8Array(0)));
  await client.connection.write(frames);
  strictEqual((await client.answer())?.correlationId, 1);
  strictEqual((await client.answer())?.correlationId, 2);
  await client.hungUp();
  await server.close();
});

Deno.test("Large requests that end their connections give their bytes back", async () => {
  const { server, connect } = serverOf(({ reader, correlationId }) => {
    if (correlationId === 7) return echo({ reader } as Request);
    reader.skip(10_000_000);
    return "none";
  }, { maxQueuedBytes: 1_000_000 });
  for (let round = 0; round < 5; round++) {
    const client = await connect();
    void client.connection.write([WireClient.frame(HEARTBEAT, 0, 1, new Uint8Array(700_000))])
      .catch(() => {});
    await client.hungUp();
  }
  const client = await connect();
  void client.connection.write([WireClient.frame(HEARTBEAT, 0, 7, new Uint8Array(700_000))]);
  strictEqual((await client.answer())?.correlationId, 7);
  await server.close();
});

Deno.test("Answers at once and answers waited for keep their order, however they are mixed", async () => {
  const waits: ((answer: Answer) => void)[] = [];
  const { server, connect } = serverOf((request) => {
    if (request.correlationId % 3 === 0) return echo(request);
    request.release();
    return new Promise((resolve) => waits.push(resolve));
  });
  const client = await connect();
  const frames = Array.from(
    { length: 30 },
    (_, id) => WireClient.frame(HEARTBEAT, 0, id, new Uint8Array(id * 100)),
  );
  await client.connection.write(frames);
  const order: (number | undefined)[] = [];
  for (let id = 0; id < 30; id++) {
    const answer = client.answer();
    await settle();
    for (const resolve of waits.splice(0).reverse()) resolve(() => {});
    order.push((await answer)?.correlationId);
  }
  deepStrictEqual(order, frames.map((_, id) => id));
  await server.close();
});

Deno.test("Requests, bytes and connections are counted", async () => {
  const metrics = new Metrics();
  const { server, connect } = serverOf(echo, {}, netMetrics(metrics));
  const client = await connect();
  await client.send(HEARTBEAT, 0, Uint8Array.of(1, 2, 3));
  ok(await client.answer());
  const value = (name: string) => metrics.samples(name)[0].value;
  const socket = "kafka_server_socket_server_metrics";
  strictEqual(value("kafka_network_requestmetrics_requests_total"), 1);
  strictEqual(value(`${socket}_incoming_byte_total`), 4 + 8 + 2 + "test".length + 3);
  strictEqual(value(`${socket}_outgoing_byte_total`), 4 + 4 + 3);
  strictEqual(value(`${socket}_connection_count`), 1);
  match(metrics.text(), /requestmetrics_totaltimems_count\{request="Heartbeat"\} 1/);
  await server.close();
  strictEqual(value(`${socket}_connection_count`), 0);
});
