/**
 * What a quorum promises, whatever goes wrong (Raft, figure 3): one leader an epoch; what is
 * committed stays, at its place, in every log; and who leads has all of it.
 */
import { BrokenPromise } from "../ledger.ts";

/** What one node has applied at an offset, in a few words that are the same on every node. */
export interface Applied {
  readonly offset: number;
  readonly epoch: number;
  readonly what: string;
}

export class RaftCheck {
  /** Who led which epoch. */
  readonly #leaders = new Map<number, number>();
  /** The last offset of each batch that some node has applied. */
  readonly #committed = new Map<number, Applied>();
  /** Below it everything was acknowledged, to whoever had it appended. */
  #acknowledgedEnd = 0;
  #end = 0;
  readonly #appliedEnds = new Map<number, number>();

  /** Behind the last offset that any node knows to be committed. */
  get end(): number {
    return this.#end;
  }

  /** Below it the node knows everything to be committed. */
  appliedEnd(nodeId: number): number {
    return this.#appliedEnds.get(nodeId) ?? 0;
  }

  onLeader(nodeId: number, epoch: number): void {
    const other = this.#leaders.get(epoch) ?? nodeId;
    if (other !== nodeId) {
      throw new BrokenPromise(`epoch ${epoch} has two leaders: ${other} and ${nodeId}`);
    }
    this.#leaders.set(epoch, nodeId);
  }

  onApplied(nodeId: number, applied: Applied): void {
    const { offset, epoch, what } = applied;
    const known = this.#committed.get(offset) ?? applied;
    if (known.epoch !== epoch || known.what !== what) {
      throw new BrokenPromise(
        `node ${nodeId} has at ${offset} ${what} of epoch ${epoch}, and committed there is ` +
          `${known.what} of epoch ${known.epoch}`,
      );
    }
    this.#committed.set(offset, applied);
    this.#end = Math.max(this.#end, offset + 1);
    this.#appliedEnds.set(nodeId, Math.max(this.appliedEnd(nodeId), offset + 1));
  }

  onAcknowledged(offset: number, what: string): void {
    const known = this.#committed.get(offset);
    if (known?.what !== what) {
      throw new BrokenPromise(`${what} is acknowledged at ${offset}, and there is ${known?.what}`);
    }
    this.#acknowledgedEnd = Math.max(this.#acknowledgedEnd, offset + 1);
  }

  /**
   * A node is about to decide in the name of all. One that slept through the end of its epoch may
   * believe so for a moment, and commits nothing.
   */
  onDecides(nodeId: number, epoch: number, appliedEnd: number): void {
    const isOver = [...this.#leaders.keys()].some((other) => other > epoch);
    if (isOver || appliedEnd >= this.#acknowledgedEnd) return;
    throw new BrokenPromise(
      `node ${nodeId} leads and has applied to ${appliedEnd}, and acknowledged is all to ` +
        `${this.#acknowledgedEnd}`,
    );
  }
}
