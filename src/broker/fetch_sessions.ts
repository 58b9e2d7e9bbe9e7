/**
 * Fetch sessions (KIP-227): a fetcher of a thousand partitions names them once, and from then on
 * both sides say only what changed. The broker remembers per session what the client wants and what
 * it was last told.
 *
 *     request (id, epoch)     meaning
 *     (0, -1)                 full fetch, no session
 *     (0, 0)                  full fetch, a session please
 *     (id, 0)                 the same, and forget `id`
 *     (id, -1)                forget `id`, then as without a session
 *     (id, n)                 the n-th incremental fetch: only changed partitions are listed
 *
 * A session is a favor that may be declined or withdrawn: an answer with id 0 declines, "not found"
 * withdraws, and the client goes on with full fetches. So the cache is bounded twice, by `slots`
 * (Kafka's `max.incremental.fetch.session.cache.slots`) and by partitions remembered over all
 * sessions, and is simply full at its edges.
 *
 * Pure: time and chance are arguments.
 */
import type { Offset, Uuid } from "../base/mod.ts";
import { ZERO_UUID } from "../base/mod.ts";
import { LIMITS, type OnLimit } from "../config/mod.ts";
import type { ErrorName } from "../protocol/mod.ts";

/** A partition that a fetch asks for. */
export interface WantedPartition {
  /** Empty where the request names topics by id. */
  topic: string;
  topicId: Uuid;
  partition: number;
  currentLeaderEpoch: number;
  fetchOffset: Offset;
  lastFetchedEpoch: number;
  logStartOffset: Offset;
  maxBytes: number;
}

/** What an answer says of a partition, as far as it matters for leaving it out next time. */
export interface AnsweredPartition {
  readonly hasRecords: boolean;
  readonly highWatermark: Offset;
  readonly logStartOffset: Offset;
  readonly preferredReadReplica: number;
  readonly isDiverging: boolean;
  readonly isError: boolean;
}

interface RememberedPartition extends WantedPartition {
  sentHighWatermark: Offset;
  sentLogStartOffset: Offset;
}

interface Session {
  readonly id: number;
  readonly usesTopicIds: boolean;
  /** Follower sessions are kept before those of consumers. */
  readonly isPrivileged: boolean;
  readonly createdAt: number;
  lastUsedAt: number;
  nextEpoch: number;
  readonly partitions: Map<string, RememberedPartition>;
}

/** What the fetch request says about its session. */
export interface SessionRequest {
  readonly sessionId: number;
  readonly sessionEpoch: number;
  readonly usesTopicIds: boolean;
  readonly isFollower: boolean;
  readonly wanted: readonly WantedPartition[];
  readonly forgotten: readonly { topic: string; topicId: Uuid; partitions: readonly number[] }[];
}

export interface FetchSessionLimits {
  readonly slots: number;
  /** Partitions remembered over all sessions. */
  readonly maxPartitions?: number;
  /** Told of who comes to one of them. */
  readonly onLimit?: OnLimit;
  /** A session this long unused gives way to a new one. */
  readonly evictionMs?: number;
}

/**
 * One fetch as its session sees it: which partitions, under which id, and which of the answers to
 * leave out.
 */
export interface FetchScope {
  readonly sessionId: number;
  readonly partitions: readonly WantedPartition[];
  /** Whether the answer for this partition is to be sent; remembers what it said if so. */
  includes(wanted: WantedPartition, answer: AnsweredPartition): boolean;
  /** The id for an answer that tells nothing: a session that is only asked for is not begun. */
  withoutAnswer(): number;
}

const FINAL_EPOCH = -1;
const INITIAL_EPOCH = 0;
const MAX_INT32 = 2 ** 31 - 1;

export class FetchSessions {
  /** The one unused for longest comes first. */
  readonly #sessions = new Map<number, Session>();
  readonly #slots: number;
  readonly #maxPartitions: number;
  readonly #evictionMs: number;
  readonly #onLimit: OnLimit;
  readonly #randomInt: (below: number) => number;
  #partitionCount = 0;

  constructor(limits: FetchSessionLimits, randomInt: (below: number) => number) {
    this.#slots = limits.slots;
    this.#maxPartitions = limits.maxPartitions ?? LIMITS["fetch.session.partitions"].fixed;
    this.#onLimit = limits.onLimit ?? (() => {});
    this.#evictionMs = limits.evictionMs ?? 120_000;
    this.#randomInt = randomInt;
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** Partitions remembered over all sessions. */
  get partitionCount(): number {
    return this.#partitionCount;
  }

  /** Opens the scope of one fetch; the name of a top-level error when its session doesn't stand. */
  open(request: SessionRequest, now: number): FetchScope | ErrorName {
    const { sessionId, sessionEpoch } = request;
    if (sessionEpoch === INITIAL_EPOCH || sessionEpoch === FINAL_EPOCH) {
      this.#remove(this.#sessions.get(sessionId));
      const session = sessionEpoch === INITIAL_EPOCH ? this.#create(request, now) : undefined;
      return {
        sessionId: session?.id ?? 0,
        partitions: request.wanted,
        includes: fullAnswers(session),
        withoutAnswer: () => {
          this.#remove(session);
          return 0;
        },
      };
    }
    return this.#continue(request, now);
  }

  #continue(request: SessionRequest, now: number): FetchScope | ErrorName {
    const session = this.#sessions.get(request.sessionId);
    if (session === undefined) return "FETCH_SESSION_ID_NOT_FOUND";
    if (session.nextEpoch !== request.sessionEpoch) return "INVALID_FETCH_SESSION_EPOCH";
    if (session.usesTopicIds !== request.usesTopicIds) return "FETCH_SESSION_TOPIC_ID_ERROR";
    this.#update(session, request);
    if (this.#partitionCount > this.#maxPartitions) {
      this.#onLimit("fetch.session.partitions");
      this.#remove(session);
      return "FETCH_SESSION_ID_NOT_FOUND";
    }
    if (session.partitions.size === 0) {
      this.#remove(session);
      return { sessionId: 0, partitions: [], includes: () => true, withoutAnswer: () => 0 };
    }
    session.nextEpoch = session.nextEpoch === MAX_INT32 ? 1 : session.nextEpoch + 1;
    session.lastUsedAt = now;
    this.#sessions.delete(session.id);
    this.#sessions.set(session.id, session);
    return {
      sessionId: session.id,
      partitions: [...session.partitions.values()],
      includes: changedAnswers(session),
      withoutAnswer: () => session.id,
    };
  }

  #update(session: Session, { wanted, forgotten }: SessionRequest): void {
    const before = session.partitions.size;
    for (const partition of wanted) {
      const key = keyOf(partition, partition.partition);
      const known = session.partitions.get(key);
      if (known === undefined) session.partitions.set(key, remember(partition));
      else Object.assign(known, partition);
    }
    for (const topic of forgotten) {
      for (const partition of topic.partitions) session.partitions.delete(keyOf(topic, partition));
    }
    this.#partitionCount += session.partitions.size - before;
  }

  #create(request: SessionRequest, now: number): Session | undefined {
    const { wanted, usesTopicIds, isFollower } = request;
    if (!this.#makeRoom(request, now)) return undefined;
    const session: Session = {
      id: this.#newId(),
      usesTopicIds,
      isPrivileged: isFollower,
      createdAt: now,
      lastUsedAt: now,
      nextEpoch: 1,
      partitions: new Map(wanted.map((each) => [keyOf(each, each.partition), remember(each)])),
    };
    this.#sessions.set(session.id, session);
    this.#partitionCount += session.partitions.size;
    return session;
  }

  /**
   * Evicts for a new session if need be: one that nobody uses, or an old one that is worth less.
   */
  #makeRoom({ wanted, isFollower }: SessionRequest, now: number): boolean {
    if (this.#slots <= 0) return false;
    const isFull = () =>
      this.#sessions.size >= this.#slots ||
      this.#partitionCount + wanted.length > this.#maxPartitions;
    if (!isFull()) return true;
    const areTooMany = this.#sessions.size >= this.#slots;
    this.#onLimit(
      areTooMany ? "max.incremental.fetch.session.cache.slots" : "fetch.session.partitions",
    );
    for (const session of this.#sessions.values()) { // the longest unused first
      if (now - session.lastUsedAt <= this.#evictionMs) break;
      this.#remove(session);
      if (!isFull()) return true;
    }
    const victim = [...this.#sessions.values()].find((session) =>
      now - session.createdAt > this.#evictionMs && !session.isPrivileged &&
      (isFollower || session.partitions.size < wanted.length)
    );
    this.#remove(victim);
    return !isFull();
  }

  #remove(session: Session | undefined): void {
    if (session === undefined || !this.#sessions.delete(session.id)) return;
    this.#partitionCount -= session.partitions.size;
  }

  #newId(): number {
    for (;;) {
      const id = 1 + this.#randomInt(MAX_INT32 - 1);
      if (!this.#sessions.has(id)) return id;
    }
  }
}

const keyOf = (topic: { topic: string; topicId: Uuid }, partition: number): string =>
  `${topic.topicId === ZERO_UUID ? topic.topic : topic.topicId}:${partition}`;

const remember = (wanted: WantedPartition): RememberedPartition => ({
  ...wanted,
  sentHighWatermark: -1,
  sentLogStartOffset: -1,
});

/** A full fetch sends everything; a new session notes what it sent. */
function fullAnswers(session: Session | undefined): FetchScope["includes"] {
  return (wanted, answer) => {
    const known = session?.partitions.get(keyOf(wanted, wanted.partition));
    if (known !== undefined) note(known, answer);
    return true;
  };
}

/**
 * An incremental fetch sends what is new. A partition with data goes to the end of the order, for
 * fairness.
 */
function changedAnswers({ partitions }: Session): FetchScope["includes"] {
  return (wanted, answer) => {
    const known = wanted as RememberedPartition;
    const isNew = answer.hasRecords || answer.isError || answer.isDiverging ||
      answer.preferredReadReplica >= 0 || answer.highWatermark !== known.sentHighWatermark ||
      answer.logStartOffset !== known.sentLogStartOffset;
    if (!isNew) return false;
    note(known, answer);
    if (!answer.hasRecords) return true;
    const key = keyOf(known, known.partition);
    if (partitions.delete(key)) partitions.set(key, known);
    return true;
  };
}

/**
 * An error is always told again: what was sent is forgotten. So is the high watermark that goes with
 * a divergence, since a follower can't go by it before its log is like ours.
 */
function note(known: RememberedPartition, answer: AnsweredPartition): void {
  const isTold = !answer.isError && !answer.isDiverging;
  known.sentHighWatermark = isTold ? answer.highWatermark : -1;
  known.sentLogStartOffset = answer.logStartOffset;
}
