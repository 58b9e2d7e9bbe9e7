/**
 * From files to a log (`kafka-behaviour` 20.2). After a clean stop the indexes and the producer
 * snapshot are believed, once they look sound, and only the tail behind the last index entry is
 * read.
 *
 * After any other end every segment from the one that reaches to the recovery point on is read batch
 * by batch, since nothing behind that point was promised to be on the device whole: indexes are
 * built anew, producers and aborted transactions follow from the batches, and the log ends before
 * the first batch that is torn. What lies behind it, later segments too, was never acknowledged (a sync
 * covers all that came before) and is removed.
 *
 * Anything unsound that a clean log shows makes it an unclean one from that segment on.
 */
import type { LogEvent, Offset } from "../base/mod.ts";
import { type Disk, isDiskFull, StorageError } from "../platform/mod.ts";
import type { BatchView } from "../records/mod.ts";
import { walkBatches } from "./batch_walk.ts";
import { isOneBatchRotten } from "./damage.ts";
import { fileName, parseFileName, SEGMENT_SUFFIXES } from "./file_names.ts";
import { LEADER_EPOCH_FILE, LeaderEpochs } from "./leader_epochs.ts";
import type { ProducerSnapshotFiles } from "./producer_snapshot_files.ts";
import { refuseNewerBatch } from "./newer_batch.ts";
import { ProducerState } from "./producer_state.ts";
import { KafkaError } from "../protocol/mod.ts";
import { type Broken, Segment } from "./segment.ts";
import type { Steps } from "./steps.ts";

/**
 * The file of epochs is written before the first batch of one; Apache Kafka's may have missed some.
 */
const MAX_NEW_EPOCHS = 1000;
const IN_PARTS = { maxBytes: 1024 * 1024, upTo: Infinity, atLeastOneBatch: true };

export interface LoadOptions {
  readonly disk: Disk;
  readonly folder: string;
  /** The partition's, for messages. */
  readonly name: string;
  readonly now: number;
  readonly indexIntervalBytes: number;
  /** For a log that begins. */
  readonly preallocatedBytes: number;
  /** The directory was closed properly. */
  readonly isClean: boolean;
  /** All below is on the device, and need not be read again. */
  readonly recoveryPoint: Offset;
  /** As the checkpoint has it; 0 when it has none. */
  readonly logStartOffset: Offset;
  /** See `PartitionLogOptions`. */
  readonly mustBeWhole?: boolean;
  /** See `PartitionLogOptions`. */
  readonly beforeMending?: () => void;
  readonly log: LogEvent;
  readonly snapshots: ProducerSnapshotFiles;
}

export interface LoadedLog {
  /** At least one; the last one grows. */
  readonly segments: Segment[];
  readonly epochs: LeaderEpochs;
  readonly producers: ProducerState;
  readonly logStartOffset: Offset;
  readonly logEndOffset: Offset;
  /** Which of the segments is the first whose indexes were built anew; behind the last for none. */
  readonly firstRecovered: number;
  /** From here on batches may be missing of which producers should know. */
  readonly producersLackFrom: Offset | undefined;
}

/** What made the belief in a clean log end, and in which segment. */
class Unsound extends Error {
  constructor(message: string, readonly baseOffset: Offset) {
    super(message);
  }
}

/** Opens the log in the folder, mending what a crash left. Throws StorageError. */
export function* loadLog(options: LoadOptions): Steps<LoadedLog> {
  const { disk, folder, log, name } = options;
  const missing = tidy(options);
  const bases = segmentsIn(disk, folder);
  if (bases.length === 0) {
    checkReachesItsEpochs(options, options.logStartOffset);
    return emptyLog(options, options.logStartOffset);
  }

  let { isClean, recoveryPoint } = options;
  const durableOffset = recoveryPoint;
  // Each turn begins one segment earlier than the last or succeeds.
  for (;;) {
    const loader = new Loader(
      { ...options, isClean, recoveryPoint, durableOffset },
      options.isClean,
    );
    let isLoaded = false;
    try {
      const loaded = yield* loader.load(bases);
      isLoaded = true;
      const sealed = loaded.segments.slice(0, -1);
      for (const base of missing) {
        if (base > loaded.segments.at(-1)!.baseOffset) continue; // behind the end: it was cut off
        sealed.findLast(({ baseOffset }) => baseOffset < base)?.noteDamage();
      }
      checkReachesItsEpochs(options, loaded.logEndOffset);
      return loaded.logEndOffset < options.logStartOffset
        ? startAgain(options, loaded)
        : finish(options, loaded);
    } catch (error) {
      if (isLoaded) loader.close();
      if (!(error instanceof Unsound)) throw error;
      const { message: reason, baseOffset } = error;
      options.beforeMending?.();
      log("warn", "log must be read again", { partition: name, segment: baseOffset, reason });
      isClean = false;
      recoveryPoint = Math.min(recoveryPoint, baseOffset);
    } finally {
      if (!isLoaded) loader.close(); // also when it is given up
    }
  }
}

interface LoaderOptions extends LoadOptions {
  /** All below was on the device, whatever is read again. */
  readonly durableOffset: Offset;
}

class Loader {
  readonly #options: LoaderOptions;
  readonly #segments: Segment[] = [];
  readonly #epochs: LeaderEpochs;
  readonly #producers: ProducerState;
  readonly #snapshots: ProducerSnapshotFiles;
  readonly #wasClean: boolean;

  /** @param wasClean the directory was closed properly, whatever of it is believed by now. */
  constructor(options: LoaderOptions, wasClean: boolean) {
    this.#options = options;
    this.#wasClean = wasClean;
    const { disk, folder, name } = options;
    this.#epochs = new LeaderEpochs(disk, `${folder}/${LEADER_EPOCH_FILE}`);
    this.#producers = new ProducerState(name);
    this.#snapshots = options.snapshots;
  }

  *load(bases: readonly Offset[]): Steps<LoadedLog> {
    const { isClean, recoveryPoint } = this.#options;
    // A segment that ends at the recovery point was the active one when that was noted, and has had
    // its indexes written since, which no one knows to be on the device.
    const firstToRecover = isClean
      ? bases.length
      : Math.max(0, bases.findLastIndex((base) => base < recoveryPoint));
    const logStart = Math.max(bases[0], this.#options.logStartOffset);
    const replayFrom = this.#restoreProducers(bases[firstToRecover] ?? Infinity);

    for (let i = 0; i < bases.length; i++) {
      const segment = this.#segmentAt(bases[i]);
      this.#segments.push(segment);
      if (i >= firstToRecover) {
        const isWhole = yield* this.#recover(segment, replayFrom, bases[i + 1]);
        if (!isWhole) {
          this.#removeSegments(bases.slice(i + 1));
          break;
        }
        if (i + 1 < bases.length) this.#keepSnapshot(bases[i + 1]);
      } else this.#believe(segment, replayFrom, bases[i + 1]);
      if (i + 1 < bases.length) segment.sealIfRoom();
    }
    const active = this.#segments.at(-1)!;
    if (active.offsets.isSealed) this.#unseal(active);
    return {
      segments: this.#segments,
      epochs: this.#epochs,
      producers: this.#producers,
      logStartOffset: logStart,
      logEndOffset: active.nextOffset,
      firstRecovered: firstToRecover,
      producersLackFrom: this.#producersLackFrom(replayFrom),
    };
  }

  /** Where the first segment begins in which something is missing that was to be replayed. */
  #producersLackFrom(replayFrom: Offset): Offset | undefined {
    const endOf = (i: number) => this.#segments[i + 1]?.baseOffset ?? this.#segments[i].nextOffset;
    const lacking = this.#segments.find(({ isDamaged, nextOffset }, i) =>
      (isDamaged || nextOffset < endOf(i)) && endOf(i) > replayFrom
    );
    return lacking?.baseOffset;
  }

  close(): void {
    for (const segment of this.#segments) segment.close();
  }

  #segmentAt(base: Offset): Segment {
    const { disk, folder, log, name } = this.#options;
    const { modifiedMs } = disk.stat(`${folder}/${fileName(base, "log")}`);
    const segment = new Segment(disk, folder, base, modifiedMs);
    segment.tell = (event, fields) => log("error", event, { partition: name, ...fields });
    return segment;
  }

  /**
   * Returns from where batches must be replayed: without a snapshot, which a power cut may take,
   * all that are there. Also those before the log's start: who sends one of them again, because the
   * answer was lost, is still known by it.
   */
  #restoreProducers(upTo: Offset): Offset {
    const { log, name } = this.#options;
    const toldBefore = this.#snapshots.broken.length;
    const snapshot = this.#snapshots.newest(upTo);
    for (const file of this.#snapshots.broken.slice(toldBefore)) {
      log("error", "broken producer snapshot removed", { partition: name, file });
    }
    if (snapshot) this.#producers.restore(snapshot.entries, snapshot.offset);
    // A clean stop writes none where there is nobody.
    else if (this.#options.isClean && this.#snapshots.broken.length === 0) return Infinity;
    return snapshot?.offset ?? 0;
  }

  /**
   * What a segment tells of producers is known by the next one's snapshot, or nowhere once retention
   * has deleted the segment; and a power cut may have taken that.
   */
  #keepSnapshot(offset: Offset): void {
    const entries = this.#producers.toSnapshot();
    if (entries.length === 0 || this.#snapshots.offsets().includes(offset)) return;
    try {
      this.#snapshots.write(offset, entries);
    } catch (error) {
      if (!isDiskFull(error)) throw error; // the next start tries it again
    }
  }

  /** Takes the segment at its indexes' word. */
  #believe(segment: Segment, replayFrom: Offset, nextBase: Offset | undefined): void {
    const unsound = segment.open();
    if (unsound !== undefined) {
      throw new Unsound(`${unsound} is missing or unsound`, segment.baseOffset);
    }
    if (nextBase !== undefined && nextBase <= replayFrom) return;
    if (replayFrom === Infinity) return;
    const limits = { ...IN_PARTS, endOffset: nextBase ?? Infinity };
    try {
      for (const batch of segment.batchesFrom(Math.max(replayFrom, segment.baseOffset), limits)) {
        if (batch.baseOffset >= replayFrom) this.#producers.onAppended(batch);
      }
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error;
      throw new Unsound(error.message, segment.baseOffset);
    }
  }

  #unseal(active: Segment): void {
    const end = active.unseal();
    if (end.problem) {
      refuseNewerBatch(active.file, end.position);
      throw new Unsound(end.problem, active.baseOffset);
    }
    if (!this.#options.isClean) return;
    const newest = this.#snapshots.offsets().at(-1) ?? 0;
    if (newest > active.nextOffset) {
      throw new Unsound("a producer snapshot lies behind the end", active.baseOffset);
    }
    const { recoveryPoint } = this.#options;
    if (recoveryPoint > active.nextOffset) {
      throw new Unsound("the recovery point lies behind the end", active.baseOffset);
    }
  }

  /**
   * Believes the batches only. False when the log ends in this segment, because what follows is
   * torn.
   */
  *#recover(
    segment: Segment,
    replayFrom: Offset,
    nextBase: Offset | undefined,
  ): Steps<boolean> {
    const { indexIntervalBytes, log, name } = this.#options;
    segment.transactions.reset();
    const { isCut } = yield* segment.rebuild({
      indexIntervalBytes,
      endOffset: nextBase,
      visit: (batch) =>
        this.#replay(batch, segment, { replayFrom, isLast: nextBase === undefined }),
      onBroken: (broken) => {
        refuseNewerBatch(segment.file, broken.position);
        if (this.#isRot(segment, broken, nextBase)) return this.#keep(segment, broken);
        const { position, problem: reason } = broken;
        const cutBytes = segment.file.size() - position;
        const fields = { segment: segment.baseOffset, position, cutBytes, reason };
        log("warn", "log cut at a torn batch", { partition: name, ...fields });
        return "cut";
      },
    });
    return !isCut;
  }

  /** See `damage.ts`. */
  #isRot(segment: Segment, { hole }: Broken, nextBase: Offset | undefined): boolean {
    const hasBehind = hole.nextBase !== undefined || nextBase !== undefined;
    if (this.#wasClean || segment.nextOffset < this.#options.durableOffset) return true;
    return hasBehind && isOneBatchRotten(segment.file, hole);
  }

  /**
   * Where the log goes on behind what is broken. Throws in a log that has no other copy anywhere:
   * what it has forgotten would be done away with.
   */
  #keep(segment: Segment, { position, problem }: Broken): Offset {
    const { mustBeWhole, durableOffset } = this.#options;
    const path = segment.pathOf("log");
    if (mustBeWhole) {
      const why = this.#wasClean ? "the last stop was a clean one" : "whole batches follow it";
      throw new StorageError(
        `Cannot use ${path}: it is broken at byte ${position} (${problem}), and that is not the torn end that a ` +
          `crash leaves, since ${why}. Restore the file from a backup, or cut it there and lose what follows`,
        path,
      );
    }
    return Math.max(segment.nextOffset, durableOffset);
  }

  #replay(
    batch: BatchView,
    segment: Segment,
    { replayFrom, isLast }: { replayFrom: Offset; isLast: boolean },
  ): string | void {
    const objection = this.#objectionTo(batch, segment, isLast);
    if (objection !== undefined) return objection;
    this.#epochs.recover(batch.partitionLeaderEpoch, batch.baseOffset);
    if (batch.baseOffset < replayFrom) return;
    const ended = this.#producers.onAppended(batch);
    if (!ended?.isAborted) return;
    const { producerId, firstOffset, lastOffset } = ended;
    const lastStableOffset = this.#producers.firstOpenOffset() ?? lastOffset + 1;
    segment.transactions.add({ producerId, firstOffset, lastOffset, lastStableOffset });
  }

  /** What the sum does not cover, of the last batches, which have no neighbour to tell. */
  #objectionTo(batch: BatchView, segment: Segment, isLast: boolean): string | undefined {
    const { durableOffset } = this.#options;
    const { baseOffset, nextOffset, partitionLeaderEpoch: epoch } = batch;
    const isDurable = segment.nextOffset < durableOffset;
    const { latest } = this.#epochs;
    if (latest !== undefined && epoch > latest + (isDurable ? 0 : MAX_NEW_EPOCHS)) {
      return `its leader epoch is ${epoch}, and ${latest} was the last one known`;
    }
    const isPassed = isDurable && isLast && baseOffset > segment.nextOffset &&
      baseOffset >= durableOffset;
    if (baseOffset < durableOffset && nextOffset > durableOffset || isPassed) {
      return `no batch ends at the recovery point, ${durableOffset}`;
    }
    return undefined;
  }

  #removeSegments(bases: readonly Offset[]): void {
    const { disk, folder, log, name } = this.#options;
    for (const base of bases.toReversed()) {
      log("warn", "segment behind the end removed", { partition: name, segment: base });
      for (const suffix of SEGMENT_SUFFIXES) disk.remove(`${folder}/${fileName(base, suffix)}`);
      // Before anything is written in their place; from the end on, so that a power cut leaves no
      // hole.
      disk.syncDirectory(folder);
    }
  }
}

/**
 * An epoch of the quorum begins on a log that is wholly on the device, so one that begins behind
 * the log's end tells that something was taken away since.
 */
function checkReachesItsEpochs(options: LoadOptions, logEndOffset: Offset): void {
  if (!options.mustBeWhole) return;
  const { disk, folder } = options;
  const path = `${folder}/${LEADER_EPOCH_FILE}`;
  const newest = new LeaderEpochs(disk, path).entries.at(-1);
  if (newest === undefined || newest.startOffset <= logEndOffset) return;
  throw new StorageError(
    `Cannot use ${folder}: its log ends at offset ${logEndOffset}, and by ${LEADER_EPOCH_FILE} epoch ` +
      `${newest.epoch} began at ${newest.startOffset}: a part is missing. Restore the folder from a backup`,
    path,
  );
}

/** What the loaded parts say beyond the log's ends is forgotten. */
function finish(options: LoadOptions, loaded: LoadedLog): LoadedLog {
  const { snapshots } = options;
  const { logStartOffset, logEndOffset, epochs, segments } = loaded;
  epochs.truncateFromEnd(logEndOffset);
  epochs.truncateFromStart(logStartOffset);
  snapshots.removeAfter(logEndOffset);
  snapshots.removeStray(new Set(segments.map(({ baseOffset }) => baseOffset)));
  return loaded;
}

/** All that is there lies before the start that was promised: nothing of it may be seen again. */
function startAgain(options: LoadOptions, loaded: LoadedLog): LoadedLog {
  const { logStartOffset, log, name } = options;
  const { logEndOffset } = loaded;
  log("error", "log ends before its start and begins anew", {
    partition: name,
    logStartOffset,
    logEndOffset,
  });
  for (const segment of loaded.segments) {
    segment.markDeleted();
    segment.remove();
  }
  options.snapshots.removeAll();
  loaded.epochs.clear();
  options.disk.syncDirectory(options.folder);
  return emptyLog(options, options.logStartOffset);
}

function emptyLog(
  { disk, folder, now, name, preallocatedBytes }: LoadOptions,
  at: Offset,
): LoadedLog {
  const epochs = new LeaderEpochs(disk, `${folder}/${LEADER_EPOCH_FILE}`);
  epochs.truncateFromEnd(at);
  const segment = Segment.create(disk, folder, at, { now, preallocatedBytes });
  if (at > 0) disk.syncDirectory(folder); // only its name tells the start from now on
  return {
    segments: [segment],
    epochs,
    producers: new ProducerState(name),
    logStartOffset: at,
    logEndOffset: at,
    firstRecovered: 0,
    producersLackFrom: undefined,
  };
}

function segmentsIn(disk: Disk, folder: string): Offset[] {
  return disk.list(folder)
    .map(({ name }) => parseFileName(name))
    .filter((file) => file?.suffix === "log" && file.stage === "")
    .map((file) => file!.offset);
}

/**
 * Ends what deletions and compactions had begun, and removes indexes whose log is gone. Returns where
 * those began that nobody has deleted.
 */
function tidy({ disk, folder, log, name }: LoadOptions): Offset[] {
  const files = disk.list(folder).flatMap(({ name }) => {
    const parsed = parseFileName(name);
    return parsed ? [{ path: `${folder}/${name}`, ...parsed }] : [];
  });
  const cleaned = files.filter(({ stage }) => stage === "cleaned").map(({ offset }) => offset);
  const swapped = files.filter(({ stage, offset, suffix }) =>
    // A swap at or above a file still being cleaned belongs to a split that did not finish.
    stage === "swap" && suffix !== "snapshot" && offset < Math.min(...cleaned, Infinity)
  );
  for (const file of files) {
    if (file.stage !== "" && !swapped.includes(file)) disk.remove(file.path);
  }
  if (swapped.length > 0) finishSwap(disk, folder, swapped);

  const logs = new Set(segmentsIn(disk, folder));
  const missing: Offset[] = [];
  for (const { path, suffix, stage, offset } of files) {
    if (stage !== "" || suffix === "snapshot" || logs.has(offset)) continue;
    // A deletion that did not come to its end renames the log first; a log that is nowhere was not
    // ours to delete.
    const isDeletion = files.some((file) => file.offset === offset && file.stage !== "");
    if (!isDeletion) log("error", "segment is missing", { partition: name, segment: offset });
    if (!isDeletion) missing.push(offset);
    disk.remove(path);
  }
  return missing.sort((a, b) => a - b);
}

/** The segments whose place the swapped ones take are removed, then those get their names. */
function finishSwap(
  disk: Disk,
  folder: string,
  swapped: readonly { path: string; offset: Offset; suffix: string }[],
): void {
  let from = Infinity;
  let to = -1;
  for (const { path, offset, suffix } of swapped) {
    if (suffix !== "log") continue;
    from = Math.min(from, offset);
    to = Math.max(to, endOfSwap(disk, path, offset));
  }
  for (const base of segmentsIn(disk, folder)) {
    if (base < from || base >= to) continue;
    for (const suffix of SEGMENT_SUFFIXES) disk.remove(`${folder}/${fileName(base, suffix)}`);
  }
  disk.syncDirectory(folder); // or a power cut may bring one back across the new ones
  for (const { path } of swapped) disk.rename(path, path.slice(0, -".swap".length));
  disk.syncDirectory(folder);
}

function endOfSwap(disk: Disk, path: string, base: Offset): Offset {
  const file = disk.open(path, "read");
  try {
    let next = base;
    const range = { from: 0, to: file.size(), next };
    walkBatches(file, range, (batch) => void (next = batch.nextOffset));
    return next;
  } finally {
    file.close();
  }
}
