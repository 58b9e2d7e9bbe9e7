/**
 * What the camera can be told. The schema is the command's flags, their help and their checks.
 */

import { hostname } from "node:os";
import type { Z } from "../../mod.ts";

/**
 * Kafka's default for the largest record is 1048588 bytes; key, headers and batch want a little of
 * it.
 */
const MAX_FRAME_BYTES = 1_000_000;

export const options = (z: Z) =>
  z.object({
    source: z.string().regex(/^(auto|rpicam(:.*)?|v4l2(:.+)?|ffmpeg:.+|dir:.+|test-pattern)$/, {
      error: "it is one of auto, rpicam[:ARGS], v4l2[:DEVICE], ffmpeg:ARGS, dir:PATH, test-pattern",
    }).default("auto").describe(
      "Where pictures come from: auto, rpicam[:ARGS], v4l2[:DEVICE], ffmpeg:ARGS, dir:PATH, test-pattern",
    ),
    width: z.number().int().min(16).max(8192).default(640).describe("Width in pixels"),
    height: z.number().int().min(16).max(8192).default(480).describe("Height in pixels"),
    fps: z.number().min(0.01).max(120).default(15).describe("Pictures a second"),
    interval: z.number().min(1).max(86_400_000).optional().describe(
      "One still in this time instead of --fps, such as 5s or 1m",
    ).meta({ unit: "ms" }),
    format: z.enum(["jpeg", "png"]).default("jpeg").describe("Kind of picture"),
    cameraId: z.string().regex(/^.{1,200}$/s, { error: "it is 1 to 200 letters long" }).optional()
      .describe(
        "The camera's name and the records' key; without it, this machine's name",
      ),
    maxFrameBytes: z.number().int().min(1000).max(100_000_000).default(MAX_FRAME_BYTES).describe(
      "Larger pictures are counted and dropped; what the topic takes at most is max.message.bytes",
    ),
  });

/** What the schema makes of the flags. */
export interface CameraOptions {
  source: string;
  width: number;
  height: number;
  fps: number;
  /** Milliseconds. */
  interval?: number;
  format: "jpeg" | "png";
  cameraId?: string;
  maxFrameBytes: number;
}

export type SourceKind = "auto" | "rpicam" | "v4l2" | "ffmpeg" | "dir" | "test-pattern";

/** The options with everything worked out. */
export interface CameraSettings {
  kind: SourceKind;
  /** What followed the source's colon. */
  argument: string;
  width: number;
  height: number;
  /** Pictures a second that the source is asked for. */
  fps: number;
  /** Time from one published picture to the next, when stills were asked for. */
  intervalMs: number | undefined;
  format: "jpeg" | "png";
  cameraId: string;
  maxFrameBytes: number;
}

/**
 * While stills are taken a camera runs slowly, so that its exposure settles and the newest picture
 * is new.
 */
const STILLS_FPS = 5;

export function settingsFrom(options: CameraOptions): CameraSettings {
  const colon = options.source.indexOf(":");
  const intervalMs = options.interval;
  return {
    kind: (colon < 0 ? options.source : options.source.slice(0, colon)) as SourceKind,
    argument: colon < 0 ? "" : options.source.slice(colon + 1),
    width: options.width,
    height: options.height,
    fps: intervalMs === undefined ? options.fps : Math.min(options.fps, STILLS_FPS),
    intervalMs,
    format: options.format,
    cameraId: options.cameraId ?? hostname(),
    maxFrameBytes: options.maxFrameBytes,
  };
}

/** Time from one picture to the next. */
export function periodMs(settings: CameraSettings): number {
  return settings.intervalMs ?? 1000 / settings.fps;
}

/**
 * Splits arguments as a shell does, without being one: spaces part, quotes and backslashes keep
 * together.
 */
export function splitArguments(text: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = "";
  for (let at = 0; at < text.length; at++) {
    const letter = text[at];
    if (quote !== "") {
      if (letter === quote) quote = "";
      else word += letter === "\\" && quote === '"' && at + 1 < text.length ? text[++at] : letter;
    } else if (letter === '"' || letter === "'") {
      quote = letter;
      word ??= "";
    } else if (/\s/.test(letter)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else {
      word = (word ?? "") + (letter === "\\" && at + 1 < text.length ? text[++at] : letter);
    }
  }
  if (quote !== "") throw new Error(`Cannot split arguments: ${quote} is not closed in ${text}`);
  if (word !== undefined) words.push(word);
  return words;
}
