/**
 * Reads a topic without a group: at once, from any point, leaving nothing behind in the cluster.
 * kafkajs reads only as a member of a group, which costs a rebalance and leaves a group with
 * offsets; a live picture wants neither.
 *
 * One loop looks after where the partitions are (Metadata) and where reading begins (ListOffsets);
 * one loop a leader fetches from it over a connection of its own, since a fetch that waits for
 * records would hold up all else. What they fetch goes to the one who reads, an answer at a time: a
 * loop fetches its next answer while the last one is being read, and no further ahead, so memory
 * holds two answers a leader, each of a few MiB at most.
 *
 * Brokers come and go. A lost connection, a moved leader, or an unknown topic sends the partition
 * back to the looking-after loop, which tries again with growing pauses and never gives up;
 * `onState` tells of it. An offset that is gone by retention moves up to the earliest there is.
 * Only committed transactions are seen.
 */
import { Bell, type Offset } from "../base/mod.ts";
import {
  errorName,
  FetchRequest,
  FetchResponse,
  isRetriable,
  KafkaError,
  type MetadataResponse,
} from "../protocol/mod.ts";
import type { Cluster } from "./cluster.ts";
import { BrokersUnreachable, ClientError, reasonOf } from "./errors.ts";
import { type Fetched, offsetBehind, recordsIn } from "./fetched_records.ts";
import { EARLIEST, LATEST, listOffsets } from "./list_offsets.ts";
import type { IncomingRecord, ReadFrom, ReadOptions } from "./types.ts";
import type { WireConnection } from "./wire_connection.ts";

const DEFAULT_MAX_BYTES = 2 ** 20;
/** Of one answer, over all partitions; one record always fits. */
const MAX_ANSWER_BYTES = 8 * 2 ** 20;
/** How long a broker may hold a fetch that finds nothing. */
const MAX_WAIT_MS = 500;
const FETCH_TIMEOUT_MS = MAX_WAIT_MS + 8000;
/** New partitions and moved leaders are looked for so often, besides when something fails. */
const REFRESH_MS = 30_000;
const PAUSE_MS = { first: 50, longest: 1000 };
/** Fetch by topic names; from 13 on it goes by ids. */
const HIGHEST_FETCH = 12;

type FetchedPart = FetchResponse["responses"][0]["partitions"][0];

/** One partition on its way through the log. */
interface Reading {
  readonly partition: number;
  /** Where to begin, until that is known as an offset. */
  begin: ReadFrom | undefined;
  position: Offset;
  /** Reading ends here; never, without one. */
  end: Offset;
  /** undefined: to be looked up. */
  leader: number | undefined;
  leaderEpoch: number;
}

export async function* readLog(
  cluster: Cluster,
  topic: string,
  options: ReadOptions,
): AsyncGenerator<IncomingRecord, void, undefined> {
  const reader = new LogReader(cluster, topic, options);
  try {
    yield* reader.records();
  } finally {
    reader.close();
  }
}

class LogReader {
  readonly #cluster: Cluster;
  readonly #topic: string;
  readonly #options: ReadOptions;
  readonly #stopped = new AbortController();
  readonly #readings = new Map<number, Reading>();
  readonly #loops = new Map<number, Promise<void>>();
  /** What was fetched and not yet read, oldest first. */
  readonly #fetched: Fetched[] = [];
  /** Rung when there is something to read, an end, or a failure. */
  readonly #arrived = new Bell();
  /** Rung when the reader has taken something. */
  readonly #taken = new Bell();
  /** Rung when a partition has lost its leader. */
  readonly #lost = new Bell();
  #failure: { error: unknown } | undefined;
  #state: "connected" | "disconnected" | undefined;
  #failures = 0;
  #topicId: string | undefined;
  #wasMissing = false;
  #hasBegun = false;

  constructor(cluster: Cluster, topic: string, options: ReadOptions) {
    this.#cluster = cluster;
    this.#topic = topic;
    this.#options = options;
    const { signal } = options;
    if (signal?.aborted) this.#stopped.abort();
    signal?.addEventListener("abort", () => this.close(), {
      once: true,
      signal: this.#stopped.signal,
    });
  }

  get #isStopped(): boolean {
    return this.#stopped.signal.aborted;
  }

  async *records(): AsyncGenerator<IncomingRecord, void, undefined> {
    this.#lookAfter().catch((error) => {
      if (!this.#isStopped) this.#failure = { error };
      this.#arrived.ring();
    });
    while (!this.#isStopped) {
      if (this.#failure) throw this.#failure.error;
      const fetched = this.#fetched.shift();
      if (fetched) {
        this.#taken.ring();
        for (const record of recordsIn(fetched)) {
          if (this.#isStopped) return;
          yield record;
        }
      } else if (this.#isAtEnd) return;
      else await this.#arrived.next();
    }
  }

  close(): void {
    this.#stopped.abort();
    for (const bell of [this.#arrived, this.#taken, this.#lost]) bell.ring();
  }

  /** Everything read that there was to read; false while partitions are not known yet. */
  get #isAtEnd(): boolean {
    return this.#readings.size > 0 && [...this.#readings.values()].every(isDone);
  }

  // Where the partitions are, and where to begin.

  async #lookAfter(): Promise<void> {
    while (!this.#isStopped) {
      try {
        await this.#findLeaders();
        await this.#findBeginnings();
        this.#startLoops();
        this.#arrived.ring();
      } catch (error) {
        if (this.#isStopped) return;
        if (!isPassing(error)) throw error;
        this.#onFailure(error);
      }
      const isSettled = [...this.#readings.values()].every(({ leader, begin }) =>
        leader !== undefined && begin === undefined
      ) && this.#readings.size > 0;
      if (isSettled) {
        await this.#untilLostOr(REFRESH_MS);
      }
      if (this.#failures > 0 || !isSettled) {
        await this.#pause();
      }
    }
  }

  async #findLeaders(): Promise<void> {
    const answer = await this.#cluster.metadata([this.#topic]);
    const found = answer.topics.find(({ name }) => name === this.#topic);
    const error = errorName(found?.errorCode ?? 3);
    if (error !== "NONE") {
      this.#wasMissing ||= error === "UNKNOWN_TOPIC_OR_PARTITION" && this.#readings.size === 0;
      const text = error === "UNKNOWN_TOPIC_OR_PARTITION"
        ? `Topic "${this.#topic}" does not exist`
        : undefined;
      throw new KafkaError(error, text);
    }
    this.#checkPartition(found!.partitions.length);
    this.#noteTopicId(found!.topicId);
    for (const partition of found!.partitions) this.#place(partition);
  }

  #checkPartition(count: number): void {
    const { partition } = this.#options;
    if (partition === undefined || partition < count) return;
    const there = count === 1 ? "partition 0 only" : `partitions 0 to ${count - 1}`;
    throw new ClientError(
      `Cannot read partition ${partition} of "${this.#topic}": it has ${there}`,
    );
  }

  /** Deleted and made again: the offsets we stand at mean nothing in the new log. */
  #noteTopicId(id: string): void {
    if (this.#topicId !== undefined && this.#topicId !== id) {
      for (const reading of this.#readings.values()) reading.begin = "beginning";
    }
    this.#topicId = id;
  }

  #place(
    { partitionIndex, leaderId, leaderEpoch }: MetadataResponse["topics"][0]["partitions"][0],
  ): void {
    const { partition: wanted, from } = this.#options;
    if (wanted !== undefined && wanted !== partitionIndex) return;
    let reading = this.#readings.get(partitionIndex);
    if (!reading) {
      if (this.#hasBegun && this.#options.until === "end") return; // it was not there at the start
      // Of a topic or partition that appears while we read, all is new, also what came before we
      // looked.
      const isNew = this.#hasBegun || this.#wasMissing;
      const begin = isNew && from === "end" ? "beginning" : from;
      reading = {
        partition: partitionIndex,
        begin,
        position: 0,
        end: Infinity,
        leader: undefined,
        leaderEpoch: -1,
      };
      this.#readings.set(partitionIndex, reading);
    }
    // Metadata may lag behind what the leader itself has told.
    if (leaderId >= 0 && leaderEpoch >= reading.leaderEpoch) {
      Object.assign(reading, { leader: leaderId, leaderEpoch });
    }
  }

  async #findBeginnings(): Promise<void> {
    const unplaced = [...this.#readings.values()].filter(({ begin, leader }) =>
      begin && leader !== undefined
    );
    if (unplaced.length === 0) return;
    const timestamps = unplaced.map(({ partition, begin }) => ({
      partition,
      timestamp: timestampOf(begin!),
    }));
    const needsLatest = this.#options.until === "end" ||
      timestamps.some(({ timestamp }) => timestamp >= 0);
    const [found, latest] = await Promise.all([
      listOffsets(this.#cluster, this.#topic, timestamps),
      needsLatest ? listOffsets(this.#cluster, this.#topic, unplaced.map(latestOf)) : undefined,
    ]);
    unplaced.forEach((reading, at) => {
      const begin = reading.begin;
      const isOffset = typeof begin === "object" && "offset" in begin;
      reading.position = isOffset
        ? begin.offset
        : found[at].offset >= 0
        ? found[at].offset
        : latest![at].offset;
      if (this.#options.until === "end" && reading.end === Infinity) {
        reading.end = latest![at].offset;
      }
      reading.begin = undefined;
    });
    this.#hasBegun = true;
  }

  #startLoops(): void {
    for (const { leader } of this.#readings.values()) {
      if (leader === undefined || this.#loops.has(leader)) continue;
      const loop = this.#fetchFrom(leader).finally(() => this.#loops.delete(leader));
      this.#loops.set(leader, loop);
    }
  }

  async #untilLostOr(ms: number): Promise<void> {
    const timer = this.#cluster.options.clock.after(ms, () => this.#lost.ring());
    await this.#lost.next();
    timer.cancel();
  }

  async #pause(): Promise<void> {
    const { clock, random } = this.#cluster.options;
    const most = Math.min(PAUSE_MS.first * 2 ** this.#failures, PAUSE_MS.longest);
    await clock.sleep(most / 2 + random.int(Math.ceil(most / 2)), this.#stopped.signal).catch(
      () => {},
    );
  }

  #onFailure(error: unknown): void {
    this.#failures++;
    const isAway = !(error instanceof KafkaError) || error.error === "UNKNOWN_TOPIC_OR_PARTITION";
    if (isAway) this.#tell("disconnected", error instanceof Error ? error.message : String(error));
  }

  #tell(state: "connected" | "disconnected", reason?: string): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#options.onState?.(state, reason);
  }

  // Fetching, one loop a leader.

  async #fetchFrom(leader: number): Promise<void> {
    const address = this.#cluster.addressOf(leader);
    let connection: WireConnection | undefined;
    const hangUp = () => connection?.close();
    this.#stopped.signal.addEventListener("abort", hangUp);
    try {
      if (!address) throw new BrokersUnreachable(`Broker ${leader} is not in the cluster`);
      connection = await this.#cluster.open(address, this.#stopped.signal);
      this.#tell("connected");
      let turn = 0;
      for (let led; (led = this.#ledBy(leader)).length > 0 && !this.#isStopped; turn++) {
        // The broker fills the first partitions first, so each gets its turn at the front.
        const first = turn % led.length;
        await this.#fetchOnce(connection, [...led.slice(first), ...led.slice(0, first)]);
        while (
          this.#fetched.some(({ partition }) => led.some((one) => one.partition === partition))
        ) {
          if (this.#isStopped) return;
          await this.#taken.next();
        }
      }
    } catch (error) {
      if (this.#isStopped) return;
      this.#onLeaderLost(leader, error);
    } finally {
      this.#stopped.signal.removeEventListener("abort", hangUp);
      connection?.close();
    }
  }

  #onLeaderLost(leader: number, error: unknown): void {
    if (!isPassing(error)) {
      this.#failure = { error };
      this.#arrived.ring();
      return;
    }
    const address = this.#cluster.addressOf(leader);
    const where = address ? `${address.host}:${address.port}` : `broker ${leader}`;
    this.#onFailure(new Error(`Lost ${where}: ${reasonOf(error)}`));
    for (const reading of this.#readings.values()) {
      if (reading.leader === leader) reading.leader = undefined;
    }
    this.#lost.ring();
  }

  #ledBy(leader: number): Reading[] {
    return [...this.#readings.values()].filter((reading) =>
      reading.leader === leader && reading.begin === undefined && !isDone(reading)
    );
  }

  async #fetchOnce(connection: WireConnection, led: readonly Reading[]): Promise<void> {
    const maxBytes = this.#options.maxBytes ?? DEFAULT_MAX_BYTES;
    const answer = await connection.call(FetchRequest, FetchResponse, {
      maxWaitMs: MAX_WAIT_MS,
      minBytes: 1,
      maxBytes: Math.max(maxBytes, Math.min(maxBytes * led.length, MAX_ANSWER_BYTES)),
      isolationLevel: 1,
      topics: [{
        topic: this.#topic,
        partitions: led.map(({ partition, position, leaderEpoch }) => ({
          partition,
          currentLeaderEpoch: leaderEpoch,
          fetchOffset: position,
          partitionMaxBytes: maxBytes,
        })),
      }],
    }, { highest: HIGHEST_FETCH, timeoutMs: FETCH_TIMEOUT_MS });
    if (errorName(answer.errorCode) !== "NONE") throw new KafkaError(errorName(answer.errorCode));
    const parts = answer.responses[0]?.partitions ?? [];
    for (const part of parts) {
      const reading = this.#readings.get(part.partitionIndex);
      if (reading) await this.#onPart(reading, part);
    }
    if (parts.every(({ records }) => !records?.length)) this.#noteNothingLeft(parts);
    this.#arrived.ring();
  }

  async #onPart(
    reading: Reading,
    part: FetchedPart,
  ): Promise<void> {
    const error = errorName(part.errorCode);
    if (error === "OFFSET_OUT_OF_RANGE") return await this.#backIntoRange(reading);
    if (error !== "NONE") {
      if (!isRetriable(error)) throw new KafkaError(error);
      reading.leader = undefined;
      this.#failures = Math.max(1, this.#failures);
      return this.#lost.ring();
    }
    this.#failures = 0;
    this.#tell("connected");
    if (!part.records || part.records.length === 0) return;
    const { position: from, end: until, partition } = reading;
    reading.position = offsetBehind(part.records, from);
    const aborted = part.abortedTransactions ?? [];
    this.#fetched.push({
      topic: this.#topic,
      partition,
      from,
      until,
      bytes: part.records,
      aborted,
    });
  }

  /**
   * Compaction may have left nothing up to the end we wait for: no record will ever take us there.
   */
  #noteNothingLeft(parts: readonly FetchedPart[]): void {
    for (const { partitionIndex, errorCode, lastStableOffset } of parts) {
      const reading = this.#readings.get(partitionIndex);
      if (reading && errorCode === 0 && lastStableOffset >= reading.end) {
        reading.position = reading.end;
      }
    }
  }

  /** Retention has overtaken us, or the log was cut: on from the nearest end that there is. */
  async #backIntoRange(reading: Reading): Promise<void> {
    await this.#findLeaders();
    if (reading.begin) return this.#lost.ring(); // another topic of that name
    const at = (timestamp: number) =>
      listOffsets(this.#cluster, this.#topic, [{ ...reading, timestamp }]);
    const [[earliest], [latest]] = await Promise.all([at(EARLIEST), at(LATEST)]);
    const before = reading.position;
    reading.position = before < earliest.offset ? earliest.offset : Math.min(before, latest.offset);
    this.#cluster.options.log("warn", "offset out of range", {
      topic: this.#topic,
      partition: reading.partition,
      offset: before,
      now: reading.position,
    });
  }
}

const isDone = ({ position, end, begin }: Reading) => begin === undefined && position >= end;
const latestOf = ({ partition }: Reading) => ({ partition, timestamp: LATEST });

function timestampOf(begin: ReadFrom): number {
  if (begin === "beginning") return EARLIEST;
  return typeof begin === "object" && "timestamp" in begin ? begin.timestamp : LATEST;
}

/**
 * Will it pass by itself? Connections do; of a broker's answers, those that Kafka calls retriable.
 */
function isPassing(error: unknown): boolean {
  if (error instanceof KafkaError) return isRetriable(error.error);
  return !(error instanceof ClientError) && (error as Error)?.name !== "CorruptRecords";
}
