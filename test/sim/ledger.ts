/**
 * What one partition was sent, what of it was promised, and whether what is read back keeps that.
 * Knows nothing of files and segments. Each record carries its own name in a header, so that it is
 * known wherever it turns up.
 *
 * A record is promised once it was acknowledged or somebody has read it. With `durability=disk` a
 * promise outlives a power cut; with `os` only the death of the process, and a power cut turns it
 * into a hope. What a start has shown is promised anew.
 */
export interface Sent {
  readonly id: string;
  readonly key: string | null;
  /** null for a tombstone. */
  readonly value: string | null;
  readonly timestamp: number;
  readonly batch: SentBatch;
  readonly index: number;
}

export interface SentBatch {
  readonly records: readonly Sent[];
  readonly producer: string;
  /** Rises with each batch of this producer. */
  readonly order: number;
  /** Who counts sequences, and may send it again. */
  readonly isIdempotent: boolean;
  baseOffset: number | undefined;
}

export interface Found {
  readonly offset: number;
  readonly id: string;
  readonly key: string | null;
  readonly value: string | null;
  readonly timestamp: number;
}

interface Promised {
  readonly record: Sent;
  /** Outlives a power cut. */
  isStrong: boolean;
}

/** What may have happened to the partition's old records. */
export interface Forgetting {
  /** `cleanup.policy` was at some time so. */
  compacts: boolean;
  deletes: boolean;
}

/** How the life before ended. */
export type Ending = "power" | "crash" | "stop";

export class Ledger {
  readonly #sent = new Map<string, Sent>();
  readonly #promised = new Map<number, Promised>();
  readonly #believed = new Set<SentBatch>();
  /** DeleteRecords has answered that all before is gone. */
  floor = 0;
  /** DeleteRecords was asked to delete all before. */
  ceiling = 0;

  constructor(readonly name: string, readonly forgetting: Forgetting) {}

  /** Its beginning may be gone. */
  get mayForget(): boolean {
    return this.forgetting.deletes || this.ceiling > 0;
  }

  /** Behind the last offset that is known of. */
  get end(): number {
    let end = 0;
    for (const offset of this.#promised.keys()) end = Math.max(end, offset + 1);
    return end;
  }

  send(batch: SentBatch): void {
    for (const record of batch.records) this.#sent.set(record.id, record);
  }

  acknowledge(batch: SentBatch, baseOffset: number, isStrong: boolean): void {
    if (batch.baseOffset !== undefined && batch.baseOffset !== baseOffset) {
      this.#fail(`${batch.records[0].id} is at ${batch.baseOffset}, and again at ${baseOffset}`);
    }
    batch.baseOffset = baseOffset;
    for (const record of batch.records) this.#promise(baseOffset + record.index, record, isStrong);
  }

  /** Nobody has said where it is, and it has to be there. */
  believe(batch: SentBatch): void {
    this.#believed.add(batch);
  }

  /** A record that somebody has read. */
  onRead({ offset, id, key, value, timestamp }: Found, isStrong: boolean): Sent {
    const record = this.#sent.get(id);
    if (record === undefined) this.#fail(`${offset} has ${id}, which nobody sent here`);
    if (record.value !== value || record.key !== key || record.timestamp !== timestamp) {
      this.#fail(`${offset} has ${id} with another content`);
    }
    const base = record.batch.baseOffset ??= offset - record.index;
    if (base + record.index !== offset) this.#fail(`${id} is at ${offset}, and was at ${base}`);
    this.#promise(offset, record, isStrong);
    return record;
  }

  #promise(offset: number, record: Sent, isStrong: boolean): void {
    const known = this.#promised.get(offset);
    if (known !== undefined && known.record !== record) {
      this.#fail(`${offset} was given to ${known.record.id}, and now to ${record.id}`);
    }
    if (known) known.isStrong ||= isStrong;
    else this.#promised.set(offset, { record, isStrong });
  }

  /** A power cut takes back what was not promised for it, and with it the offsets. */
  onPowerCut(): void {
    const kept = new Set<SentBatch>();
    for (const { record, isStrong } of this.#promised.values()) {
      if (isStrong) kept.add(record.batch);
    }
    for (const [offset, { record: { batch }, isStrong }] of this.#promised) {
      if (isStrong) continue;
      this.#promised.delete(offset);
      if (!kept.has(batch)) batch.baseOffset = undefined;
    }
  }

  /** All that is there after a start, from the log's start to its end. */
  check(found: readonly Found[], { start, end }: { start: number; end: number }): void {
    if (start < this.floor) this.#fail(`begins at ${start}, and all to ${this.floor} was deleted`);
    const seen = new Map<string, number>();
    const orders = new Map<string, number>();
    let last = start - 1;
    for (const each of found) {
      if (each.offset <= last) this.#fail(`${each.offset} follows ${last}`);
      last = each.offset;
      if (seen.has(each.id)) {
        this.#fail(`${each.id} is there twice, at ${seen.get(each.id)} and ${each.offset}`);
      }
      const { batch } = this.onRead(each, true);
      seen.set(each.id, each.offset);
      if ((orders.get(batch.producer) ?? -1) > batch.order) {
        this.#fail(`${each.id} at ${each.offset} was sent before what lies before it`);
      }
      orders.set(batch.producer, batch.order);
    }
    if (last >= end) this.#fail(`${last} is there, and the log ends at ${end}`);
    for (const { records } of this.#believed) {
      const lost = records.find(({ id }) => !seen.has(id));
      if (lost !== undefined) {
        this.#fail(`${lost.id} is lost, and what was sent behind it is there`);
      }
    }
    for (const [offset, { record }] of this.#promised) {
      if (seen.has(record.id)) continue;
      if (offset >= end) this.#fail(`${record.id} at ${offset} is lost: the log ends at ${end}`);
      if (offset < start) this.#checkForgotten(offset, start);
      else if (!this.forgetting.compacts) this.#fail(`${record.id} at ${offset} is lost`);
    }
    if (this.forgetting.compacts) this.#checkCompacted(found, start);
    else this.#checkWhole(seen, start);
  }

  #checkForgotten(offset: number, start: number): void {
    if (start <= this.ceiling) return;
    if (!this.forgetting.deletes) this.#fail(`begins at ${start}, and ${offset} was to stay`);
  }

  /** Of a batch all is there, or nothing. */
  #checkWhole(seen: ReadonlyMap<string, number>, start: number): void {
    for (const id of seen.keys()) {
      const { batch } = this.#sent.get(id)!;
      for (const record of batch.records) {
        if (seen.has(record.id) || batch.baseOffset! + record.index < start) continue;
        this.#fail(`${record.id} is missing, and ${id} of the same batch is there`);
      }
    }
  }

  /** Of each key the newest is there, unless it is a tombstone; and nothing older without it. */
  #checkCompacted(found: readonly Found[], start: number): void {
    const newest = new Map<string, Promised & { offset: number }>();
    for (const [offset, promised] of this.#promised) {
      const key = promised.record.key!;
      if (offset > (newest.get(key)?.offset ?? -1)) newest.set(key, { ...promised, offset });
    }
    const there = new Map<string, number[]>();
    for (const { key, offset } of found) {
      const offsets = there.get(key!) ?? [];
      there.set(key!, [...offsets, offset]);
    }
    for (const [key, { record, offset }] of newest) {
      const offsets = there.get(key) ?? [];
      if (offset < start || offsets.some((other) => other >= offset)) continue;
      const isDeleted = record.value === null || this.#mayBeDeleted(key);
      if (!isDeleted) this.#fail(`${record.id}, the newest of ${key}, is lost`);
      if (offsets.length > 0) {
        this.#fail(`${key} is back at ${offsets[0]}: ${record.id} at ${offset} had deleted it`);
      }
    }
  }

  /** A tombstone that nobody was told of may have come and, after its time, gone. */
  #mayBeDeleted(key: string): boolean {
    for (const { key: sent, value, batch: { baseOffset }, index } of this.#sent.values()) {
      if (sent !== key || value !== null) continue;
      if (baseOffset === undefined || !this.#promised.has(baseOffset + index)) return true;
    }
    return false;
  }

  #fail(what: string): never {
    throw new BrokenPromise(`${this.name}: ${what}`);
  }
}

/** The node has not kept what it had said. */
export class BrokenPromise extends Error {
  override name = "BrokenPromise";
}

/** The node says that it cannot, which only a disk that fails excuses. */
export class Refused extends BrokenPromise {
  override name = "Refused";
}
