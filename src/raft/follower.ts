/**
 * What a follower knows of its leader, and its side of fetching. It asks for what comes behind its
 * log, and by that says what it has on disk; it asks on when the answer is on disk, which is its
 * acknowledgment. Told that its log left the leader's, it cuts (KIP-101); told that what it needs is
 * in a snapshot only, it fetches that, a piece at a time (KIP-630).
 */
import { assert, type Offset } from "../base/mod.ts";
import type { RaftConfig, RaftLog } from "./config.ts";
import type { Effects } from "./effects.ts";
import type {
  FetchRequest,
  FetchResponse,
  FetchSnapshotRequest,
  FetchSnapshotResponse,
  LogEnd,
} from "./messages.ts";

/** How far the node itself is. */
export interface Place {
  /** Its log is on disk below this. */
  readonly flushed: Offset;
  readonly highWatermark: Offset;
}

export class Follower {
  readonly name = "Follower";
  readonly epoch: number;
  readonly leaderId: number;
  readonly votedId: number | undefined;
  readonly #config: RaftConfig;
  readonly #log: RaftLog;
  /**
   * For how long it waits for a word of the leader: the fetch time-out, and a bit more as chance has
   * it. An idle leader answers all voters in one moment, and they would all stand in one moment when
   * it falls silent, each with its own vote.
   */
  readonly #patienceMs: number;
  /** Without a word from the leader until then, a voter asks whether it would be elected. */
  #fetchDeadline: number;
  /** When to ask again if no answer came; undefined while what came is being written. */
  #askAgainAt: number | undefined;
  /** The leader's word on what is committed; ours is cut to what we have flushed. */
  #leaderHighWatermark: Offset = 0;
  #hasFetched = false;
  #snapshot: { readonly id: LogEnd; readonly position: number } | undefined;

  constructor(
    config: RaftConfig,
    log: RaftLog,
    { epoch, leaderId, votedId, patienceMs, now }: {
      epoch: number;
      leaderId: number;
      votedId: number | undefined;
      patienceMs: number;
      now: number;
    },
  ) {
    this.#config = config;
    this.#log = log;
    this.epoch = epoch;
    this.leaderId = leaderId;
    this.votedId = votedId;
    this.#patienceMs = patienceMs;
    this.#fetchDeadline = now + patienceMs;
    this.#askAgainAt = now;
  }

  /** The leader has answered a fetch in this epoch: it leads, for all that this node knows. */
  get hasFetched(): boolean {
    return this.#hasFetched;
  }

  /** Without a word from the leader until then it has none. */
  get fetchDeadline(): number {
    return this.#fetchDeadline;
  }

  get nextDeadline(): number {
    return Math.min(this.#fetchDeadline, this.#askAgainAt ?? Infinity);
  }

  mustAskAgain(now: number): boolean {
    return this.#askAgainAt !== undefined && now >= this.#askAgainAt;
  }

  /** The leader has said that it leads no more: after so long somebody must stand. */
  onResigned(standAt: number): void {
    this.#fetchDeadline = standAt;
    this.#askAgainAt = undefined;
    this.#hasFetched = false;
  }

  /** The leader can't be reached: somebody must stand soon, unless it is there again by then. */
  onLost(standAt: number): void {
    this.#fetchDeadline = Math.min(this.#fetchDeadline, standAt);
    this.#hasFetched = false;
  }

  /** How far all is committed, of what is here. */
  committedOf({ flushed }: Place): Offset {
    return Math.min(this.#leaderHighWatermark, flushed);
  }

  /** What came is on disk, all of it: asks on. */
  onFlushed(place: Place, now: number, effects: Effects): void {
    if (this.#askAgainAt === undefined && this.#snapshot === undefined) {
      this.ask(place, now, effects);
    }
  }

  /** The snapshot is in use, and the log begins behind it. */
  onSnapshotLoaded(place: Place, now: number, effects: Effects): void {
    this.#snapshot = undefined;
    this.ask(place, now, effects);
  }

  /** Asks for what comes next, once all that came is on disk. */
  ask({ flushed, highWatermark }: Place, now: number, effects: Effects): void {
    const { end } = this.#log;
    if (end.endOffset > flushed) {
      // The offset is an acknowledgment, so what it covers must be on disk. `onFlushed` comes back
      // here.
      this.#askAgainAt = undefined;
      return;
    }
    this.#askAgainAt = now + this.#config.fetchTimeoutMs / 2;
    effects.send.push(
      this.#snapshot === undefined
        ? this.#fetchOf(end, highWatermark)
        : this.#snapshotFetchOf(this.#snapshot),
    );
  }

  #fetchOf(end: LogEnd, highWatermark: Offset): FetchRequest {
    return {
      type: "FetchRequest",
      from: this.#config.nodeId,
      to: this.leaderId,
      epoch: this.epoch,
      fetchOffset: end.endOffset,
      lastFetchedEpoch: end.epoch,
      highWatermark,
    };
  }

  #snapshotFetchOf({ id, position }: { id: LogEnd; position: number }): FetchSnapshotRequest {
    return {
      type: "FetchSnapshotRequest",
      from: this.#config.nodeId,
      to: this.leaderId,
      epoch: this.epoch,
      snapshot: id,
      position,
    };
  }

  /** Takes in an answer of its leader; a late or doubled one is to a question no longer asked. */
  onFetchResponse(response: FetchResponse, place: Place, now: number, effects: Effects): void {
    const { end } = this.#log;
    const { asked, error } = response;
    if (this.#askAgainAt === undefined || this.#snapshot !== undefined) return;
    if (asked.epoch !== end.epoch || asked.endOffset !== end.endOffset) return;
    if (error !== "NONE") return this.#onRefused(error, now);
    this.#onHeard(now);
    if (response.diverging !== undefined) {
      effects.truncateTo = this.#commonWith(response.diverging, place);
      this.#askAgainAt = now; // from the cut on; the driver cuts before it comes back to us
      return;
    }
    if (response.snapshot !== undefined) {
      this.#snapshot = { id: response.snapshot, position: 0 };
      return this.ask(place, now, effects);
    }
    this.#leaderHighWatermark = Math.max(this.#leaderHighWatermark, response.highWatermark);
    if (response.records !== undefined) {
      this.#askAgainAt = undefined; // asks on when these are on disk
      effects.append = { records: response.records };
    } else {
      const highWatermark = Math.max(place.highWatermark, this.committedOf(place));
      this.ask({ ...place, highWatermark }, now, effects);
    }
  }

  /** As {@link onFetchResponse}, of a piece of a snapshot. */
  onFetchSnapshotResponse(
    response: FetchSnapshotResponse,
    place: Place,
    now: number,
    effects: Effects,
  ): void {
    const wanted = this.#snapshot;
    const { snapshot, position, error, bytes = new Uint8Array(0), sizeInBytes = 0 } = response;
    if (wanted === undefined || this.#askAgainAt === undefined) return;
    const isSame = snapshot.epoch === wanted.id.epoch &&
      snapshot.endOffset === wanted.id.endOffset && position === wanted.position;
    if (!isSame) return;
    if (error === "SNAPSHOT_NOT_FOUND" || error === "POSITION_OUT_OF_RANGE") {
      this.#snapshot = undefined; // there is a newer one, which a fetch will name
      this.#askAgainAt = now + this.#config.fetchTimeoutMs / 4;
      return;
    }
    if (error !== "NONE") return this.#onRefused(error, now);
    this.#onHeard(now);
    const read = position + bytes.length;
    const isLast = read >= sizeInBytes;
    if (bytes.length === 0 && !isLast) return; // asked again when its time is over
    effects.snapshotPart = { snapshot, position, bytes, isLast };
    if (isLast) {
      this.#askAgainAt = undefined; // goes on when it is loaded
    } else {
      this.#snapshot = { id: wanted.id, position: read };
      this.ask(place, now, effects);
    }
  }

  #onRefused(error: string, now: number): void {
    if (error === "NOT_LEADER") this.#askAgainAt = now + this.#config.fetchTimeoutMs / 4;
  }

  #onHeard(now: number): void {
    this.#fetchDeadline = now + this.#patienceMs;
    this.#hasFetched = true;
  }

  /** The last offset that can be common with the leader's log. */
  #commonWith(theirs: LogEnd, { highWatermark }: Place): Offset {
    const ours = this.#log.endOf(theirs.epoch);
    const to = ours.epoch === theirs.epoch
      ? Math.min(ours.endOffset, theirs.endOffset)
      : ours.endOffset;
    assert(
      to >= highWatermark,
      `Cannot cut the log to ${to}: below ${highWatermark} it is committed`,
    );
    return to;
  }
}
