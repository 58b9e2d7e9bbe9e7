/**
 * The contract that plugins are written to, first form. A plugin is one module whose default export
 * is a plain object: what it is called, what its options are, and what it does. The schema of its
 * options is its flags, its help, its validation and later its form in the console. It needs no
 * import at run time (types are erased), so one `.ts` file from anywhere runs under any streamer,
 * the packed one too.
 *
 * Three kinds. A *source* yields records and the host publishes them: batching, acknowledgements,
 * retries, and a bounded backlog while the brokers are away are the host's work. A *sink* is handed
 * batches of records, in order per partition, and its offsets are committed after `write` returns.
 * An *app* gets a client and does as it likes until its signal fires.
 */
import type { z as Zod, ZodObject } from "zod";

/** The schema library, handed to `options` so that a plugin needs no import. */
export type Z = typeof Zod;

/** What a source yields, and what a record is before it has a place in a log. */
export interface OutgoingRecord {
  /** Where to; without it the host's `--topic`. */
  topic?: string;
  /** Without it, chosen by the key as Kafka's clients do (murmur2), or spread evenly. */
  partition?: number;
  key?: Uint8Array | string | null;
  /** null is a tombstone on a compacted topic. */
  value: Uint8Array | string | null;
  headers?: Record<string, Uint8Array | string>;
  /** Milliseconds since 1970; without it, the moment the host took the record in. */
  timestamp?: number;
}

/** A record as it was read from a partition. */
export interface IncomingRecord {
  topic: string;
  partition: number;
  offset: number;
  /** Milliseconds since 1970. */
  timestamp: number;
  key: Uint8Array | null;
  value: Uint8Array | null;
  headers: Record<string, Uint8Array>;
}

/** Where reading begins: an end of the log, an offset, or the first record at or after a time. */
export type ReadFrom = "beginning" | "end" | { offset: number } | { timestamp: number };

/** Offsets of one partition: `earliest` is the first there is, `latest` the next to be written. */
export interface PartitionOffsets {
  partition: number;
  earliest: number;
  latest: number;
}

/** What an app (and every command of ours) does with a cluster; any Kafka will do. */
export interface PluginClient {
  /** Publishes and resolves once acknowledged by all in-sync replicas. */
  produce(records: OutgoingRecord[]): Promise<void>;
  /**
   * Reads without a group, every partition of the topic or one of them, until the signal fires:
   * live, and again after a broker comes back. With `until: "end"` it stops at the end of the log
   * as it was at the start. Records of one partition come in order.
   */
  read(
    topic: string,
    options: {
      from: ReadFrom;
      partition?: number;
      until?: "end";
      signal?: AbortSignal;
      /**
       * At most this many bytes a partition and fetch; bounds memory. Default 1 MiB; one record
       * always fits.
       */
      maxBytes?: number;
      /** Told when brokers go away and come back, so that a page can say so. */
      onState?: (state: "connected" | "disconnected", reason?: string) => void;
    },
  ): AsyncIterable<IncomingRecord>;
  offsets(topic: string): Promise<PartitionOffsets[]>;
  /**
   * The first offset of each partition whose record is at or after the time; `latest` where there
   * is none.
   */
  offsetsAt(topic: string, timestamp: number): Promise<{ partition: number; offset: number }[]>;
  /** Makes the topic if it is not there; true when this call made it. */
  ensureTopic(
    topic: string,
    options?: { partitions?: number; replicas?: number; configs?: Record<string, string> },
  ): Promise<boolean>;
}

/** What the host hands to a plugin that runs. */
export interface PluginContext {
  /** Fires when the plugin is to end; `run` must then return soon. */
  readonly signal: AbortSignal;
  /** One line to whoever watches: an event and its facts. */
  log(
    level: "debug" | "info" | "warn" | "error",
    event: string,
    fields?: Record<string, unknown>,
  ): void;
  /**
   * Facts that last until they change, shown as a status line or JSON: `{ fps: 14.9, dropped: 3 }`.
   * Each call adds to what earlier ones said. The first tells whoever started the plugin that it is
   * up.
   */
  status(facts: Record<string, string | number | boolean>): void;
  readonly client: PluginClient;
}

export interface SourceContext extends PluginContext {
  /** What the host has done with yielded records so far. */
  readonly published: { records: number; bytes: number; dropped: number; waiting: number };
}

interface PluginBase<Options> {
  /** The command's name, `[a-z][a-z0-9-]*`. */
  name: string;
  /** One line for the list of commands. */
  summary: string;
  /** Command lines that work, shown by `--help`. */
  examples?: string[];
  /**
   * Name, type, default, range and description of each option: `z.object({ fps: z.number().min(1)…
   * })`. Each becomes a flag: `maxFps` is `--max-fps`, a boolean is `--live` and `--no-live`, a
   * list can be repeated. A number that says `.meta({ unit: "ms" })`, or whose name ends in `Ms`,
   * is typed as `5s` too; one of `"bytes"` as `4MiB`.
   */
  options: ZodObject | ((z: Z) => ZodObject);
  /** Default of `--topic`; without it the flag must be given. */
  topic?: string;
  readonly __options?: Options;
}

/** Reads something and yields it as records. */
export interface SourcePlugin<Options = any> extends PluginBase<Options> {
  kind: "source";
  /**
   * What waits while brokers are away. `keep: "newest"` drops the oldest record beyond `bytes` and
   * counts it (a live picture); `"all"` stops pulling from the source instead (a file). Default
   * all, 16 MiB.
   */
  backlog?: { keep: "newest" | "all"; bytes?: number };
  run(options: Options, context: SourceContext): AsyncIterable<OutgoingRecord>;
}

/** Is handed records. Offsets are committed once `write` has returned. */
export interface SinkPlugin<Options = any> extends PluginBase<Options> {
  kind: "sink";
  write(records: IncomingRecord[], options: Options, context: PluginContext): Promise<void>;
}

/** Does as it likes with a client, until the signal fires. */
export interface AppPlugin<Options = any> extends PluginBase<Options> {
  kind: "app";
  run(options: Options, context: PluginContext): Promise<void>;
}

export type Plugin = SourcePlugin | SinkPlugin | AppPlugin;
