import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { FakeClient } from "../../kit/fake_client.ts";
import { jpeg, numbered, numberOf, pause, png, Viewer } from "./viewer.ts";

Deno.test("A stream is parts with type and length, JPEG and PNG by what they are", async () => {
  await using viewer = new Viewer();
  viewer.shoot("garden", jpeg, { headers: { "content-type": "image/png" } });
  await using stream = await viewer.stream("/stream.mjpg?camera=garden");
  const [first] = await stream.take(1);
  viewer.shoot("door", jpeg);
  viewer.shoot("garden", png);
  const [second] = await stream.take(1);
  deepStrictEqual([first.body, second.body], [jpeg, png]);
  strictEqual(first.headers["Content-Type"], "image/jpeg");
  strictEqual(second.headers["Content-Type"], "image/png");
  deepStrictEqual([first.headers["X-Offset"], second.headers["X-Offset"]], ["0", "2"]);
  strictEqual(second.headers["X-Camera"], "garden");
});

Deno.test("A watcher that does not read skips whole pictures and delays no other", async () => {
  await using viewer = new Viewer();
  viewer.shoot("garden", numbered(0, 60_000));
  await viewer.until(({ cameras }) => cameras.length === 1);

  const slow = await viewer.stream("/stream.mjpg?camera=garden");
  await using fast = await viewer.stream("/stream.mjpg?camera=garden");
  await fast.take(1);
  // Sixty megabytes: more than any socket holds for one who does not read.
  const COUNT = 1000;
  let seen = 0;
  for (let number = 1; number <= COUNT; number++) {
    viewer.shoot("garden", numbered(number, 60_000));
    const [part] = await fast.take(1);
    strictEqual(numberOf(part.body), number);
    seen++;
  }
  strictEqual(seen, COUNT);

  const late: number[] = [];
  while (late.at(-1) !== COUNT) late.push(numberOf((await slow.take(1))[0].body));
  ok(late.length < COUNT / 2, `${late.length} pictures waited for the slow one`);
  deepStrictEqual(late, [...late].sort((a, b) => a - b));
  await slow[Symbol.asyncDispose]();
});

Deno.test("A stream that is left is forgotten", async () => {
  await using viewer = new Viewer();
  viewer.shoot("garden", jpeg);
  const stream = await viewer.stream("/stream.mjpg?camera=garden");
  await stream.take(1);
  await viewer.until(({ watchers }) => watchers.now === 1);
  await stream[Symbol.asyncDispose]();
  for (let i = 0; i < 5; i++) viewer.shoot("garden", jpeg);
  await viewer.until(({ watchers }) => watchers.now === 0);
});

Deno.test("One watcher too many is told so, and the others go on", async () => {
  await using viewer = new Viewer({ maxWatchers: 2 });
  viewer.shoot("garden", jpeg);
  await using one = await viewer.stream("/stream.mjpg?camera=garden");
  await using two = await viewer.stream("/stream.mjpg?camera=garden");
  const refused = await viewer.get("/stream.mjpg?camera=garden");
  strictEqual(refused.status, 503);
  match((await refused.json()).advice, /--max-watchers/);
  await one.take(1);
  await two.take(1);
});

/**
 * A log of a camera that took ten pictures, one every 100 ms, a minute ago; another camera between
 * them.
 */
function recorded(): { client: FakeClient; began: number } {
  const client = new FakeClient({ pictures: 1 });
  const began = Date.now() - 60_000;
  for (let number = 0; number < 10; number++) {
    const timestamp = began + number * 100;
    client.append({ topic: "pictures", key: "garden", value: numbered(number), timestamp });
    client.append({ topic: "pictures", key: "door", value: numbered(100 + number), timestamp });
  }
  return { client, began };
}

Deno.test("A replay begins at a time, keeps the recorded pace, and goes on live", async () => {
  const { client, began } = recorded();
  await using viewer = new Viewer({}, client);
  await using stream = await viewer.stream(`/stream.mjpg?camera=garden&at=${began + 450}`);
  const started = performance.now();
  const past = await stream.take(5);
  const took = performance.now() - started;
  deepStrictEqual(past.map(({ body }) => numberOf(body)), [5, 6, 7, 8, 9]);
  ok(took >= 380, `four pauses of 100 ms took ${took} ms`);

  viewer.shoot("garden", numbered(77), { timestamp: began + 1000 });
  strictEqual(numberOf((await stream.take(1))[0].body), 77);
});

Deno.test("A replay may be faster than it was", async () => {
  const { client, began } = recorded();
  await using viewer = new Viewer({}, client);
  await using stream = await viewer.stream(`/stream.mjpg?camera=garden&at=${began}&speed=50`);
  const started = performance.now();
  await stream.take(10);
  ok(performance.now() - started < 800);
});

Deno.test("A replay begins at an offset, in the camera's own partition or the one that is named", async () => {
  const { client } = recorded();
  await using viewer = new Viewer({}, client);
  await viewer.until(({ cameras }) => cameras.length === 2);
  await using garden = await viewer.stream("/stream.mjpg?camera=garden&offset=8");
  strictEqual(numberOf((await garden.take(1))[0].body), 4);
  // Without a camera the first picture's is followed.
  await using any = await viewer.stream("/stream.mjpg?partition=0&offset=7");
  deepStrictEqual((await any.take(2)).map(({ body }) => numberOf(body)), [103, 104]);
});

Deno.test("Beyond the last picture a replay shows it, and what comes", async () => {
  const { client } = recorded();
  await using viewer = new Viewer({}, client);
  await viewer.until(({ cameras }) => cameras.length === 2);
  await using stream = await viewer.stream("/stream.mjpg?camera=garden&at=-5s");
  strictEqual(numberOf((await stream.take(1))[0].body), 9);
  viewer.shoot("garden", numbered(10));
  strictEqual(numberOf((await stream.take(1))[0].body), 10);
});

Deno.test("A replay that is left ends its reading", async () => {
  const { client, began } = recorded();
  await using viewer = new Viewer({}, client);
  await viewer.until(({ cameras }) => cameras.length === 2);
  const before = client.reads;
  const stream = await viewer.stream(`/stream.mjpg?camera=garden&at=${began}`);
  await stream.take(2);
  strictEqual(client.reads, before + 1);
  await stream[Symbol.asyncDispose]();
  await viewer.until(({ watchers }) => watchers.now === 0);
  await pause(50);
  strictEqual(client.reads, before);
});

Deno.test("A snapshot is of now, of a time, or of an offset", async () => {
  const { client, began } = recorded();
  await using viewer = new Viewer({}, client);
  await viewer.until(({ cameras }) => cameras.length === 2);
  const number = async (query: string) => {
    const response = await viewer.get(`/snapshot.jpg?camera=garden${query}`);
    strictEqual(response.headers.get("content-type"), "image/jpeg");
    return numberOf(new Uint8Array(await response.arrayBuffer()));
  };
  strictEqual(await number(""), 9);
  strictEqual(await number(`&at=${began + 301}`), 4);
  strictEqual(await number(`&at=${new Date(began + 300).toISOString()}`), 3);
  strictEqual(await number("&at=-1h"), 0);
  strictEqual(await number("&at=-1s"), 9);
  strictEqual(await number("&offset=12"), 6);
});

Deno.test("The feed carries all cameras, the state, and where a replay is", async () => {
  const { client, began } = recorded();
  await using viewer = new Viewer({}, client);
  await viewer.until(({ cameras }) => cameras.length === 2);
  const response = await viewer.get("/feed?page=mine");
  const lines = feedOf(response);
  const seen = new Set<string>();
  await using replay = await viewer.stream(`/stream.mjpg?camera=garden&at=${began}&page=mine`);
  await replay.take(2);
  while (seen.size < 4) {
    const { line, bytes } = (await lines.next()).value!;
    seen.add(line.type === "frame" ? `frame ${line.camera}` : line.type);
    if (line.type === "frame") deepStrictEqual(bytes.subarray(0, 2), Uint8Array.of(0xff, 0xd8));
    if (line.type === "replay") ok(line.camera === "garden" && line.timestamp >= began);
  }
  deepStrictEqual([...seen].sort(), ["frame door", "frame garden", "replay", "state"]);
  await lines.return(undefined);
});

Deno.test("When the viewer stops its streams end", async () => {
  const viewer = new Viewer();
  viewer.shoot("garden", jpeg);
  const stream = await viewer.stream("/stream.mjpg?camera=garden");
  await stream.take(1);
  await viewer[Symbol.asyncDispose]();
  strictEqual(await stream.next(), undefined);
  await rejects(viewer.get("/state"));
});

async function* feedOf(response: Response) {
  const reader = response.body!.getReader();
  let held = new Uint8Array(0);
  const more = async () => {
    const { value, done } = await reader.read();
    if (done) throw new Error("The feed ended");
    const joined = new Uint8Array(held.length + value.length);
    joined.set(held);
    joined.set(value, held.length);
    held = joined;
  };
  try {
    for (;;) {
      while (held.indexOf(10) < 0) await more();
      const end = held.indexOf(10);
      const line = JSON.parse(new TextDecoder().decode(held.subarray(0, end)));
      const next = end + 1 + (line.bytes ?? 0);
      while (held.length < next) await more();
      yield { line, bytes: held.slice(end + 1, next) };
      held = held.slice(next);
    }
  } finally {
    await reader.cancel();
  }
}
