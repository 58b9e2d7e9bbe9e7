/**
 * The programs that take pictures, and how each is asked for a stream of them on its standard
 * output.
 *
 * On Raspberry Pi OS since 2023 it is `rpicam-vid`; the same program was `libcamera-vid` before,
 * and before that there was `raspivid`. All stop after five seconds unless told `-t 0`, and want
 * `-n` where there is no screen. Elsewhere ffmpeg reads what the kernel offers as Video4Linux2.
 */

import { accessSync, constants, readdirSync, readFileSync, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import process from "node:process";
import type { Command } from "./capture.ts";
import { type CameraSettings, splitArguments } from "./options.ts";

/** The Pi's programs, newest first. */
export const PI_PROGRAMS = ["rpicam-vid", "libcamera-vid", "raspivid"];

type Size = Pick<CameraSettings, "width" | "height" | "fps">;

/** A Pi's camera as MJPEG. */
export function piCommand(program: string, size: Size, extra: string[] = []): Command {
  const shape = [
    ...["--width", String(size.width), "--height", String(size.height)],
    ...["--framerate", number(size.fps)],
  ];
  const codec = program.endsWith("raspivid")
    ? ["-t", "0", "-n", "-cd", "MJPEG"]
    : ["-t", "0", "-n", "--codec", "mjpeg", "--flush"];
  return { program, args: [...codec, ...shape, ...extra, "-o", "-"] };
}

/** A Video4Linux2 camera through ffmpeg. */
export function v4l2Command(
  device: string,
  settings: Size & Pick<CameraSettings, "format">,
): Command {
  const { width, height, fps, format } = settings;
  const input = ["-f", "v4l2", "-framerate", number(fps), "-video_size", `${width}x${height}`];
  const rate = ["-r", number(fps)]; // a camera that knows no such rate gives the one it likes
  return ffmpeg([...input, "-i", device, ...rate, ...outputOf(format)]);
}

/** ffmpeg with a person's own arguments. When they name no output, it is ours. */
export function ffmpegCommand(text: string, format: "jpeg" | "png"): Command {
  const args = splitArguments(text);
  const last = args.at(-1);
  const hasOutput = last === "-" || last === "pipe:1" || last === "pipe:";
  return ffmpeg(hasOutput ? args : [...args, ...outputOf(format)]);
}

function ffmpeg(args: string[]): Command {
  return { program: "ffmpeg", args: ["-hide_banner", "-loglevel", "error", "-nostdin", ...args] };
}

function outputOf(format: "jpeg" | "png"): string[] {
  return format === "jpeg"
    ? ["-an", "-c:v", "mjpeg", "-q:v", "5", "-f", "mjpeg", "-"]
    : ["-an", "-c:v", "png", "-f", "image2pipe", "-"];
}

/** The program's path if PATH has it. */
export function findProgram(name: string, path = process.env.PATH ?? ""): string | undefined {
  for (const folder of path.split(delimiter)) {
    const candidate = join(folder === "" ? "." : folder, name);
    try {
      accessSync(candidate, constants.X_OK);
      if (statSync(candidate).isFile()) return candidate;
    } catch {
      // Not there, or not to be run: the next folder may have it.
    }
  }
  return undefined;
}

/** A video device and what its driver calls it. */
export interface VideoDevice {
  path: string;
  name: string;
}

/**
 * Drivers whose devices are no cameras that ffmpeg could read: a Pi's codecs and image processors,
 * and the raw receivers that only libcamera makes pictures of.
 */
const NO_CAMERA = /codec|isp|hevc|unicam|rp1-cfe|decoder|encoder/i;

/**
 * The cameras among /dev/video*, lowest number first; second devices of one camera (metadata) are
 * left out.
 */
export function videoDevices(dev = "/dev", sys = "/sys/class/video4linux"): VideoDevice[] {
  let names: string[];
  try {
    names = readdirSync(dev).filter((name) => /^video\d+$/.test(name));
  } catch {
    return [];
  }
  const fact = (name: string, file: string) => {
    try {
      return readFileSync(join(sys, name, file), "utf8").trim();
    } catch {
      return undefined;
    }
  };
  return names
    .sort((a, b) => Number(a.slice(5)) - Number(b.slice(5)))
    .map((name) => ({
      path: join(dev, name),
      name: fact(name, "name") ?? "unknown",
      index: fact(name, "index") ?? "0",
    }))
    .filter((device) => device.index === "0" && !NO_CAMERA.test(device.name))
    .map(({ path, name }) => ({ path, name }));
}

function number(value: number): string {
  return String(Math.round(value * 1000) / 1000);
}
