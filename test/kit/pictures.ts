/**
 * The road of a picture in tests of whole programs: files made by ffmpeg, a camera that publishes,
 * what came of it as a client reads it from the broker, and another program's word on whether it
 * can be shown.
 */
import { strictEqual } from "node:assert/strict";
import { hasProgram, pause, Program, root, runProgram } from "./programs.ts";

export const ffmpeg = { needs: "ffmpeg", available: hasProgram("ffmpeg") };
export const streamer = `${root}bin/streamer`;
const quiet = ["-hide_banner", "-loglevel", "error", "-nostdin", "-y"];

/** Pictures by ffmpeg: `makePictures("…/%d.jpg", "testsrc=size=320x240", 3)`. */
export async function makePictures(pattern: string, input: string, count: number): Promise<void> {
  const output = ["-frames:v", `${count}`, ...(pattern.endsWith("png") ? [] : ["-q:v", "2"])];
  await runProgram("ffmpeg", [...quiet, "-f", "lavfi", "-i", input, ...output, pattern]);
}

export interface Published {
  camera: string;
  offset: number;
  timestamp: number;
  headers: Record<string, string>;
  bytes: Uint8Array;
}

/** All that is on the topic now, read by `streamer consume`. */
export async function published(brokers: string, topic = "pictures"): Promise<Published[]> {
  const args = ["consume", topic, "--brokers", brokers, "--from", "beginning", "--until", "end"];
  const { printed } = await runProgram(streamer, [...args, "--json"]);
  return printed.split("\n").filter((line) => line.startsWith("{")).map((line) => {
    const { key, offset, timestamp, headers, valueBase64 } = JSON.parse(line);
    return { camera: key, offset, timestamp, headers, bytes: Uint8Array.fromBase64(valueBase64) };
  });
}

/** What the camera tells of itself with `--json`, newest last. */
export function statusesOf(camera: Program): Record<string, string | number>[] {
  const whole = camera.printed.slice(0, camera.printed.lastIndexOf("\n") + 1);
  return whole.split("\n").filter((line) => line.startsWith("{")).map((line) => JSON.parse(line))
    .flatMap(({ status }) => status ? [status] : []);
}

/** Waits until the camera's status is as wanted. */
export async function untilStatus(
  camera: Program,
  isSo: (status: Record<string, string | number>) => boolean,
  withinMs = 20_000,
): Promise<Record<string, string | number>> {
  const until = performance.now() + withinMs;
  for (;;) {
    const status = statusesOf(camera).at(-1);
    if (status && isSo(status)) return status;
    if (performance.now() > until) {
      throw new Error(`Not so within ${withinMs} ms. The camera printed:\n${camera.printed}`);
    }
    await pause(50);
  }
}

/** `streamer camera`, telling of itself as JSON. */
export function startCamera(
  brokers: string,
  args: string[],
  options: { env?: Record<string, string>; cwd?: string } = {},
): Program {
  return new Program(streamer, ["camera", "--brokers", brokers, "--json", ...args], options);
}

/** PATH with this folder first. */
export const pathWith = (folder: string) => ({ PATH: `${folder}:${Deno.env.get("PATH")}` });

/** A program in the folder, by its shell script. */
export function makeScript(folder: string, name: string, script: string): void {
  Deno.writeTextFileSync(`${folder}/${name}`, `#!/bin/sh\n${script}\n`);
  Deno.chmodSync(`${folder}/${name}`, 0o755);
}

/** ffmpeg decodes every one of them without a complaint. */
export async function assertShowable(pictures: Uint8Array[], folder: string): Promise<void> {
  const isPng = (picture: Uint8Array) => picture[0] === 0x89;
  for (const codec of ["mjpeg", "png"]) {
    const some = pictures.filter((picture) => isPng(picture) === (codec === "png"));
    if (some.length === 0) continue;
    const path = `${folder}/showable.${codec}`;
    await Deno.writeFile(path, new Blob(some as Uint8Array<ArrayBuffer>[]).stream());
    const input = ["-f", "image2pipe", "-c:v", codec, "-i", path];
    const sums = ["-vsync", "passthrough", "-f", "framemd5", "-"];
    const { printed } = await runProgram("ffmpeg", [...quiet, ...input, ...sums]);
    const lines = printed.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
    strictEqual(lines.length, some.length, printed);
  }
}
