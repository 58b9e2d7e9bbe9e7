/**
 * Puts back into a log what its disk has lost, from another replica's: files that were cut short,
 * overwritten or removed, bits that changed. All replicas have the same batches under the same
 * offsets, and what was committed never changes, so that of each damaged segment another is made: of
 * the batches that are whole here, and in between of those that the other has. It takes the damaged
 * one's place as a cleaned one does (`segment_swap.ts`); until then nothing is touched, so that what
 * is whole here and perhaps nowhere else is never given up for the hope of something better.
 *
 * A compacted log can't be mended so. What one replica has cleaned away and another not fits together
 * only by chance: a record here whose tombstone was in the hole, and is gone there long since, would
 * come back for ever. There all is taken from the other that is damaged or was cleaned here, and what
 * lies before; behind that, everything that was written is here. Damaged segments go last, so that a
 * repair that does not come to its end begins again.
 */
import type { Offset } from "../../base/mod.ts";
import { type Clock, type Disk, StorageError } from "../../platform/mod.ts";
import { batchSizeAt, BatchView, CorruptRecords } from "../../records/mod.ts";
import { KafkaError } from "../../protocol/mod.ts";
import type { PartitionLog } from "../partition_log.ts";
import { Segment } from "../segment.ts";
import type { RecordSource } from "./record_source.ts";
import { type Missing, type Run, soundRuns } from "./sound_runs.ts";

export interface RepairOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  /** Up to where a compacted log was cleaned. */
  readonly cleanedUpTo: Offset;
}

export interface Repaired {
  /** Segments that are whole now. */
  readonly segments: number;
  /** What the other replica has given. */
  readonly bytes: number;
  /** Why the other could not give what it may have. */
  readonly problem: KafkaError | undefined;
}

/** What a replica says that is damaged itself. */
const UNREADABLE: ReadonlySet<string> = new Set(["CORRUPT_MESSAGE", "KAFKA_STORAGE_ERROR"]);
/** Of broken bytes that nobody can replace; a segment with more of them is left as it is. */
const MAX_BROKEN_BYTES = 16 * 1024 * 1024;

/** Nothing went wrong: the log has lost meanwhile what was to be repaired, or is closed. */
export class RepairAborted extends Error {
  override name = "RepairAborted";
}

/**
 * Repairs as much as the other replica has. Rejects with what keeps the other from answering, with
 * {@link RepairAborted}, or with StorageError when the disk fails or is full; the log is whole up to
 * where it had come.
 */
export async function repairLog(
  log: PartitionLog,
  source: RecordSource,
  options: RepairOptions,
): Promise<Repaired> {
  const repair = new Repair(log, source, options);
  try {
    return await repair.run();
  } catch (error) {
    repair.discard();
    if (!(error instanceof StorageError)) throw error;
    if (!log.isUsable) throw new RepairAborted("The log is gone", { cause: error });
    throw log.failWith(error);
  }
}

class Repair {
  readonly #log: PartitionLog;
  readonly #source: RecordSource;
  readonly #options: RepairOptions;
  readonly #truncations: number;
  /** Written, and not in the log as yet. */
  #made: Segment | undefined;
  #segments = 0;
  #bytes = 0;
  #problem: KafkaError | undefined;

  constructor(log: PartitionLog, source: RecordSource, options: RepairOptions) {
    this.#log = log;
    this.#source = source;
    this.#options = options;
    this.#truncations = log.truncations;
  }

  async run(): Promise<Repaired> {
    const log = this.#log;
    if (log.damagedSegments.includes(log.segments.at(-1)!)) log.roll();
    const { isCompacted } = log.settings;
    for (const segment of isCompacted ? this.#allToReplace() : log.damagedSegments) {
      this.#check(segment);
      await this.#replace(segment, isCompacted);
    }
    log.onRepaired();
    return { segments: this.#segments, bytes: this.#bytes, problem: this.#problem };
  }

  /** After a failure: what was written is of no use. */
  discard(): void {
    const made = this.#made;
    this.#made = undefined;
    if (made === undefined) return;
    if (!this.#log.isUsable) return made.close();
    try {
      made.remove();
    } catch {
      made.close(); // the failure is told already; the next start removes the files
    }
  }

  /** The whole ones first. */
  #allToReplace(): Segment[] {
    const { segments, damagedSegments: damaged } = this.#log;
    const last = damaged.at(-1);
    if (last === undefined) return [];
    const upTo = Math.max(this.#endOf(last), this.#options.cleanedUpTo);
    const concerned = segments.slice(0, -1).filter(({ baseOffset }) => baseOffset < upTo);
    return [...concerned.filter((segment) => !damaged.includes(segment)), ...damaged];
  }

  async #replace(old: Segment, isCompacted: boolean): Promise<void> {
    const { disk, clock } = this.#options;
    const log = this.#log;
    const made = Segment.createCleaned(disk, log.folder, old.baseOffset, clock.now());
    this.#made = made;
    const endOffset = this.#endOf(old);
    const isMended = isCompacted
      ? await this.#fill(made, { from: old.baseOffset, to: endOffset })
      : await this.#mend(old, made, endOffset);
    if (!isMended && !isCompacted) return this.discard();

    for (const aborted of log.abortedTransactions(old.baseOffset, endOffset)) {
      if (aborted.lastOffset >= old.baseOffset && aborted.lastOffset < endOffset) {
        made.transactions.add(aborted);
      }
    }
    made.seal();
    await made.sync();
    this.#check(old);
    disk.setModified(made.pathOf("log"), disk.stat(old.pathOf("log")).modifiedMs);
    disk.syncDirectory(log.folder);
    this.#made = undefined; // the log's, whatever becomes of it
    log.replaceSegments(made, [old]);
    this.#segments++;
  }

  /** True when it is better by that. What the other has not either stays as it is. */
  async #mend(old: Segment, made: Segment, endOffset: Offset): Promise<boolean> {
    const bytesBefore = this.#bytes;
    for (const run of soundRuns(old, endOffset)) {
      if (isMissing(run)) {
        const isFilled = await this.#tryToFill(made, run);
        if (!isFilled && run.broken && !this.#keep(run, { old, made })) return false;
      } else this.#append(made, run);
      await this.#options.clock.sleep(0);
      this.#check(old);
    }
    return this.#bytes > bytesBefore;
  }

  /** What the other can't read itself is left out; all else may yet be had. */
  async #tryToFill(made: Segment, missing: Missing): Promise<boolean> {
    try {
      return await this.#fill(made, missing);
    } catch (error) {
      const isDamagedToo = error instanceof KafkaError && UNREADABLE.has(error.error);
      if (!isDamagedToo) throw error;
      this.#problem ??= error;
      return false;
    }
  }

  /** False when it is too much. */
  #keep({ broken, to }: Missing, { old, made }: { old: Segment; made: Segment }): boolean {
    const size = broken!.to - broken!.from;
    if (size > MAX_BROKEN_BYTES) return false;
    const bytes = new Uint8Array(size);
    old.file.read(bytes, broken!.from);
    made.appendBroken(bytes, to);
    return true;
  }

  /** Appends what the other has of it; true when that is all, which it is without gaps. */
  async #fill(made: Segment, { from, to }: Missing): Promise<boolean> {
    let next = from;
    // What lies before the log's start is nobody's any more.
    for (let at = Math.max(from, this.#log.logStartOffset); at < to;) {
      const bytes = await this.#source.read(at, to);
      this.#check();
      const batches = bytes === undefined ? [] : usable(bytes, { from: next, to });
      if (batches.length === 0) return false;
      this.#append(made, batches);
      this.#bytes += batches.reduce((sum, { sizeInBytes }) => sum + sizeInBytes, 0);
      const isBehindGap = batches[0].baseOffset > at;
      next = at = batches[batches.length - 1].nextOffset;
      if (isBehindGap && !this.#log.settings.isCompacted) return false;
    }
    return true;
  }

  #append(made: Segment, batches: readonly BatchView[]): void {
    made.appendAll(batches, this.#log.settings.indexIntervalBytes);
  }

  #endOf(segment: Segment): Offset {
    const { segments } = this.#log;
    return segments[segments.indexOf(segment) + 1].baseOffset;
  }

  #check(segment?: Segment): void {
    const log = this.#log;
    if (!log.isUsable) throw new RepairAborted("The log is closed or offline");
    if (log.isHeld) throw new RepairAborted("The log is being copied");
    if (log.truncations !== this.#truncations) throw new RepairAborted("The log was cut");
    const index = segment === undefined ? 0 : log.segments.indexOf(segment);
    if (index >= 0 && index < log.segments.length - 1) return;
    throw new RepairAborted("The log has lost a segment that was being repaired");
  }
}

const isMissing = (run: Run): run is Missing => "from" in run;

/** The whole batches in the bytes that lie within the part that is missing. */
function usable(bytes: Uint8Array, { from, to }: { from: Offset; to: Offset }): BatchView[] {
  const batches: BatchView[] = [];
  let next = from;
  try {
    for (let at = 0;;) {
      const size = batchSizeAt(bytes, at);
      if (size === undefined || at + size > bytes.length) break;
      const batch = new BatchView(bytes, at);
      if (batch.baseOffset < next || batch.nextOffset > to || !batch.isCrcValid()) break;
      batches.push(batch);
      next = batch.nextOffset;
      at += size;
    }
  } catch (error) {
    if (!(error instanceof CorruptRecords)) throw error; // what is before it counts
  }
  return batches;
}
