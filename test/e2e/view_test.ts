/**
 * `streamer view` as programs meet it over HTTP, on a real broker with real cameras: streams,
 * snapshots, the state, the past, watchers that are slow, and cameras that fall silent.
 */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { TemporaryFolder } from "../kit/folders.ts";
import {
  assertShowable,
  ffmpeg,
  makePictures,
  published,
  startCamera,
  streamer,
} from "../kit/pictures.ts";
import { freePort, pause, Program, runProgram, startStreamer } from "../kit/programs.ts";
import { testWith } from "../kit/skip.ts";
import { Parts } from "../plugins/view/viewer.ts";

interface Stage {
  folder: string;
  brokers: string;
  port: number;
  broker: Program;
  viewer: Program;
  http: number;
  get(path: string): Promise<Response>;
  state(): Promise<any>;
  untilState(isSo: (state: any) => boolean, withinMs?: number): Promise<any>;
}

function viewTest(name: string, run: (stage: Stage) => Promise<void>): void {
  testWith(ffmpeg, name, async () => {
    using folder = new TemporaryFolder();
    const { program, brokers, port } = await startStreamer({ data: `${folder.path}/data` });
    await using _ = program;
    const http = freePort();
    const args = ["view", "--brokers", brokers, "--http", `127.0.0.1:${http}`];
    await using viewer = new Program(streamer, [...args, "--silent-after", "1s"]);
    await viewer.untilPrinted(/viewer ready/);
    const get = (path: string) => fetch(`http://127.0.0.1:${http}${path}`);
    const state = async () => await (await get("/state")).json();
    const untilState: Stage["untilState"] = async (isSo, withinMs = 20_000) => {
      const until = Date.now() + withinMs;
      for (;;) {
        const now = await state();
        if (isSo(now)) return now;
        if (Date.now() > until) throw new Error(`Not so in time: ${JSON.stringify(now)}`);
        await pause(50);
      }
    };
    await run({
      ...{ folder: folder.path, brokers, port, broker: program, viewer, http },
      ...{ get, state, untilState },
    });
    strictEqual(await viewer.stop(), 0, viewer.printed);
  });
}

const pattern = (brokers: string, camera: string, fps: number) =>
  startCamera(brokers, ["--source", "test-pattern", "--fps", `${fps}`, "--camera-id", camera]);

viewTest(
  "A stream's parts are whole pictures, new ones, each as long as it says",
  async (stage) => {
    await using _camera = pattern(stage.brokers, "garden", 15);
    await stage.untilState(({ cameras }) => cameras.length === 1);
    await using stream = new Parts(await stage.get("/stream.mjpg?camera=garden"));
    const parts = await stream.take(20); // reads exactly Content-Length, then a boundary
    const offsets = parts.map(({ headers }) => Number(headers["X-Offset"]));
    ok(offsets.every((offset, at) => at === 0 || offset > offsets[at - 1]), `${offsets}`);
    for (const { headers } of parts) strictEqual(headers["Content-Type"], "image/jpeg");
    await assertShowable(parts.map(({ body }) => body), stage.folder);
    const records = await published(stage.brokers);
    for (const { body, headers } of parts) {
      deepStrictEqual(body, records[Number(headers["X-Offset"])].bytes);
    }
  },
);

viewTest(
  "PNG and JPEG are told apart without a header, and each is served as what it is",
  async (stage) => {
    const { folder, brokers, get } = stage;
    await makePictures(`${folder}/one.png`, "testsrc=size=320x240:rate=1", 1);
    await makePictures(`${folder}/one.jpg`, "testsrc=size=160x120:rate=1", 1);
    await runProgram(streamer, ["topic", "create", "pictures", "--brokers", brokers]);
    for (const [camera, file] of [["a", "one.png"], ["b", "one.jpg"]]) {
      const args = ["produce", "pictures", "--brokers", brokers, "--key", camera];
      await runProgram(streamer, [...args, "--file", `${folder}/${file}`]);
    }
    const { cameras } = await stage.untilState(({ cameras }) => cameras.length === 2);
    deepStrictEqual(
      cameras.map(({ id, contentType, width }: any) => [id, contentType, width]),
      [["a", "image/png", 320], ["b", "image/jpeg", 160]],
    );
    for (const [camera, file, type] of [["a", "one.png", "png"], ["b", "one.jpg", "jpeg"]]) {
      const response = await get(`/snapshot.jpg?camera=${camera}`);
      strictEqual(response.headers.get("content-type"), `image/${type}`);
      deepStrictEqual(await response.bytes(), Deno.readFileSync(`${folder}/${file}`));
    }
  },
);

viewTest(
  "The past is a seek: snapshots and streams from an offset and from a time",
  async (stage) => {
    const { brokers, get, untilState } = stage;
    await using _camera = pattern(brokers, "garden", 10);
    await untilState(({ cameras }) => cameras[0]?.offset >= 40);
    const records = await published(brokers);
    const from = records[12];

    for (const place of ["offset=12", `at=${from.timestamp}`]) {
      const picture = await get(`/snapshot.jpg?camera=garden&${place}`);
      strictEqual(picture.headers.get("x-offset"), "12");
      deepStrictEqual(await picture.bytes(), from.bytes);

      await using stream = new Parts(await get(`/stream.mjpg?camera=garden&${place}&speed=3`));
      const parts = await stream.take(5);
      deepStrictEqual(parts.map(({ headers }) => headers["X-Offset"]), [
        "12",
        "13",
        "14",
        "15",
        "16",
      ]);
      deepStrictEqual(parts[4].body, records[16].bytes);
    }
    const whole = await get("/snapshot.jpg?camera=garden&at=2020-01-01");
    deepStrictEqual(await whole.bytes(), records[0].bytes);
  },
);

viewTest("A replay goes on into the present", async (stage) => {
  await using _camera = pattern(stage.brokers, "garden", 10);
  await stage.untilState(({ cameras }) => cameras[0]?.offset >= 20);
  await using stream = new Parts(await stage.get("/stream.mjpg?camera=garden&offset=0&speed=50"));
  const until = Date.now() + 20_000;
  for (;;) {
    const [{ headers }] = await stream.take(1);
    const { cameras: [{ offset }] } = await stage.state();
    if (Number(headers["X-Offset"]) >= offset - 1) break;
    ok(Date.now() < until, `at ${headers["X-Offset"]} of ${offset}`);
  }
  await stream.take(5);
});

viewTest("A camera that goes silent shows as such, and its last picture stays", async (stage) => {
  const { brokers, untilState, get } = stage;
  await using _lively = pattern(brokers, "lively", 10);
  const silent = pattern(brokers, "silent", 10);
  await using _ = silent;
  await untilState(({ cameras }) =>
    cameras.length === 2 && !cameras.some((one: any) => one.silent)
  );
  await silent.stop();
  const { cameras } = await untilState(({ cameras }) => cameras[1].silent);
  deepStrictEqual([cameras[0].silent, cameras[1].id, cameras[1].fps], [false, "silent", 0]);
  ok(cameras[1].ageMs > 900, `${cameras[1].ageMs}`);
  const last = await get("/snapshot.jpg?camera=silent");
  strictEqual(last.headers.get("x-offset"), `${cameras[1].offset}`);
  await last.body?.cancel();
});

/** Asks for a stream over a connection of its own and reads nothing of it. */
async function idleWatcher(port: number): Promise<Deno.TcpConn> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await connection.write(
    new TextEncoder().encode("GET /stream.mjpg?camera=garden HTTP/1.1\r\nHost: x\r\n\r\n"),
  );
  return connection;
}

viewTest(
  "Watchers who read nothing delay nobody, and cost no more memory the longer they wait",
  async (stage) => {
    const { brokers, folder, http, viewer, get, untilState } = stage;
    const noise = "nullsrc=size=800x600:rate=1,geq=lum='random(1)*255':cb=128:cr=128";
    Deno.mkdirSync(`${folder}/noise`);
    await makePictures(`${folder}/noise/%d.jpg`, noise, 3); // about half a megabyte each
    const source = ["--source", `dir:${folder}/noise`, "--fps", "15", "--camera-id", "garden"];
    await using _camera = startCamera(brokers, source);
    await untilState(({ cameras }) => cameras[0]?.fps > 12);
    const idle = await Promise.all(Array.from({ length: 5 }, () => idleWatcher(http)));
    await untilState(({ watchers }) => watchers.now === 5);

    await using stream = new Parts(await get("/stream.mjpg?camera=garden"));
    const [first] = await stream.take(1);
    const memory: number[] = [];
    const began = Date.now();
    let longest = 0;
    let parts = 0;
    let newest = first;
    for (let before = began; Date.now() < began + 8_000; parts++) {
      [newest] = await stream.take(1);
      longest = Math.max(longest, Date.now() - before);
      before = Date.now();
      if (parts % 10 === 0) memory.push(residentMiB(viewer));
    }
    const passed = Number(newest.headers["X-Offset"]) - Number(first.headers["X-Offset"]);
    const facts = `${parts} of ${passed} pictures, longest wait ${longest} ms, ${
      memory.map(Math.round)
    } MiB`;
    console.log(facts);
    ok(parts >= passed * 0.7, facts); // this reader is a test's and no browser: it may skip some itself
    ok(passed > 60 && longest < 2000, facts);
    ok(Math.max(...memory) < 300, facts); // what the five did not take by now is over 250 MiB
    strictEqual((await stage.state()).watchers.now, 6);
    idle.forEach((connection) => connection.close());
    await untilState(({ watchers }) => watchers.now === 1);
  },
);

function residentMiB(program: Program): number {
  const status = Deno.readTextFileSync(`/proc/${program.pid}/status`);
  return Number(/VmRSS:\s+(\d+)/.exec(status)![1]) / 1024;
}

viewTest("The viewer outlives its broker: says that it is away, and goes on", async (stage) => {
  const { brokers, broker, port, folder, get, untilState } = stage;
  await using _camera = pattern(brokers, "garden", 10);
  await untilState(({ cameras }) => cameras[0]?.offset > 5);
  await using stream = new Parts(await get("/stream.mjpg?camera=garden"));
  await stream.take(2);
  broker.kill("SIGKILL");
  await broker.exited;
  const away = await untilState(({ broker }) => broker.state === "disconnected");
  ok(away.broker.reason.includes(`127.0.0.1:${port}`), away.broker.reason);
  const last = away.cameras[0].offset;
  await using _again = (await startStreamer({ data: `${folder}/data`, port })).program;
  await untilState(({ broker, cameras }) =>
    broker.state === "connected" && cameras[0].offset > last + 20
  );
  // The same stream, over which nothing was said meanwhile.
  const until = Date.now() + 10_000;
  for (let offset = 0; offset <= last + 10;) {
    const [{ headers }] = await stream.take(1);
    offset = Number(headers["X-Offset"]);
    ok(Date.now() < until);
  }
});
