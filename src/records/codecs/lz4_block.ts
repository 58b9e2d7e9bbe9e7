/**
 * The lz4 block format: sequences of a token (two lengths of four bits), literals, and a match that
 * repeats bytes up to 64 KiB back. After lz4's own description of the format. The last five bytes
 * of a block are always literals and the last match begins at least twelve bytes before the end,
 * which readers lean on.
 */
import {
  commonLength,
  copyBytes,
  copyMatch,
  fourBytes,
  hashOf,
  lastSeen,
  type Memory,
} from "./match.ts";

/** What {@link unpackBlock} says instead of an end: the block lies about itself. */
export const BROKEN = -1;
/** The same: it holds more than there is room for. */
export const NO_ROOM = -2;

/** The most that a block of so many bytes unpacks to: each length byte adds 255. */
export const mostUnpacked = (packedBytes: number): number => packedBytes * 255 + 64;

/**
 * Unpacks `source[start, end)` into `target` at `at`, at most up to `limit`. Matches may reach back
 * to `window` and no further. Returns the end of what was written, or {@link BROKEN} or {@link
 * NO_ROOM}.
 */
export function unpackBlock(
  source: Memory,
  start: number,
  end: number,
  target: Memory,
  at: number,
  limit: number,
  window: number,
): number {
  const from = source.bytes;
  let next = start;
  for (;;) {
    if (next >= end) return BROKEN;
    const token = from[next++];

    let literals = token >>> 4;
    if (literals === 15) {
      let more = 255;
      while (more === 255) {
        if (next >= end) return BROKEN;
        more = from[next++];
        literals += more;
      }
    }
    if (literals > end - next) return BROKEN;
    if (literals > limit - at) return NO_ROOM;
    copyBytes(source, next, target, at, literals);
    next += literals;
    at += literals;
    if (next === end) return at; // the last sequence has no match

    if (next + 2 > end) return BROKEN;
    const distance = from[next] | (from[next + 1] << 8);
    next += 2;
    if (distance === 0 || distance > at - window) return BROKEN;
    let length = (token & 15) + 4;
    if (length === 19) {
      let more = 255;
      while (more === 255) {
        if (next >= end) return BROKEN;
        more = from[next++];
        length += more;
      }
    }
    if (length > limit - at) return NO_ROOM;
    copyMatch(target, at, distance, length);
    at += length;
  }
}

const MIN_MATCH = 4;
const LAST_LITERALS = 5;
const NO_MATCH_WITHIN = 12;

/**
 * Where the position before this one with the same hash is; for the searches that look further
 * back.
 */
const previous = new Uint16Array(1 << 16);

/**
 * Packs `source[start, end)`, at most 64 KiB, into `target` at `at`. `attempts` is how many earlier
 * places are tried for each match. Returns the end of what was written, or undefined when it would
 * not be smaller than the input.
 */
export function packBlock(
  source: Memory,
  start: number,
  end: number,
  target: Memory,
  at: number,
  attempts: number,
): number | undefined {
  const from = source.bytes;
  const limit = at + (end - start) - 1;
  const matchLimit = end - LAST_LITERALS;
  const searchEnd = end - NO_MATCH_WITHIN;
  let anchor = start; // what is before it is written
  let here = start + 1; // 0 in the table means "nothing seen", so no match begins at the first byte
  let misses = 0;
  lastSeen.fill(0);

  while (here < searchEnd) {
    const four = fourBytes(from, here);
    const hash = hashOf(four);
    let candidate = lastSeen[hash];
    if (attempts > 1) previous[here - start] = candidate;
    lastSeen[hash] = here - start;

    let length = 0;
    let match = 0;
    for (let tries = attempts; candidate !== 0 && tries > 0; tries--) {
      const place = start + candidate;
      if (fourBytes(from, place) === four) {
        const found = commonLength(from, place, here, matchLimit);
        if (found > length) {
          length = found;
          match = place;
        }
      }
      if (tries > 1) candidate = previous[candidate];
    }
    if (length < MIN_MATCH) {
      // The longer nothing is found, the larger the steps: bytes that don't pack cost little.
      here += attempts > 1 ? 1 : 1 + (misses++ >>> 6);
      continue;
    }
    misses = 0;
    const sequenceEnd = writeSequence(
      source,
      anchor,
      here,
      here - match,
      length,
      target,
      at,
      limit,
    );
    if (sequenceEnd === undefined) return undefined;
    at = sequenceEnd;
    anchor = here + length;
    if (attempts > 1) remember(from, here + 1, Math.min(anchor, searchEnd), start);
    here = anchor;
  }
  return writeLast(source, anchor, end, target, at, limit);
}

/** Puts the places inside a match into the chains, so that later searches find them. */
function remember(from: Uint8Array, first: number, end: number, start: number): void {
  for (let place = first; place < end; place++) {
    const hash = hashOf(fourBytes(from, place));
    previous[place - start] = lastSeen[hash];
    lastSeen[hash] = place - start;
  }
}

function writeSequence(
  source: Memory,
  anchor: number,
  here: number,
  distance: number,
  length: number,
  target: Memory,
  at: number,
  limit: number,
): number | undefined {
  const to = target.bytes;
  const literals = here - anchor;
  const rest = length - MIN_MATCH;
  if (at + 5 + literals + Math.trunc(literals / 255) + Math.trunc(rest / 255) > limit) {
    return undefined;
  }
  const token = at++;
  to[token] = (Math.min(literals, 15) << 4) | Math.min(rest, 15);
  if (literals >= 15) at = writeLength(literals - 15, to, at);
  copyBytes(source, anchor, target, at, literals);
  at += literals;
  to[at++] = distance & 0xff;
  to[at++] = distance >>> 8;
  return rest >= 15 ? writeLength(rest - 15, to, at) : at;
}

function writeLast(
  source: Memory,
  anchor: number,
  end: number,
  target: Memory,
  at: number,
  limit: number,
): number | undefined {
  const to = target.bytes;
  const literals = end - anchor;
  if (at + 2 + literals + Math.trunc(literals / 255) > limit) return undefined;
  to[at++] = Math.min(literals, 15) << 4;
  if (literals >= 15) at = writeLength(literals - 15, to, at);
  copyBytes(source, anchor, target, at, literals);
  return at + literals;
}

function writeLength(rest: number, to: Uint8Array, at: number): number {
  for (; rest >= 255; rest -= 255) to[at++] = 255;
  to[at++] = rest;
  return at;
}
