/** The small pictures of test/vectors, and what the camera's tests do with bytes. */

import { readFileSync } from "node:fs";

const folder = new URL("../../vectors/pictures/", import.meta.url);
const load = (name: string) => new Uint8Array(readFileSync(new URL(name, folder)));

export const pictures = {
  baseline: load("baseline.jpg"),
  restartMarkers: load("restart_markers.jpg"),
  progressive: load("progressive.jpg"),
  thumbnail: load("thumbnail.jpg"),
  small: load("small.png"),
  gray: load("gray.png"),
};

export function joined(...parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Numbers of [0, 1) from a seed (mulberry32). */
export function seeded(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), seed | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
