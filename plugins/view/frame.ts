/**
 * A record taken for a picture. Our camera says in headers what it sends; others (a Python script
 * with a few lines) send bytes and nothing else, so the bytes are looked at first and believed
 * before the headers.
 */

import type { IncomingRecord } from "../../mod.ts";

export interface Frame {
  /** The record's key; without one, the partition counts as a camera. */
  camera: string;
  bytes: Uint8Array;
  contentType: string;
  /** Pixels; undefined when neither bytes nor headers tell. */
  width: number | undefined;
  height: number | undefined;
  partition: number;
  offset: number;
  /** Milliseconds since 1970, by the camera's clock or the broker's. */
  timestamp: number;
}

/**
 * What a header may claim of bytes that are neither JPEG nor PNG; nothing that could carry a
 * script.
 */
const OTHER_PICTURES = /^image\/(webp|gif|avif|bmp)$/;

/** The record as a picture; undefined when it is none. */
export function frameOf(record: IncomingRecord): Frame | undefined {
  const { value, partition, offset, timestamp } = record;
  if (value === null || value.length === 0) return undefined;
  const header = (name: string) => {
    const bytes = record.headers[name];
    return bytes && new TextDecoder().decode(bytes);
  };
  const claimed = header("content-type") ?? "";
  const contentType = pictureType(value) ?? (OTHER_PICTURES.test(claimed) ? claimed : undefined);
  if (contentType === undefined) return undefined;
  return {
    camera: cameraOf(record),
    // A view of a fetched answer would keep all of the answer in memory.
    bytes: value.buffer.byteLength > value.length * 2 ? value.slice() : value,
    contentType,
    ...(sizeOf(value, contentType) ?? {
      width: pixels(header("width")),
      height: pixels(header("height")),
    }),
    partition,
    offset,
    timestamp,
  };
}

/** Whose record it is. */
export function cameraOf({ key, partition }: Pick<IncomingRecord, "key" | "partition">): string {
  if (key === null || key.length === 0) return `partition ${partition}`;
  return new TextDecoder().decode(key.subarray(0, 200));
}

/** JPEG or PNG by the first bytes. */
function pictureType(bytes: Uint8Array): string | undefined {
  const starts = (...first: number[]) => first.every((byte, at) => bytes[at] === byte);
  if (starts(0xff, 0xd8, 0xff)) return "image/jpeg";
  if (starts(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)) return "image/png";
  return undefined;
}

function sizeOf(bytes: Uint8Array, type: string): { width: number; height: number } | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (type === "image/png") {
    return bytes.length < 24
      ? undefined
      : { width: view.getUint32(16), height: view.getUint32(20) };
  }
  if (type !== "image/jpeg") return undefined;
  // From marker to marker to the frame header (SOF0 to SOF15, but DHT, JPG and DAC, which share
  // their range).
  for (let at = 2; at + 9 <= bytes.length && bytes[at] === 0xff;) {
    const marker = bytes[at + 1];
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) {
      return { height: view.getUint16(at + 5), width: view.getUint16(at + 7) };
    }
    at += marker === 0xff ? 1 : 2 + view.getUint16(at + 2);
  }
  return undefined;
}

function pixels(text: string | undefined): number | undefined {
  const value = Number(text);
  return Number.isInteger(value) && value > 0 ? value : undefined;
}
