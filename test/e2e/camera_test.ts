/**
 * `streamer camera` with real programs behind it and our broker before it: ffmpeg, folders of real
 * files, and stand-ins for `rpicam-vid` that behave as cameras do on bad days. What arrived is
 * consumed from the broker and looked at.
 */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { TemporaryFolder } from "../kit/folders.ts";
import {
  assertShowable,
  ffmpeg,
  makePictures,
  makeScript,
  pathWith,
  published,
  startCamera,
  statusesOf,
  untilStatus,
} from "../kit/pictures.ts";
import { type Program, startStreamer } from "../kit/programs.ts";
import { testWith } from "../kit/skip.ts";

interface Stage {
  folder: string;
  brokers: string;
  port: number;
  broker: Program;
}

/** A test with a broker, and three JPEGs `1.jpg` to `3.jpg` in its folder. */
function cameraTest(name: string, run: (stage: Stage) => Promise<void>): void {
  testWith(ffmpeg, name, async () => {
    using folder = new TemporaryFolder();
    const { program, brokers, port } = await startStreamer({ data: `${folder.path}/data` });
    await using _ = program;
    await makePictures(`${folder.path}/%d.jpg`, "testsrc=size=320x240:rate=1", 3);
    await run({ folder: folder.path, brokers, port, broker: program });
  });
}

async function stopped(camera: Program): Promise<Record<string, string | number>> {
  strictEqual(await camera.stop(), 0, camera.printed);
  return statusesOf(camera).at(-1)!;
}

/** The lines of the camera's log about an event. */
const told = (camera: Program, event: string): any[] =>
  camera.printed.split("\n").filter((line) => line.includes(`"event":"${event}"`))
    .map((line) => JSON.parse(line));

const LAVFI = "ffmpeg:-re -f lavfi -i testsrc=size=640x480:rate=15";

for (const format of ["jpeg", "png"]) {
  cameraTest(`What ffmpeg films arrives whole and in order, as ${format}`, async (stage) => {
    const { brokers, folder } = stage;
    const args = ["--source", LAVFI, "--format", format, "--camera-id", "garden"];
    await using camera = startCamera(brokers, args);
    await untilStatus(camera, ({ published }) => Number(published) >= 30);
    const { frames, lost } = await stopped(camera);
    const records = await published(brokers);
    deepStrictEqual([records.length, lost], [frames, undefined]);
    records.forEach(({ camera, headers, timestamp, offset }, at) => {
      deepStrictEqual([camera, offset], ["garden", at]);
      deepStrictEqual(headers, {
        "content-type": `image/${format}`,
        width: "640",
        height: "480",
        frame: String(at + 1),
        "captured-at": String(timestamp),
      });
    });
    await assertShowable(records.map(({ bytes }) => bytes), folder);
  });
}

cameraTest("A folder's JPEG and PNG files arrive byte for byte, round and round", async (stage) => {
  const { brokers, folder } = stage;
  const pictures = `${folder}/pictures`;
  Deno.mkdirSync(pictures);
  await makePictures(`${pictures}/a%d.jpg`, "testsrc=size=320x240:rate=1", 2);
  await makePictures(`${pictures}/b%d.png`, "testsrc2=size=160x120:rate=1", 2);
  Deno.writeTextFileSync(`${pictures}/readme.txt`, "no picture");
  const args = ["--source", "dir:./pictures", "--interval", "50ms", "--camera-id", "album"];
  await using camera = startCamera(brokers, args, { cwd: folder });
  await untilStatus(camera, ({ published }) => Number(published) >= 9);
  await stopped(camera);
  const files = ["a1.jpg", "a2.jpg", "b1.png", "b2.png"].map((name) =>
    Deno.readFileSync(`${pictures}/${name}`)
  );
  (await published(brokers)).forEach(({ bytes, headers }, at) => {
    deepStrictEqual(bytes, files[at % 4]);
    strictEqual(headers["content-type"], at % 4 < 2 ? "image/jpeg" : "image/png");
    strictEqual(headers.width, at % 4 < 2 ? "320" : "160");
  });
});

/**
 * As the Pi's program: it ends after five seconds unless told `-t 0`, and prints nothing without
 * `-o -`.
 */
const RPICAM_VID =
  `case "$*" in *"-t 0"*"--codec mjpeg"*"-o -") ;; *) echo "usage" >&2; exit 2 ;; esac
exec ffmpeg -loglevel error -nostdin -re -f lavfi -i testsrc2=size=640x480:rate=15 -f mjpeg -`;

cameraTest("auto takes a Pi's camera when there is one, and says why", async (stage) => {
  const { brokers, folder } = stage;
  makeScript(folder, "rpicam-vid", RPICAM_VID);
  await using camera = startCamera(brokers, [], { env: pathWith(folder) });
  await untilStatus(camera, ({ published }) => Number(published) >= 15);
  const [{ source, why }] = told(camera, "camera chosen");
  deepStrictEqual([source, why], ["rpicam-vid", "the first that gives a picture"]);
  await stopped(camera);
  await assertShowable((await published(brokers)).map(({ bytes }) => bytes), folder);
});

cameraTest(
  "auto passes by what gives no picture, with its last words, down to the pattern",
  async (stage) => {
    const { brokers, folder } = stage;
    for (const name of ["rpicam-vid", "libcamera-vid", "raspivid", "ffmpeg"]) {
      makeScript(folder, name, `echo "ERROR: *** no cameras available ***" >&2; exit 255`);
    }
    await using camera = startCamera(brokers, [], { env: pathWith(folder) });
    await untilStatus(camera, ({ published }) => Number(published) >= 5);
    const [{ source, why, passedBy }] = told(camera, "camera chosen");
    deepStrictEqual([source, why], ["test-pattern", "nothing else gives a picture"]);
    match(passedBy, /^rpicam-vid: ended with code 255: ERROR: \*{3} no cameras.*; libcamera-vid: /);
    match(passedBy, /; ffmpeg[^;]*: \S/);
    await stopped(camera);
  },
);

cameraTest(
  "A camera program that dies is started again with growing pauses, its last words told",
  async (stage) => {
    const { brokers, folder } = stage;
    const dies = `date +%s%3N >> starts; cat 1.jpg; echo "ERROR: cable" >&2; exit 3`;
    makeScript(folder, "rpicam-vid", dies);
    await using camera = startCamera(brokers, [], { env: pathWith(folder), cwd: folder });
    await untilStatus(camera, ({ restarts, published }) => restarts === 4 && published === 4);
    const ends = told(camera, "camera program ended");
    deepStrictEqual(ends.map(({ restartInMs }) => restartInMs), [500, 1000, 2000, 4000]);
    for (const { reason, lastWords } of ends) {
      deepStrictEqual([reason, lastWords], ["ended with code 3", "ERROR: cable"]);
    }
    await stopped(camera);
    const starts = Deno.readTextFileSync(`${folder}/starts`).trim().split("\n").map(Number);
    const pauses = starts.slice(1).map((start, at) => start - starts[at]);
    pauses.forEach((pause, at) => ok(pause >= ends[at].restartInMs, `paused ${pauses}`));
  },
);

cameraTest(
  "A camera program that stalls, and does not want to end, is killed and started again",
  async (stage) => {
    const { brokers, folder } = stage;
    makeScript(folder, "rpicam-vid", `trap '' TERM; echo $$ >> pids; cat 1.jpg; exec sleep 600`);
    await using camera = startCamera(brokers, [], { env: pathWith(folder), cwd: folder });
    await untilStatus(camera, ({ published }) => published === 2, 40_000);
    const [{ reason, restartInMs }] = told(camera, "camera program ended");
    deepStrictEqual([reason, restartInMs], ["gave no picture for 10 s", 500]);
    await stopped(camera);
    const pids = Deno.readTextFileSync(`${folder}/pids`).trim().split("\n");
    strictEqual(pids.length, 2);
    for (const pid of pids) ok(!isRunning(pid), `process ${pid} was left behind`);
  },
);

const isRunning = (pid: string) => {
  try {
    return !Deno.readTextFileSync(`/proc/${pid}/stat`).includes(") Z ");
  } catch {
    return false;
  }
};

cameraTest(
  "Half a frame is dropped and counted, in the middle and at a program's end",
  async (stage) => {
    const { brokers, folder } = stage;
    const half = "head -c 4000 2.jpg";
    makeScript(folder, "rpicam-vid", `cat 1.jpg; ${half}; cat 3.jpg; ${half}; exit 1`);
    await using camera = startCamera(brokers, [], { env: pathWith(folder), cwd: folder });
    await untilStatus(
      camera,
      ({ published, restarts }) => Number(published) >= 4 && Number(restarts) >= 2,
    );
    const { broken, restarts } = await stopped(camera);
    // Two in each run that has ended, and up to two in the one that was stopped.
    const inEnded = 2 * Number(restarts);
    ok(Number(broken) >= inEnded && Number(broken) <= inEnded + 2, `${broken} in ${restarts}`);
    const whole = [1, 3].map((number) => Deno.readFileSync(`${folder}/${number}.jpg`));
    (await published(brokers)).forEach(({ bytes }, at) => deepStrictEqual(bytes, whole[at % 2]));
  },
);

cameraTest("--interval takes one still in its time from a camera that films", async (stage) => {
  const { brokers, folder } = stage;
  makeScript(folder, "rpicam-vid", RPICAM_VID);
  const began = Date.now();
  await using camera = startCamera(brokers, ["--interval", "400ms"], { env: pathWith(folder) });
  await untilStatus(camera, ({ published }) => Number(published) >= 5);
  const { frames } = await stopped(camera);
  ok(Number(frames) <= 1 + (Date.now() - began) / 400, `${frames} stills`);
  const times = (await published(brokers)).map(({ timestamp }) => timestamp);
  // One late still does not shift the next, which may so come closer to it; over all of them the
  // beat is kept.
  ok(times.at(-1)! - times[0] >= (times.length - 1) * 400 - 150, `${times}`);
});

cameraTest(
  "Frames over --max-frame-bytes are dropped, counted and told of; the others go on",
  async (stage) => {
    const { brokers, folder } = stage;
    const pictures = `${folder}/pictures`;
    Deno.mkdirSync(pictures);
    await makePictures(`${pictures}/large%d.jpg`, "testsrc2=size=1280x720:rate=1", 2);
    await makePictures(`${pictures}/small.jpg`, "testsrc=size=64x48:rate=1", 1);
    const limit = ["--max-frame-bytes", "20KB", "--fps", "20"];
    await using camera = startCamera(brokers, ["--source", `dir:${pictures}`, ...limit]);
    // Two large ones for each small one. The host and the plugin tell their facts at their own times.
    await untilStatus(
      camera,
      ({ published, tooLarge }) => Number(published) >= 5 && Number(tooLarge) >= 8,
    );
    strictEqual(told(camera, "pictures too large are dropped").length, 1);
    await stopped(camera);
    const small = Deno.readFileSync(`${pictures}/small.jpg`);
    for (const { bytes } of await published(brokers)) deepStrictEqual(bytes, small);
  },
);

cameraTest(
  "While the broker is away the newest frames wait, the loss is counted, and the picture goes on",
  async (stage) => {
    const { brokers, folder, broker, port } = stage;
    const pictures = `${folder}/pictures`;
    Deno.mkdirSync(pictures);
    // Noise is what JPEG is worst at: about half a megabyte each, so that the 16 MiB are full
    // within seconds.
    const noise = "nullsrc=size=800x600:rate=1,geq=lum='random(1)*255':cb=128:cr=128";
    await makePictures(`${pictures}/%d.jpg`, noise, 3);
    await using camera = startCamera(brokers, ["--source", `dir:${pictures}`, "--fps", "10"]);
    await untilStatus(camera, ({ published }) => Number(published) >= 10);
    broker.kill("SIGKILL");
    await broker.exited;
    const away = await untilStatus(camera, ({ lost }) => Number(lost) >= 20, 40_000);
    strictEqual(away.brokers, "away");
    ok(Number(away.waiting) * Number(away.frameBytes) < 20 * 2 ** 20, JSON.stringify(away));
    ok(residentMiB(camera) < 400, `${residentMiB(camera)} MiB resident`);

    await using _again = (await startStreamer({ data: `${folder}/data`, port })).program;
    const back = await untilStatus(
      camera,
      ({ brokers, published }) =>
        brokers === undefined && Number(published) >= Number(away.published) + 40,
      40_000,
    );
    strictEqual(told(camera, "brokers away, records wait").length, 1);
    strictEqual(told(camera, "brokers back").length, 1);
    const end = await stopped(camera);
    strictEqual(Number(end.published) + Number(end.lost), end.frames);
    strictEqual(end.lost, back.lost, "nothing is lost once the broker is back");
    const numbers = (await published(brokers)).map(({ headers }) => Number(headers.frame));
    // A batch whose answer died with the broker is sent again, and may be there twice; all of it is
    // there.
    ok(new Set(numbers).size >= Number(end.published), `${numbers}`);
    const last = numbers.slice(-40);
    ok(last.every((number, at) => at === 0 || number === last[at - 1] + 1), `${last}`);
    strictEqual(numbers.at(-1), end.frames);
  },
);

function residentMiB(program: Program): number {
  const status = Deno.readTextFileSync(`/proc/${program.pid}/status`);
  return Number(/VmRSS:\s+(\d+)/.exec(status)![1]) / 1024;
}

cameraTest(
  "A camera that begins before its broker publishes once the broker is there",
  async (stage) => {
    const { brokers, broker, folder, port } = stage;
    await broker.stop();
    await using camera = startCamera(brokers, ["--source", "test-pattern", "--fps", "5"]);
    await untilStatus(camera, ({ waiting }) => Number(waiting) > 3);
    await using _again = (await startStreamer({ data: `${folder}/data`, port })).program;
    await untilStatus(camera, ({ published }) => Number(published) > 10);
    await stopped(camera);
    strictEqual((await published(brokers))[0].headers.frame, "1");
  },
);
