/**
 * What stays of one batch of a compacted log (`kafka-behaviour` 20.6). A record stays when it is
 * the newest of its key, or lies behind what this run has looked at. A tombstone stays also then
 * only until its delete horizon, which the first cleaning that meets it writes into the batch
 * (KIP-534), so that consumers have `delete.retention.ms` to see it from that time on.
 *
 * A batch without records goes, but for three whose header is kept: the last of a producer that is
 * still known, since its sequence is in there; the marker that alone tells that producer's epoch;
 * and the last of the range that is cleaned, so that no offset seems never to have been.
 */
import type { Offset } from "../../base/mod.ts";
import { type BatchView, emptied, type RecordSpans, repack } from "../../records/mod.ts";
import type { LastRecord } from "../producer_state.ts";
import type { KeyOffsets } from "./key_offsets.ts";
import type { PassedTransactions } from "./transactions.ts";

export interface Retention {
  readonly keys: Pick<KeyOffsets, "get" | "latestOffset">;
  readonly transactions: Pick<PassedTransactions, "pass">;
  /** Of each producer that the log remembers. */
  readonly lastRecords: ReadonlyMap<number, LastRecord>;
  /** Where the part of the log ends that may be cleaned. */
  readonly upTo: Offset;
  readonly now: number;
  readonly deleteRetentionMs: number;
  readonly maxDecompressedBytes: number;
  /** For this batch; used again for the next. */
  readonly spans: RecordSpans;
}

/**
 * The batch as it stays: its own bytes when nothing changes, undefined when nothing stays. Throws
 * `CorruptRecords`.
 */
export function retained(batch: BatchView, retention: Retention): Uint8Array | undefined {
  const { transactions, now, spans, deleteRetentionMs } = retention;
  const isNeedless = transactions.pass(batch);
  const horizonMs = batch.hasDeleteHorizon ? batch.baseTimestamp : undefined;
  const isDropped = isNeedless &&
    (!batch.isControl || (horizonMs !== undefined && horizonMs <= now));
  const keepsHeader = isLastOfProducer(batch, retention) || batch.nextOffset === retention.upTo;
  if (isDropped) return keepsHeader ? emptied(batch) : undefined;

  spans.read(batch, retention);
  const { kept, hasTombstone } = batch.isControl ? allOf(spans) : newestOf(spans, {
    ...retention,
    keepsTombstones: horizonMs === undefined || now < horizonMs,
  });
  if (kept.length === 0) return keepsHeader ? emptied(batch) : undefined;
  const needsHorizon = horizonMs === undefined &&
    (hasTombstone || (isNeedless && batch.isControl));
  if (kept.length === spans.count && !needsHorizon) return batch.bytes;
  return repack(batch, spans, {
    kept,
    deleteHorizonMs: needsHorizon ? now + deleteRetentionMs : horizonMs,
  });
}

function isLastOfProducer(batch: BatchView, { lastRecords }: Retention): boolean {
  if (!batch.hasProducerId) return false;
  const last = lastRecords.get(batch.producerId);
  if (last === undefined) return false;
  return last.lastDataOffset !== undefined
    ? batch.lastOffset === last.lastDataOffset
    : batch.isControl && batch.producerEpoch === last.producerEpoch;
}

interface Kept {
  kept: number[];
  hasTombstone: boolean;
}

function allOf({ count }: RecordSpans): Kept {
  return { kept: Array.from({ length: count }, (_, i) => i), hasTombstone: false };
}

function newestOf(
  spans: RecordSpans,
  { keys, keepsTombstones }: Pick<Retention, "keys"> & { keepsTombstones: boolean },
): Kept {
  const { bytes, count, keyStarts, keyEnds, hasValues } = spans;
  const kept: number[] = [];
  let hasTombstone = false;
  for (let i = 0; i < count; i++) {
    const offset = spans.offset(i);
    const hasValue = hasValues[i] === 1;
    if (offset <= keys.latestOffset) {
      // A record without a key has no place in such a log; one from before it was compacted goes.
      if (keyStarts[i] < 0 || !(hasValue || keepsTombstones)) continue;
      if (offset < keys.get(bytes, keyStarts[i], keyEnds[i])) continue;
    }
    kept.push(i);
    if (!hasValue) hasTombstone = true;
  }
  return { kept, hasTombstone };
}
