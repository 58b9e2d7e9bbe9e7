/**
 * Batches of a format that is not known yet. Where a walk ends at one, nothing is torn: a newer
 * version wrote it, and to cut the log there would be to lose what it holds.
 */
import { BATCH_HEADER_BYTES, BatchView } from "../records/mod.ts";
import type { DiskFile } from "../platform/mod.ts";
import { newerFormat, UnknownVersion } from "./directory_refused.ts";

const LENGTH_AT = 8;
const MAGIC_AT = 16;
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
  const magic = header[MAGIC_AT];
  if (magic <= MAGIC || magic > HIGHEST_LIKELY_MAGIC) return;
  const sizeInBytes = 12 + new DataView(header.buffer).getInt32(LENGTH_AT);
  if (sizeInBytes < BATCH_HEADER_BYTES || position + sizeInBytes > file.size()) return;
  const bytes = new Uint8Array(sizeInBytes);
  file.read(bytes, position);
  bytes[MAGIC_AT] = MAGIC;
  if (new BatchView(bytes, 0).isCrcValid()) return;
  throw newerFormat(
    `${file.path} (byte ${position})`,
    new UnknownVersion(`${magic} (of its batches)`, `${MAGIC}`),
  );
}
