import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import {
  type CameraOptions,
  settingsFrom,
  splitArguments,
} from "../../../plugins/camera/options.ts";
import { pictureType } from "../../../plugins/camera/picture.ts";
import { piCommand, videoDevices } from "../../../plugins/camera/programs.ts";
import { openSource, type Surroundings } from "../../../plugins/camera/sources.ts";
import { hasProgram } from "../../kit/programs.ts";
import { testWith } from "../../kit/skip.ts";
import { pictures } from "./samples.ts";

const ffmpeg = { needs: "ffmpeg", available: hasProgram("ffmpeg") };
const vectors = new URL("../../vectors/pictures/", import.meta.url).pathname;

const defaults: CameraOptions = {
  source: "auto",
  width: 64,
  height: 48,
  fps: 50,
  format: "jpeg",
  cameraId: "test",
  maxFrameBytes: 100_000,
};

type Line = { level: string; event: string; fields: Record<string, unknown> };

/** A machine with only the programs that a test puts there. */
class Machine implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), "camera-"));
  readonly lines: Line[] = [];
  readonly stop = new AbortController();

  /** Puts a shell script on PATH. */
  script(name: string, body: string): void {
    const file = join(this.path, name);
    writeFileSync(file, `#!/bin/sh\nhere=${this.path}\npicture=${vectors}baseline.jpg\n${body}\n`);
    chmodSync(file, 0o755);
  }

  file(name: string): string {
    return readFileSync(join(this.path, name), "utf8").trim();
  }

  get surroundings(): Surroundings {
    return {
      signal: this.stop.signal,
      log: (level, event, fields = {}) => this.lines.push({ level, event, fields }),
      path: this.path,
      devices: () => [],
      limits: { firstPictureMs: 1500, stallMs: 400 },
      pauses: { firstMs: 20, longestMs: 80, goodRunMs: 60_000 },
    };
  }

  async open(options: Partial<CameraOptions>) {
    return await openSource(settingsFrom({ ...defaults, ...options }), this.surroundings);
  }

  /** The first pictures of a source; ends it then. */
  async take(options: Partial<CameraOptions>, count: number): Promise<Uint8Array[]> {
    const source = await this.open(options);
    const taken: Uint8Array[] = [];
    for await (const picture of source.pictures()) {
      if (taken.push(picture) === count) break;
    }
    return taken;
  }

  events(event: string): Line[] {
    return this.lines.filter((line) => line.event === event);
  }

  [Symbol.dispose](): void {
    this.stop.abort();
    rmSync(this.path, { recursive: true });
  }
}

const FOREVER = "while :; do cat $picture; sleep 0.02; done";

Deno.test("rpicam-vid is asked for MJPEG without end on its standard output", async () => {
  using machine = new Machine();
  machine.script("rpicam-vid", `echo "$@" > $here/args\n${FOREVER}`);
  const taken = await machine.take({ source: "rpicam:--vflip --roi '0,0, 1,1'" }, 3);
  taken.forEach((picture) => deepStrictEqual(picture, pictures.baseline));
  strictEqual(
    machine.file("args"),
    "-t 0 -n --codec mjpeg --flush --width 64 --height 48 --framerate 50 --vflip --roi 0,0, 1,1 -o -",
  );
});

Deno.test("raspivid has flags of its own", () => {
  deepStrictEqual(
    piCommand("/usr/bin/raspivid", { width: 640, height: 480, fps: 15 }).args.join(" "),
    "-t 0 -n -cd MJPEG --width 640 --height 480 --framerate 15 -o -",
  );
});

Deno.test("A program that dies is started again, with growing pauses and its last words", async () => {
  using machine = new Machine();
  machine.script(
    "rpicam-vid",
    `cat $picture $picture; echo "chatter" >&2; echo "ERROR: no more" >&2; exit 3`,
  );
  const taken = await machine.take({ source: "rpicam" }, 9);
  strictEqual(taken.length, 9);
  const ends = machine.events("camera program ended");
  deepStrictEqual(ends.map(({ fields }) => fields.restartInMs), [20, 40, 80, 80]);
  strictEqual(ends[0].fields.reason, "ended with code 3");
  strictEqual(ends[0].fields.lastWords, "chatter | ERROR: no more");
});

Deno.test("A program that stalls is ended and started again", async () => {
  using machine = new Machine();
  machine.script("rpicam-vid", `echo $$ >> $here/pids\ntrap '' TERM\ncat $picture\nexec sleep 60`);
  const taken = await machine.take({ source: "rpicam" }, 2);
  strictEqual(taken.length, 2);
  strictEqual(machine.events("camera program ended")[0].fields.reason, "gave no picture for 0.4 s");
  for (const pid of machine.file("pids").split("\n")) {
    ok(!isRunning(Number(pid)), `process ${pid} was left behind`);
  }
});

Deno.test("A program that prints bytes but no picture stalls too", async () => {
  using machine = new Machine();
  machine.script(
    "rpicam-vid",
    `if [ -e $here/again ]; then ${FOREVER}; fi
touch $here/again; cat $picture; while :; do echo noise; sleep 0.05; done`,
  );
  strictEqual((await machine.take({ source: "rpicam" }, 3)).length, 3);
  match(String(machine.events("camera program ended")[0].fields.reason), /gave no picture/);
});

Deno.test("Half a picture that a dead program left is not joined with the next", async () => {
  using machine = new Machine();
  machine.script("rpicam-vid", `cat $picture; head -c 700 $picture; exit 1`);
  const source = await machine.open({ source: "rpicam" });
  let count = 0;
  for await (const picture of source.pictures()) {
    deepStrictEqual(picture, pictures.baseline);
    if (++count === 4) break;
  }
  strictEqual(source.counts().broken, 3);
});

Deno.test("Half a picture in the middle of a run is passed by", async () => {
  using machine = new Machine();
  machine.script("rpicam-vid", `head -c 900 $picture; ${FOREVER}`);
  const source = await machine.open({ source: "rpicam" });
  for await (const picture of source.pictures()) {
    deepStrictEqual(picture, pictures.baseline);
    break;
  }
  strictEqual(source.counts().broken, 1);
});

Deno.test("Pictures beyond --max-frame-bytes are counted and dropped", async () => {
  using machine = new Machine();
  machine.script("rpicam-vid", `cat ${vectors}thumbnail.jpg; ${FOREVER}`);
  const source = await machine.open({ source: "rpicam", maxFrameBytes: 1500 });
  for await (const picture of source.pictures()) {
    deepStrictEqual(picture, pictures.baseline);
    break;
  }
  strictEqual(source.counts().tooLarge, 1);
});

Deno.test("A program whose pictures are all too large is neither stalled nor passed by", async () => {
  using machine = new Machine();
  machine.script("rpicam-vid", FOREVER);
  const source = await machine.open({ maxFrameBytes: 1000 });
  strictEqual(machine.events("camera chosen")[0].fields.source, "rpicam-vid");
  setTimeout(() => machine.stop.abort(), 900); // over twice the time after which a program has stalled
  for await (const _ of source.pictures()) throw new Error("No picture is small enough");
  deepStrictEqual([source.counts().restarts, machine.events("camera program ended")], [0, []]);
  ok(source.counts().tooLarge > 5);
});

Deno.test("The signal ends a program that is between two pictures", async () => {
  using machine = new Machine();
  machine.script("rpicam-vid", `echo $$ > $here/pid\ncat $picture\nexec sleep 60`);
  const source = await machine.open({ source: "rpicam" });
  setTimeout(() => machine.stop.abort(), 200);
  let count = 0;
  for await (const _ of source.pictures()) count++;
  strictEqual(count, 1);
  ok(!isRunning(Number(machine.file("pid"))));
});

Deno.test("auto tells why each was passed by, down to the test pattern", async () => {
  using machine = new Machine();
  machine.script("rpicam-vid", `echo "ERROR: *** no cameras available ***" >&2; exit 255`);
  machine.script("raspivid", `head -c 900 $picture`);
  machine.script("ffmpeg", `exit 1`);
  const taken = await machine.take({}, 2);
  taken.forEach((picture) => strictEqual(pictureType(picture), "image/jpeg"));
  const [{ fields }] = machine.events("camera chosen");
  strictEqual(fields.source, "test-pattern");
  strictEqual(
    fields.passedBy,
    "rpicam-vid: ended with code 255: ERROR: *** no cameras available ***; " +
      "libcamera-vid: not on PATH; raspivid: ended with code 0; ffmpeg: no camera among /dev/video*",
  );
});

Deno.test("What was chosen is told with the reason, also of the first and of one that was asked for", async () => {
  using machine = new Machine();
  machine.script("rpicam-vid", FOREVER);
  await machine.take({}, 1);
  await machine.take({ source: "test-pattern" }, 1);
  const [first, asked] = machine.events("camera chosen").map(({ fields }) => fields);
  const passedBy = undefined;
  const why = "the first that gives a picture";
  deepStrictEqual(first, { source: "rpicam-vid", why, passedBy });
  deepStrictEqual(asked, { source: "test-pattern", why: "--source says so", passedBy });
});

Deno.test("auto takes the first that gives a picture, and loses none", async () => {
  using machine = new Machine();
  machine.script("rpicam-vid", `exec sleep 60`);
  machine.script("libcamera-vid", `cat $picture; cat ${vectors}thumbnail.jpg; exec sleep 60`);
  const taken = await machine.take({}, 2);
  deepStrictEqual(taken, [pictures.baseline, pictures.thumbnail]);
  const [{ fields }] = machine.events("camera chosen");
  strictEqual(fields.source, "libcamera-vid");
  strictEqual(fields.passedBy, "rpicam-vid: gave no picture for 1.5 s");
});

Deno.test("auto that is stopped while it tries has chosen nothing", async () => {
  using machine = new Machine();
  machine.script("rpicam-vid", `exec sleep 60`);
  setTimeout(() => machine.stop.abort(), 200);
  await machine.open({});
  deepStrictEqual(machine.events("camera chosen"), []);
});

Deno.test("A source that the machine lacks is an error that says what to do", async () => {
  using machine = new Machine();
  await rejects(machine.open({ source: "rpicam" }), /rpicam-vid, .* not on PATH.*apt install/);
  await rejects(machine.open({ source: "ffmpeg:-i x" }), /ffmpeg not on PATH.*apt install ffmpeg/);
  await rejects(machine.open({ source: "rpicam", format: "png" }), /leave out --format png/);
  await rejects(machine.open({ source: `dir:${machine.path}/none` }), /Cannot read pictures from/);
  machine.script("ffmpeg", "exit 1");
  await rejects(machine.open({ source: "v4l2" }), /none among \/dev\/video\*/);
});

Deno.test("Stills come one an interval from a camera that gives many", async () => {
  using machine = new Machine();
  machine.script("rpicam-vid", FOREVER);
  const started = performance.now();
  await machine.take({ source: "rpicam", interval: 150 }, 4);
  ok(performance.now() - started >= 440);
});

for (const format of ["jpeg", "png"] as const) {
  testWith(ffmpeg, `ffmpeg's ${format} pictures are cut whole`, async () => {
    using machine = new Machine();
    const source = "ffmpeg:-re -f lavfi -i 'testsrc=size=320x240:rate=50'";
    const world = { ...machine.surroundings, path: undefined };
    const opened = await openSource(settingsFrom({ ...defaults, source, format }), world);
    let count = 0;
    for await (const picture of opened.pictures()) {
      strictEqual(pictureType(picture), `image/${format}`);
      if (++count === 10) break;
    }
    deepStrictEqual(opened.counts(), { tooLarge: 0, broken: 0, restarts: 0 });
  });
}

Deno.test("A folder's pictures come in the order of their names, round and round, new ones too", async () => {
  using machine = new Machine();
  const put = (name: string, bytes: Uint8Array) => writeFileSync(join(machine.path, name), bytes);
  put("b.PNG", pictures.small);
  put("a.jpg", pictures.baseline);
  put("c.jpeg", pictures.thumbnail);
  put("half.jpg", pictures.baseline.subarray(0, 700));
  put("notes.txt", new Uint8Array(10));
  const source = await machine.open({ source: `dir:${machine.path}` });
  const taken: Uint8Array[] = [];
  for await (const picture of source.pictures()) {
    if (taken.push(picture) === 4) put("bb.png", pictures.gray);
    if (taken.length === 8) break;
  }
  const { baseline, small, thumbnail, gray } = pictures;
  deepStrictEqual(taken, [
    ...[baseline, small, thumbnail],
    ...[baseline, small, gray, thumbnail],
    baseline,
  ]);
  strictEqual(source.counts().broken, 2);
});

Deno.test("An empty folder is waited on", async () => {
  using machine = new Machine();
  setTimeout(() => writeFileSync(join(machine.path, "a.png"), pictures.small), 100);
  deepStrictEqual(await machine.take({ source: `dir:${machine.path}` }, 1), [pictures.small]);
  strictEqual(machine.events("no pictures in folder").length, 1);
});

Deno.test("A Pi's codecs and a camera's second device are no cameras", () => {
  using machine = new Machine();
  const device = (name: string, label: string, index: string) => {
    Deno.mkdirSync(join(machine.path, name), { recursive: true });
    writeFileSync(join(machine.path, name, "name"), `${label}\n`);
    writeFileSync(join(machine.path, name, "index"), `${index}\n`);
  };
  device("video10", "bcm2835-codec-decode", "0");
  device("video2", "HD Webcam", "0");
  device("video3", "HD Webcam", "1");
  device("video0", "unicam", "0");
  device("video11", "Other Cam", "0");
  deepStrictEqual(
    videoDevices(machine.path, machine.path).map(({ name }) => name),
    ["HD Webcam", "Other Cam"],
  );
});

Deno.test("Arguments are split as a shell does", () => {
  const cases: [string, string[]][] = [
    ["-i a -r 5", ["-i", "a", "-r", "5"]],
    [`-i 'a b' "c\\"d" e\\ f ''`, ["-i", "a b", 'c"d', "e f", ""]],
    ["  ", []],
    ["x'y z'w", ["xy zw"]],
  ];
  for (const [text, words] of cases) deepStrictEqual(splitArguments(text), words);
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
