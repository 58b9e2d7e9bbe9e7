/** Reads the metadata records of Apache Kafka's own files. */
import { decodeMetadataRecord, type MetadataRecord } from "../../src/protocol/mod.ts";
import { batchesOf, recordsOf } from "../../src/records/mod.ts";

const FOLDER = new URL("../vectors/kafka-4.3.1-node/__cluster_metadata-0/", import.meta.url);

export interface LoggedRecord {
  readonly offset: number;
  readonly epoch: number;
  readonly bytes: Uint8Array;
  readonly record: MetadataRecord;
}

/** All metadata records of a segment or snapshot, without the control records. */
export function recordsOfFile(name: string): LoggedRecord[] {
  const logged: LoggedRecord[] = [];
  for (const batch of batchesOf(Deno.readFileSync(new URL(name, FOLDER)))) {
    if (batch.isControl) continue;
    for (const { offset, value } of recordsOf(batch, { maxDecompressedBytes: 1 << 20 })) {
      const record = decodeMetadataRecord(value!);
      logged.push({ offset, epoch: batch.partitionLeaderEpoch, bytes: value!, record });
    }
  }
  return logged;
}

export const LOG = "00000000000000000000.log";
export const SNAPSHOTS = [32, 60, 95].map((end) => ({
  end,
  name: `${`${end}`.padStart(20, "0")}-0000000001.checkpoint`,
}));
