/**
 * Reads a partition's batches from its files as they lie there, without opening it as a log, which
 * might mend something.
 */
import type { Offset } from "../base/mod.ts";
import type { Disk } from "../platform/mod.ts";
import type { BatchView } from "../records/mod.ts";
import { walkBatches } from "./batch_walk.ts";
import { fileName, parseFileName } from "./file_names.ts";

/**
 * Visits the batches that end at or behind the offset, up to the first that is not whole. A batch
 * is good until `visit` returns; a text that it returns ends the scan.
 */
export function scanFolder(
  disk: Disk,
  folder: string,
  from: Offset,
  visit: (batch: BatchView) => string | void,
): void {
  const bases = disk.list(folder).map(({ name }) => parseFileName(name))
    .filter((file) => file?.suffix === "log" && file.stage === "")
    .map((file) => file!.offset);
  const first = Math.max(0, bases.findLastIndex((base) => base <= from));
  for (const base of bases.slice(first)) {
    const file = disk.open(`${folder}/${fileName(base, "log")}`, "read");
    try {
      const range = { from: 0, to: file.size(), next: base };
      const { problem } = walkBatches(file, range, (batch) => {
        if (batch.lastOffset >= from) return visit(batch);
      });
      if (problem !== undefined) return;
    } finally {
      file.close();
    }
  }
}
