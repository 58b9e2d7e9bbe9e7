/**
 * kafkajs, loaded when it is first needed and never before: producing and groups go through it.
 *
 * Three things are put right on the way in. The codecs it lacks are ours. Its log goes where ours
 * goes; what it calls an error while it is trying again is for debugging. And its request queue
 * sets a timer of a negative delay after every answer, which becomes a timer of 1 ms that never
 * ends: a warning on newer runtimes, and a few percent of a Pi's processor for an idle connection.
 * Nothing needs the timer unless requests wait.
 */
import type { KafkaConfig, logLevel as LogLevels } from "kafkajs";
import type { LogEvent, LogFields } from "../base/mod.ts";
import { type Codec, compress, decompress } from "../records/mod.ts";

type Kafkajs = typeof import("kafkajs");

let loading: Promise<Kafkajs> | undefined;

/** The library, put right. */
export function loadKafkajs(): Promise<Kafkajs> {
  return loading ??= load();
}

async function load(): Promise<Kafkajs> {
  const [kafkajs, queue] = await Promise.all([
    import("kafkajs"),
    // @ts-ignore: an inner module, which has no types.
    import("kafkajs/src/network/requestQueue/index.js"),
  ]);
  stopIdleTimer(queue.default ?? queue);
  const { CompressionCodecs, CompressionTypes } = kafkajs.default ?? kafkajs;
  CompressionCodecs[CompressionTypes.Snappy] = codec("snappy");
  CompressionCodecs[CompressionTypes.LZ4] = codec("lz4");
  CompressionCodecs[CompressionTypes.ZSTD] = codec("zstd");
  return kafkajs.default ?? kafkajs;
}

function stopIdleTimer(queue: { prototype: any }): void {
  const schedule = queue.prototype.scheduleCheckPendingRequests;
  queue.prototype.scheduleCheckPendingRequests = function (this: { pending: unknown[] }): void {
    if (this.pending.length > 0) schedule.call(this);
  };
}

/** A batch may unpack to this much. */
const MAX_UNPACKED_BYTES = 128 * 2 ** 20;

const codec = (name: Codec) => () => ({
  compress: ({ buffer }: { buffer: Uint8Array }) =>
    Promise.resolve(asBuffer(compress(name, buffer))),
  decompress: (bytes: Uint8Array) =>
    Promise.resolve(asBuffer(decompress(name, bytes, { maxBytes: MAX_UNPACKED_BYTES }))),
});

/** kafkajs speaks node's Buffer; this one shares the bytes. */
export function asBuffer(bytes: Uint8Array): any {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/**
 * What every kafkajs client of ours is made with. Pauses are short: whoever calls tries again in a
 * way of its own.
 */
export function kafkajsConfig(
  { brokers, clientId, log }: { brokers: string[]; clientId: string; log: LogEvent },
  { logLevel }: { logLevel: typeof LogLevels },
): KafkaConfig {
  return {
    brokers,
    clientId,
    connectionTimeout: 3000,
    requestTimeout: 10_000,
    retry: { initialRetryTime: 50, maxRetryTime: 1000, retries: 4 },
    logLevel: logLevel.WARN,
    logCreator: () => ({ log: { message, timestamp: _, logger: __, stack: ___, ...fields } }) => {
      log("debug", `kafkajs: ${message}`, plain(fields));
    },
  };
}

function plain(fields: Record<string, unknown>): LogFields {
  return Object.fromEntries(
    Object.entries(fields).map((
      [name, value],
    ) => [name, typeof value === "object" ? String(value) : value as string]),
  );
}
