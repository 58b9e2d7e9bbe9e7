/**
 * `streamer demo`, the main job, as a person meets it in the first minute; and what a person gets
 * who mistypes, in demo and in the plugins' own commands.
 */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { TemporaryFolder } from "../kit/folders.ts";
import { makeScript, pathWith, streamer } from "../kit/pictures.ts";
import {
  exists,
  freePort,
  freePorts,
  pause,
  Program,
  root,
  runProgram,
  startStreamer,
} from "../kit/programs.ts";

class Demo extends Program {
  readonly began = Date.now();
  readonly page: string;
  readonly brokers: string;

  constructor(
    readonly folder: string,
    { http = freePort(), kafka = freePort(), args = [] as string[], env = {} } = {},
  ) {
    const addresses = ["--http", `127.0.0.1:${http}`, "--listen", `127.0.0.1:${kafka}`];
    super(streamer, ["demo", ...addresses, "--data", `${folder}/data`, ...args], { env });
    this.page = `http://127.0.0.1:${http}`;
    this.brokers = `127.0.0.1:${kafka}`;
  }

  /** Asks for a picture until there is one. */
  async picture(path = "/snapshot.jpg", withinMs = 15_000): Promise<Response> {
    const until = Date.now() + withinMs;
    for (;;) {
      try {
        const response = await fetch(`${this.page}${path}`);
        if (response.ok) return response;
        await response.body?.cancel();
      } catch {
        // It does not listen yet.
      }
      if (Date.now() > until) throw new Error(`No picture in time:\n${this.printed}`);
      await pause(10);
    }
  }
}

Deno.test("The demo tells its addresses and its camera, shows a live picture, and ends cleanly on ^C", async () => {
  using folder = new TemporaryFolder();
  await using demo = new Demo(folder.path);
  const picture = await demo.picture();
  console.log(`first picture ${Date.now() - demo.began} ms after the start`);
  strictEqual(picture.headers.get("content-type"), "image/jpeg");
  await picture.body?.cancel();
  await demo.untilPrinted(/Stop with/);
  match(demo.printed, new RegExp(`^Broker +${demo.brokers}, data in ${folder.path}/data$`, "m"));
  match(demo.printed, new RegExp(`^Page +${demo.page}/$`, "m"));
  // Whatever this machine has: here most likely nothing, and then each is named that was looked
  // for.
  const camera =
    /^Camera +(test-pattern: nothing else gives a picture \(rpicam-vid: .*; ffmpeg.*: .*\)|\S+: the first that .*)$/m;
  match(demo.printed, camera);
  demo.kill("SIGINT");
  strictEqual(await demo.exited, 0, demo.printed);
  match(demo.printed, /Stopped, all data is on disk\n$/);
  for (const address of [demo.page.slice("http://".length), demo.brokers]) {
    const port = Number(address.split(":")[1]);
    Deno.listen({ hostname: "127.0.0.1", port }).close(); // it was let go of
  }
});

Deno.test("The demo takes the camera's flags, and a camera that there is", async () => {
  using folder = new TemporaryFolder();
  const jpeg = `${root}test/vectors/pictures/baseline.jpg`;
  makeScript(folder.path, "rpicam-vid", `while :; do cat ${jpeg}; sleep 0.1; done`);
  const args = ["--camera-id", "garden", "--fps", "10"];
  await using demo = new Demo(folder.path, { args, env: pathWith(folder.path) });
  const picture = await demo.picture("/snapshot.jpg?camera=garden");
  deepStrictEqual(await picture.bytes(), Deno.readFileSync(jpeg));
  match(demo.printed, /^Camera +rpicam-vid: the first that gives a picture$/m);
  strictEqual(await demo.stop(), 0, demo.printed);
});

Deno.test("A second start of the demo finds its pictures again", async () => {
  using folder = new TemporaryFolder();
  const one = new Demo(folder.path, { args: ["--source", "test-pattern"] });
  await one.picture("/snapshot.jpg?offset=5&partition=0");
  const before = await (await one.picture("/snapshot.jpg?offset=0")).bytes();
  strictEqual(await one.stop(), 0, one.printed);

  await using two = new Demo(folder.path, { args: ["--source", "test-pattern"] });
  const old = await two.picture("/snapshot.jpg?offset=0");
  ok(Number(old.headers.get("x-timestamp")) < two.began);
  deepStrictEqual(await old.bytes(), before);
  const newest = await two.picture("/snapshot.jpg");
  await newest.body?.cancel();
  const { cameras: [{ earliest, timestamp }] } = await (await fetch(`${two.page}/state`)).json();
  deepStrictEqual(earliest, { offset: 0, timestamp: Number(old.headers.get("x-timestamp")) });
  ok(timestamp > earliest.timestamp);
  strictEqual(await two.stop(), 0, two.printed);
});

class Cluster extends Demo {
  readonly nodes: string;

  constructor(folder: string) {
    const nodes = freePort();
    const args = ["--brokers", "3", "--nodes-port", `${nodes}`, "--source", "test-pattern"];
    super(folder, { kafka: freePorts(3), args });
    this.nodes = `http://127.0.0.1:${nodes}`;
  }

  press(id: number, what: "stop" | "start", headers = {}): Promise<number> {
    return fetch(`${this.nodes}/nodes/${id}/${what}`, { method: "POST", headers })
      .then(async (response) => (await response.body?.cancel(), response.status));
  }

  /** What the page shows, once it is so. */
  async until(isIt: (state: any) => boolean, withinMs = 30_000): Promise<void> {
    for (const end = Date.now() + withinMs;; await pause(50)) {
      const state = await (await fetch(`${this.nodes}/nodes`)).json();
      if (isIt(state)) return;
      if (Date.now() > end) throw new Error(`${JSON.stringify(state)}\n${this.printed}`);
    }
  }

  /** Until a picture is shown that was made after now. */
  async untilNewPicture(withinMs = 30_000): Promise<void> {
    const now = Date.now();
    for (;; await pause(50)) {
      const picture = await this.picture();
      await picture.body?.cancel();
      if (Number(picture.headers.get("x-timestamp")) > now) return;
      if (Date.now() > now + withinMs) throw new Error(`No new picture:\n${this.printed}`);
    }
  }
}

Deno.test("The picture of a demo with three nodes goes on whichever of them is stopped", async () => {
  using folder = new TemporaryFolder();
  await using demo = new Cluster(folder.path);
  await (await demo.picture("/snapshot.jpg", 30_000)).body?.cancel();
  const isOf = (id: number, state: string) => ({ nodes }: any) => nodes[id - 1].state === state;
  await demo.until(({ isWell, verdict }) =>
    isWell && verdict.includes("loss of 1 controller of 3")
  );
  for (const id of [1, 2, 3]) {
    strictEqual(await demo.press(id, "stop"), 202);
    await demo.until(isOf(id, "stopped"));
    await demo.untilNewPicture();
    await demo.until(({ isWell, verdict }) => !isWell && verdict.includes(`start broker ${id}`));
    strictEqual(await demo.press(id, "start"), 202);
    await demo.until(isOf(id, "running"));
    await demo.until(({ isWell }) => isWell);
  }
  demo.write("2\n");
  await demo.until(isOf(2, "stopped"));
  await demo.untilNewPicture();
  demo.write("2\n");
  await demo.until(isOf(2, "running"));
  // A page of somebody else's in the same browser presses nothing.
  strictEqual(await demo.press(1, "stop", { origin: "http://127.0.0.1:1" }), 403);
  match(await (await fetch(demo.nodes)).text(), new RegExp(`<iframe src="${demo.page}/"`));
  strictEqual(await demo.stop(), 0, demo.printed);
  ok(["-node-1", "-node-2", "-node-3"].every((name) => exists(`${folder.path}/data${name}`)));
});

Deno.test("A taken port is named, with the flag that changes it", async () => {
  using folder = new TemporaryFolder();
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr;
  await using page = new Demo(`${folder.path}/a`, { http: port });
  strictEqual(await page.exited, 1);
  match(
    page.printed,
    new RegExp(`127\\.0\\.0\\.1:${port}.*taken.*--http 127\\.0\\.0\\.1:${port + 1}`),
  );
  await using broker = new Demo(`${folder.path}/b`, { kafka: port });
  strictEqual(await broker.exited, 1);
  match(broker.printed, new RegExp(`127\\.0\\.0\\.1:${port}.*in use[^]*--listen`));
});

Deno.test("A wrong option ends with 2, says what is allowed, and leaves nothing behind", async () => {
  using folder = new TemporaryFolder();
  const sources = "it is one of auto, rpicam.*, v4l2.*, ffmpeg:ARGS, dir:PATH, test-pattern";
  const wrong: [string, RegExp][] = [
    ["demo --source foo", new RegExp(`--source cannot be "foo": ${sources}`)],
    ["demo --fps 0", /--fps cannot be 0: it must be from 0\.01 to 120/],
    ["demo --fps abc", /--fps cannot be "abc": it is a number/],
    ["demo --http 8080", /--http cannot be "8080": it is HOST:PORT, such as 127\.0\.0\.1:8080/],
    ["demo --brokers 12", /--brokers cannot be 12: it must be from 1 to 9/],
    ["demo --brokers 3 --advertise a:1", /--advertise is of one node, and --brokers 3 has more/],
    ["demo --listen x", /--listen cannot be "x": it is HOST:PORT/],
    ["demo --topic a/b", /--topic cannot be "a\/b": it is up to 249 letters/],
    ["camera --source foo", new RegExp(`--source cannot be "foo": ${sources}`)],
    ["camera --fps 0", /--fps cannot be 0: it must be from 0\.01 to 120/],
    ["camera --interval soon", /--interval cannot be "soon": it is a duration like 250ms, 5s/],
    ["camera --format gif", /--format cannot be "gif": it is one of jpeg, png/],
    ["camera --width 3", /--width cannot be 3: it must be from 16 to 8192/],
    ["camera --max-frame-bytes lots", /--max-frame-bytes cannot be "lots": it is a size like 512/],
    ["camera --sauce auto", /Unknown flag --sauce\. Did you mean --source\?/],
    ["view --http 127.0.0.1:99999", /--http cannot be "127\.0\.0\.1:99999": it is HOST:PORT/],
    ["view --silent-after 1ms", /--silent-after cannot be 1ms: it must be/],
  ];
  for (const [line, message] of wrong) {
    const options = { cwd: folder.path, mayFail: true, withinMs: 20_000 };
    const { code, printed } = await runProgram(streamer, line.split(" "), options);
    strictEqual(code, 2, `${line}: ${printed}`);
    match(printed, message);
  }
  ok(!exists(`${folder.path}/streamer-data`));
});

Deno.test("The README's plugin runs as it is printed there, with nothing beside it", async () => {
  using folder = new TemporaryFolder();
  const broker = await startStreamer({ data: `${folder.path}/data` });
  await using _ = broker.program;
  const plugin = /^```ts\n([^]*?)^```$/m.exec(Deno.readTextFileSync(`${root}README.md`))![1];
  const [, file, line] = /^\/\/ (\S+\.ts); run it with: streamer (.*)$/m.exec(plugin)!;
  const empty = `${folder.path}/empty`;
  Deno.mkdirSync(empty);
  Deno.writeTextFileSync(`${empty}/${file}`, plugin);
  const world = { cwd: empty, env: { STREAMER_BROKERS: broker.brokers } };
  const help = await runProgram(streamer, ["run", `./${file}`, "--help"], world);
  match(
    help.printed,
    /Publishes the time[^]*--every N +Milliseconds between records \(default 1000\)/,
  );

  await using running = new Program(streamer, line.split(" "), world);
  const read = ["consume", "times", "--brokers", broker.brokers, "--from", "beginning"];
  await running.untilPrinted(/topic made/);
  const { printed } = await runProgram(streamer, [...read, "--max-messages", "3"]);
  const times = printed.trim().split("\n").map((text) => Date.parse(text));
  strictEqual(times.length, 3);
  ok(times[1] - times[0] >= 990 && times[2] - times[1] >= 990, `${times}`);
  running.kill("SIGINT");
  strictEqual(await running.exited, 0, running.printed);
  deepStrictEqual([...Deno.readDirSync(empty)].map(({ name }) => name), [file]);
});
