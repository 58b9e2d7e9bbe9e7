/**
 * What the metadata log forgets: the oldest snapshots, and what of the log they need, while there is
 * too much or it is too old (`metadata.max.retention.*`). The newest snapshot stays, and with it the
 * log behind the one before.
 */
import type { Offset } from "../base/mod.ts";
import type { BrokerConfig } from "../config/mod.ts";
import type { PartitionLog } from "../log/mod.ts";
import { batchesOf } from "../records/mod.ts";
import type { MetadataSnapshots, SnapshotId } from "./metadata_snapshots.ts";

export interface Trimmed {
  readonly log: PartitionLog;
  readonly snapshots: MetadataSnapshots;
  readonly highWatermark: Offset;
}

export function trimMetadata(
  { log, snapshots, highWatermark }: Trimmed,
  config: BrokerConfig,
  now: number,
): void {
  const maxBytes = config.get("metadata.max.retention.bytes");
  const maxMs = config.get("metadata.max.retention.ms");
  const sizeInBytes = () =>
    snapshots.ids.reduce((sum, id) => sum + snapshots.sizeOf(id), log.sizeInBytes);
  const ageOf = (id: SnapshotId) => {
    const found = log.read(Math.max(id.endOffset - 1, log.logStartOffset), {
      maxBytes: 1,
      upTo: highWatermark,
      atLeastOneBatch: true,
    });
    const [batch] = found.parts.flatMap((part) => [...batchesOf(part)]);
    return batch === undefined ? 0 : now - batch.maxTimestamp;
  };
  for (;;) {
    const [oldest, next] = snapshots.ids;
    if (next === undefined) return;
    const isTooMuch = maxBytes >= 0 && sizeInBytes() > maxBytes;
    if (!isTooMuch && !(maxMs >= 0 && ageOf(oldest) > maxMs)) return;
    log.advanceLogStart(next.endOffset);
    log.roll(); // only whole segments go, and this one would grow to a gigabyte
    log.applyRetention(now);
    snapshots.remove(oldest);
  }
}
