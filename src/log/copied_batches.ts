/**
 * What a follower checks of batches that another leader has written, before any of them is written
 * here: they are whole and summed, and their offsets and epochs go on where the log ends. It takes
 * them as they are, so that all replicas are the same byte for byte.
 */
import type { Offset } from "../base/mod.ts";
import { KafkaError } from "../protocol/mod.ts";
import { batchesOf, type BatchView, CorruptRecords } from "../records/mod.ts";
import { MAX_RELATIVE_OFFSET } from "./batch_cut.ts";
import { ProvenSums } from "./proven_sums.ts";

export interface CopiedContext {
  /** The partition's, for messages. */
  readonly name: string;
  /** Where the log ends. */
  readonly nextOffset: Offset;
  /** The log has no records: the first batch may begin before its end, if it reaches there. */
  readonly isEmpty: boolean;
  /** Under which the log's last record was written; undefined when it has none. */
  readonly latestEpoch: number | undefined;
  /** The leader's, as the follower knows it; without it any. */
  readonly leaderEpoch: number | undefined;
}

/** Batches that lie side by side in one buffer, and go into one segment in one write. */
export interface CopiedRun {
  readonly bytes: Uint8Array;
  readonly batches: readonly BatchView[];
  readonly maxTimestamp: number;
}

/**
 * Those of the batches that are to be appended. A last one that is cut short is left out, since a
 * leader may cut its answer anywhere; so are those of a later epoch than the leader's, and all
 * behind them, which are another leader's (KAFKA-18723). Throws KafkaError CORRUPT_MESSAGE; of
 * batches that are broken none is taken.
 */
export function validateCopiedBatches(bytes: Uint8Array, context: CopiedContext): BatchView[] {
  const { leaderEpoch = Infinity } = context;
  const batches = wholeBatches(bytes, context);
  checkSums(bytes, batches, context);
  const later = batches.findIndex((batch) => batch.partitionLeaderEpoch > leaderEpoch);
  const taken = later < 0 ? batches : batches.slice(0, later);
  checkOrder(taken, context);
  return taken;
}

function wholeBatches(bytes: Uint8Array, context: CopiedContext): BatchView[] {
  try {
    const batches = [...batchesOf(bytes)];
    if (batches.length > 0 || bytes.length === 0) return batches;
  } catch (error) {
    if (error instanceof CorruptRecords) throw broken(context, error.message);
    throw error;
  }
  throw broken(context, "the first batch is cut short");
}

function checkSums(
  bytes: Uint8Array,
  batches: readonly BatchView[],
  context: CopiedContext,
): void {
  const size = batches.reduce((sum, { sizeInBytes }) => sum + sizeInBytes, 0);
  const sums = new ProvenSums(bytes, size);
  let at = 0;
  for (const { sizeInBytes, baseOffset } of batches) {
    if (!sums.isRight(at, sizeInBytes)) {
      throw broken(context, `wrong checksum at offset ${baseOffset}`);
    }
    at += sizeInBytes;
  }
}

function checkOrder(batches: readonly BatchView[], context: CopiedContext): void {
  let { nextOffset } = context;
  let epoch = context.latestEpoch ?? -1;
  for (const [i, batch] of batches.entries()) {
    const { baseOffset, lastOffset, partitionLeaderEpoch } = batch;
    if (lastOffset < baseOffset) throw broken(context, `the batch at ${baseOffset} ends before it`);
    const reachesOver = i === 0 && context.isEmpty && lastOffset >= nextOffset;
    if (baseOffset < nextOffset && !reachesOver) {
      throw broken(context, `offset ${baseOffset} is there already, ${nextOffset} is next`);
    }
    if (partitionLeaderEpoch < epoch) {
      const why = `leader epoch ${partitionLeaderEpoch} at offset ${baseOffset}, behind ${epoch}`;
      throw broken(context, why);
    }
    nextOffset = batch.nextOffset;
    epoch = partitionLeaderEpoch;
  }
}

function broken({ name }: CopiedContext, why: string): KafkaError {
  return new KafkaError("CORRUPT_MESSAGE", `Cannot append to ${name} as a follower: ${why}`);
}

/**
 * Cuts the batches into runs: as many as fit together into what is left of the segment, then into
 * others of their own.
 *
 * @param bytes what the batches are views of, from its beginning.
 * @param roomFor how much room there is for a run that begins with this batch.
 */
export function* runsOf(
  bytes: Uint8Array,
  batches: readonly BatchView[],
  roomFor: (first: BatchView) => number,
): Generator<CopiedRun> {
  let at = 0;
  for (let from = 0; from < batches.length;) {
    const first = batches[from];
    const room = roomFor(first);
    let size = first.sizeInBytes;
    let { maxTimestamp } = first;
    let to = from + 1;
    for (; to < batches.length; to++) {
      const next = batches[to];
      const isFar = next.lastOffset - first.baseOffset > MAX_RELATIVE_OFFSET;
      if (isFar || size + next.sizeInBytes > room) break;
      size += next.sizeInBytes;
      maxTimestamp = Math.max(maxTimestamp, next.maxTimestamp);
    }
    yield {
      bytes: bytes.subarray(at, at + size),
      batches: batches.slice(from, to),
      maxTimestamp,
    };
    at += size;
    from = to;
  }
}
