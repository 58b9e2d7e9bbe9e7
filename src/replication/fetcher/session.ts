/**
 * The follower's side of a fetch session (KIP-227, see `broker/fetch_sessions.ts`): what the leader
 * was told of each partition, so that only what is new is told again.
 *
 *     begins with a full fetch (id 0, or the id of a session to be forgotten; epoch 0)
 *     the answer's id: 0, and there is no session; else the next fetches are (id, 1), (id, 2), …
 *     whatever goes wrong: a full fetch again
 */
import { type Offset, type Uuid, ZERO_UUID } from "../../base/mod.ts";
import type { ErrorName, FetchRequest, InputOf } from "../../protocol/mod.ts";

type Request = InputOf<typeof FetchRequest>;
type Topics = NonNullable<Request["topics"]>;
type Partition = NonNullable<Topics[number]["partitions"]>[number];

/** What a follower asks of one partition. */
export interface FetchedPartition {
  readonly topic: string;
  readonly topicId: Uuid;
  readonly partition: number;
  readonly currentLeaderEpoch: number;
  readonly fetchOffset: Offset;
  readonly lastFetchedEpoch: number;
  readonly logStartOffset: Offset;
  readonly highWatermark: Offset;
  readonly maxBytes: number;
}

const NOTHING: ReadonlyMap<string, FetchedPartition> = new Map();
const INITIAL_EPOCH = 0;
const MAX_INT32 = 2 ** 31 - 1;

export class FollowerSession {
  #id = 0;
  #epoch = INITIAL_EPOCH;
  /** By key: what the leader was told last. */
  #told: ReadonlyMap<string, FetchedPartition> = new Map();

  /**
   * The next fetch's session, with the partitions that it has to name: those that are another
   * object than last time.
   *
   * @param wanted by key; kept, and not to be changed any more
   */
  next(
    wanted: ReadonlyMap<string, FetchedPartition>,
  ): Pick<Request, "sessionId" | "sessionEpoch" | "topics" | "forgottenTopicsData"> {
    const isFull = this.#epoch === INITIAL_EPOCH;
    const before = isFull ? NOTHING : this.#told;
    const named: FetchedPartition[] = [];
    const forgotten: FetchedPartition[] = [];
    for (const [key, partition] of wanted) {
      if (before.get(key) !== partition) named.push(partition);
    }
    const isSuperset = wanted.size - named.length === before.size; // each is there as before
    for (const [key, partition] of isSuperset ? NOTHING : before) {
      if (!wanted.has(key)) forgotten.push(partition);
    }
    this.#told = wanted;
    return {
      sessionId: this.#id,
      sessionEpoch: this.#epoch,
      topics: byTopic(named, requested),
      forgottenTopicsData: byTopic(forgotten, ({ partition }) => partition),
    };
  }

  onAnswer(sessionId: number): void {
    const isSame = sessionId === this.#id && this.#epoch !== INITIAL_EPOCH;
    this.#id = sessionId;
    if (sessionId === 0) this.#epoch = INITIAL_EPOCH;
    else this.#epoch = isSame && this.#epoch < MAX_INT32 ? this.#epoch + 1 : 1;
  }

  /** The leader does not know it any more, or nobody knows what it knows. */
  onFailure(error?: ErrorName): void {
    if (error === "FETCH_SESSION_ID_NOT_FOUND") this.#id = 0;
    this.#epoch = INITIAL_EPOCH;
  }
}

const requested = (wanted: FetchedPartition): Partition => ({
  partition: wanted.partition,
  currentLeaderEpoch: wanted.currentLeaderEpoch,
  fetchOffset: wanted.fetchOffset,
  lastFetchedEpoch: wanted.lastFetchedEpoch,
  logStartOffset: wanted.logStartOffset,
  highWatermark: wanted.highWatermark,
  partitionMaxBytes: wanted.maxBytes,
});

function byTopic<T>(
  partitions: readonly FetchedPartition[],
  of: (partition: FetchedPartition) => T,
): { topic: string; topicId: Uuid; partitions: T[] }[] {
  const topics = new Map<string, { topic: string; topicId: Uuid; partitions: T[] }>();
  for (const each of partitions) {
    const { topic, topicId } = each;
    const key = topicId === ZERO_UUID ? topic : topicId;
    let found = topics.get(key);
    if (found === undefined) topics.set(key, found = { topic, topicId, partitions: [] });
    found.partitions.push(of(each));
  }
  return [...topics.values()];
}
