/**
 * What a leader knows and decides in one leader epoch: how far its followers are, who is in sync,
 * and up to where everything is committed. After KIP-497, KIP-903 and KIP-966.
 *
 * The ISR is the controller's to change, so a leader has two of them while it asks:
 *
 *     committed   what the controller has last said
 *     maximal     that, and whom it was asked to take in: the controller may have done so already,
 *                 and any of them may be the next leader
 *
 * The high watermark is the least that all of the maximal ISR have, and it stands still while the
 * committed ISR is below min.insync.replicas: whoever left the ISR last is still eligible to lead
 * (KIP-966), and must have everything that was committed. A follower is taken in once it has
 * reached the high watermark and the beginning of this epoch; without the second, one that has
 * still something of an older leader's at its end could become the leader with it.
 *
 * Pure: the time is an argument. {@link Replica} tells it what happens and does what it says.
 */
import type { Offset } from "../base/mod.ts";
import { type FollowerFetch, FollowerProgress } from "./follower_progress.ts";
import type { PartitionState } from "./partition_state.ts";

/** What a leader goes by at one moment. */
export interface Moment {
  readonly now: number;
  /** `replica.lag.time.max.ms` */
  readonly maxLagMs: number;
  /** Where this leader's log ends. */
  readonly leaderEnd: Offset;
  /** The epoch of a broker that is neither fenced nor shutting down; undefined of any other. */
  readonly aliveEpochOf: (brokerId: number) => number | undefined;
}

/** An ISR that the controller shall take on. One that was given up is another object. */
export interface IsrProposal {
  readonly isr: readonly number[];
  readonly leaderEpoch: number;
  readonly partitionEpoch: number;
}

export class Leadership {
  readonly #nodeId: number;
  readonly #startOffset: Offset;
  #state: PartitionState;
  readonly #followers = new Map<number, FollowerProgress>();
  #proposal: IsrProposal | undefined;

  constructor({ nodeId, state, startOffset, now }: {
    nodeId: number;
    state: PartitionState;
    /** Where the log ended when this leader epoch began. */
    startOffset: Offset;
    now: number;
  }) {
    this.#nodeId = nodeId;
    this.#startOffset = startOffset;
    this.#state = state;
    this.#followReplicas(now);
  }

  get startOffset(): Offset {
    return this.#startOffset;
  }

  /** There is nobody to wait for. */
  get isAlone(): boolean {
    return this.#followers.size === 0;
  }

  /** What the controller was asked for and has not answered. */
  get proposal(): IsrProposal | undefined {
    return this.#proposal;
  }

  follower(brokerId: number): FollowerProgress | undefined {
    return this.#followers.get(brokerId);
  }

  followers(): Iterable<readonly [brokerId: number, progress: FollowerProgress]> {
    return this.#followers;
  }

  /** The committed ISR, and whom the controller was asked to take in. */
  isInMaximalIsr(brokerId: number): boolean {
    return this.#state.isr.includes(brokerId) || this.#proposal?.isr.includes(brokerId) === true;
  }

  /** The controller has spoken, of the same leader epoch: what it was asked for is history. */
  onState(state: PartitionState, now: number): void {
    this.#state = state;
    this.#proposal = undefined;
    this.#followReplicas(now);
  }

  #followReplicas(now: number): void {
    const { replicas, isr } = this.#state;
    for (const id of this.#followers.keys()) if (!replicas.includes(id)) this.#followers.delete(id);
    for (const id of replicas) {
      if (id === this.#nodeId || this.#followers.has(id)) continue;
      this.#followers.set(id, new FollowerProgress({ isInSync: isr.includes(id), now }));
    }
  }

  /**
   * The offset below which everything is committed, as far as this tells: -1 when a follower that
   * counts has yet to be heard of, undefined while the ISR is too small for anything to be
   * committed.
   *
   * One that is about to join is waited for, or a busy leader's high watermark would stay ahead of
   * it for ever.
   */
  committedEnd(
    localEnd: Offset,
    { minInSyncReplicas, moment }: { minInSyncReplicas: number; moment: Moment },
  ): Offset | undefined {
    if (this.#followers.size === 0) return localEnd;
    if (this.#state.isr.length < minInSyncReplicas) return undefined;
    let end = localEnd;
    for (const [id, follower] of this.#followers) {
      if (follower.endOffset >= end) continue;
      const counts = this.isInMaximalIsr(id) ||
        (follower.isCaughtUp(moment) && this.#mayBeInSync(id, moment));
      if (counts) end = follower.endOffset;
    }
    return end;
  }

  /** Takes in a fetch of one of the replicas. */
  onFetch(brokerId: number, fetch: FollowerFetch, moment: Moment): void {
    this.#followers.get(brokerId)?.onFetch(fetch, moment);
  }

  /** Asks to take a follower in, if it is time to. */
  expand(brokerId: number, highWatermark: Offset, moment: Moment): IsrProposal | undefined {
    const follower = this.#followers.get(brokerId);
    const { isr } = this.#state;
    if (this.#proposal !== undefined || follower === undefined || isr.includes(brokerId)) {
      return undefined;
    }
    const { endOffset } = follower;
    if (endOffset < highWatermark || endOffset < this.#startOffset) return undefined;
    return this.#mayBeInSync(brokerId, moment) ? this.#propose([...isr, brokerId]) : undefined;
  }

  /** Asks to leave those out who have not caught up for too long. */
  shrink(moment: Moment): IsrProposal | undefined {
    if (this.#proposal !== undefined) return undefined;
    const { isr } = this.#state;
    const kept = isr.filter((id) =>
      id === this.#nodeId || this.#followers.get(id)?.isCaughtUp(moment) !== false
    );
    return kept.length < isr.length ? this.#propose(kept) : undefined;
  }

  /** The controller will hear nothing of it, or wants nothing of it: as before. */
  giveUp(proposal: IsrProposal): void {
    if (this.#proposal === proposal) this.#proposal = undefined;
  }

  #propose(isr: readonly number[]): IsrProposal {
    const { leaderEpoch, partitionEpoch } = this.#state;
    return this.#proposal = { isr, leaderEpoch, partitionEpoch };
  }

  /** It lives, and it is the incarnation that has fetched (KIP-903). */
  #mayBeInSync(brokerId: number, { aliveEpochOf }: Moment): boolean {
    const fetched = this.#followers.get(brokerId)?.brokerEpoch;
    const known = aliveEpochOf(brokerId);
    return fetched !== undefined && known !== undefined && (fetched === -1 || fetched === known);
  }
}
