/** What Prometheus is answered, and that nobody who asks for figures can hold the node up. */
import { match, ok, strictEqual } from "node:assert/strict";
import { noLog } from "../../src/base/mod.ts";
import { Metrics, ScrapeServer } from "../../src/metrics/mod.ts";
import { MemoryNetwork, SimulatedClock } from "../../src/platform/memory/mod.ts";
import type { Connection, Listener } from "../../src/platform/mod.ts";

function scraped() {
  const network = new MemoryNetwork();
  const clock = new SimulatedClock();
  const metrics = new Metrics();
  metrics.counter("requests_total", { help: "Requests" }).add(3);
  const listener = network.listen({ host: "127.0.0.1", port: 0 });
  const server = new ScrapeServer({ metrics, listener, clock, log: noLog });
  return { server, clock, dial: () => network.dial(server.address) };
}

const bytes = (text: string) => new TextEncoder().encode(text);

/** All that comes until the other side closes. */
async function readAll(connection: Connection): Promise<string> {
  let text = "";
  const into = new Uint8Array(65_536);
  for (;;) {
    const count = await connection.read(into).catch(() => null);
    if (count === null) return text;
    text += new TextDecoder().decode(into.subarray(0, count));
  }
}

/** Lets everything go on that does not wait for time. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 5));

Deno.test("GET /metrics is answered with all figures, in whatever pieces it comes", async () => {
  const { server, dial } = scraped();
  const connection = await dial();
  await connection.write([bytes("GET /met")]);
  await settle();
  await connection.write([bytes("rics?x=1 HTTP/1.1\r\nHost: a\r\n\r\n")]);
  const answer = await readAll(connection);
  match(answer, /^HTTP\/1\.1 200 OK\r\n/);
  match(answer, /Content-Type: text\/plain; version=0\.0\.4/);
  const [head, body] = answer.split("\r\n\r\n");
  match(body, /requests_total 3\n$/);
  strictEqual(Number(/Content-Length: (\d+)/.exec(head)![1]), bytes(body).length);
  server.close();
});

for (
  const [request, status] of [
    ["GET / HTTP/1.1\r\n\r\n", "404"],
    ["POST /metrics HTTP/1.1\r\n\r\n", "405"],
    ["\r\n\r\n", "405"],
  ]
) {
  Deno.test(`${JSON.stringify(request)} is answered with ${status}`, async () => {
    const { server, dial } = scraped();
    const connection = await dial();
    await connection.write([bytes(request)]);
    match(await readAll(connection), new RegExp(`^HTTP/1.1 ${status} `));
    server.close();
  });
}

Deno.test("A request without an end is not read for ever, nor waited for", async () => {
  const { server, dial, clock } = scraped();
  const long = await dial();
  await long.write([bytes("GET /metrics HTTP/1.1\r\nX: " + "x".repeat(10_000))]);
  strictEqual(await readAll(long), "");
  const silent = await dial();
  await settle();
  const answer = readAll(silent);
  clock.advance(10_000);
  strictEqual(await answer, "");
  server.close();
});

Deno.test("Of those who ask for figures no more than eight are held", async () => {
  const { server, dial } = scraped();
  const held: Connection[] = [];
  for (let i = 0; i < 8; i++) held.push(await dial());
  await settle();
  strictEqual(await readAll(await dial()), "");
  held[0].close();
  await settle();
  const next = await dial();
  await next.write([bytes("GET /metrics HTTP/1.1\r\n\r\n")]);
  ok((await readAll(next)).includes("200 OK"));
  server.close();
});

Deno.test("That nobody can be accepted is told once, however long it lasts", async () => {
  const clock = new SimulatedClock();
  const told: string[] = [];
  let attempts = 0;
  const listener: Listener = {
    address: { host: "127.0.0.1", port: 1 },
    accept: () => Promise.reject(new Error(`too many open files, ${++attempts}`)),
    close: () => {},
  };
  const log = (_level: string, event: string) => void told.push(event);
  const server = new ScrapeServer({ metrics: new Metrics(), listener, clock, log });
  for (let i = 0; i < 5; i++) await clock.advanceAndSettle(1000);
  server.close();
  await clock.advanceAndSettle(1000);
  ok(attempts > 3, `${attempts} attempts`);
  strictEqual(told.length, 1);
});
