/**
 * How a picture's bytes are walked to find its end without decoding it.
 *
 * A JPEG's end cannot be found by looking for FFD9, nor its beginning by looking for FFD8: a camera
 * may embed a thumbnail, a whole JPEG, in an APPn segment. So the walk goes by structure (ITU-T
 * T.81 B.1.1): SOI, then segments that tell their length, and after each SOS a scan of
 * entropy-coded bytes, in which FF is followed by 00 (stuffing) or D0 to D7 (restart); any other
 * marker ends the scan. A PNG is a signature and then chunks that tell their length and carry a
 * CRC, until IEND.
 *
 * A walk is resumable: bytes come in pieces of any size. When the structure breaks, because a dying
 * process left half a picture and the next begins in the middle of it, `resume` says from where on
 * the next picture can begin: not before the last segment that was taken at its word. Earlier ones
 * were followed by a marker as they promised, so a thumbnail inside them is not mistaken for a
 * picture.
 */

import { crc32 } from "node:zlib";
import { isFrameHeader } from "./picture.ts";

export type WalkState = "more" | "whole" | "broken";

/**
 * One picture's walk. Positions are counted from the picture's first byte, less what was forgotten.
 */
export interface Walk {
  /**
   * Where the walk reads next; once whole, the picture's length. May lie beyond the bytes there
   * are.
   */
  next: number;
  /** Once broken, no picture begins before this place. */
  resume: number;
  /** The picture is known to be at least this long. */
  readonly reach: number;
  /** Goes on as far as the bytes go; `bytes` begins with the picture's first byte not forgotten. */
  walk(bytes: Uint8Array): WalkState;
}

/** Four components at most, two bytes each, and six more. */
const LONGEST_SCAN_HEADER = 14;

/** Follows the markers of one JPEG. */
export class JpegWalk implements Walk {
  next = 2;
  resume = 2;
  #inScan = false;
  #sawFrame = false;
  #sawScan = false;
  /** Where the last SOS stood, or -1. */
  #scanAt = -1;
  /** Where the last segment's length stands, until the segment has been looked through; else -1. */
  #lengthAt = -1;

  get reach(): number {
    return this.next;
  }

  /** The first bytes are not kept by a caller who will not need the picture. */
  forget(count: number): void {
    this.next -= count;
    this.resume = Math.max(0, this.resume - count);
    this.#scanAt = Math.max(-1, this.#scanAt - count);
    this.#lengthAt = -1;
  }

  walk(bytes: Uint8Array): WalkState {
    for (;;) {
      if (this.#lengthAt >= 0) {
        if (this.next >= bytes.length) return "more";
        const inner = pictureSwallowed(bytes, this.#lengthAt, this.next);
        this.#lengthAt = -1;
        if (inner !== undefined) {
          this.resume = inner;
          return "broken";
        }
      }
      if (this.#inScan && !this.#skipScan(bytes)) return "more";
      if (this.next + 2 > bytes.length) return "more";
      if (bytes[this.next] !== 0xff) return "broken";
      const marker = bytes[this.next + 1];

      if (marker === 0xff) { // fill bytes may stand before any marker
        this.next++;
      } else if (marker === 0xd9) { // EOI
        this.next += 2;
        this.resume = this.next;
        return this.#sawScan ? "whole" : "broken";
      } else if (marker === 0xd8) { // SOI: the picture before it was cut off
        this.resume = this.next;
        return "broken";
      } else if (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7)) { // TEM, RSTn: no length
        this.next += 2;
      } else if (marker < 0xc0) { // 00 or reserved
        return "broken";
      } else {
        const state = this.#segment(bytes, marker);
        if (state !== undefined) return state;
      }
    }
  }

  /** To the marker that ends the scan; false when the bytes end first. */
  #skipScan(bytes: Uint8Array): boolean {
    for (;;) {
      const at = bytes.indexOf(0xff, this.next);
      if (at < 0 || at + 1 >= bytes.length) {
        this.next = at < 0 ? Math.max(this.next, bytes.length) : at;
        return false;
      }
      const code = bytes[at + 1];
      if (code === 0x00 || (code >= 0xd0 && code <= 0xd7)) {
        this.next = at + 2;
      } else if (code === 0xff) {
        this.next = at + 1;
      } else {
        this.next = at;
        this.#inScan = false;
        return true;
      }
    }
  }

  #segment(bytes: Uint8Array, marker: number): "more" | "broken" | undefined {
    if (this.next + 4 > bytes.length) return "more";
    const length = bytes[this.next + 2] * 256 + bytes[this.next + 3];
    if (length < 2) return "broken";
    if (isFrameHeader(marker)) {
      // A second frame header: the first picture was cut off so luckily, within its scan header,
      // that the next one's segments seem to go on where it stopped.
      if (this.#sawFrame) {
        if (this.#scanAt >= 0) this.resume = this.#scanAt + 2;
        return "broken";
      }
      this.#sawFrame = true;
    }
    this.resume = this.next + 2;
    if (marker === 0xda) { // SOS
      if (!this.#sawFrame || length > LONGEST_SCAN_HEADER) return "broken";
      this.#inScan = true;
      this.#sawScan = true;
      this.#scanAt = this.next;
    }
    this.#lengthAt = this.next + 2;
    this.next += 2 + length;
    return undefined;
  }
}

/**
 * A picture that was cut off within a segment is followed by the next one, whose first bytes then
 * count as the segment's rest. Mostly the structure breaks where the segment ends, but by chance it
 * may seem to go on. So: does a picture begin in here whose own segments reach the end of this one,
 * or beyond? Those of a true thumbnail do not: its scan and its end are inside.
 */
function pictureSwallowed(bytes: Uint8Array, from: number, to: number): number | undefined {
  for (
    let at = bytes.indexOf(0xff, from);
    at >= 0 && at + 2 <= to;
    at = bytes.indexOf(0xff, at + 1)
  ) {
    if (bytes[at + 1] !== 0xd8) continue;
    let next = at + 2;
    while (next + 4 <= to && bytes[next] === 0xff && hasLength(bytes[next + 1])) {
      next += 2 + bytes[next + 2] * 256 + bytes[next + 3];
    }
    const isStraddling = next + 4 > to && bytes[next] === 0xff && hasLength(bytes[next + 1]);
    if (next >= to || isStraddling) return at;
  }
  return undefined;
}

/** All markers from C0 on but RSTn, SOI and EOI. */
function hasLength(marker: number): boolean {
  return marker >= 0xc0 && (marker < 0xd0 || marker > 0xd9);
}

const IHDR = 0x49484452;
const IEND = 0x49454e44;

/** Follows the chunks of one PNG. A chunk is taken as true when its CRC is. */
export class PngWalk implements Walk {
  next = 8;
  resume = 1;
  #reach = 8;

  get reach(): number {
    return this.#reach;
  }

  walk(bytes: Uint8Array): WalkState {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    for (;;) {
      if (this.next + 8 > bytes.length) return "more";
      this.resume = this.next;
      const length = view.getUint32(this.next);
      const type = view.getUint32(this.next + 4);
      const isFirst = this.next === 8;
      if (isFirst !== (type === IHDR) || (isFirst && length !== 13)) return "broken";
      if (!isLetters(type) || length > 0x7fffffff) return "broken";

      const end = this.next + 12 + length;
      this.#reach = end;
      if (end > bytes.length) return "more";
      const crc = crc32(bytes.subarray(this.next + 4, end - 4));
      if (crc !== view.getUint32(end - 4)) return "broken";
      this.next = end;
      if (type === IEND) return "whole";
    }
  }
}

/** Four bytes, each of A to Z or a to z. */
function isLetters(type: number): boolean {
  for (let shift = 24; shift >= 0; shift -= 8) {
    const upper = (type >>> shift) & 0xdf;
    if (upper < 0x41 || upper > 0x5a) return false;
  }
  return true;
}
