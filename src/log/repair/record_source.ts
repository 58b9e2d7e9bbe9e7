/** Another replica of a log, as far as a repair asks it. */
import type { Offset } from "../../base/mod.ts";

export interface RecordSource {
  /**
   * Whole batches, the first of them the one that holds the offset or the next behind it; undefined
   * when none begins before `upTo`. What lies behind may come along. Rejects when it can't say: it is
   * not to be reached, can't read them itself, or has not come so far.
   */
  read(offset: Offset, upTo: Offset): Promise<Uint8Array | undefined>;
}
