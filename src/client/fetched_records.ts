/**
 * From fetched bytes to records: steps over what a consumer shall not see (records before the
 * offset asked for, control records, records of aborted transactions) and gives the rest in order.
 */
import type { Offset } from "../base/mod.ts";
import {
  batchesOf,
  type BatchView,
  CorruptRecords,
  decodeControlRecord,
  recordsOf,
} from "../records/mod.ts";
import type { IncomingRecord } from "./types.ts";

/** One partition's part of one Fetch answer. */
export interface Fetched {
  readonly topic: string;
  readonly partition: number;
  /** The first offset wanted; batches may begin before it. */
  readonly from: Offset;
  /** The first offset not wanted. */
  readonly until: Offset;
  readonly bytes: Uint8Array;
  readonly aborted: readonly { readonly producerId: number; readonly firstOffset: Offset }[];
}

/** One batch may unpack to this much: a bound on what a compressed answer can make of itself. */
const MAX_UNPACKED_BYTES = 128 * 2 ** 20;

/** The offset behind the last whole batch; `from` when there is none. */
export function offsetBehind(bytes: Uint8Array, from: Offset): Offset {
  let next = from;
  for (const batch of batchesOf(bytes)) next = Math.max(next, batch.nextOffset);
  return next;
}

/**
 * The records in order. Keys and values are views of the fetched bytes. Throws {@link
 * CorruptRecords}.
 */
export function* recordsIn(fetched: Fetched): Generator<IncomingRecord> {
  const { topic, partition, from, until } = fetched;
  const isAborted = abortedFilter(fetched);
  for (const batch of batchesOf(fetched.bytes)) {
    if (!batch.isCrcValid()) {
      throw new CorruptRecords(
        `Cannot read "${topic}"-${partition}: bad checksum at ${batch.baseOffset}`,
        "crc",
      );
    }
    if (isAborted(batch) || batch.isControl || batch.nextOffset <= from) continue;
    if (batch.baseOffset >= until) return;
    for (const record of recordsOf(batch, { maxDecompressedBytes: MAX_UNPACKED_BYTES })) {
      if (record.offset < from) continue;
      if (record.offset >= until) return;
      const { offset, timestamp, key, value } = record;
      const headers: Record<string, Uint8Array> = {};
      for (const header of record.headers) headers[header.key] = header.value ?? new Uint8Array();
      yield { topic, partition, offset, timestamp, key, value, headers };
    }
  }
}

/**
 * The answer lists transactions that were aborted, each with its first offset; from there on that
 * producer's batches are void until its abort marker (KIP-98).
 */
function abortedFilter({ aborted }: Fetched): (batch: BatchView) => boolean {
  const coming = aborted.toSorted((one, other) => one.firstOffset - other.firstOffset);
  const open = new Set<number>();
  return (batch) => {
    while (coming.length > 0 && coming[0].firstOffset <= batch.lastOffset) {
      open.add(coming.shift()!.producerId);
    }
    if (!batch.isTransactional || !open.has(batch.producerId)) return false;
    if (batch.isControl && isAbortMarker(batch)) open.delete(batch.producerId);
    return true;
  };
}

function isAbortMarker(batch: BatchView): boolean {
  const [marker] = recordsOf(batch, { maxDecompressedBytes: MAX_UNPACKED_BYTES });
  return marker !== undefined && decodeControlRecord(marker).type === "ABORT";
}
