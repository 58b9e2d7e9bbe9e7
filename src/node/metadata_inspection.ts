/**
 * A look through a metadata log before anything is written to it. A node that leads alone commits
 * whatever it finds, so it must know beforehand that it understands all of it: a directory that a
 * newer version wrote, or one of a quorum of several, is told of in a sentence and stays as it is.
 */
import type { Offset } from "../base/mod.ts";
import type { PartitionLog } from "../log/mod.ts";
import {
  LATEST_METADATA_VERSION,
  METADATA_VERSION,
  MINIMUM_METADATA_VERSION,
} from "../metadata/mod.ts";
import { StorageError } from "../platform/mod.ts";
import type { MetadataRecord } from "../protocol/mod.ts";
import { batchesOf } from "../records/mod.ts";
import { readBatch } from "./metadata_snapshots.ts";
import { type QuorumVoters, votersAfter } from "./quorum_voters.ts";

const READ_BYTES = 1 << 20;

/** The metadata is whole, and not for this version or this node: no older snapshot helps. */
export class NotOurs extends StorageError {}

/**
 * The voters at the end of the log, `voters` being those at `from`. Throws StorageError for records
 * that are not understood.
 */
export function inspectMetadata(
  log: PartitionLog,
  from: Offset,
  voters: QuorumVoters,
  folder: string,
): QuorumVoters {
  const upTo = log.logEndOffset;
  for (let offset = Math.max(from, log.logStartOffset); offset < upTo;) {
    const { parts } = log.read(offset, { maxBytes: READ_BYTES, upTo, atLeastOneBatch: true });
    const before = offset;
    for (const batch of parts.flatMap((part) => [...batchesOf(part)])) {
      offset = batch.nextOffset;
      try {
        const entries = readBatch(batch);
        checkMetadataVersion(entries.flatMap(({ record }) => record ?? []), folder);
        for (const { control } of entries) {
          if (control !== undefined) voters = votersAfter(voters, control);
        }
      } catch (cause) {
        if (cause instanceof StorageError) throw cause;
        const why = (cause as Error).message;
        throw new StorageError(
          `Cannot use the metadata in ${folder} at offset ${batch.baseOffset}: ${why}`,
          folder,
          { cause },
        );
      }
    }
    if (offset === before) break; // what cannot be read is told of when it is replayed
  }
  return voters;
}

/** Throws StorageError when the records say a metadata.version that is not understood. */
export function checkMetadataVersion(records: readonly MetadataRecord[], folder: string): void {
  for (const { type, value } of records) {
    if (type !== "FeatureLevelRecord" || value.name !== METADATA_VERSION) continue;
    const { featureLevel } = value;
    if (featureLevel >= MINIMUM_METADATA_VERSION && featureLevel <= LATEST_METADATA_VERSION) {
      continue;
    }
    const [is, meant] = featureLevel > LATEST_METADATA_VERSION
      ? ["newer", "Start the version that wrote it, or a newer one of this"]
      : ["older", "Upgrade it with an Apache Kafka between the two first"];
    throw new NotOurs(
      `Cannot use ${folder}: its ${METADATA_VERSION} ${featureLevel} is ${is} than ` +
        `${MINIMUM_METADATA_VERSION} to ${LATEST_METADATA_VERSION}, which this version reads. ${meant}`,
      folder,
    );
  }
}
