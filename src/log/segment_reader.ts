/**
 * Reads of a segment: whole batches from an offset on, each proven to be what was written there
 * before it leaves. The device may change what it holds at any time, so this is done at every read,
 * however often the same bytes were read before.
 *
 * Proven are the sum, and what the sum does not cover: the base offset by its neighbours' (see
 * `batch_walk.ts`), the leader's epoch by what the log knows of its epochs. A read ends before the
 * first batch that fails; where that is the first one, the place is told and the reader refused,
 * unless what he asks for lies behind it.
 */
import type { Offset } from "../base/mod.ts";
import { crc32c } from "../bytes/mod.ts";
import type { DiskFile } from "../platform/mod.ts";
import { KafkaError } from "../protocol/mod.ts";
import { AT, SUMMED_FROM } from "../records/mod.ts";
import { type Cut, cutBatches, HEAD_BYTES, headAt, type ReadLimits } from "./batch_cut.ts";
import { headOf } from "./batch_walk.ts";
import { type Hole, holeAt } from "./damage.ts";
import { ProvenSums } from "./proven_sums.ts";
import type { Tell } from "./segment.ts";

/** Holes that are remembered; each costs a search. */
const MAX_HOLES = 1000;
/**
 * Read beyond what was asked for, since an index entry points a little before the batch that is
 * sought.
 */
export const READ_SLACK_BYTES = 8 * 1024;
const NOTHING = new Uint8Array(0);
const NONE_SOUND = { end: 0, nextOffset: 0 };

export interface SegmentRead {
  /** Whole batches in the caller's own memory; empty when there are none within the limits. */
  readonly bytes: Uint8Array;
  /** Behind the last batch. */
  readonly nextOffset: Offset;
  /** Nothing in this segment reaches to the offset: what follows it is in the next. */
  readonly isPastEnd: boolean;
}

/** Where an index says to begin: at the batch that ends at the offset, if it names one. */
export interface NamedPlace {
  readonly position: number;
  readonly lastOffset: Offset | undefined;
}

/** The segment, as far as its reader must ask it. */
export interface ReadableSegment {
  readonly baseOffset: Offset;
  readonly sizeInBytes: number;
  readonly file: DiskFile;
  readonly path: string;
  placeOf(offset: Offset): NamedPlace;
  /** The index is wrong. */
  mendIndexes(why: string): void;
  readonly tell: Tell;
  /** Something of it can't be read. */
  noteDamage(): void;
}

/** A batch in the file. */
interface Span {
  readonly from: number;
  readonly to: number;
}

interface At {
  position: number;
  /** Where the batch here begins, if none was removed before it; undefined: unknown. */
  expected: Offset | undefined;
  /** The index's word for the batch here. */
  lastOffset: Offset | undefined;
  /** What was passed last. */
  previous: Span | undefined;
}

export class SegmentReader {
  readonly #segment: ReadableSegment;
  readonly #holes = new Map<number, Hole>();

  constructor(segment: ReadableSegment) {
    this.#segment = segment;
  }

  /** The segment was cut or built anew. */
  forgetHoles(): void {
    this.#holes.clear();
  }

  /** A part of the file that holds nothing to be read. */
  addHole(hole: Hole): void {
    if (this.#holes.size < MAX_HOLES) this.#holes.set(hole.from, hole);
  }

  /**
   * The first batches that hold or follow the offset. Throws KafkaError CORRUPT_MESSAGE where the
   * file has something else: the rest of the log is as good as before, so this is no failure of the
   * disk.
   */
  read(offset: Offset, limits: ReadLimits): SegmentRead {
    const { baseOffset: segmentBase } = this.#segment;
    let at = this.#begin(offset);
    let wanted = Math.max(limits.maxBytes, 0) + READ_SLACK_BYTES;
    let hasMended = false;
    for (;;) {
      const left = this.#segment.sizeInBytes - at.position;
      const isNowhere = left <= 0 && at.lastOffset !== undefined;
      if (left === 0 && !isNowhere) {
        return { bytes: NOTHING, nextOffset: offset, isPastEnd: true };
      }
      if (left < HEAD_BYTES && !isNowhere) {
        at = this.#pass(left < 0 ? at.previous!.from : at.position, { at, offset, limits });
        continue;
      }
      const buffer = isNowhere
        ? NOTHING
        : this.#readAt(at.position, Math.min(wanted, left), limits.allocate);
      if (isNowhere || !this.#isNamed(buffer, at)) {
        if (hasMended) throw this.#corruptAt(at.position); // a device that changes its mind
        hasMended = true;
        this.#segment.mendIndexes(`no batch at ${at.position} ends with offset ${at.lastOffset}`);
        at = this.#begin(offset);
        continue;
      }
      const { expected } = at;
      const cut = cutBatches(buffer, offset, { ...limits, segmentBase, expected });
      const first = at.position + cut.skipped;
      if (cut.skipped > 0 && cut.end === cut.skipped && !cut.isBlocked && !cut.isBroken) {
        // All of the buffer lies before the offset, or the batch begins in its tail.
        const previous = { from: at.position + cut.previousAt, to: first };
        at = { position: first, expected: cut.expected, lastOffset: undefined, previous };
        continue;
      }
      if (cut.missing > 0 && cut.missing <= left - buffer.length) {
        wanted = buffer.length + cut.missing;
        continue;
      }
      const isBroken = cut.isBroken || cut.missing > 0;
      if (!isBroken && cut.end === cut.skipped) {
        return { bytes: NOTHING, nextOffset: offset, isPastEnd: false };
      }
      const sound = isBroken ? NONE_SOUND : this.#soundPart(buffer, { cut, at, offset, limits });
      if (sound.end === cut.skipped || isBroken) {
        const before = this.#brokenBefore(cut, at, buffer);
        at = before === undefined
          ? this.#pass(first, { at: { ...at, expected: cut.expected }, offset, limits })
          : this.#pass(before, { at: { ...at, expected: undefined }, offset, limits });
        continue;
      }
      const bytes = buffer.subarray(cut.skipped, sound.end);
      return { bytes, nextOffset: sound.nextOffset, isPastEnd: false };
    }
  }

  #begin(offset: Offset): At {
    const { position, lastOffset } = this.#segment.placeOf(offset);
    const expected = position === 0 ? this.#segment.baseOffset : undefined;
    return { position, lastOffset, expected, previous: undefined };
  }

  #isNamed(buffer: Uint8Array, { lastOffset }: At): boolean {
    if (lastOffset === undefined) return true;
    const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
    const head = headAt(view, 0, this.#segment.baseOffset);
    return head.isBatch && head.lastOffset === lastOffset;
  }

  /** Behind the hole at the position, if the offset lies there. */
  #pass(
    position: number,
    { at, offset, limits }: { at: At; offset: Offset; limits: ReadLimits },
  ): At {
    const hole = this.#holes.get(position) ?? this.#find(position, at, limits);
    if (hole.nextBase === undefined || offset < hole.nextBase) throw this.#corruptAt(position);
    return {
      position: hole.to,
      expected: hole.nextBase,
      lastOffset: undefined,
      previous: undefined,
    };
  }

  #find(position: number, { expected }: At, { endOffset }: ReadLimits): Hole {
    const { file, baseOffset, sizeInBytes: to } = this.#segment;
    const next = expected ?? baseOffset;
    const hole = holeAt(file, { from: position, to, next, endOffset });
    this.#tell(position, "no sound batch, where one was written");
    this.addHole(hole);
    return hole;
  }

  /** How much of what was cut is what was written. */
  #soundPart(
    buffer: Uint8Array,
    { cut, at, offset, limits }: { cut: Cut; at: At; offset: Offset; limits: ReadLimits },
  ): { end: number; nextOffset: Offset } {
    const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
    const { baseOffset: segmentBase } = this.#segment;
    const sums = new ProvenSums(buffer, cut.end);
    let { expected } = cut;
    let end = cut.skipped;
    while (end < cut.end) {
      const { size, baseOffset, lastOffset } = headAt(view, end, segmentBase);
      if (!sums.isRight(end, size)) break;
      if (expected !== undefined && baseOffset !== expected) {
        const behind = at.position + end + size;
        const following = headOf(this.#segment.file, behind, this.#segment.sizeInBytes);
        if (following !== undefined && following.baseOffset <= lastOffset) break;
        const isFirst = end === cut.skipped && offset < baseOffset;
        if (isFirst && this.#brokenBefore(cut, at, buffer) !== undefined) break;
      }
      const objection = limits.objectionTo?.(
        view.getInt32(end + AT.partitionLeaderEpoch),
        baseOffset,
        lastOffset,
      );
      if (objection !== undefined) {
        this.#tell(at.position + end, objection);
        break;
      }
      end += size;
      expected = lastOffset + 1;
    }
    return { end, nextOffset: end === cut.end ? cut.nextOffset : expected ?? offset };
  }

  /**
   * Where the batch before ends was believed when it was passed. It may be broken, and hold the
   * offset, or lie about its length.
   */
  #brokenBefore(cut: Cut, at: At, buffer: Uint8Array): number | undefined {
    if (cut.previousAt < 0 && at.previous === undefined) return undefined;
    const from = cut.previousAt < 0 ? at.previous!.from : at.position + cut.previousAt;
    const bytes = cut.previousAt < 0
      ? this.#readAt(from, at.previous!.to - from)
      : buffer.subarray(cut.previousAt, cut.skipped);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    return crc32c(bytes, SUMMED_FROM) === view.getUint32(AT.crc) ? undefined : from;
  }

  #tell(position: number, reason: string): void {
    this.#segment.tell("broken batch", { file: this.#segment.path, position, reason });
    this.#segment.noteDamage();
  }

  /**
   * Exactly `size` bytes: memory that was lent has others' bytes in it, which must not pass for the
   * file's.
   */
  #readAt(position: number, size: number, allocate?: (size: number) => Uint8Array): Uint8Array {
    const buffer = allocate === undefined ? new Uint8Array(size) : allocate(size).subarray(0, size);
    const count = this.#segment.file.read(buffer, position);
    if (count < size) throw this.#corruptAt(position + count);
    return buffer;
  }

  #corruptAt(position: number): KafkaError {
    this.#segment.noteDamage();
    return new KafkaError(
      "CORRUPT_MESSAGE",
      `Cannot read ${this.#segment.path}: no sound batch at ${position}, where one was written`,
    );
  }
}
