/**
 * What a leader keeps while it leads: how far each replica's log is on disk, when each was heard of
 * last, and the fetches that wait for news. It answers fetches, says what a majority holds, and
 * notices when the majority has left. A leader whose voters fetch no more must take it that they
 * have chosen another.
 *
 * Who votes is asked of the log each time, since it may change (KIP-853). A leader that is no voter
 * any more counts the others only, and leads until that is committed.
 */
import type { Offset } from "../base/mod.ts";
import type { RaftConfig, RaftLog } from "./config.ts";
import type { FetchRequest, FetchSnapshotRequest, LogEnd, RaftMessage } from "./messages.ts";
import { committedOffset, majorityOf } from "./votes.ts";

interface WaitingFetch {
  readonly asked: LogEnd;
  readonly highWatermark: Offset;
  readonly deadline: number;
}

/** What a leader knows of another replica, a voter or an observer. */
export interface ReplicaProgress {
  /** Its log is on disk below this; undefined before its first fetch. */
  readonly endOffset: Offset | undefined;
  /** Undefined for one that has not fetched since this node leads. */
  readonly lastFetchAt: number | undefined;
  /** When it had all that the leader had; undefined: never since then. */
  readonly lastCaughtUpAt: number | undefined;
}

/** Where the leader's log ended when a replica fetched: reached later, it was caught up then. */
interface Replica extends ReplicaProgress {
  readonly leaderEndOffset: Offset;
}

/** An observer that has been silent for so long is gone. */
const OBSERVER_MS = 5 * 60_000;
/** More observers are answered, and not remembered. */
const MAX_OBSERVERS = 1000;
/** Who wants to vote must have been heard of within so long (KIP-853). */
const NEWCOMER_MS = 60 * 60_000;

export class Leader {
  readonly name = "Leader";
  readonly epoch: number;
  /** Who voted for it. */
  readonly granting: ReadonlySet<number>;
  /** Where the LEADER_CHANGE record lies: nothing commits until that is passed (Raft 5.4.2). */
  readonly epochStartOffset: Offset;
  readonly #config: RaftConfig;
  readonly #log: RaftLog;
  readonly #since: number;
  #flushed: Offset;
  readonly #replicas = new Map<number, Replica>();
  readonly #waiting = new Map<number, WaitingFetch>();
  #beginQuorumAt: number;

  constructor(
    config: RaftConfig,
    log: RaftLog,
    won: { epoch: number; granting: ReadonlySet<number>; flushed: Offset; now: number },
  ) {
    this.#config = config;
    this.#log = log;
    this.epoch = won.epoch;
    this.granting = won.granting;
    this.epochStartOffset = log.end.endOffset;
    this.#since = won.now;
    this.#flushed = won.flushed;
    this.#beginQuorumAt = won.now;
  }

  get nextDeadline(): number | undefined {
    const waits = [...this.#waiting.values()].map((fetch) => fetch.deadline);
    const beginAt = this.#others.length > 0 ? this.#beginQuorumAt : Infinity;
    const next = Math.min(beginAt, this.#abandonedAt, ...waits);
    return next === Infinity ? undefined : next;
  }

  /** Whether no majority has fetched for one and a half fetch timeouts. */
  isAbandoned(now: number): boolean {
    return now >= this.#abandonedAt;
  }

  /** The other voters, those with the longest logs first. */
  get successors(): number[] {
    const offsetOf = (id: number) => this.#replicas.get(id)?.endOffset ?? 0;
    return this.#others.sort((a, b) => offsetOf(b) - offsetOf(a));
  }

  /** Of every other replica that was heard of, by its id. */
  get replicas(): ReadonlyMap<number, ReplicaProgress> {
    return this.#replicas;
  }

  /** Whether one that does not vote yet may: it had all once, and is heard of still. */
  isCaughtUp(id: number, now: number): boolean {
    const { lastCaughtUpAt, lastFetchAt = -Infinity } = this.#replicas.get(id) ?? {};
    return lastCaughtUpAt !== undefined && now - lastFetchAt < NEWCOMER_MS;
  }

  onFlushed(endOffset: Offset): void {
    this.#flushed = endOffset;
  }

  /** What a majority has on disk, once that reaches into this epoch. */
  get committed(): Offset | undefined {
    const offsetOf = (id: number) =>
      id === this.#config.nodeId ? this.#flushed : this.#replicas.get(id)?.endOffset ?? 0;
    return committedOffset(this.#log.voters, offsetOf, this.epochStartOffset);
  }

  /**
   * Takes in a fetch: it tells how far that replica is, and is answered with {@link answerWaiting}.
   */
  onFetch(request: FetchRequest, now: number, highWatermark: Offset): RaftMessage[] {
    const { from, fetchOffset, lastFetchedEpoch } = request;
    const asked = { epoch: lastFetchedEpoch, endOffset: fetchOffset };
    const snapshot = this.#snapshotFor(asked);
    if (snapshot !== undefined) {
      this.#hear(from, now);
      return [{ ...this.#answer(from, asked, highWatermark), snapshot }];
    }
    const common = this.#log.endOf(lastFetchedEpoch);
    if (common.epoch !== lastFetchedEpoch || common.endOffset < fetchOffset) {
      return [{ ...this.#answer(from, asked, highWatermark), diverging: common }];
    }
    this.#onProgress(from, fetchOffset, now);
    const deadline = now + this.#config.fetchMaxWaitMs;
    this.#waiting.set(from, { asked, highWatermark: request.highWatermark, deadline });
    return [];
  }

  /** One that fetches a snapshot is there; the bytes are the driver's to add. */
  onFetchSnapshot({ from, snapshot, position }: FetchSnapshotRequest, now: number): RaftMessage {
    this.#hear(from, now);
    const { nodeId } = this.#config;
    return {
      type: "FetchSnapshotResponse",
      from: nodeId,
      to: from,
      epoch: this.epoch,
      leaderId: nodeId,
      error: "NONE",
      snapshot,
      position,
    };
  }

  /** The snapshot that a replica needs which has nothing, or ends before our log begins. */
  #snapshotFor({ epoch, endOffset }: LogEnd): LogEnd | undefined {
    const { start, snapshot } = this.#log;
    if (snapshot === undefined) return undefined;
    const isBefore = endOffset < start.endOffset || epoch < start.epoch ||
      (endOffset === start.endOffset && epoch !== start.epoch);
    return endOffset === 0 || isBefore ? snapshot : undefined;
  }

  #onProgress(id: number, fetchOffset: Offset, now: number): void {
    const known = this.#hear(id, now);
    if (known === undefined) return;
    const { endOffset: end } = this.#log.end;
    // It has by now what we had when it fetched last.
    const caughtUpThen = known.endOffset !== undefined && fetchOffset >= known.leaderEndOffset;
    this.#replicas.set(id, {
      endOffset: Math.max(fetchOffset, known.endOffset ?? 0),
      lastFetchAt: now,
      lastCaughtUpAt: fetchOffset >= end
        ? now
        : caughtUpThen
        ? known.lastFetchAt
        : known.lastCaughtUpAt,
      leaderEndOffset: end,
    });
  }

  /** Notes that a replica has asked; what was known of it before, undefined when it is too many. */
  #hear(id: number, now: number): Replica | undefined {
    const known = this.#replicas.get(id);
    if (known === undefined && !this.#mayRemember(id, now)) return undefined;
    const before = known ?? {
      endOffset: undefined,
      lastFetchAt: undefined,
      lastCaughtUpAt: undefined,
      leaderEndOffset: 0,
    };
    this.#replicas.set(id, { ...before, lastFetchAt: now });
    return before;
  }

  #mayRemember(id: number, now: number): boolean {
    const { voters } = this.#log;
    if (voters.includes(id)) return true;
    for (const [other, { lastFetchAt = 0 }] of this.#replicas) {
      if (!voters.includes(other) && now - lastFetchAt > OBSERVER_MS) this.#replicas.delete(other);
    }
    return this.#replicas.size < MAX_OBSERVERS;
  }

  /** Answers the fetches for which there is news, or that have waited long enough. */
  answerWaiting(now: number, highWatermark: Offset): RaftMessage[] {
    const answers: RaftMessage[] = [];
    for (const [to, fetch] of this.#waiting) {
      const hasRecords = this.#log.end.endOffset > fetch.asked.endOffset;
      if (!hasRecords && highWatermark <= fetch.highWatermark && now < fetch.deadline) continue;
      this.#waiting.delete(to);
      const answer = this.#answer(to, fetch.asked, highWatermark);
      answers.push(hasRecords ? { ...answer, recordsFrom: fetch.asked.endOffset } : answer);
    }
    return answers;
  }

  /** Who waits for news that this leader will have no more. */
  *dismiss(): Generator<{ to: number; asked: LogEnd }> {
    for (const [to, { asked }] of this.#waiting) yield { to, asked };
    this.#waiting.clear();
  }

  /** Tells the voters who leads: all at first, then those that have not fetched for a while. */
  beginQuorum(now: number): RaftMessage[] {
    if (now < this.#beginQuorumAt) return [];
    const { nodeId: from, fetchTimeoutMs } = this.#config;
    this.#beginQuorumAt = now + fetchTimeoutMs / 2;
    const isSilent = (id: number) => {
      const at = this.#replicas.get(id)?.lastFetchAt;
      return at === undefined || now - at >= fetchTimeoutMs / 2;
    };
    return this.#others.filter(isSilent)
      .map((to) => ({ type: "BeginQuorumEpochRequest", from, to, epoch: this.epoch }));
  }

  get #others(): number[] {
    return this.#log.voters.filter((id) => id !== this.#config.nodeId);
  }

  get #abandonedAt(): number {
    const { voters } = this.#log;
    const others = this.#others;
    const needed = majorityOf(voters) - (others.length < voters.length ? 1 : 0);
    if (needed === 0) return Infinity;
    const newestFirst = others
      .map((id) => this.#replicas.get(id)?.lastFetchAt ?? this.#since)
      .sort((a, b) => b - a);
    return newestFirst[needed - 1] + 1.5 * this.#config.fetchTimeoutMs;
  }

  #answer(to: number, asked: LogEnd, highWatermark: Offset) {
    const { nodeId } = this.#config;
    return {
      type: "FetchResponse",
      from: nodeId,
      to,
      epoch: this.epoch,
      leaderId: nodeId,
      error: "NONE",
      highWatermark,
      asked,
    } as const;
  }
}
