/**
 * The picture that is there when no camera is: colour bars that wander sideways, a clock, the
 * frame's number and the camera's name. One look tells whether it is live (the bars move), how old
 * it is (the clock), whether frames are lost (the number), and which camera it is: each wanders its
 * own way, at its own pace.
 *
 * It is drawn in a palette of sixteen colours, one byte a pixel, so that either encoder has little
 * to do.
 */

import { type Colour, JpegEncoder } from "./jpeg_encoder.ts";
import { encodePng } from "./png_encoder.ts";
import { GLYPH_HEIGHT, GLYPH_WIDTH, glyphOf } from "./font.ts";

/** Eight bars, then the grays of the panel and the ramp, then white and the accent. */
export const PALETTE: readonly Colour[] = [
  [235, 235, 235],
  [226, 201, 38],
  [36, 186, 196],
  [44, 170, 74],
  [196, 64, 178],
  [206, 52, 46],
  [44, 74, 190],
  [24, 26, 34],
  [0, 0, 0],
  [36, 36, 36],
  [73, 73, 73],
  [110, 110, 110],
  [146, 146, 146],
  [182, 182, 182],
  [255, 255, 255],
  [255, 184, 64],
];
const BARS = 8;
const PANEL = 7, DARKEST = 8, GRAYS = 6, WHITE = 14, ACCENT = 15;

/** What is different from one frame to the next. */
export interface Moment {
  /** Counts from 1. */
  frame: number;
  /** Milliseconds since 1970. */
  time: number;
}

/** Draws and encodes the test pattern of one camera. */
export class TestPattern {
  readonly #width: number;
  readonly #height: number;
  readonly #cameraId: string;
  readonly #format: "jpeg" | "png";
  readonly #pixels: Uint8Array;
  readonly #jpeg: JpegEncoder;
  readonly #glyphs = new Map<string, boolean[][]>();

  constructor(
    options: { width: number; height: number; cameraId: string; format: "jpeg" | "png" },
  ) {
    this.#width = options.width;
    this.#height = options.height;
    this.#cameraId = options.cameraId;
    this.#format = options.format;
    this.#pixels = new Uint8Array(options.width * options.height);
    this.#jpeg = new JpegEncoder({ ...options, palette: PALETTE });
  }

  picture(moment: Moment): Uint8Array {
    const pixels = this.draw(moment);
    if (this.#format === "jpeg") return this.#jpeg.encode(pixels);
    return encodePng({ width: this.#width, height: this.#height, pixels, palette: PALETTE });
  }

  /** The pixels, as the palette's indices; the array is used again for the next frame. */
  draw(moment: Moment): Uint8Array {
    this.#drawBars(moment);
    this.#drawRamp(moment);
    this.#drawPanel(moment);
    return this.#pixels;
  }

  /** The bars pass once across the picture in 16 to 31 s, to the left or to the right. */
  #drawBars({ time }: Moment): void {
    const seed = hash(this.#cameraId);
    const period = (16 + (seed % 16)) * 1000;
    const turned = (time % period) / period;
    const shift = (seed & 16) === 0 ? turned : 1 - turned;
    const line = new Uint8Array(this.#width);
    for (let x = 0; x < this.#width; x++) {
      line[x] = Math.floor(((x + 0.5) / this.#width + shift) * BARS) % BARS;
    }
    for (let y = 0; y < this.#height; y++) this.#pixels.set(line, y * this.#width);
  }

  /**
   * Below, from black to white, with a mark that passes once a second: whoever stutters is seen to.
   */
  #drawRamp({ time }: Moment): void {
    const top = Math.floor((this.#height * 7) / 8 / 8) * 8;
    const steps = GRAYS + 1;
    for (let step = 0; step < steps; step++) {
      const left = Math.round((this.#width * step) / steps);
      const right = Math.round((this.#width * (step + 1)) / steps);
      const gray = step === GRAYS ? WHITE : DARKEST + step;
      this.#fill(left, top, right - left, this.#height - top, gray);
    }
    const mark = Math.max(4, Math.round(this.#width / 40));
    const left = Math.floor(((time % 1000) / 1000) * (this.#width - mark));
    this.#fill(left, top, mark, Math.max(4, (this.#height - top) >> 2), ACCENT);
  }

  #drawPanel({ frame, time }: Moment): void {
    const at = new Date(time);
    const clock = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}` +
      `.${Math.floor(at.getMilliseconds() / 100)}`;
    const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
    const fits = (text: string, scale: number) =>
      Math.max(1, Math.min(scale, Math.floor(this.#width * 0.9 / (text.length * 6))));
    const unit = Math.max(1, Math.floor(Math.min(this.#width / 150, this.#height / 110)));
    const small = Math.max(1, Math.floor(unit * 0.75));
    const lines = [
      { text: this.#cameraId, scale: fits(this.#cameraId, unit), colour: ACCENT },
      { text: clock, scale: fits(clock, unit + small), colour: WHITE },
      { text: `${day}  #${frame}`, scale: fits(`${day}  #${frame}`, small), colour: DARKEST + 5 },
    ];
    const gap = unit * 3;
    const height = lines.reduce((sum, line) => sum + line.scale * GLYPH_HEIGHT + gap, gap);
    const width = Math.max(...lines.map((line) => widthOf(line.text, line.scale))) + gap * 2;
    const top = Math.max(0, (this.#height * 7 / 8 - height) >> 1) & ~7;
    this.#fill((this.#width - width) >> 1, top, width, height, PANEL);
    let y = top + gap;
    for (const { text, scale, colour } of lines) {
      this.#write(text, (this.#width - widthOf(text, scale)) >> 1, y, scale, colour);
      y += scale * GLYPH_HEIGHT + gap;
    }
  }

  #write(text: string, left: number, top: number, scale: number, colour: number): void {
    [...text].forEach((letter, index) => {
      const x = left + index * (GLYPH_WIDTH + 1) * scale;
      this.#glyph(letter).forEach((row, down) =>
        row.forEach((isDot, across) => {
          if (isDot) this.#fill(x + across * scale, top + down * scale, scale, scale, colour);
        })
      );
    });
  }

  #glyph(letter: string): boolean[][] {
    let glyph = this.#glyphs.get(letter);
    if (glyph === undefined) this.#glyphs.set(letter, glyph = glyphOf(letter));
    return glyph;
  }

  /** A rectangle, as far as it lies in the picture. */
  #fill(x: number, y: number, width: number, height: number, colour: number): void {
    const left = Math.max(0, x), right = Math.min(this.#width, x + width);
    const bottom = Math.min(this.#height, y + height);
    if (left >= right) return;
    for (let row = Math.max(0, y); row < bottom; row++) {
      this.#pixels.fill(colour, row * this.#width + left, row * this.#width + right);
    }
  }
}

function widthOf(text: string, scale: number): number {
  return ([...text].length * (GLYPH_WIDTH + 1) - 1) * scale;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}

function hash(text: string): number {
  let value = 7;
  for (const letter of text) value = (Math.imul(value, 31) + letter.codePointAt(0)!) | 0;
  return value >>> 0;
}
