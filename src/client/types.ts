/**
 * What goes into a client and what comes out. The plugin contract has the same shapes in its own
 * words, since an author reads that file alone; the compiler compares the two where one is handed
 * to the other.
 */
import type { Offset } from "../base/mod.ts";

/** A record before it has a place in a log. */
export interface OutgoingRecord {
  topic?: string;
  /** Without it, chosen by the key as Kafka's clients do (murmur2), or spread evenly. */
  partition?: number;
  key?: Uint8Array | string | null;
  value: Uint8Array | string | null;
  headers?: Record<string, Uint8Array | string>;
  /** Milliseconds since 1970; without it, now. */
  timestamp?: number;
}

/** A record as it was read from a partition. */
export interface IncomingRecord {
  topic: string;
  partition: number;
  offset: Offset;
  /** Milliseconds since 1970. */
  timestamp: number;
  key: Uint8Array | null;
  value: Uint8Array | null;
  headers: Record<string, Uint8Array>;
}

/** Where reading begins: an end of the log, an offset, or the first record at or after a time. */
export type ReadFrom = "beginning" | "end" | { offset: Offset } | { timestamp: number };

export interface ReadOptions {
  from: ReadFrom;
  partition?: number;
  /**
   * Stop at the end of the log as it was at the start; without it, read on until the signal fires.
   */
  until?: "end";
  signal?: AbortSignal;
  /** At most this many bytes a partition and fetch; one record always fits. Default 1 MiB. */
  maxBytes?: number;
  /** Told when brokers go away and come back. */
  onState?: (state: "connected" | "disconnected", reason?: string) => void;
}
