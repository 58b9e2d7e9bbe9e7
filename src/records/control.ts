/**
 * Control batches: what brokers write to each other into the same logs as records. Their key is two
 * int16, a version (0) and a type; the value is a message of that type, which this room does not
 * look into. A transaction marker's batch has one record; a quorum's batch may have several.
 * Consumers step over them all, types they don't know included, but their offsets count.
 */
import { type BatchOptions, encodeBatch } from "./encode.ts";
import type { Record } from "./record.ts";
import { CorruptRecords } from "./corrupt_records.ts";

/**
 * By their numbers: the end of a transaction (KIP-98), then the quorum's own (KIP-595, KIP-630,
 * KIP-853).
 */
export const CONTROL_TYPES = [
  "ABORT",
  "COMMIT",
  "LEADER_CHANGE",
  "SNAPSHOT_HEADER",
  "SNAPSHOT_FOOTER",
  "KRAFT_VERSION",
  "KRAFT_VOTERS",
] as const;
export type ControlType = typeof CONTROL_TYPES[number];

export interface ControlRecordInput {
  readonly type: ControlType;
  /** The encoded message: for a marker, version and coordinator epoch. */
  readonly value: Uint8Array;
}

export interface ControlRecord {
  /** "UNKNOWN" for one of a later Kafka, which is kept and replicated all the same. */
  readonly type: ControlType | "UNKNOWN";
  readonly typeNumber: number;
  readonly value: Uint8Array;
}

/** A control batch; every record carries `timestamp`. Never compressed. */
export function encodeControlBatch(
  records: readonly ControlRecordInput[],
  { timestamp, ...options }: Omit<BatchOptions, "codec" | "level" | "isControl"> & {
    timestamp: number;
  },
): Uint8Array {
  const inputs = records.map(({ type, value }) => ({ key: controlKey(type), value, timestamp }));
  return encodeBatch(inputs, { ...options, isControl: true });
}

function controlKey(type: ControlType): Uint8Array {
  return Uint8Array.of(0, 0, 0, CONTROL_TYPES.indexOf(type));
}

/** Reads a record of a control batch. Throws `CorruptRecords` when its key is not that of one. */
export function decodeControlRecord({ key, value, offset }: Record): ControlRecord {
  if (key === null || key.length < 4 || value === null) {
    throw new CorruptRecords(
      `Cannot read the control record at offset ${offset}: it has no type`,
      "records",
    );
  }
  const typeNumber = ((key[2] << 24) >> 16) | key[3];
  return { type: CONTROL_TYPES[typeNumber] ?? "UNKNOWN", typeNumber, value };
}
