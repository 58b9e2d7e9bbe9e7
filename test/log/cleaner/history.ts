/**
 * Random histories of a compacted log, and a plain model that says what must be left of them. The
 * model keeps every record that was ever written and knows nothing of files, batches or maps.
 */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import type { PartitionLog } from "../../../src/log/mod.ts";
import type { SeededRandom } from "../../../src/platform/memory/mod.ts";
import { type Codec, recordsOf } from "../../../src/records/mod.ts";
import { asClient, asCoordinator, marker, NOW, text } from "../kit.ts";
import { batchesIn, keyed } from "./kit.ts";

interface Written {
  readonly offset: number;
  readonly key: string;
  /** null for a tombstone. */
  readonly value: string | null;
  readonly timestamp: number;
  /** undefined while its transaction is open. */
  isAborted: boolean | undefined;
}

interface Producer {
  id: number;
  sequence: number;
  /** Records of its open transaction. */
  open: Written[] | undefined;
}

const CODECS: readonly Codec[] = ["none", "none", "gzip", "snappy", "lz4", "zstd"];

export class History {
  readonly written: Written[] = [];
  readonly #producers: Producer[] = [1, 2, 3].map((id) => ({ id, sequence: 0, open: undefined }));
  #time = NOW;

  constructor(readonly log: PartitionLog, readonly random: SeededRandom) {}

  /** Appends one thing: records of some kind, a marker, or a roll. */
  step(): void {
    const { log, random } = this;
    const dice = random.int(100);
    const producer = random.pick(this.#producers);
    if (dice < 50) this.#append({});
    else if (dice < 65 && producer.open === undefined) this.#append({ producer });
    else if (dice < 80) this.#append({ producer, isTransactional: true });
    else if (dice < 92 && producer.open !== undefined) this.end(producer);
    else if (dice >= 95) log.roll();
    log.highWatermark = log.logEndOffset;
  }

  #append({ producer, isTransactional = false }: {
    producer?: Producer;
    isTransactional?: boolean;
  }): void {
    const { random, log } = this;
    const count = 1 + random.int(4);
    const base = log.logEndOffset;
    this.#time += random.int(50);
    const records = Array.from({ length: count }, (_, i): Written => ({
      offset: base + i,
      key: `k${random.int(12)}`,
      value: random.chance(0.2) ? null : `v${base + i}${"x".repeat(random.int(40))}`,
      timestamp: this.#time,
      isAborted: isTransactional ? undefined : false,
    }));
    const bytes = keyed(
      records.map(({ key, value }) => value === null ? key : `${key}=${value}`),
      {
        timestamp: this.#time,
        codec: random.pick(CODECS),
        ...(producer
          ? { producerId: producer.id, producerEpoch: 0, baseSequence: producer.sequence }
          : {}),
        isTransactional,
      },
    );
    log.append(bytes, { ...asClient, now: this.#time });
    if (producer) producer.sequence += count;
    if (producer && isTransactional) producer.open = [...producer.open ?? [], ...records];
    this.written.push(...records);
  }

  /** Commits or aborts the producer's transaction. */
  end(producer: Producer): void {
    const isAborted = this.random.chance(0.5);
    this.log.append(
      marker(isAborted ? "ABORT" : "COMMIT", { producerId: producer.id, producerEpoch: 0 }),
      asCoordinator,
    );
    for (const record of producer.open ?? []) record.isAborted = isAborted;
    producer.open = undefined;
  }

  endAll(): void {
    for (const producer of this.#producers) if (producer.open !== undefined) this.end(producer);
    this.log.highWatermark = this.log.logEndOffset;
  }

  /** Producers as the log must remember them: by id, with their last sequence. */
  sequences(): [number, number][] {
    return this.#producers.filter(({ sequence }) => sequence > 0)
      .map(({ id, sequence }) => [id, sequence - 1]);
  }

  /**
   * What is left, against the model.
   *
   * @param cleanedTo up to here one cleaning has come to its end; behind it nothing may be gone.
   * @param allowsMore a cleaning did not come to its end: more than the newest may be left.
   */
  check(
    log: PartitionLog,
    { cleanedTo, allowsMore = false }: { cleanedTo: number; allowsMore?: boolean },
  ): void {
    const byOffset = new Map(this.written.map((record) => [record.offset, record]));
    const seen = new Set<number>();
    let previous = -1;
    for (const batch of batchesIn(log)) {
      ok(batch.baseOffset > previous && batch.isCrcValid(), `batch at ${batch.baseOffset}`);
      previous = batch.lastOffset;
      if (batch.isControl) continue;
      for (const record of recordsOf(batch, { maxDecompressedBytes: 1 << 26 })) {
        const original = byOffset.get(record.offset);
        ok(original, `${record.offset} was never written`);
        deepStrictEqual(
          [text(record.key!), record.value && text(record.value), record.timestamp],
          [original.key, original.value, original.timestamp],
        );
        seen.add(record.offset);
      }
    }
    strictEqual(previous, log.logEndOffset - 1, "the last offset is not lost");

    const newest = new Map<string, number>();
    for (const { offset, key, isAborted } of this.written) {
      if (isAborted === false && offset < cleanedTo) newest.set(key, offset);
    }
    for (const { offset, key, value, isAborted } of this.written) {
      const isBehind = offset >= cleanedTo;
      const isNewest = newest.get(key) === offset;
      // A tombstone may be gone, when its time was over.
      if (isBehind && isAborted !== true || isNewest && value !== null) {
        ok(seen.has(offset), `${offset} (${key}) is missing, cleaned to ${cleanedTo}`);
      } else if (!allowsMore && !isBehind && !isNewest) {
        ok(!seen.has(offset), `${offset} (${key}) is still there, cleaned to ${cleanedTo}`);
      }
    }
    // A deleted key never comes back: an older record only beside the newest, or its tombstone.
    for (const { offset, key } of this.written) {
      if (!seen.has(offset) || byOffset.get(offset)!.isAborted !== false) continue;
      const last = newest.get(key);
      if (last !== undefined && offset < last) {
        ok(seen.has(last), `${offset} (${key}) is there without ${last}, which came after it`);
      }
    }
  }
}
