/**
 * Where pictures come from, behind one face: a capture program that is kept running, a folder of
 * files, or the test pattern; and `auto`, which tries what a machine may have, best first, and
 * tells what it chose and why it passed by each one before. A program is chosen when it gives a
 * picture: one that is installed on a machine without a camera is found out by that.
 */

import type { CaptureEnd, CaptureLimits, Command } from "./capture.ts";
import { PictureFolder } from "./folder.ts";
import { type CameraSettings, periodMs, splitArguments } from "./options.ts";
import {
  ffmpegCommand,
  findProgram,
  PI_PROGRAMS,
  piCommand,
  v4l2Command,
  type VideoDevice,
  videoDevices,
} from "./programs.ts";
import { sleep } from "./sleep.ts";
import { type Pauses, SupervisedCapture } from "./supervise.ts";
import { TestPattern } from "./test_pattern/test_pattern.ts";

/** A source that was opened. */
export interface PictureSource {
  /** What it is, for people: "rpicam-vid", "test-pattern", … */
  readonly name: string;
  /** Yields until the signal fires. */
  pictures(): AsyncGenerator<Uint8Array>;
  /** What was lost on the way so far. */
  counts(): { tooLarge: number; broken: number; restarts: number };
}

/** What a source is opened with; tests hand in a world of their own. */
export interface Surroundings {
  signal: AbortSignal;
  log(level: "info" | "warn", event: string, fields?: Record<string, unknown>): void;
  path?: string;
  devices?: () => VideoDevice[];
  limits?: CaptureLimits;
  pauses?: Pauses;
}

const INSTALL: Record<string, string> = {
  rpicam: "sudo apt install rpicam-apps",
  ffmpeg: "sudo apt install ffmpeg",
};

/** Opens what `--source` names. Throws when the machine cannot have it, with what to do. */
export async function openSource(
  settings: CameraSettings,
  world: Surroundings,
): Promise<PictureSource> {
  switch (settings.kind) {
    case "auto":
      return await autoSource(settings, world);
    case "rpicam":
      return named(piSource(settings, world), world);
    case "v4l2":
      return named(v4l2Source(settings, world), world);
    case "ffmpeg":
      findOrThrow(["ffmpeg"], "ffmpeg", world);
      return named(
        programSource(ffmpegCommand(settings.argument, settings.format), settings, world),
        world,
      );
    case "dir":
      return named(await folderSource(settings, world), world);
    case "test-pattern":
      return named(patternSource(settings, world), world);
  }
}

/** A source that a person chose. */
function named(source: PictureSource, world: Surroundings): PictureSource {
  tellChoice(source, "--source says so", {}, world);
  return source;
}

function tellChoice(
  { name }: PictureSource,
  why: string,
  passedBy: Record<string, string>,
  world: Surroundings,
): void {
  world.log("info", "camera chosen", { source: name, why, passedBy: reasons(passedBy) });
}

/** Tries each in turn; the test pattern, last, is always there. */
async function autoSource(settings: CameraSettings, world: Surroundings): Promise<PictureSource> {
  const passedBy: Record<string, string> = {};
  for (const candidate of candidates(settings, world)) {
    if (world.signal.aborted) break;
    if ("missing" in candidate) {
      passedBy[candidate.name] = candidate.missing;
      continue;
    }
    const source = programSource(candidate.command, settings, world);
    const end = await source.capture.probe();
    if (end === undefined) {
      tellChoice(source, "the first that gives a picture", passedBy, world);
      return source;
    }
    passedBy[candidate.name] = describe(end);
  }
  const source = patternSource(settings, world);
  // Stopped meanwhile, nothing was chosen.
  if (!world.signal.aborted) tellChoice(source, "nothing else gives a picture", passedBy, world);
  return source;
}

type Candidate = { name: string } & ({ command: Command } | { missing: string });

function* candidates(settings: CameraSettings, world: Surroundings): Generator<Candidate> {
  for (const name of PI_PROGRAMS) {
    const program = findProgram(name, world.path);
    if (program === undefined) yield { name, missing: "not on PATH" };
    else if (settings.format === "png") yield { name, missing: "gives JPEG, not PNG" };
    else yield { name, command: piCommand(program, settings) };
  }
  const devices = (world.devices ?? videoDevices)();
  if (findProgram("ffmpeg", world.path) === undefined) {
    yield { name: "ffmpeg", missing: "not on PATH" };
  } else if (devices.length === 0) {
    yield { name: "ffmpeg", missing: "no camera among /dev/video*" };
  } else {
    for (const device of devices.slice(0, 4)) {
      yield {
        name: `ffmpeg ${device.path}`,
        command: v4l2Command(device.path, settings),
      };
    }
  }
}

/**
 * `rpicam-vid: not on PATH; ffmpeg: no camera among /dev/video*`; undefined when the first was
 * taken.
 */
function reasons(passedBy: Record<string, string>): string | undefined {
  if (Object.keys(passedBy).length === 0) return undefined;
  return Object.entries(passedBy).map(([name, reason]) => `${name}: ${reason}`).join("; ");
}

function piSource(settings: CameraSettings, world: Surroundings): PictureSource {
  if (settings.format === "png") {
    throw new Error(
      "Cannot take PNG with the Pi's camera program: it gives JPEG; leave out --format png",
    );
  }
  const program = findOrThrow(PI_PROGRAMS, "rpicam", world);
  const command = piCommand(program, settings, splitArguments(settings.argument));
  return programSource(command, settings, world);
}

function v4l2Source(settings: CameraSettings, world: Surroundings): PictureSource {
  findOrThrow(["ffmpeg"], "ffmpeg", world);
  const device = settings.argument || (world.devices ?? videoDevices)()[0]?.path;
  if (device === undefined) {
    throw new Error(
      "Cannot open a Video4Linux2 camera: there is none among /dev/video*; " +
        "is it plugged in, and is this user in the group video?",
    );
  }
  return programSource(v4l2Command(device, settings), settings, world);
}

function findOrThrow(names: string[], kind: "rpicam" | "ffmpeg", world: Surroundings): string {
  const found = names.map((name) => findProgram(name, world.path)).find((path) => path);
  if (found !== undefined) return found;
  throw new Error(
    `Cannot open the camera: ${names.join(", ")} not on PATH; on Raspberry Pi OS and Debian: ` +
      `${INSTALL[kind]}; or try --source test-pattern`,
  );
}

function programSource(
  command: Command,
  settings: CameraSettings,
  world: Surroundings,
): PictureSource & { capture: SupervisedCapture } {
  const name = command.program.split("/").at(-1)!;
  const capture = new SupervisedCapture(command, {
    limits: world.limits ?? limitsFor(settings),
    maxFrameBytes: settings.maxFrameBytes,
    signal: world.signal,
    pauses: world.pauses,
    onRestart: ({ reason, lastWords, pauseMs }) =>
      world.log("warn", "camera program ended", {
        program: name,
        reason,
        lastWords: lastWords || "(none)",
        restartInMs: pauseMs,
      }),
  });
  return {
    name,
    capture,
    pictures: () => thinned(capture.pictures(), settings.intervalMs),
    counts: () => ({
      tooLarge: capture.counts.tooLarge,
      broken: capture.counts.broken,
      restarts: capture.restarts,
    }),
  };
}

/**
 * A program has stalled when it missed several pictures in a row, and at least ten seconds have
 * gone by.
 */
function limitsFor(settings: CameraSettings): CaptureLimits {
  const stallMs = Math.max(10_000, 5_000 / settings.fps);
  const firstPictureMs = settings.kind === "auto" ? 6_000 : stallMs + 5_000;
  return { firstPictureMs, stallMs };
}

/**
 * One picture an interval, the first that comes when its time has; all of them without an interval.
 */
async function* thinned(
  pictures: AsyncGenerator<Uint8Array>,
  intervalMs: number | undefined,
): AsyncGenerator<Uint8Array> {
  let due = 0;
  for await (const picture of pictures) {
    const now = Date.now();
    if (now < due) continue;
    yield picture;
    // The beat is kept, unless it was missed altogether.
    if (intervalMs !== undefined) due = (now - due < intervalMs ? due : now) + intervalMs;
  }
}

async function folderSource(
  settings: CameraSettings,
  world: Surroundings,
): Promise<PictureSource> {
  const folder = new PictureFolder({ ...settings, path: settings.argument });
  const first = await folder.next().catch((cause) => {
    throw new Error(`Cannot read pictures from ${settings.argument}: ${cause.message}`, { cause });
  });
  async function* pictures(): AsyncGenerator<Uint8Array> {
    let isEmpty = false;
    let picture = first;
    for await (const _ of ticks(periodMs(settings), world.signal)) {
      picture ??= await folder.next().catch(() => undefined);
      if (picture === undefined && !isEmpty) {
        world.log("warn", "no pictures in folder", { path: settings.argument, ...folder.counts });
      }
      isEmpty = picture === undefined;
      if (picture !== undefined) yield picture;
      else await sleep(1000 - periodMs(settings), world.signal);
      picture = undefined;
    }
  }
  return {
    name: `dir ${settings.argument}`,
    pictures,
    counts: () => ({ ...folder.counts, restarts: 0 }),
  };
}

function patternSource(settings: CameraSettings, world: Surroundings): PictureSource {
  const pattern = new TestPattern(settings);
  const counts = { tooLarge: 0, broken: 0, restarts: 0 };
  async function* pictures(): AsyncGenerator<Uint8Array> {
    let frame = 0;
    for await (const _ of ticks(periodMs(settings), world.signal)) {
      const picture = pattern.picture({ frame: ++frame, time: Date.now() });
      if (picture.length <= settings.maxFrameBytes) yield picture;
      else counts.tooLarge++;
    }
  }
  return { name: "test-pattern", pictures, counts: () => counts };
}

/**
 * Beats of an even clock: a late one does not shift those after it, and missed ones are not made up
 * for.
 */
async function* ticks(periodMs: number, signal: AbortSignal): AsyncGenerator<void> {
  let due = performance.now();
  while (!signal.aborted) {
    yield;
    due = Math.max(due + periodMs, performance.now() - periodMs);
    await sleep(due - performance.now(), signal);
  }
}

function describe(end: CaptureEnd): string {
  return end.lastWords === "" ? end.reason : `${end.reason}: ${end.lastWords}`;
}
