/**
 * Leader epochs stand in two places: in each batch, where the sum does not cover them, and in
 * `leader-epoch-checkpoint`, which has no sum. So they are held against each other. In a log they
 * only rise, and by that and the batches beside it is told which of the two is wrong: a batch whose
 * epoch does not fit between its neighbours' is broken; where it fits, the file is, and is built of
 * the batches again. For that a few batches are enough, since all between two of one epoch are of
 * it.
 */
import type { Offset } from "../base/mod.ts";
import type { EpochStart, LeaderEpochs } from "./leader_epochs.ts";

/** What a batch says of itself. */
export interface EpochOfBatch {
  readonly epoch: number;
  readonly baseOffset: Offset;
  readonly lastOffset: Offset;
}

export interface EpochCheckOptions {
  readonly epochs: LeaderEpochs;
  /** The first sound batch that holds the offset or lies behind it, whatever its epoch. */
  readonly batchAt: (offset: Offset) => EpochOfBatch | undefined;
  readonly range: () => { readonly from: Offset; readonly to: Offset };
  /** Told why the file is built anew. */
  readonly onWrong: (reason: string) => void;
}

export class EpochCheck {
  readonly #options: EpochCheckOptions;
  /** The part of the log that was asked for last; good for this table only. */
  #entries: readonly EpochStart[] | undefined;
  #epoch = -1;
  #from = Infinity;
  #to = -Infinity;
  #isVerified = false;

  constructor(options: EpochCheckOptions) {
    this.#options = options;
  }

  /** What is wrong with a batch's epoch; undefined when nothing is. */
  objectionTo(epoch: number, baseOffset: Offset, lastOffset: Offset): string | undefined {
    if (!this.#covers(baseOffset)) this.#look(baseOffset);
    if (this.#epoch < 0 || this.#epoch === epoch) return undefined;
    const objection = this.#misfit({ epoch, baseOffset, lastOffset });
    if (objection !== undefined) return objection;
    this.mend(`it has epoch ${this.#epoch} at ${baseOffset}, and the batch there ${epoch}`);
    return undefined;
  }

  /** Holds all that the file says against the log, once. Before anyone is answered by it. */
  verify(): void {
    if (this.#isVerified) return;
    this.#isVerified = true;
    const { epochs: { entries }, range } = this.#options;
    const { from, to } = range();
    for (const [i, { epoch, startOffset }] of entries.entries()) {
      if (startOffset >= to) break;
      const first = this.#options.batchAt(startOffset);
      const before = i > 0 && startOffset > from ? this.#before(startOffset) : undefined;
      const isRight = first === undefined || first.epoch === epoch ||
        first.baseOffset > startOffset && first.epoch > epoch || this.#misfit(first) !== undefined;
      if (isRight && (before === undefined || before.epoch < epoch)) continue;
      return this.mend(`epoch ${epoch} did not begin at ${startOffset}`);
    }
  }

  /**
   * A file that could not be read is built anew when a log is opened, and one that begins behind the
   * log: it is cut at once where the log's start moves, and a crash may have the start move back.
   */
  mendIfIncomplete(): void {
    const { epochs: { problem, entries }, range, batchAt } = this.#options;
    if (problem !== undefined) return this.mend(problem);
    const { from, to } = range();
    const begins = entries.at(0)?.startOffset ?? Infinity;
    if (from >= to || begins <= from) return;
    const first = batchAt(from);
    if (first === undefined || first.baseOffset >= begins) return;
    this.mend(`it says nothing of offset ${from}, where the log begins`);
  }

  /** Builds the file of the batches. */
  mend(reason: string): void {
    this.#options.onWrong(reason);
    const { epochs, range } = this.#options;
    const { from, to } = range();
    const newest = epochs.entries.at(-1);
    const found = from < to ? this.#starts(from, to) : [];
    const last = found.at(-1)?.epoch ?? -1;
    const begun = newest !== undefined && newest.startOffset === to && newest.epoch > last;
    epochs.correct(begun ? [...found, newest] : found);
    this.#isVerified = true;
  }

  #covers(offset: Offset): boolean {
    return this.#entries === this.#options.epochs.entries && offset >= this.#from &&
      offset < this.#to;
  }

  #look(offset: Offset): void {
    const { entries } = this.#options.epochs;
    const index = entries.findLastIndex(({ startOffset }) => startOffset <= offset);
    this.#entries = entries;
    this.#epoch = index < 0 ? -1 : entries[index].epoch;
    this.#from = index < 0 ? -1 : entries[index].startOffset;
    this.#to = entries[index + 1]?.startOffset ?? Infinity;
  }

  /** Two of batch, file and neighbours agree; where each tells something else, order decides. */
  #misfit({ epoch, baseOffset, lastOffset }: EpochOfBatch): string | undefined {
    const { epochs, batchAt, range } = this.#options;
    const before = this.#before(baseOffset)?.epoch;
    const behind = lastOffset + 1 < range().to ? batchAt(lastOffset + 1)?.epoch : undefined;
    if (epoch === before || epoch === behind) return undefined;
    const least = before ?? 0;
    const most = behind ?? epochs.latest ?? epoch;
    const known = epochs.epochAt(baseOffset);
    const isFileRight = known !== undefined && (known === before || known === behind);
    if (!isFileRight && epoch >= least && epoch <= most) return undefined;
    return `its leader epoch is ${epoch}, and those beside it are ${least} and ${most}`;
  }

  #before(offset: Offset): EpochOfBatch | undefined {
    if (offset === 0) return undefined;
    const found = this.#options.batchAt(offset - 1);
    return found !== undefined && found.baseOffset < offset ? found : undefined;
  }

  #starts(from: Offset, to: Offset): EpochStart[] {
    const first = this.#options.batchAt(from);
    const last = this.#options.batchAt(to - 1);
    if (first === undefined) return [];
    const starts = [{ epoch: first.epoch, startOffset: Math.max(first.baseOffset, from) }];
    if (last !== undefined) this.#collect(first, last, starts);
    return starts;
  }

  /** Adds the epochs that begin behind `low`, up to that of `high`. */
  #collect(low: EpochOfBatch, high: EpochOfBatch, starts: EpochStart[]): void {
    if (high.epoch <= low.epoch || high.baseOffset <= low.baseOffset) return;
    const middle = this.#between(low, high);
    if (middle === undefined) {
      starts.push({ epoch: high.epoch, startOffset: high.baseOffset });
      return;
    }
    this.#collect(low, middle, starts);
    this.#collect(middle, high, starts);
  }

  /** A batch between the two that fits; undefined when there is none. */
  #between(low: EpochOfBatch, high: EpochOfBatch): EpochOfBatch | undefined {
    const middle = Math.floor((low.lastOffset + high.baseOffset) / 2);
    for (let offset of [middle, low.lastOffset + 1]) {
      while (offset < high.baseOffset) {
        const found = this.#options.batchAt(offset);
        if (found === undefined || found.baseOffset >= high.baseOffset) break;
        const isBetween = found.baseOffset > low.baseOffset;
        if (isBetween && found.epoch >= low.epoch && found.epoch <= high.epoch) return found;
        offset = found.lastOffset + 1;
      }
    }
    return undefined;
  }
}
