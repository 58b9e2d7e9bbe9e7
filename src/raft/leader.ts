/**
 * What a leader keeps while it leads: how far each voter's log is on disk, when each was heard of
 * last, and the fetches that wait for news. It answers fetches, says what a majority holds, and
 * notices when the majority has left. A leader whose voters fetch no more must take it that they
 * have chosen another.
 */
import type { Offset } from "../base/mod.ts";
import type { RaftConfig, RaftLog } from "./config.ts";
import type { FetchRequest, LogEnd, RaftMessage } from "./messages.ts";
import { committedOffset, majorityOf } from "./votes.ts";

interface WaitingFetch {
  readonly asked: LogEnd;
  readonly highWatermark: Offset;
  readonly deadline: number;
}

export class Leader {
  readonly name = "Leader";
  readonly epoch: number;
  /** Who voted for it. */
  readonly granting: ReadonlySet<number>;
  /** Where the LEADER_CHANGE record lies: nothing commits until that is passed (Raft 5.4.2). */
  readonly epochStartOffset: Offset;
  /** How far each voter has its log on disk; its own entry is what was flushed here. */
  readonly #voterOffsets: Map<number, Offset>;
  /** When each other voter fetched last. */
  readonly #lastFetchAt: Map<number, number>;
  readonly #waiting = new Map<number, WaitingFetch>();
  #beginQuorumAt: number;

  constructor(
    private readonly config: RaftConfig,
    private readonly log: RaftLog,
    won: { epoch: number; granting: ReadonlySet<number>; flushed: Offset; now: number },
  ) {
    const others = config.voters.filter((id) => id !== config.nodeId);
    this.epoch = won.epoch;
    this.granting = won.granting;
    this.epochStartOffset = log.end.endOffset;
    this.#voterOffsets = new Map([[config.nodeId, won.flushed]]);
    this.#lastFetchAt = new Map(others.map((id) => [id, won.now]));
    this.#beginQuorumAt = others.length > 0 ? won.now : Infinity;
  }

  get nextDeadline(): number | undefined {
    const waits = [...this.#waiting.values()].map((fetch) => fetch.deadline);
    const next = Math.min(this.#beginQuorumAt, this.#abandonedAt, ...waits);
    return next === Infinity ? undefined : next;
  }

  /** Whether no majority has fetched for one and a half fetch timeouts. */
  isAbandoned(now: number): boolean {
    return now >= this.#abandonedAt;
  }

  /** The other voters, those with the longest logs first. */
  get successors(): number[] {
    const offsetOf = (id: number) => this.#voterOffsets.get(id) ?? 0;
    return [...this.#lastFetchAt.keys()].sort((a, b) => offsetOf(b) - offsetOf(a));
  }

  onFlushed(endOffset: Offset): void {
    this.#voterOffsets.set(this.config.nodeId, endOffset);
  }

  /** What a majority has on disk, once that reaches into this epoch. */
  get committed(): Offset | undefined {
    return committedOffset(this.config.voters, this.#voterOffsets, this.epochStartOffset);
  }

  /**
   * Takes in a fetch: it tells how far that replica is, and is answered with {@link answerWaiting}.
   */
  onFetch(request: FetchRequest, now: number, highWatermark: Offset): RaftMessage[] {
    const { from, fetchOffset, lastFetchedEpoch } = request;
    const asked = { epoch: lastFetchedEpoch, endOffset: fetchOffset };
    const common = this.log.endOf(lastFetchedEpoch);
    if (common.epoch !== lastFetchedEpoch || common.endOffset < fetchOffset) {
      return [{ ...this.#answer(from, asked, highWatermark), diverging: common }];
    }
    if (this.#lastFetchAt.has(from)) {
      this.#lastFetchAt.set(from, now);
      this.#voterOffsets.set(from, Math.max(fetchOffset, this.#voterOffsets.get(from) ?? 0));
    }
    const deadline = now + this.config.fetchMaxWaitMs;
    this.#waiting.set(from, { asked, highWatermark: request.highWatermark, deadline });
    return [];
  }

  /** Answers the fetches for which there is news, or that have waited long enough. */
  answerWaiting(now: number, highWatermark: Offset): RaftMessage[] {
    const answers: RaftMessage[] = [];
    for (const [to, fetch] of this.#waiting) {
      const hasRecords = this.log.end.endOffset > fetch.asked.endOffset;
      if (!hasRecords && highWatermark <= fetch.highWatermark && now < fetch.deadline) continue;
      this.#waiting.delete(to);
      const answer = this.#answer(to, fetch.asked, highWatermark);
      answers.push(hasRecords ? { ...answer, recordsFrom: fetch.asked.endOffset } : answer);
    }
    return answers;
  }

  /** Tells the voters who leads: all at first, then those that have not fetched for a while. */
  beginQuorum(now: number): RaftMessage[] {
    if (now < this.#beginQuorumAt) return [];
    const { nodeId: from, fetchTimeoutMs } = this.config;
    this.#beginQuorumAt = now + fetchTimeoutMs / 2;
    return [...this.#lastFetchAt]
      .filter(([id, at]) => !this.#voterOffsets.has(id) || now - at >= fetchTimeoutMs / 2)
      .map(([to]) => ({ type: "BeginQuorumEpochRequest", from, to, epoch: this.epoch }));
  }

  get #abandonedAt(): number {
    const needed = majorityOf(this.config.voters) - 1;
    if (needed === 0) return Infinity;
    const newestFirst = [...this.#lastFetchAt.values()].sort((a, b) => b - a);
    return newestFirst[needed - 1] + 1.5 * this.config.fetchTimeoutMs;
  }

  #answer(to: number, asked: LogEnd, highWatermark: Offset) {
    const { nodeId } = this.config;
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
