/**
 * What was known of producers at some places near the log's end, so that a cut there need not read
 * a whole segment again to know what its snapshot file does not tell yet. In memory only, and little
 * of it: what a log that many producers write to would keep is left to its snapshot files.
 */
import type { Offset } from "../base/mod.ts";
import type { ProducerSnapshotEntry } from "./producer_snapshot.ts";
import type { ProducerState } from "./producer_state.ts";

/** So far apart: reading as much again takes some hundredths of a second. */
const APART_BYTES = 16 * 1024 * 1024;
const KEPT = 4;
const MAX_PRODUCERS = 200;

export interface KnownProducers {
  readonly offset: Offset;
  readonly entries: readonly ProducerSnapshotEntry[];
}

export class RecentProducers {
  readonly #known: KnownProducers[] = [];
  #bytes = 0;

  /** So much was appended, and the log ends at the offset now. */
  onAppended(bytes: number, offset: Offset, producers: ProducerState): void {
    this.#bytes += bytes;
    if (this.#bytes < APART_BYTES) return;
    this.#bytes = 0;
    if (producers.size > MAX_PRODUCERS) return;
    if (this.#known.length === KEPT) this.#known.shift();
    this.#known.push({ offset, entries: producers.toSnapshot() });
  }

  /** The log ends at the offset now: what is known of it nearest to there. */
  truncateTo(offset: Offset): KnownProducers | undefined {
    while ((this.#known.at(-1)?.offset ?? -1) > offset) this.#known.pop();
    this.#bytes = 0;
    return this.#known.at(-1);
  }
}
