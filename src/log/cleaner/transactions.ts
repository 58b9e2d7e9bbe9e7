/**
 * What a walk over a log, batch by batch, knows of the transactions it passes through: which
 * batches were aborted, and whether a marker still has anything before it to mark.
 *
 * Aborted records go with the first cleaning. Their marker stays for that one, since consumers may
 * be reading the old files, and is empty of meaning at the next: from then on it is treated like a
 * tombstone, kept until its delete horizon and then dropped (KIP-98, KIP-534). A commit's marker
 * likewise, once all records of its transaction are gone.
 */
import type { Offset } from "../../base/mod.ts";
import { type BatchView, decodeControlRecord, recordsOf } from "../../records/mod.ts";
import type { AbortedTransaction } from "../transaction_index.ts";

/** A marker has a few bytes; other control records are not much larger. */
const MAX_CONTROL_BYTES = 1024 * 1024;

interface Aborted {
  readonly transaction: AbortedTransaction;
  /** A batch of it is there, on disk as yet. */
  hasBatches: boolean;
}

export class PassedTransactions {
  readonly #onAborted: (transaction: AbortedTransaction) => void;
  /** Aborts that begin further on, in order of their first offsets. */
  #ahead: AbortedTransaction[] = [];
  /** By producer. */
  readonly #aborted = new Map<number, Aborted>();
  /** Producers of which batches were passed that were not aborted. */
  readonly #committed = new Set<number>();

  /** @param onAborted told of each abort that the log must go on remembering. */
  constructor(onAborted: (transaction: AbortedTransaction) => void = () => {}) {
    this.#onAborted = onAborted;
  }

  /** Aborts that overlap what comes next; the same ones may be told again. */
  expect(transactions: readonly AbortedTransaction[]): void {
    if (transactions.length === 0) return;
    this.#ahead = [...this.#ahead, ...transactions].sort((a, b) => a.firstOffset - b.firstOffset);
  }

  /**
   * Takes in the next batch of the log. True when nobody needs it, for all that transactions say.
   */
  pass(batch: BatchView): boolean {
    this.#begin(batch.lastOffset);
    return batch.isControl ? this.#passMarker(batch) : this.#passRecords(batch);
  }

  #begin(upTo: Offset): void {
    while (this.#ahead.length > 0 && this.#ahead[0].firstOffset <= upTo) {
      const transaction = this.#ahead.shift()!;
      const { producerId } = transaction;
      if (!this.#aborted.has(producerId)) {
        this.#aborted.set(producerId, { transaction, hasBatches: false });
      }
    }
  }

  #passRecords(batch: BatchView): boolean {
    if (!batch.isTransactional) return false;
    const aborted = this.#aborted.get(batch.producerId);
    if (aborted === undefined) {
      this.#committed.add(batch.producerId);
      return false;
    }
    aborted.hasBatches = true;
    return true;
  }

  #passMarker(batch: BatchView): boolean {
    const type = controlType(batch);
    if (type === undefined) return true; // it was emptied before
    if (type === "COMMIT") return !this.#committed.delete(batch.producerId);
    if (type !== "ABORT") return false;
    const aborted = this.#aborted.get(batch.producerId);
    this.#aborted.delete(batch.producerId);
    if (aborted === undefined || !aborted.hasBatches) return true;
    this.#onAborted(aborted.transaction);
    return false;
  }
}

function controlType(batch: BatchView): string | undefined {
  for (const record of recordsOf(batch, { maxDecompressedBytes: MAX_CONTROL_BYTES })) {
    return decodeControlRecord(record).type;
  }
}
