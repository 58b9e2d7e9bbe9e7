/**
 * All cameras as they are now: of each the newest picture and a few facts, and who watches. Memory
 * is one picture a camera, for at most `maxCameras`; beyond that the one that has been silent
 * longest makes room, and when none is silent the newcomer is not shown, and counted.
 */

import type { Frame } from "./frame.ts";

/** A camera as `/state` and the page tell of it. */
export interface CameraFacts {
  id: string;
  silent: boolean;
  /** Pictures a second by their own times; 0 when silent. */
  fps: number;
  ageMs: number;
  /** Bytes. */
  size: number;
  contentType: string;
  width: number | undefined;
  height: number | undefined;
  partition: number;
  offset: number;
  /** Milliseconds since 1970. */
  timestamp: number;
}

/**
 * How many pictures back the rate is measured, and over what time at most if there are more than a
 * few.
 */
const RATE_FRAMES = 32;
const RATE_MS = 5000;

/** Who is told of pictures; `Newest` is one. */
export interface FrameTaker {
  offer(camera: string, frame: Frame): void;
}

class Camera {
  readonly #times: number[] = [];
  newest: Frame;
  /** When it last gave a sign of life, by our clock. */
  seenAt: number;

  constructor(frame: Frame, seenAt: number) {
    this.newest = frame;
    this.seenAt = seenAt;
    this.take(frame, seenAt);
  }

  take(frame: Frame, seenAt: number): void {
    this.newest = frame;
    this.seenAt = seenAt;
    const times = this.#times;
    // The log may begin anew, or a clock be set back: what was measured before says nothing then.
    if (times.length > 0 && frame.timestamp < times.at(-1)!) times.length = 0;
    times.push(frame.timestamp);
    while (times.length > RATE_FRAMES || (times.length > 3 && times.at(-1)! - times[0] > RATE_MS)) {
      times.shift();
    }
  }

  /** The usual time from one picture to the next; undefined before it is known. */
  get periodMs(): number | undefined {
    const span = this.#times.at(-1)! - this.#times[0];
    return span > 0 ? span / (this.#times.length - 1) : undefined;
  }
}

export interface WallOptions {
  maxCameras: number;
  silentAfterMs: number;
}

export class Wall {
  /** Cameras that found no room, and records that are no picture. */
  readonly counts = { frames: 0, camerasWithoutRoom: 0, notPictures: 0 };
  readonly #options: WallOptions;
  readonly #cameras = new Map<string, Camera>();
  /** Watchers by the camera they watch; "" watches all. */
  readonly #watchers = new Map<string, Set<FrameTaker>>();

  constructor(options: WallOptions) {
    this.#options = options;
  }

  /**
   * Takes in a picture as it is read live. The live reading begins a little in the past, so at
   * first it may bring what a look at the end of the log has shown already: nobody is shown that
   * again. In a log that begins anew, offsets are lower and times are not.
   */
  offer(frame: Frame, now: number): void {
    const known = this.#cameras.get(frame.camera)?.newest;
    const isShown = known !== undefined && known.partition === frame.partition &&
      known.offset >= frame.offset && known.timestamp >= frame.timestamp;
    if (!isShown) this.#take(frame, now);
  }

  /** Takes in a picture from before we began to read, unless a newer one is known. */
  offerOld(frame: Frame, now: number): void {
    const known = this.#cameras.get(frame.camera)?.newest;
    if (known && (known.partition !== frame.partition || known.offset >= frame.offset)) return;
    this.#take(frame, Math.min(now, frame.timestamp));
  }

  newest(camera: string): Frame | undefined {
    return this.#cameras.get(camera)?.newest;
  }

  get ids(): string[] {
    return [...this.#cameras.keys()].sort();
  }

  facts(now: number): CameraFacts[] {
    return this.ids.map((id) => this.#factsOf(id, this.#cameras.get(id)!, now));
  }

  /**
   * From now on the watcher gets each picture of the camera, or of all; first the newest there is.
   */
  watch(camera: string | undefined, watcher: FrameTaker): void {
    const key = camera ?? "";
    let watchers = this.#watchers.get(key);
    if (!watchers) this.#watchers.set(key, watchers = new Set());
    watchers.add(watcher);
    for (const [id, { newest }] of this.#cameras) {
      if (camera === undefined || id === camera) watcher.offer(id, newest);
    }
  }

  unwatch(camera: string | undefined, watcher: FrameTaker): void {
    const key = camera ?? "";
    const watchers = this.#watchers.get(key);
    watchers?.delete(watcher);
    if (watchers?.size === 0) this.#watchers.delete(key);
  }

  #take(frame: Frame, seenAt: number): void {
    this.counts.frames++;
    const camera = this.#cameras.get(frame.camera);
    if (camera) camera.take(frame, seenAt);
    else if (this.#hasRoom(seenAt)) this.#cameras.set(frame.camera, new Camera(frame, seenAt));
    else {
      this.counts.camerasWithoutRoom++;
      return;
    }
    for (const key of [frame.camera, ""]) {
      for (const watcher of this.#watchers.get(key) ?? []) watcher.offer(frame.camera, frame);
    }
  }

  #hasRoom(now: number): boolean {
    if (this.#cameras.size < this.#options.maxCameras) return true;
    const silent = [...this.#cameras].filter(([, camera]) => this.#isSilent(camera, now));
    if (silent.length === 0) return false;
    const [oldest] = silent.reduce((a, b) => b[1].seenAt < a[1].seenAt ? b : a);
    this.#cameras.delete(oldest);
    return true;
  }

  #isSilent(camera: Camera, now: number): boolean {
    const patience = Math.max(this.#options.silentAfterMs, (camera.periodMs ?? 0) * 3);
    return now - camera.seenAt > patience;
  }

  #factsOf(id: string, camera: Camera, now: number): CameraFacts {
    const { bytes, contentType, width, height, partition, offset, timestamp } = camera.newest;
    const silent = this.#isSilent(camera, now);
    return {
      id,
      silent,
      fps: silent || !camera.periodMs ? 0 : Math.round(100_000 / camera.periodMs) / 100,
      ageMs: Math.max(0, now - timestamp),
      size: bytes.length,
      ...{ contentType, width, height, partition, offset, timestamp },
    };
  }
}
