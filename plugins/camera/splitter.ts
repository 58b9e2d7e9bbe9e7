/**
 * Cuts a stream of bytes into pictures. What a capture program prints is JPEG after JPEG (MJPEG) or
 * PNG after PNG with nothing between them; pieces arrive cut anywhere. Each picture is found by its
 * structure (`walk.ts`). Bytes between pictures are skipped, half a picture is dropped when the
 * next one is seen to begin, and one that grows beyond the bound is counted and dropped without
 * being kept. All of it is counted.
 *
 * Memory: one picture of at most `maxFrameBytes`, and the piece that was pushed last.
 */

import { PNG_SIGNATURE } from "./picture.ts";
import { JpegWalk, PngWalk } from "./walk.ts";

export interface SplitterCounts {
  /** Whole pictures handed out. */
  pictures: number;
  /** Pictures dropped since they are larger than `maxFrameBytes`. */
  tooLarge: number;
  /** Pictures that broke off or made no sense. */
  broken: number;
  /** Bytes that belong to no whole picture. */
  skippedBytes: number;
}

const JPEG_START = Uint8Array.of(0xff, 0xd8, 0xff);

/**
 * @example
 * const splitter = new PictureSplitter({ maxFrameBytes: 1_000_000 });
 * for await (const piece of process.stdout) {
 *   for (const picture of splitter.push(piece)) publish(picture);
 * }
 */
export class PictureSplitter {
  readonly counts: SplitterCounts = { pictures: 0, tooLarge: 0, broken: 0, skippedBytes: 0 };
  readonly #maxFrameBytes: number;
  #buffer = new Uint8Array(64 * 1024);
  /**
   * The bytes not dealt with are `[#start, #end)` of the buffer; a picture begins at `#start` if
   * one is walked.
   */
  #start = 0;
  #end = 0;
  #walk: JpegWalk | PngWalk | undefined;
  /** The picture being walked is too large: its bytes are let go as soon as they are passed. */
  #isDropping = false;

  constructor(options: { maxFrameBytes: number }) {
    this.#maxFrameBytes = options.maxFrameBytes;
  }

  /** Takes in a piece and hands out the pictures that it completes, each in an array of its own. */
  push(piece: Uint8Array): Uint8Array[] {
    this.#append(piece);
    const pictures: Uint8Array[] = [];
    while (this.#walk !== undefined || this.#seek()) {
      const walk = this.#walk!;
      const state = walk.walk(this.#buffer.subarray(this.#start, this.#end));
      if (state === "whole" && !this.#isDropping && walk.next <= this.#maxFrameBytes) {
        pictures.push(this.#buffer.slice(this.#start, this.#start + walk.next));
        this.counts.pictures++;
        this.#leave(walk.next);
      } else if (state === "whole") {
        if (!this.#isDropping) this.counts.tooLarge++;
        this.#skip(walk.next);
      } else if (state === "broken") {
        if (!this.#isDropping) this.counts.broken++;
        this.#skip(walk.resume);
      } else {
        if (!this.#isDropping && walk.reach > this.#maxFrameBytes) this.#dropLarge(walk);
        if (this.#isDropping) this.#forgetPassed();
        if (this.#walk !== undefined) break;
      }
    }
    return pictures;
  }

  /** No more is coming: a picture that was begun and not dropped already has broken off. */
  end(): void {
    if (this.#walk !== undefined && !this.#isDropping) this.counts.broken++;
    this.#skip(this.#end - this.#start);
  }

  /**
   * Drops the picture that is too large; of a JPEG the rest is still walked, to pass by any
   * thumbnail.
   */
  #dropLarge(walk: JpegWalk | PngWalk): void {
    this.counts.tooLarge++;
    // A PNG's signature is never found inside one by chance, while a length that lies could have us
    // skip gigabytes.
    if (walk instanceof PngWalk) this.#skip(walk.resume);
    else this.#isDropping = true;
  }

  #forgetPassed(): void {
    const walk = this.#walk;
    if (!(walk instanceof JpegWalk)) return;
    const passed = Math.min(walk.next, this.#end - this.#start);
    walk.forget(passed);
    this.#start += passed;
    this.counts.skippedBytes += passed;
  }

  /** Looks for the start of a picture, and begins to walk it; false when there is none yet. */
  #seek(): boolean {
    const bytes = this.#buffer.subarray(this.#start, this.#end);
    for (let at = 0; at < bytes.length; at++) {
      if (bytes[at] !== JPEG_START[0] && bytes[at] !== PNG_SIGNATURE[0]) continue;
      const signature = bytes[at] === JPEG_START[0] ? JPEG_START : PNG_SIGNATURE;
      const match = beginsWith(bytes, at, signature);
      if (match === "no") continue;
      this.#skip(at);
      if (match === "yes") this.#walk = signature === JPEG_START ? new JpegWalk() : new PngWalk();
      return match === "yes";
    }
    this.#skip(bytes.length);
    return false;
  }

  #skip(count: number): void {
    const skipped = Math.min(count, this.#end - this.#start);
    this.counts.skippedBytes += skipped;
    this.#leave(skipped);
  }

  #leave(count: number): void {
    this.#start += count;
    this.#walk = undefined;
    this.#isDropping = false;
  }

  #append(piece: Uint8Array): void {
    const held = this.#end - this.#start;
    if (this.#end + piece.length > this.#buffer.length) {
      const needed = held + piece.length;
      const roomy = needed * 2 <= this.#buffer.length ? this.#buffer : new Uint8Array(needed * 2);
      roomy.set(this.#buffer.subarray(this.#start, this.#end));
      this.#buffer = roomy;
      this.#start = 0;
      this.#end = held;
    }
    this.#buffer.set(piece, this.#end);
    this.#end += piece.length;
  }
}

function beginsWith(bytes: Uint8Array, at: number, start: Uint8Array): "yes" | "no" | "more" {
  for (let i = 0; i < start.length; i++) {
    if (at + i >= bytes.length) return "more";
    if (bytes[at + i] !== start[i]) return "no";
  }
  return "yes";
}
