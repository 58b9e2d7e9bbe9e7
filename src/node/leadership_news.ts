/**
 * Who leads the metadata's quorum, for the rest of the node. A node that was elected is told as the
 * leader only once it has applied the record that opened its epoch: all that was ever committed is
 * in its image then, and it may decide on it. Whether a node has caught up with a leader, be it
 * itself, is told here as well: a node begins with that.
 */
import type { Offset } from "../base/mod.ts";
import type { Leadership } from "./metadata_log_types.ts";

export class LeadershipNews {
  readonly #listeners = new Set<(leadership: Leadership) => void>();
  readonly #caughtUp = Promise.withResolvers<void>();
  readonly #onLost: () => void;
  #last: Leadership = { epoch: 0, leaderId: undefined, isLeader: false };
  /** Behind the record that opened our epoch: where that is applied, all before is known. */
  #epochOpenedAt: Offset = Infinity;
  #hasCaughtUp = false;

  /** @param onLost called when this node leads no more, before anybody else hears of it. */
  constructor(onLost: () => void) {
    this.#onLost = onLost;
  }

  /** What was told last. */
  get last(): Leadership {
    return this.#last;
  }

  get hasCaughtUp(): boolean {
    return this.#hasCaughtUp;
  }

  whenCaughtUp(): Promise<void> {
    return this.#caughtUp.promise;
  }

  /** Tells how it is now, and then each change. Returns how to end that. */
  listen(listener: (leadership: Leadership) => void): () => void {
    this.#listeners.add(listener);
    listener(this.#last);
    return () => this.#listeners.delete(listener);
  }

  onCaughtUp(): void {
    this.#hasCaughtUp = true;
    this.#caughtUp.resolve();
  }

  /** The record that opens this node's epoch is being written. */
  onEpochOpening(): void {
    this.#epochOpenedAt = Infinity;
  }

  onEpochOpened(endOffset: Offset): void {
    this.#epochOpenedAt = endOffset;
  }

  /** Tells how it is, if that is not what was told last. */
  tell({ isLeader, leaderId, epoch }: Leadership, appliedEnd: Offset): void {
    const before = this.#last;
    const next = { epoch, leaderId, isLeader: isLeader && appliedEnd >= this.#epochOpenedAt };
    const isSame = next.epoch === before.epoch && next.leaderId === before.leaderId &&
      next.isLeader === before.isLeader;
    if (isSame) return;
    this.#last = next;
    if (before.isLeader && !(next.isLeader && next.epoch === before.epoch)) this.#onLost();
    if (next.isLeader) this.onCaughtUp();
    for (const listener of this.#listeners) listener(next);
  }
}
