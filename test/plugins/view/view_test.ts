import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { FakeClient, fakeContext } from "../../kit/fake_client.ts";
import view from "../../../plugins/view/mod.ts";
import { addressOf, type ViewOptions } from "../../../plugins/view/options.ts";
import { z } from "../../../mod.ts";
import { jpeg, png, Viewer } from "./viewer.ts";

Deno.test("The state tells of each camera what it is and how it goes", async () => {
  await using viewer = new Viewer();
  const began = Date.now() - 1000;
  for (let at = 0; at < 10; at++) viewer.shoot("garden", jpeg, { timestamp: began + at * 100 });
  const state = await viewer.until(({ cameras }) => cameras[0]?.earliest);
  const [camera] = state.cameras;
  deepStrictEqual({ ...camera, ageMs: undefined }, {
    id: "garden",
    silent: false,
    fps: 10,
    ageMs: undefined,
    size: jpeg.length,
    contentType: "image/jpeg",
    width: 64,
    height: 48,
    partition: 0,
    offset: 9,
    timestamp: began + 900,
    earliest: { offset: 0, timestamp: began },
    latest: { offset: 9, timestamp: began + 900 },
  });
  ok(camera.ageMs >= 100 && camera.ageMs < 5000);
  deepStrictEqual([state.earliest, state.latest], [began, began + 900]);
  strictEqual(state.topic, "pictures");
  strictEqual(state.broker.state, "connected");
});

Deno.test("A camera that stops is silent, and speaks again", async () => {
  await using viewer = new Viewer({ silentAfter: 200 });
  viewer.shoot("garden", jpeg);
  await viewer.until(({ cameras }) => cameras[0]?.silent === false);
  await viewer.until(({ cameras }) => cameras[0].silent && cameras[0].fps === 0);
  viewer.shoot("garden", jpeg);
  await viewer.until(({ cameras }) => !cameras[0].silent);
});

Deno.test("A camera that was silent before the viewer began is shown at once, as silent", async () => {
  const client = new FakeClient({ pictures: 3 });
  const timestamp = Date.now() - 3_600_000;
  client.append({ topic: "pictures", key: "attic", value: png, timestamp });
  await using viewer = new Viewer({}, client);
  const { cameras: [camera] } = await viewer.until(({ cameras }) => cameras.length === 1);
  deepStrictEqual([camera.id, camera.silent], ["attic", true]);
  strictEqual((await (await viewer.get("/snapshot.jpg?camera=attic")).bytes()).length, png.length);
});

Deno.test("When brokers go away the state says why, the pictures stay, and all comes back by itself", async () => {
  await using viewer = new Viewer();
  viewer.shoot("garden", jpeg);
  await viewer.until(({ cameras }) => cameras.length === 1);
  viewer.client.disconnect("connection refused");
  const { broker } = await viewer.until(({ broker }) => broker.state === "disconnected");
  strictEqual(broker.reason, "connection refused");
  strictEqual((await viewer.get("/snapshot.jpg?camera=garden")).status, 200);
  const past = await viewer.get("/snapshot.jpg?camera=garden&at=-1h");
  strictEqual(past.status, 502);
  match((await past.json()).error, /Cannot ask the brokers: .*connection refused/);

  await using stream = await viewer.stream("/stream.mjpg?camera=garden");
  await stream.take(1);
  viewer.client.reconnect();
  viewer.shoot("garden", png);
  deepStrictEqual((await stream.take(1))[0].body, png);
  strictEqual((await viewer.json("/state")).broker.state, "connected");
});

Deno.test("A topic that is not there yet is waited for", async () => {
  await using viewer = new Viewer({}, new FakeClient());
  const { broker } = await viewer.until(({ broker }) => broker.state === "disconnected");
  match(broker.reason, /no such topic/);
  await viewer.client.ensureTopic("pictures");
  viewer.shoot("garden", jpeg);
  await viewer.until(({ cameras, broker }) => cameras.length === 1 && broker.state === "connected");
});

Deno.test("Pictures without a key or a header are a camera, and other records are none", async () => {
  await using viewer = new Viewer();
  viewer.shoot(null, png);
  viewer.client.append({ topic: "pictures", key: "notes", value: "hello" });
  viewer.client.append({ topic: "pictures", key: "gone", value: null });
  viewer.client.append({
    topic: "pictures",
    key: "evil",
    value: "<svg onload=alert(1)>",
    headers: { "content-type": "image/svg+xml" },
  });
  const state = await viewer.until(({ notPictures }) => notPictures === 3);
  deepStrictEqual(state.cameras.map((camera: any) => camera.id), ["partition 0"]);
  const snapshot = await viewer.get("/snapshot.jpg?camera=partition%200");
  strictEqual(snapshot.headers.get("content-type"), "image/png");
  await snapshot.body?.cancel();
  strictEqual((await viewer.get("/snapshot.jpg")).status, 200); // the only camera needs no name
});

const refusals: [string, number, RegExp][] = [
  ["/nothing", 404, /stream\.mjpg/],
  ["/stream.mjpg?camera=garden&at=yesterday", 400, /-5m/],
  ["/stream.mjpg?camera=garden&offset=-1", 400, /number from 0/],
  ["/stream.mjpg?camera=garden&offset=1&at=-5m", 400, /either/],
  ["/stream.mjpg?camera=garden&at=-5m&speed=0", 400, /from 0.1 to 100/],
  ["/stream.mjpg", 400, /one of: door, garden/],
  ["/stream.mjpg?camera=cellar", 404, /There are: door, garden/],
  ["/stream.mjpg?camera=cellar&offset=3", 400, /partition=/],
  ["/snapshot.jpg?camera=cellar&at=-5m", 404, /state/],
];

Deno.test("What cannot be served is said in JSON, with what to do", async (test) => {
  await using viewer = new Viewer();
  viewer.shoot("garden", jpeg);
  viewer.shoot("door", jpeg);
  await viewer.until(({ cameras }) => cameras.length === 2);
  for (const [path, status, advice] of refusals) {
    await test.step(path, async () => {
      const response = await viewer.get(path);
      const body = await response.json();
      strictEqual(response.status, status, JSON.stringify(body));
      match(body.advice, advice);
      ok(body.error.length > 0);
    });
  }
  const post = await viewer.get("/state", { method: "POST" });
  strictEqual(post.status, 405);
  await post.body?.cancel();
});

Deno.test("The page needs nothing from outside, and says so to the browser", async () => {
  await using viewer = new Viewer();
  for (const path of ["/", "/view.css", "/view.js"]) {
    const response = await viewer.get(path);
    const text = await response.text();
    strictEqual(response.status, 200);
    match(response.headers.get("content-security-policy")!, /default-src 'none'/);
    const elsewhere = text.replaceAll("http://www.w3.org/2000/svg", "").match(
      /https?:\/\/[^"'\s]+/g,
    );
    deepStrictEqual(elsewhere, null);
  }
  const head = await viewer.get("/", { method: "HEAD" });
  deepStrictEqual([head.status, await head.text()], [200, ""]);
});

Deno.test("A taken port is named, with the flag that changes it", async () => {
  await using viewer = new Viewer();
  const { port } = new URL(viewer.url);
  const context = fakeContext(new FakeClient(), new AbortController().signal);
  const options = { topic: "pictures", http: `127.0.0.1:${port}` } as ViewOptions;
  await rejects(
    view.run(options, context),
    new RegExp(`127\\.0\\.0\\.1:${port}: the port is taken; choose another with --http 127`),
  );
});

Deno.test("An address that others reach is served with a warning", async () => {
  await using viewer = new Viewer({ http: "0.0.0.0:0" });
  strictEqual(viewer.context.lines[0].event, "page is open to the network");
  strictEqual((await viewer.json("/state")).topic, "pictures");
});

const addresses: [string, string, number][] = [
  ["127.0.0.1:8080", "127.0.0.1", 8080],
  ["[::1]:80", "::1", 80],
  ["pi.local:8080", "pi.local", 8080],
];

for (const [http, host, port] of addresses) {
  Deno.test(`--http ${http} is host ${host}, port ${port}`, () => {
    deepStrictEqual(addressOf(http), { host, port });
    const schema = typeof view.options === "function" ? view.options(z) : view.options;
    ok(schema.safeParse({ http }).success);
    ok(!schema.safeParse({ http: host }).success);
  });
}
