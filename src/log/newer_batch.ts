/**
 * Batches of a format that is not known yet. Where a walk ends at one, nothing is torn: a newer
 * version wrote it, and to cut the log there would be to lose what it holds.
 */
import { AT, BATCH_HEADER_BYTES, BatchView, LENGTH_OVERHEAD } from "../records/mod.ts";
import type { DiskFile } from "../platform/mod.ts";
import { newerFormat, UnknownVersion } from "./directory_refused.ts";

const MAGIC = 2;
/** Anything above is rather a broken byte. */
const HIGHEST_LIKELY_MAGIC = 9;

/**
 * Throws {@link DirectoryRefused} when a whole batch of a newer format begins at the position. One
 * whose sum is right as soon as it is taken for one of ours was damaged, and is not meant.
 */
export function refuseNewerBatch(file: DiskFile, position: number): void {
  const header = new Uint8Array(BATCH_HEADER_BYTES);
  if (file.read(header, position) < header.length) return;
  const magic = header[AT.magic];
  if (magic <= MAGIC || magic > HIGHEST_LIKELY_MAGIC) return;
  const sizeInBytes = LENGTH_OVERHEAD + new DataView(header.buffer).getInt32(AT.batchLength);
  if (sizeInBytes < BATCH_HEADER_BYTES || position + sizeInBytes > file.size()) return;
  const bytes = new Uint8Array(sizeInBytes);
  file.read(bytes, position);
  bytes[AT.magic] = MAGIC;
  if (new BatchView(bytes, 0).isCrcValid()) return;
  throw newerFormat(
    `${file.path} (byte ${position})`,
    new UnknownVersion(`${magic} (of its batches)`, `${MAGIC}`),
  );
}
