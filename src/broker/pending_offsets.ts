/**
 * Offsets that were committed within transactions (KIP-98), while a partition of
 * `__consumer_offsets` is read. They lie among the others in batches of their producer and count
 * only from its COMMIT marker on; an ABORT marker drops them. What somebody has committed for the
 * same partition of the same group between the two is newer, and stays.
 *
 * Transactions themselves are not served yet: one that is still open at the end of the log stays
 * open there, and its offsets do not count.
 */
import type { Record } from "../records/mod.ts";

type KeyedRecord = Record & { readonly key: Uint8Array };

const nameOf = (key: Uint8Array): string => key.toHex();

export class PendingOffsets {
  readonly #byProducer = new Map<number, Map<string, KeyedRecord>>();

  /** Transactions that have not ended. */
  get size(): number {
    return this.#byProducer.size;
  }

  /** The bytes must be the caller's to keep. */
  add(producerId: number, record: KeyedRecord): void {
    let pending = this.#byProducer.get(producerId);
    if (pending === undefined) this.#byProducer.set(producerId, pending = new Map());
    const name = nameOf(record.key);
    pending.delete(name); // the last one counts, and comes last
    pending.set(name, record);
  }

  /** A commit outside of transactions. */
  overwrite(key: Uint8Array): void {
    if (this.#byProducer.size === 0) return;
    const name = nameOf(key);
    for (const pending of this.#byProducer.values()) pending.delete(name);
  }

  /** The transaction ended: what counts from now on, nothing if it was aborted. */
  end(producerId: number, { isCommitted }: { isCommitted: boolean }): KeyedRecord[] {
    const pending = this.#byProducer.get(producerId);
    this.#byProducer.delete(producerId);
    if (!isCommitted || pending === undefined) return [];
    const records = [...pending.values()];
    for (const { key } of records) this.overwrite(key);
    return records;
  }
}
