/**
 * A PNG encoder for drawings (W3C PNG): a palette and one byte a pixel. Each line is written as its
 * difference from the one above (filter 2), which is mostly zero in a picture of upright bars, so
 * that the fastest deflate does.
 */

import { crc32, deflateSync } from "node:zlib";
import { PNG_SIGNATURE } from "../picture.ts";
import type { Colour } from "./jpeg_encoder.ts";

const FILTER_UP = 2;

/** Encodes one picture: a palette's index a pixel, row by row. At most 256 colours. */
export function encodePng(
  picture: { width: number; height: number; pixels: Uint8Array; palette: readonly Colour[] },
): Uint8Array {
  const { width, height, pixels, palette } = picture;
  const lines = new Uint8Array((width + 1) * height);
  for (let y = 0; y < height; y++) {
    const line = y * (width + 1);
    lines[line] = FILTER_UP;
    for (let x = 0; x < width; x++) {
      const above = y === 0 ? 0 : pixels[(y - 1) * width + x];
      lines[line + 1 + x] = pixels[y * width + x] - above;
    }
  }
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([8, 3, 0, 0, 0], 8); // eight bits, by palette, not interlaced

  return concat([
    PNG_SIGNATURE,
    chunk("IHDR", header),
    chunk("PLTE", Uint8Array.from(palette.flat())),
    chunk("IDAT", deflateSync(lines, { level: 1 })),
    chunk("IEND", new Uint8Array()),
  ]);
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(data.length + 12);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  for (let i = 0; i < 4; i++) bytes[4 + i] = type.charCodeAt(i);
  bytes.set(data, 8);
  view.setUint32(8 + data.length, crc32(bytes.subarray(4, 8 + data.length)));
  return bytes;
}

function concat(parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
