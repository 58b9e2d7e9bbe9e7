/**
 * Every batch in the data directory of a real node of Apache Kafka 4.3.1: read, proved, and made
 * again.
 */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import {
  batchesOf,
  type BatchView,
  decodeControlRecord,
  encodeBatch,
  recordsOf,
  scanRecords,
} from "../../src/records/mod.ts";
import { walk } from "../kit/walk.ts";
import { LIMITS } from "./kafka_samples.ts";

const node = new URL("../vectors/kafka-4.3.1-node/", import.meta.url).pathname;
const files = walk(node).filter((path) => /\.(log|checkpoint)$/.test(path));
const batches: BatchView[] = files.flatMap((path) => [...batchesOf(Deno.readFileSync(path))]);

Deno.test("Kafka's batches are whole, have valid checksums, and their records prove valid", () => {
  ok(batches.length > 100);
  const bytes = files.reduce((sum, path) => sum + Deno.statSync(path).size, 0);
  strictEqual(batches.reduce((sum, batch) => sum + batch.sizeInBytes, 0), bytes);
  for (const batch of batches) {
    ok(batch.isCrcValid());
    const scan = scanRecords(batch, LIMITS);
    strictEqual(scan.count, batch.recordCount);
    strictEqual(scan.maxTimestamp, batch.maxTimestamp);
    ok(scan.offsetsAreDense);
  }
});

Deno.test("Kafka's batches, encoded again from their records, are the same bytes", () => {
  for (const batch of batches) {
    const { compression: codec } = batch;
    // Packed bytes depend on the library; what they unpack to is compared elsewhere.
    if (codec !== "none") continue;
    const again = encodeBatch([...recordsOf(batch, LIMITS)], {
      baseOffset: batch.baseOffset,
      partitionLeaderEpoch: batch.partitionLeaderEpoch,
      producerId: batch.producerId,
      producerEpoch: batch.producerEpoch,
      baseSequence: batch.baseSequence,
      isTransactional: batch.isTransactional,
      isControl: batch.isControl,
      timestampType: batch.timestampType,
    });
    deepStrictEqual(again, batch.bytes);
  }
});

Deno.test("Kafka's control batches hold the types that we know", () => {
  const types = batches.filter((batch) => batch.isControl)
    .flatMap((batch) => [...recordsOf(batch, LIMITS)].map((r) => decodeControlRecord(r).type));
  deepStrictEqual([...new Set(types)].sort(), [
    "COMMIT",
    "LEADER_CHANGE",
    "SNAPSHOT_FOOTER",
    "SNAPSHOT_HEADER",
  ]);
});
