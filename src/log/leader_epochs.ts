/**
 * Which leader's epoch began at which offset (KIP-101, KIP-279). Followers ask a leader where an
 * epoch ended and cut their logs there; consumers notice a truncation by it (KIP-320). Kept in
 * `leader-epoch-checkpoint`, a checkpoint file with lines `epoch startOffset`.
 *
 * Epochs and offsets rise strictly. An epoch that begins at or before a known one's start takes its
 * place: what was written there under the other epoch has been truncated.
 *
 * What is in memory counts. The file may be behind it for a while, as long as nothing is appended:
 * nothing but {@link LeaderEpochs.assign}, which comes before each append, needs the file to be
 * right.
 */
import type { Offset } from "../base/mod.ts";
import { type Disk, isDiskFull, replaceFile } from "../platform/mod.ts";
import { formatCheckpoint, parseCheckpoint, parseCount, readText } from "./checkpoints.ts";

export const LEADER_EPOCH_FILE = "leader-epoch-checkpoint";

export interface EpochStart {
  readonly epoch: number;
  readonly startOffset: Offset;
}

export class LeaderEpochs {
  readonly #disk: Disk;
  #path: string;
  #entries: readonly EpochStart[] = [];
  /** The file has something else: it is written before the next append. */
  #isUnwritten = false;

  /** Why the file could not be read, and nothing is known; see `EpochCheck.mend`. */
  readonly problem: string | undefined;

  /** Reads the file; empty when it is missing or makes no sense. */
  constructor(disk: Disk, path: string) {
    this.#disk = disk;
    this.#path = path;
    const text = readText(disk, path);
    if (text === undefined || text === "") return;
    try {
      this.#entries = decodeEpochs(text);
    } catch (error) {
      this.problem = (error as Error).message;
    }
  }

  get path(): string {
    return this.#path;
  }

  get entries(): readonly EpochStart[] {
    return this.#entries;
  }

  /** The newest epoch; undefined for a log that never had a leader. */
  get latest(): number | undefined {
    return this.#entries[this.#entries.length - 1]?.epoch; // asked at every fetch of a follower
  }

  /**
   * The epoch begins at the offset. Does nothing for an epoch that is not newer. On disk when it
   * returns.
   */
  assign(epoch: number, startOffset: Offset): void {
    this.begin(epoch, startOffset);
    if (this.#isUnwritten) this.#write();
  }

  /**
   * The same for batches that another leader has written, as they follow the log's end. What was
   * begun there is forgotten: it has no records, and we do not lead.
   */
  assignBatches(
    batches: readonly { readonly partitionLeaderEpoch: number; readonly baseOffset: Offset }[],
    logEndOffset: Offset,
  ): void {
    this.truncateFromEnd(logEndOffset);
    for (const { partitionLeaderEpoch, baseOffset } of batches) {
      this.begin(partitionLeaderEpoch, baseOffset);
    }
    if (this.#isUnwritten) this.#write();
  }

  /**
   * The same for an epoch without records as yet: in memory only, until something is assigned to
   * it. A crash before that forgets nothing: the epoch that follows begins at the same place. So a
   * start of ten thousand partitions, each in an epoch of its own, does not wait for as many syncs.
   */
  begin(epoch: number, startOffset: Offset): void {
    if (epoch < 0 || epoch <= (this.latest ?? -1)) return;
    const kept = this.#entries.filter((entry) => entry.startOffset < startOffset);
    this.#entries = [...kept, { epoch, startOffset }];
    this.#isUnwritten = true;
  }

  /** The same for an epoch with records that a crash has left; on disk if there is room. */
  recover(epoch: number, startOffset: Offset): void {
    if (epoch <= (this.latest ?? -1)) return;
    this.begin(epoch, startOffset);
    this.#writeIfRoom();
  }

  /**
   * The largest known epoch that is not newer, and where it ended (KIP-279). Undefined for an epoch
   * that is newer than all, or when nothing is known.
   */
  endOffsetFor(
    epoch: number,
    logEndOffset: Offset,
  ): { epoch: number; endOffset: Offset } | undefined {
    const latest = this.latest;
    if (latest === undefined || epoch < 0 || epoch > latest) return undefined;
    if (epoch === latest) return { epoch, endOffset: logEndOffset };
    const next = this.#entries.findIndex((entry) => entry.epoch > epoch);
    if (next === 0) return { epoch, endOffset: this.#entries[0].startOffset };
    return { epoch: this.#entries[next - 1].epoch, endOffset: this.#entries[next].startOffset };
  }

  /** Under which epoch the record at this offset was written. */
  epochAt(offset: Offset): number | undefined {
    return this.#entries.findLast((entry) => entry.startOffset <= offset)?.epoch;
  }

  /**
   * The log now ends here: epochs that begin at or behind it are forgotten. In the file they stay
   * until something is assigned: a start before that finds no record of theirs and forgets them as
   * well. So thousands of logs that are cut after a failover do not wait for as many syncs.
   */
  truncateFromEnd(logEndOffset: Offset): void {
    const last = this.#entries.at(-1);
    if (last === undefined || last.startOffset < logEndOffset) return;
    this.#entries = this.#entries.filter((entry) => entry.startOffset < logEndOffset);
    this.#isUnwritten = true;
  }

  /** The log now begins here: of the epochs before, the last one stays and begins here. */
  truncateFromStart(logStartOffset: Offset): void {
    const before = this.#entries.findLastIndex((entry) => entry.startOffset <= logStartOffset);
    if (before < 0 || this.#entries[before].startOffset === logStartOffset && before === 0) return;
    const first = { epoch: this.#entries[before].epoch, startOffset: logStartOffset };
    this.#entries = [first, ...this.#entries.slice(before + 1)];
    this.#isUnwritten = true;
    this.#writeIfRoom();
  }

  clear(): void {
    if (this.#entries.length === 0) return;
    this.#entries = [];
    this.#isUnwritten = true;
    this.#writeIfRoom();
  }

  /** On disk when it returns. */
  replaceBy(entries: readonly EpochStart[]): void {
    this.#entries = entries;
    this.#write();
  }

  /** The batches tell that it was wrong; on disk if there is room. */
  correct(entries: readonly EpochStart[]): void {
    this.#entries = entries;
    this.#isUnwritten = true;
    this.#writeIfRoom();
  }

  /** The folder it lies in has been renamed. */
  movedTo(folder: string): void {
    this.#path = `${folder}/${LEADER_EPOCH_FILE}`;
  }

  /** On disk when it returns, if there is room. */
  save(): void {
    this.#writeIfRoom();
  }

  #writeIfRoom(): void {
    try {
      if (this.#isUnwritten) this.#write();
    } catch (error) {
      if (!isDiskFull(error)) throw error;
    }
  }

  #write(): void {
    this.#isUnwritten = true;
    replaceFile(this.#disk, this.#path, encodeEpochs(this.#entries));
    this.#isUnwritten = false;
  }
}

/** Throws a plain Error that tells what is wrong. */
export function decodeEpochs(text: string): EpochStart[] {
  const entries = parseCheckpoint(text, 2).map(([epoch, startOffset]) => ({
    epoch: parseCount(epoch),
    startOffset: parseCount(startOffset),
  }));
  for (let i = 1; i < entries.length; i++) {
    const [before, after] = [entries[i - 1], entries[i]];
    if (after.epoch <= before.epoch || after.startOffset <= before.startOffset) {
      throw new Error(`epoch ${after.epoch} is out of order`);
    }
  }
  return entries;
}

export function encodeEpochs(entries: readonly EpochStart[]): string {
  return formatCheckpoint(entries.map(({ epoch, startOffset }) => `${epoch} ${startOffset}`));
}
