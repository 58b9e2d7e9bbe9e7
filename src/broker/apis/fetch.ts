/**
 * Fetch, key 1: reads record batches from partitions, and waits for more when there are too few.
 *
 * Served 4 to 18.
 *
 * | v | adds |
 * | --- | --- |
 * | 4 | isolation level, aborted transactions (KIP-98) |
 * | 5 | log start offset |
 * | 6 | KAFKA_STORAGE_ERROR; NOT_LEADER_OR_FOLLOWER before (KIP-112) |
 * | 7 | sessions (KIP-227) |
 * | 9 | the leader epoch that the client believes in (KIP-320) |
 * | 10 | zstd |
 * | 11 | rack, preferred read replica (KIP-392) |
 * | 12 | flexible; last fetched epoch and where it diverges (KIP-595) |
 * | 13 | topics by id (KIP-516) |
 * | 15 | replica state |
 * | 16 | where the new leader is (KIP-951) |
 * | 17, 18 | directory id, known high watermark: for followers |
 *
 * A follower reads up to the log's end and waits for what is appended; its fetch says how far it is
 * (see `replication`). A consumer reads what is committed, and from version 11 on from a follower as
 * well, as far as that one knows what is committed (KIP-392).
 *
 * Differs from Kafka: the answer is also kept within what the connections have room for, given what
 * others have not read yet (one batch always goes). A follower's high watermark may be ahead of what
 * a Kafka leader's answer to the same fetch would say: the fetch counts first.
 */
import {
  errorCode,
  type ErrorName,
  FetchRequest,
  FetchResponse,
  type InputOf,
  KafkaError,
} from "../../protocol/mod.ts";
import type { Replica, ReplicaListener } from "../../replication/mod.ts";
import type { Timer } from "../../platform/mod.ts";
import {
  defineApi,
  MAX_PARTITIONS_AT_ONCE,
  NO_ANSWER,
  type Outcome,
  type RequestContext,
} from "../api.ts";
import type { Broker } from "../broker.ts";
import { endpointsOf, leaderHint } from "../cluster_view.ts";
import { asKafkaError } from "../errors.ts";
import { divergenceOf, type Follower, followerOf, wantedOf } from "../fetch_request.ts";
import type { FetchScope, WantedPartition } from "../fetch_sessions.ts";
import { leaderOf, replicaOf, topicNameOf } from "../lookup.ts";
import { preferredReadReplica } from "../read_replica.ts";

type Response = InputOf<typeof FetchResponse>;
type TopicResponse = NonNullable<Response["responses"]>[number];
type PartitionResponse = NonNullable<TopicResponse["partitions"]>[number];

const READ_COMMITTED = 1;
/** From here on consumers know that another replica may be better for them. */
const READS_FOLLOWERS_SINCE = 11;
/** From here on an answer tells who leads, and where that one is (KIP-951). */
const HINTS_SINCE = 16;
const NOTHING = new Uint8Array(0);
/** Smaller reads take fresh memory: a buffer of the pool is larger than they are. */
const LEAST_POOLED = 64 * 1024;
/** However little room there is, this much is tried. */
const LEAST_ROOM = 64 * 1024;
/** What an answer has around its partitions, and a partition around its records, about. */
const ANSWER_BYTES = 16;
const PARTITION_BYTES = 60;

export const fetch = defineApi({
  key: 1,
  name: "Fetch",
  request: FetchRequest,
  response: FetchResponse,
  versions: [4, 18],
  maxElements: MAX_PARTITIONS_AT_ONCE,

  handle(request, context, broker) {
    const isFollower = followerOf(request) !== undefined;
    const scope = broker.fetchSessions.open({
      sessionId: request.sessionId,
      sessionEpoch: request.sessionEpoch,
      usesTopicIds: context.version >= 13,
      isFollower,
      wanted: wantedOf(request),
      forgotten: request.forgottenTopicsData,
    }, broker.clock.monotonic());
    if (typeof scope === "string") return { errorCode: errorCode(scope) };
    const waiting = new WaitingFetch(request, context, broker, scope);
    waiting.read();
    const isAsked = request.maxWaitMs <= 0 || broker.isStopping;
    if (waiting.isDone || isAsked) return waiting.answer();
    return waiting.wait();
  },

  failed(request, error, { version }) {
    const code = errorCode(error.error);
    if (version >= 7) return { errorCode: code };
    return {
      responses: request.topics.map(({ topic, topicId, partitions }) => ({
        topic,
        topicId,
        partitions: partitions.map(({ partition }) => refused(partition, code)),
      })),
    };
  },
});

interface Read {
  readonly wanted: WantedPartition;
  readonly response: PartitionResponse;
  readonly replica: Replica | undefined;
  readonly bytes: number;
}

/**
 * One fetch from its first look at the partitions to its answer. While it waits it listens to their
 * replicas; it reads again only when what has come since could be enough, or the time is up.
 */
class WaitingFetch implements ReplicaListener {
  readonly #request: FetchRequest;
  readonly #context: RequestContext;
  readonly #broker: Broker;
  readonly #scope: FetchScope;
  readonly #follower: Follower | undefined;
  /** What the follower's fetch says of it counts once, when it comes. */
  #isNew = true;
  #reads: Read[] = [];
  #bytes = 0;
  /**
   * Whether there is anything to wait for. What nobody knows is no reason to answer before its
   * time.
   */
  #hasKnown = false;
  /** Another error, a diverging epoch, or a better replica to read from is told at once. */
  #isUrgent = false;
  /** The pool's buffers that the reads lie in. */
  #lent: Uint8Array<ArrayBuffer>[] = [];
  /** The replicas listened to: in which leader epoch, and which of the reads is theirs. */
  readonly #heard = new Map<Replica, { readonly leaderEpoch: number; readonly at: number }>();
  /** Of which reads something has changed since. */
  readonly #changed = new Set<number>();
  #isWoken = false;
  #readableBefore = 0;
  #timer: Timer | undefined;
  #resolve: ((outcome: Outcome<typeof FetchResponse>) => void) | undefined;

  constructor(request: FetchRequest, context: RequestContext, broker: Broker, scope: FetchScope) {
    this.#request = request;
    this.#context = context;
    this.#broker = broker;
    this.#scope = scope;
    this.#follower = followerOf(request);
  }

  get isDone(): boolean {
    return this.#isUrgent || !this.#hasKnown || this.#bytes >= this.#minBytes;
  }

  /** Never more than what the client's quota lets through within its windows; followers have none. */
  get #asked(): number {
    const { fetch } = this.#broker.quotas;
    const { maxBytes } = this.#request;
    return fetch.isSet && this.#follower === undefined
      ? Math.min(maxBytes, fetch.mostInWindows(this.#context))
      : maxBytes;
  }

  get #maxBytes(): number {
    const asked = this.#asked;
    const limit = this.#broker.config.get("fetch.max.bytes");
    const room = Math.max(this.#context.responseRoom, LEAST_ROOM);
    if (limit < asked) this.#broker.figures.limited("fetch.max.bytes");
    return Math.min(asked, limit, room);
  }

  get #minBytes(): number {
    return Math.min(this.#request.minBytes, this.#asked);
  }

  /** Reads all partitions anew. */
  read(): void {
    this.#giveBack();
    this.#reads = [];
    this.#bytes = 0;
    this.#hasKnown = false;
    let room = this.#maxBytes;
    for (const wanted of this.#scope.partitions) {
      const read = this.#readOne(wanted, room, this.#bytes === 0);
      this.#reads.push(read);
      this.#bytes += read.bytes;
      room -= read.bytes;
    }
    this.#isNew = false;
  }

  /**
   * Reads those anew that have changed, and that were not there: a follower of thousands of
   * partitions waits for any of them. All, if there is something that is to be read once more.
   */
  #readChanged(): void {
    const changed = [...this.#changed];
    this.#changed.clear();
    if (changed.some((at) => this.#reads[at].bytes > 0)) return this.read();
    for (const [at, { replica }] of this.#reads.entries()) {
      if (replica === undefined) changed.push(at);
    }
    for (const at of changed) {
      const { wanted } = this.#reads[at];
      const read = this.#readOne(wanted, this.#maxBytes - this.#bytes, this.#bytes === 0);
      this.#reads[at] = read;
      this.#bytes += read.bytes;
    }
    this.#hasKnown = this.#isUrgent || this.#reads.some(({ replica }) => replica !== undefined);
  }

  /**
   * Resolves when there is enough, when something is urgent, when time is up, or when the client
   * has gone.
   */
  wait(): Promise<Outcome<typeof FetchResponse>> {
    return new Promise((resolve) => {
      this.#resolve = resolve;
      this.#broker.waitingFetches.add(this);
      for (const [at, { replica }] of this.#reads.entries()) this.#listenTo(replica, at);
      this.#readableBefore = this.#readable();
      this.#timer = this.#broker.clock.after(this.#request.maxWaitMs, this.endWait);
      const { signal } = this.#context.connection;
      signal.addEventListener("abort", this.#onGone);
      if (signal.aborted) this.#onGone(); // gone before this was its turn: no event will come
    });
  }

  onReplicaChange(replica: Replica): void {
    const heard = this.#heard.get(replica)!;
    this.#changed.add(heard.at);
    const isServed = replica.offline === undefined && replica.leaderEpoch === heard.leaderEpoch;
    const gained = this.#readable() - this.#readableBefore;
    if (isServed && this.#bytes + gained < this.#minBytes) return;
    if (this.#follower === undefined) return this.#lookAgain();
    if (this.#isWoken) return;
    // One produce may append to many partitions: a follower gets all of it at once.
    this.#isWoken = true;
    void Promise.resolve().then(() => {
      this.#isWoken = false;
      if (this.#broker.waitingFetches.has(this)) this.#lookAgain();
    });
  }

  #lookAgain(): void {
    if (!this.#readAgain()) return;
    if (this.isDone) return this.#finish(this.answer());
    // More has come than this fetch may read of it: count anew from here.
    this.#readableBefore = this.#readable();
  }

  /** What was read, less what the session's client knows already; nothing when a quota says so. */
  answer(): Outcome<typeof FetchResponse> {
    const throttleMs = this.#throttleMs();
    if (throttleMs > 0) return this.#throttled(throttleMs);
    const responses: TopicResponse[] = [];
    let last: { topic: string; topicId: string; partitions: PartitionResponse[] } | undefined;
    for (const { wanted, response, replica, bytes } of this.#reads) {
      if (bytes > 0) this.#countSent(replica!, bytes);
      if (!this.#scope.includes(wanted, answeredPartition(response))) continue;
      if (last === undefined || last.topic !== wanted.topic || last.topicId !== wanted.topicId) {
        last = { topic: wanted.topic, topicId: wanted.topicId, partitions: [] };
        responses.push(last);
      }
      last.partitions.push(response);
    }
    if (this.#lent.length > 0) this.#context.onSent(() => this.#giveBack());
    return {
      sessionId: this.#scope.sessionId,
      responses,
      nodeEndpoints: this.#isUrgent ? this.#endpoints() : [],
    };
  }

  #countSent(replica: Replica, bytes: number): void {
    replica.countRead(bytes);
    if (this.#follower === undefined || !replica.isThrottledAs("leader")) return;
    this.#broker.replicas.throttles.leader.record(bytes, this.#broker.clock.monotonic());
  }

  /** How long the quotas of bytes and of time make wait; bytes that do not go are not counted. */
  #throttleMs(): number {
    const { quotas: { fetch }, clock } = this.#broker;
    if (this.#follower !== undefined) return 0;
    const forTime = this.#context.chargeTime();
    if (!fetch.isSet) return forTime;
    const now = clock.monotonic();
    const size = this.#answerSize();
    const throttleMs = Math.max(forTime, fetch.record(this.#context, size, now));
    if (throttleMs > 0) fetch.unrecord(this.#context, size, now);
    return throttleMs;
  }

  /** About as many bytes as the answer has: records, and what is said around them. */
  #answerSize(): number {
    let size = ANSWER_BYTES;
    for (const { bytes } of this.#reads) if (bytes > 0) size += bytes + PARTITION_BYTES;
    return size;
  }

  /** An empty answer, at which the client comes back for the same (KIP-219). */
  #throttled(throttleMs: number): Outcome<typeof FetchResponse> {
    this.#context.throttle(throttleMs);
    this.#giveBack();
    return { sessionId: this.#scope.withoutAnswer() };
  }

  /** Time is up. */
  readonly endWait = (): void => {
    if (this.#readAgain()) this.#finish(this.answer());
  };

  /**
   * False when it is answered already. A disk may fail at the first of many reads that one append
   * sets off: all who wait hear of that at once and are answered, and then comes their turn to
   * read, with buffers that are on their way to the client.
   */
  #readAgain(): boolean {
    const { waitingFetches } = this.#broker;
    if (waitingFetches.has(this)) this.#readChanged();
    return waitingFetches.has(this);
  }

  readonly #onGone = (): void => {
    this.#giveBack();
    this.#finish(NO_ANSWER);
  };

  readonly #allocate = (size: number): Uint8Array => {
    if (size < LEAST_POOLED) return new Uint8Array(size);
    const buffer = this.#broker.readBuffers.take(size);
    this.#lent.push(buffer);
    return buffer;
  };

  /** Nobody looks at what was read any more. */
  #giveBack(): void {
    for (const buffer of this.#lent) this.#broker.readBuffers.give(buffer);
    this.#lent = [];
  }

  #finish(outcome: Outcome<typeof FetchResponse>): void {
    this.#broker.waitingFetches.delete(this);
    this.#timer?.cancel();
    this.#context.connection.signal.removeEventListener("abort", this.#onGone);
    for (const replica of this.#heard.keys()) replica.stopListening(this);
    this.#resolve?.(outcome);
  }

  #listenTo(replica: Replica | undefined, at: number): void {
    if (replica === undefined) return;
    this.#heard.set(replica, { leaderEpoch: replica.leaderEpoch, at });
    if (this.#follower === undefined) replica.listen(this);
    else replica.listenToAppends(this);
  }

  #readable(): number {
    let bytes = 0;
    const isFollower = this.#follower !== undefined;
    for (const replica of this.#heard.keys()) {
      bytes += isFollower ? replica.appendedBytes : replica.committedBytes;
    }
    return bytes;
  }

  #readOne(wanted: WantedPartition, room: number, isFirst: boolean): Read {
    try {
      const topic = topicNameOf(this.#broker, this.#idOf(wanted), wanted.topic);
      const find = this.#readsFollowers ? replicaOf : leaderOf;
      const replica = find(this.#broker, topic, wanted.partition, wanted.currentLeaderEpoch);
      this.#hasKnown = true;
      return this.#readFrom(replica, wanted, room, isFirst);
    } catch (error) {
      const name = this.#known(asKafkaError(error, this.#broker.log).error);
      if (!IS_UNKNOWN.has(name)) this.#isUrgent = this.#hasKnown = true;
      this.#broker.figures.failed("Fetch", { error: name });
      const response = refused(wanted.partition, errorCode(name), IS_UNKNOWN.has(name));
      return {
        wanted,
        response: this.#withHint(response, wanted, name),
        replica: undefined,
        bytes: 0,
      };
    }
  }

  get #readsFollowers(): boolean {
    return this.#follower === undefined && this.#context.version >= READS_FOLLOWERS_SINCE;
  }

  /** Clients before version 6 look for another leader when a disk has failed (KIP-112). */
  #known(error: ErrorName): ErrorName {
    return error === "KAFKA_STORAGE_ERROR" && this.#context.version < 6
      ? "NOT_LEADER_OR_FOLLOWER"
      : error;
  }

  #idOf({ topicId }: WantedPartition): string | undefined {
    return this.#context.version >= 13 ? topicId : undefined;
  }

  #readFrom(replica: Replica, wanted: WantedPartition, room: number, isFirst: boolean): Read {
    const divergence = divergenceOf(replica, wanted);
    if (divergence !== undefined) {
      this.#isUrgent = true;
      const response = this.#offsetsOf(replica, wanted.partition);
      response.divergingEpoch = divergence;
      return { wanted, response, replica, bytes: 0 };
    }
    this.#takeIn(replica, wanted);
    const response = this.#offsetsOf(replica, wanted.partition);
    const preferred = this.#preferredReplica(replica, wanted);
    if (preferred !== undefined) {
      this.#isUrgent = true;
      response.preferredReadReplica = preferred;
      return { wanted, response, replica, bytes: 0 };
    }
    const isCommittedOnly = this.#follower === undefined &&
      this.#request.isolationLevel === READ_COMMITTED;
    const upTo = this.#follower !== undefined
      ? replica.logEndOffset
      : isCommittedOnly
      ? replica.lastStableOffset
      : replica.highWatermark;
    if (this.#isThrottled(replica)) return { wanted, response, replica, bytes: 0 };
    const { parts, bytes } = replica.log.read(wanted.fetchOffset, {
      maxBytes: Math.max(0, Math.min(wanted.maxBytes, room)),
      upTo,
      atLeastOneBatch: isFirst,
      allocate: this.#allocate,
    });
    if (bytes > 0) response.records = parts.length === 1 ? parts[0] : parts;
    if (isCommittedOnly) {
      response.abortedTransactions = bytes === 0
        ? []
        : replica.log.abortedTransactions(wanted.fetchOffset, upTo);
    }
    return { wanted, response, replica, bytes };
  }

  /** What a follower says by asking for this offset, once it is known to be one of this log. */
  #takeIn(replica: Replica, wanted: WantedPartition): void {
    const { fetchOffset, logStartOffset, currentLeaderEpoch } = wanted;
    if (this.#follower === undefined || !this.#isNew) return;
    const isInLog = fetchOffset >= replica.logStartOffset && fetchOffset <= replica.logEndOffset;
    if (!isInLog) throw new KafkaError("OFFSET_OUT_OF_RANGE", `Cannot read at ${fetchOffset}`);
    const { brokerId, brokerEpoch } = this.#follower;
    if (replica.leadership?.follower(brokerId) === undefined) {
      // Whoever names our leader epoch may have heard of a reassignment before us, and tries again.
      const isAhead = currentLeaderEpoch !== -1;
      throw new KafkaError(isAhead ? "UNKNOWN_LEADER_EPOCH" : "NOT_LEADER_OR_FOLLOWER");
    }
    replica.onFollowerFetch(brokerId, { fetchOffset, logStartOffset, brokerEpoch });
  }

  /** The follower is not in sync, and more was sent to such ones already than may be (KIP-73). */
  #isThrottled(replica: Replica): boolean {
    if (this.#follower === undefined || !replica.isThrottledAs("leader")) return false;
    if (replica.state.isr.includes(this.#follower.brokerId)) return false;
    return this.#broker.replicas.throttles.leader.isExceeded(this.#broker.clock.monotonic());
  }

  /** Another broker that a consumer had better read from. */
  #preferredReplica(replica: Replica, { fetchOffset }: WantedPartition): number | undefined {
    if (!this.#readsFollowers || !replica.isLeader) return undefined;
    const { rackId } = this.#request;
    const { listener } = this.#context.connection;
    return preferredReadReplica(this.#broker, replica, { rackId, fetchOffset, listener });
  }

  #offsetsOf(replica: Replica, partitionIndex: number): Writable<PartitionResponse> {
    return {
      partitionIndex,
      errorCode: 0,
      highWatermark: replica.highWatermark,
      lastStableOffset: replica.lastStableOffset,
      logStartOffset: replica.logStartOffset,
      abortedTransactions: null,
      records: NOTHING,
    };
  }

  #withHint(
    response: PartitionResponse,
    wanted: WantedPartition,
    error: string,
  ): PartitionResponse {
    const isMoved = error === "NOT_LEADER_OR_FOLLOWER" || error === "FENCED_LEADER_EPOCH";
    if (!isMoved || this.#context.version < HINTS_SINCE) return response;
    const { topic: name, topicId, partition: index } = wanted;
    const hint = leaderHint(this.#broker.image(), { name, topicId, index });
    return hint === undefined ? response : { ...response, currentLeader: hint };
  }

  /** Followers know where everybody is. */
  #endpoints() {
    if (this.#follower !== undefined) return [];
    const leaders = new Set<number>();
    for (const { response: { currentLeader } } of this.#reads) {
      if (currentLeader?.leaderId !== undefined) leaders.add(currentLeader.leaderId);
    }
    if (leaders.size === 0) return [];
    return endpointsOf(this.#broker.image(), this.#context.connection.listener, leaders);
  }
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

function answeredPartition(response: PartitionResponse) {
  return {
    hasRecords: response.records !== NOTHING && response.records !== null,
    highWatermark: response.highWatermark ?? -1,
    logStartOffset: response.logStartOffset ?? -1,
    preferredReadReplica: response.preferredReadReplica ?? -1,
    isDiverging: response.divergingEpoch !== undefined,
    isError: response.errorCode !== 0,
  };
}

/** Of these Kafka says that no transaction was aborted, of other errors nothing. */
const IS_UNKNOWN = new Set<ErrorName>(["UNKNOWN_TOPIC_OR_PARTITION", "UNKNOWN_TOPIC_ID"]);

function refused(partitionIndex: number, code: number, isUnknown = false): PartitionResponse {
  return {
    partitionIndex,
    errorCode: code,
    highWatermark: -1,
    lastStableOffset: -1,
    logStartOffset: -1,
    abortedTransactions: isUnknown ? [] : null,
    records: NOTHING,
  };
}
