/**
 * Pictures on the wire, in two shapes. `multipart/x-mixed-replace` is what any `<img>` understands;
 * the feed is for our page: all cameras over one connection (browsers open six to a host and no
 * more), each picture behind a line of JSON that tells about it, and lines about the state between
 * them.
 *
 * Both are pulled: the next picture is taken from what waits (`newest.ts`) when the socket has room
 * for it, so what a slow watcher misses was never queued.
 */

import type { Frame } from "./frame.ts";
import type { Newest } from "./newest.ts";

const encoder = new TextEncoder();
const BOUNDARY = "streamer-picture";

export const MULTIPART_TYPE = `multipart/x-mixed-replace; boundary=${BOUNDARY}`;

/** What opens a multipart stream. */
export const MULTIPART_START = encoder.encode(`--${BOUNDARY}\r\n`);

/**
 * One picture as a part. The boundary comes after it and not before: a browser shows a part when it
 * has seen its end, so one that came with the next picture would keep each back by a frame.
 */
export function multipartOf(frame: Frame): Uint8Array {
  const head = [
    `Content-Type: ${frame.contentType}`,
    `Content-Length: ${frame.bytes.length}`,
    `X-Camera: ${encodeURIComponent(frame.camera)}`,
    `X-Partition: ${frame.partition}`,
    `X-Offset: ${frame.offset}`,
    `X-Timestamp: ${frame.timestamp}`,
  ];
  return joined([
    encoder.encode(`${head.join("\r\n")}\r\n\r\n`),
    frame.bytes,
    encoder.encode(`\r\n--${BOUNDARY}\r\n`),
  ]);
}

/** What the feed carries: a picture, or anything else as JSON. */
export type FeedItem = { frame: Frame } | { note: () => unknown };

/** A line of JSON with the length of the bytes that follow it. */
export function feedOf(item: FeedItem, now: number): Uint8Array {
  if ("note" in item) return encoder.encode(`${JSON.stringify(item.note())}\n`);
  const { frame } = item;
  const line = {
    type: "frame",
    ...aboutOf(frame),
    ageMs: Math.max(0, now - frame.timestamp),
    bytes: frame.bytes.length,
  };
  return joined([encoder.encode(`${JSON.stringify(line)}\n`), frame.bytes]);
}

/** A picture's facts without the picture. */
export function aboutOf(frame: Frame) {
  const { camera, contentType, width, height, partition, offset, timestamp } = frame;
  return {
    camera,
    contentType,
    width,
    height,
    partition,
    offset,
    timestamp,
    size: frame.bytes.length,
  };
}

/** A body that takes from what waits when it is asked to. */
export function bodyOf<Item>(
  waiting: Newest<Item>,
  options: { start?: Uint8Array; encode: (item: Item) => Uint8Array; onEnd: () => void },
): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>({
    start(controller) {
      if (options.start) controller.enqueue(options.start);
    },
    async pull(controller) {
      const item = await waiting.next();
      if (item !== undefined) return controller.enqueue(options.encode(item));
      options.onEnd();
      controller.close();
    },
    cancel() {
      options.onEnd();
    },
  }, { highWaterMark: 0 });
}

function joined(parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
