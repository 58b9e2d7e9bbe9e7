/**
 * Copies partitions from one broker that leads them, in a loop:
 *
 *     ask for all of them, from where each log ends ─▶ append what came ─▶ have it synced ─┐
 *           ▲                                                                              │
 *           └──────────────────────────────────────────────────────────────────────────────┘
 *
 * A fetch at an offset tells the leader that all below is safe here, and the leader acknowledges by
 * that. So nothing is asked for before what came last is on the device (where the topic's
 * durability is `disk`): while the device works, more comes in at the leader, and is fetched in one
 * go.
 *
 * A leader's answer may say that the logs diverge (KIP-595): what the leader never had is cut off,
 * back to where the two logs have the same epochs (KIP-101, KIP-279), and the next fetch tries
 * there. What fails with one partition is tried again after a while, without the others; a
 * partition that has moved on to another leader or epoch while an answer was on its way is left
 * alone.
 */
import { Bell, InvariantError, keyOf, type LogEvent } from "../../base/mod.ts";
import type { BrokerConfig } from "../../config/mod.ts";
import type { Clock } from "../../platform/mod.ts";
import { errorName, type FetchResponse } from "../../protocol/mod.ts";
import type { ReplicaPeer } from "../peers.ts";
import type { Replica } from "../replica.ts";
import type { ReplicationThrottle } from "../throttle.ts";
import { backoffMs, Followed, WORTH_A_LINE } from "./followed.ts";
import { meetLeader } from "./out_of_range.ts";
import { usableBatches } from "./received.ts";
import { type FetchedPartition, FollowerSession } from "./session.ts";
import { truncateWhereDiverging } from "./truncation.ts";

/** So long at a stretch may the event loop be kept from everyone else. */
const STRETCH_MS = 4;
/** Once partitions have come, more may: for so long the leader shall not keep us waiting long. */
const UNREST_MS = 1000;
const WAIT_IN_UNREST_MS = 50;
/** When nothing may be fetched for now. */
const THROTTLED_MS = 100;
/** So often at most a fetch that waits is broken off for a partition that has come. */
const BREAK_OFF_MS = 250;

type Answer = FetchResponse["responses"][number]["partitions"][number];

export interface FetcherOptions {
  readonly nodeId: number;
  readonly leader: number;
  /** To the leader; closed by this. */
  readonly peer: ReplicaPeer;
  /** The epoch of this broker's registration. */
  readonly brokerEpoch: () => number;
  readonly config: () => BrokerConfig;
  readonly clock: Clock;
  readonly throttle: ReplicationThrottle;
  /** Before a log is cut below its high watermark; true when there is another one in its place. */
  readonly keepAside: (replica: Replica) => boolean;
  /** Makes it last where their logs begin. Throws StorageError. */
  readonly keepLogStarts: (replicas: readonly Replica[]) => void;
  readonly log: LogEvent;
}

export class Fetcher {
  readonly #options: FetcherOptions;
  readonly #session = new FollowerSession();
  /** By key, each in its turn. */
  readonly #followed = new Map<string, Followed>();
  readonly #bell = new Bell();
  /** Whose logs begin later since the last answer. */
  #movedStarts: Replica[] = [];
  #isRunning = false;
  #isClosed = false;
  #failures = 0;
  /** While the leader keeps an answer back for want of records. */
  #isWaiting = false;
  #brokenOffMs = -Infinity;
  #unrestUntilMs = -Infinity;

  constructor(options: FetcherOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#followed.size;
  }

  /** Follows the replica in its leader epoch of now. */
  add(replica: Replica): void {
    const followed = new Followed(replica);
    this.#followed.set(followed.key, followed);
    this.#hurry();
    if (!this.#isRunning) void this.#run();
  }

  remove(replica: Replica): void {
    const { key } = new Followed(replica);
    if (this.#followed.get(key)?.replica !== replica) return;
    this.#followed.delete(key);
    if (this.#followed.size === 0) this.#options.peer.hangUp();
  }

  close(): void {
    this.#isClosed = true;
    this.#followed.clear();
    this.#options.peer.close();
    this.#bell.ring();
  }

  /** A new leader's first records wait for its followers: they don't wait for another fetch. */
  #hurry(): void {
    const now = this.#options.clock.monotonic();
    this.#unrestUntilMs = now + UNREST_MS;
    this.#bell.ring();
    if (!this.#isWaiting || now - this.#brokenOffMs < BREAK_OFF_MS) return;
    this.#brokenOffMs = now;
    this.#options.peer.hangUp();
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    await undefined; // others may come in the same turn
    while (!this.#isClosed && this.#followed.size > 0) {
      const due = this.#due();
      if (due.length > 0) await this.#round(due);
      else await this.#pause(this.#untilNextMs());
    }
    this.#isRunning = false;
  }

  #due(): Followed[] {
    const now = this.#options.clock.monotonic();
    const due: Followed[] = [];
    for (const followed of this.#followed.values()) {
      if (followed.replica.offline !== undefined) this.#followed.delete(followed.key);
      else if (followed.notBeforeMs <= now) due.push(followed);
    }
    return due;
  }

  #untilNextMs(): number {
    let next = Infinity;
    for (const { notBeforeMs } of this.#followed.values()) next = Math.min(next, notBeforeMs);
    return next === Infinity ? 0 : Math.max(0, next - this.#options.clock.monotonic());
  }

  /** Until the time is up, or something has come. */
  async #pause(ms: number): Promise<void> {
    const timer = this.#options.clock.after(ms, () => this.#bell.ring());
    await this.#bell.next();
    timer.cancel();
  }

  async #round(due: readonly Followed[]): Promise<void> {
    await this.#allLocal(due);
    const asked = this.#ask(due);
    if (asked.size === 0) return await this.#pause(THROTTLED_MS);
    const response = await this.#fetch(asked);
    if (response !== undefined && !this.#isClosed) await this.#takeIn(asked, response);
  }

  /** What is appended is as safe as it has to be before a fetch says so. */
  async #allLocal(followed: readonly Followed[]): Promise<void> {
    const waits: Promise<void>[] = [];
    for (const { replica } of followed) {
      const wait = replica.whenLocal(replica.logEndOffset);
      if (wait !== undefined) waits.push(wait.catch(() => {})); // offline, or not ours any more
    }
    if (waits.length > 0) await Promise.all(waits);
  }

  #isCurrent(followed: Followed): boolean {
    const { key, replica, leaderEpoch } = followed;
    return this.#followed.get(key) === followed && replica.offline === undefined &&
      replica.leaderEpoch === leaderEpoch && !replica.isLeader;
  }

  #ask(due: readonly Followed[]): Map<string, FetchedPartition> {
    const maxBytes = this.#options.config().get("replica.fetch.max.bytes");
    const { throttle, clock } = this.#options;
    const isThrottled = throttle.isExceeded(clock.monotonic());
    const asked = new Map<string, FetchedPartition>();
    for (const followed of due) {
      const { replica, key } = followed;
      const isSafe = replica.localEndOffset === replica.logEndOffset;
      if (!isSafe || !this.#isCurrent(followed)) continue;
      if (isThrottled && followed.isBehind && replica.isThrottledAs("follower")) continue;
      asked.set(key, followed.ask(maxBytes));
    }
    return asked;
  }

  async #fetch(asked: ReadonlyMap<string, FetchedPartition>): Promise<FetchResponse | undefined> {
    const { nodeId, brokerEpoch, peer, clock, config } = this.#options;
    const isUnrest = clock.monotonic() < this.#unrestUntilMs;
    const maxWaitMs = config().get("replica.fetch.wait.max.ms");
    const began = clock.monotonic();
    this.#isWaiting = true;
    try {
      const response = await peer.fetch({
        replicaState: { replicaId: nodeId, replicaEpoch: brokerEpoch() },
        maxWaitMs: isUnrest ? Math.min(maxWaitMs, WAIT_IN_UNREST_MS) : maxWaitMs,
        minBytes: config().get("replica.fetch.min.bytes"),
        maxBytes: config().get("replica.fetch.response.max.bytes"),
        isolationLevel: 0,
        rackId: "",
        ...this.#session.next(asked),
      });
      const error = errorName(response.errorCode);
      if (error === "NONE") {
        this.#failures = 0;
        this.#session.onAnswer(response.sessionId);
        return response;
      }
      this.#session.onFailure(error);
      await this.#onFailure(error);
    } catch (error) {
      this.#session.onFailure();
      const isBrokenOff = this.#brokenOffMs >= began;
      if (!isBrokenOff && !this.#isClosed) await this.#onFailure((error as Error).message);
    } finally {
      this.#isWaiting = false;
    }
    return undefined;
  }

  async #onFailure(reason: string): Promise<void> {
    const { leader, log, config } = this.#options;
    this.#isWaiting = false;
    if (++this.#failures === WORTH_A_LINE) {
      log("info", "cannot fetch from a leader", { leader, reason });
    }
    await this.#pause(backoffMs(this.#failures, config()));
  }

  async #takeIn(
    asked: ReadonlyMap<string, FetchedPartition>,
    { responses }: FetchResponse,
  ): Promise<void> {
    const { clock, keepLogStarts } = this.#options;
    this.#movedStarts = [];
    let until = clock.monotonic() + STRETCH_MS;
    for (const { topicId, partitions } of responses) {
      for (const answer of partitions) {
        const key = `${topicId}:${answer.partitionIndex}`;
        const followed = this.#followed.get(key);
        const wanted = asked.get(key);
        // Another leader or epoch since; or one that was not asked for in this round.
        if (followed === undefined || wanted === undefined || followed.asked !== wanted) continue;
        await this.#takeInOne(followed, wanted, answer);
        if (clock.monotonic() < until) continue;
        await clock.sleep(0);
        until = clock.monotonic() + STRETCH_MS;
      }
    }
    // Before the next fetch tells of it: whoever deleted records is answered then, and they must not
    // be back when all lose their power and this one leads.
    if (this.#movedStarts.length > 0) keepLogStarts(this.#movedStarts);
  }

  async #takeInOne(followed: Followed, wanted: FetchedPartition, answer: Answer): Promise<void> {
    const { replica } = followed;
    // What was asked under another state of the log is no answer to where it ends now.
    if (!this.#isCurrent(followed) || replica.logEndOffset !== wanted.fetchOffset) return;
    try {
      const error = errorName(answer.errorCode);
      if (error === "OFFSET_OUT_OF_RANGE") await this.#meetLeader(followed);
      else if (error !== "NONE") return this.#failOne(followed, "info", error);
      else if (answer.divergingEpoch.epoch >= 0 || answer.divergingEpoch.endOffset >= 0) {
        truncateWhereDiverging(replica, answer.divergingEpoch, this.#options);
      } else this.#append(followed, answer);
      followed.onSuccess();
    } catch (error) {
      if (error instanceof InvariantError) throw error;
      this.#failOne(followed, "error", (error as Error).message); // a batch, or our own disk
    }
  }

  #append(followed: Followed, answer: Answer): void {
    const { replica, leaderEpoch } = followed;
    const { records, highWatermark, logStartOffset } = answer;
    if (records !== null && records.length > 0) {
      const { throttle, clock } = this.#options;
      if (replica.isThrottledAs("follower")) throttle.record(records.length, clock.monotonic());
      const usable = usableBatches(records, leaderEpoch);
      if (usable.length > 0) replica.appendAsFollower(usable);
    }
    const hasMoved = replica.onLeaderOffsets({ highWatermark, logStartOffset });
    if (hasMoved) this.#movedStarts.push(replica);
    followed.isBehind = replica.logEndOffset < highWatermark;
  }

  async #meetLeader(followed: Followed): Promise<void> {
    await meetLeader(followed.replica, {
      ...this.#options,
      isCurrent: () => this.#isCurrent(followed),
    });
  }

  #failOne(followed: Followed, level: "info" | "error", reason: string): void {
    const { clock, config, log, leader } = this.#options;
    if (!followed.onFailure(clock.monotonic(), config())) return;
    const partition = keyOf(followed.replica.topicPartition);
    log(level, "cannot fetch a partition", { partition, leader, reason });
  }
}
