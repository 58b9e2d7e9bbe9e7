/**
 * Time travel: the log is the recorder, so the past is a seek. From an offset or a time the
 * pictures of one camera come at the pace at which they were taken, on through whatever is written
 * meanwhile: once the past is used up the replay is live.
 */

import type { IncomingRecord, PluginClient } from "../../mod.ts";
import { cameraOf, type Frame, frameOf } from "./frame.ts";
import { sleep } from "./sleep.ts";

/** Where in the log, and whose pictures. */
export interface Place {
  topic: string;
  /** undefined: the first that is met decides. */
  camera: string | undefined;
  /** undefined: all partitions are read. */
  partition: number | undefined;
  from: { offset: number } | { timestamp: number };
}

export interface Pace {
  /** 2 is twice as fast as it was. */
  speed: number;
  /** Hours in which the camera was off are not waited out. */
  longestPauseMs: number;
}

/**
 * Behind by more than this, the pictures are late for a reason of their own, and are not hurried
 * after.
 */
const LATE_MS = 2000;

/** Yields each picture when its time comes, the first at once. */
export async function* replay(
  client: PluginClient,
  place: Place,
  pace: Pace,
  signal: AbortSignal,
): AsyncGenerator<Frame> {
  let due = 0;
  let before: Frame | undefined;
  for await (const frame of framesFrom(client, place, signal)) {
    const now = performance.now();
    const taken = before ? frame.timestamp - before.timestamp : 0;
    due += Math.min(Math.max(0, taken), pace.longestPauseMs) / pace.speed;
    if (before === undefined || now - due > LATE_MS) due = now;
    if (due > now) await sleep(due - now, signal);
    if (signal.aborted) return;
    yield frame;
    before = frame;
  }
}

/**
 * The first picture from a place on; undefined when there is none before the end, or it takes too
 * long to find.
 */
export async function pictureAt(
  client: PluginClient,
  place: Place,
  signal: AbortSignal,
): Promise<Frame | undefined> {
  for await (const frame of framesFrom(client, place, signal, "end")) return frame;
  return undefined;
}

/**
 * Of one partition at most so much is fetched at once: a replay reads as fast as it shows, not
 * faster.
 */
const MAX_BYTES = 512 * 1024;

async function* framesFrom(
  client: PluginClient,
  place: Place,
  signal: AbortSignal,
  until?: "end",
): AsyncGenerator<Frame> {
  const { topic, partition, from } = place;
  let { camera } = place;
  const bounds = { from, signal, maxBytes: MAX_BYTES };
  const records = client.read(topic, {
    ...bounds,
    ...(partition !== undefined && { partition }),
    ...(until && { until }),
  });
  for await (const record of records) {
    if (signal.aborted) return;
    if (camera !== undefined && !isOf(record, camera)) continue;
    const frame = frameOf(record);
    if (frame === undefined) continue;
    camera ??= frame.camera;
    yield frame;
  }
}

function isOf(record: IncomingRecord, camera: string): boolean {
  return cameraOf(record) === camera;
}
