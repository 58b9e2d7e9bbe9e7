/**
 * The coordinator of the groups in one partition of `__consumer_offsets`, with what it takes to
 * read that partition: offsets that were committed within transactions count when those end.
 */
import type { Outcome, RecordPosition } from "../coordinator/mod.ts";
import type { GroupCoordinator } from "../coordinator/group/mod.ts";
import { type BatchView, decodeControlRecord, recordsOf } from "../records/mod.ts";
import type { LoadedMachine, Reply } from "./coordinators/mod.ts";
import type { KeptInGroups } from "./kept_records.ts";
import { PendingOffsets } from "./pending_offsets.ts";

/** A record of a group that decompresses to more than this is not one of ours. */
const MAX_DECOMPRESSED_BYTES = 128 * 1024 * 1024;

export class GroupMachine implements LoadedMachine {
  readonly coordinator: GroupCoordinator<Reply>;
  /** While it loads: offsets of transactions that have not ended. */
  readonly #pending = new PendingOffsets();

  constructor(coordinator: GroupCoordinator<Reply>) {
    this.coordinator = coordinator;
  }

  load(batch: BatchView): number {
    if (batch.isControl) return this.#endTransaction(batch);
    let count = 0;
    for (const record of recordsOf(batch, { maxDecompressedBytes: MAX_DECOMPRESSED_BYTES })) {
      if (record.key === null) continue;
      const owned = { ...record, key: record.key.slice(), value: record.value?.slice() ?? null };
      if (batch.isTransactional) {
        this.#pending.add(batch.producerId, owned);
        continue;
      }
      this.#pending.overwrite(owned.key);
      this.coordinator.replay(owned.key, owned.value, owned);
      count++;
    }
    return count;
  }

  #endTransaction(batch: BatchView): number {
    const [marker] = recordsOf(batch, { maxDecompressedBytes: MAX_DECOMPRESSED_BYTES });
    if (marker === undefined) return 0; // emptied by a cleaning: all of the transaction is gone
    const isCommitted = decodeControlRecord(marker).type === "COMMIT";
    const records = this.#pending.end(batch.producerId, { isCommitted });
    for (const { key, value, offset, timestamp } of records) {
      this.coordinator.replay(key, value, { offset, timestamp });
    }
    return records.length;
  }

  replay(key: Uint8Array, value: Uint8Array | null, at: RecordPosition): void {
    this.coordinator.replay(key, value, at);
  }

  onLoaded(now: number): void {
    this.coordinator.onLoaded(now);
  }

  nextDeadline(): number | undefined {
    return this.coordinator.nextDeadline();
  }

  onTimer(now: number): Outcome<Reply> {
    return this.coordinator.onTimer(now);
  }

  /** What was read and is not served. */
  get kept(): KeptInGroups {
    const { skippedRecords: records, others } = this.coordinator.stored;
    const groups = new Map<string, number>();
    for (const type of others.values()) groups.set(type, (groups.get(type) ?? 0) + 1);
    return { records, groups, openTransactions: this.#pending.size };
  }
}
