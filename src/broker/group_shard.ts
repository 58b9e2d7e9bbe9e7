/**
 * One partition of `__consumer_offsets` that this broker leads, and the coordinator whose state it
 * holds.
 *
 *     load ──► active ──► (leadership lost, disk failed) closed
 *
 * The coordinator decides and changes nothing; its records are appended, and in the same turn
 * replayed, so that the next decision builds on them. The replies leave when everything that was
 * appended before them is committed: an answer without records of its own may still have been drawn
 * from state whose records are not committed yet. If the append is refused nothing has changed, and
 * the coordinator says what to answer instead. If the commit fails after the append, memory and log
 * can no longer be known to agree: the shard closes, and whoever leads next reads the log.
 */
import type { LogEvent } from "../base/mod.ts";
import type { OnLimit } from "../config/mod.ts";
import type {
  GroupCoordinator,
  GroupEvent,
  GroupState,
  Outcome,
} from "../coordinator/group/mod.ts";
import { type Clock, isDiskFull, type Timer } from "../platform/mod.ts";
import { type ErrorName, KafkaError } from "../protocol/mod.ts";
import {
  batchesOf,
  type BatchView,
  type Codec,
  decodeControlRecord,
  encodeBatch,
  recordsOf,
} from "../records/mod.ts";
import type { Replica } from "../replication/mod.ts";
import { NO_ANSWER } from "./api.ts";
import type { KeptInGroups } from "./kept_records.ts";
import { PendingOffsets } from "./pending_offsets.ts";

/** Who waits for an answer of the coordinator's. */
export interface Reply {
  resolve(response: any): void;
  reject(error: Error): void;
}

export interface GroupShardOptions {
  readonly replica: Replica;
  readonly coordinator: GroupCoordinator<Reply>;
  readonly clock: Clock;
  readonly log: LogEvent;
  /** What records are packed with. */
  readonly codec: Codec;
  /** How much is read at once when the partition is loaded. */
  readonly loadBytes: number;
  /** How long answers wait for what they tell to be committed. */
  readonly commitTimeoutMs: number;
  /** Told of all that happens. */
  readonly onEvent?: (event: string) => void;
  readonly onLimit?: OnLimit;
}

const DEADLINES_A_TURN = 100;
/** Records that may be taken in parts are cut into batches of about so many bytes. */
const PART_BYTES = 256 * 1024;
/** A record of a group that decompresses to more than this is not one of ours. */
const MAX_DECOMPRESSED_BYTES = 128 * 1024 * 1024;

export class GroupShard {
  readonly replica: Replica;
  readonly #coordinator: GroupCoordinator<Reply>;
  readonly #clock: Clock;
  readonly #log: LogEvent;
  readonly #codec: Codec;
  readonly #loadBytes: number;
  readonly #commitTimeoutMs: number;
  readonly #onEvent: (event: string) => void;
  readonly #onLimit: OnLimit;
  #state: "loading" | "active" | "closed" = "loading";
  #timer: Timer | undefined;
  #timerAt: number | undefined;
  readonly #waiting = new Set<Reply>();
  /** While it loads: offsets of transactions that have not ended. */
  readonly #pending = new PendingOffsets();

  constructor(options: GroupShardOptions) {
    const { replica, coordinator, clock, log, codec, loadBytes, commitTimeoutMs } = options;
    this.#commitTimeoutMs = commitTimeoutMs;
    this.#onEvent = options.onEvent ?? (() => {});
    this.#onLimit = options.onLimit ?? (() => {});
    this.replica = replica;
    this.#coordinator = coordinator;
    this.#clock = clock;
    this.#log = log;
    this.#codec = codec;
    this.#loadBytes = loadBytes;
  }

  /** Reads the partition from its beginning; the shard is active afterwards. */
  async load(): Promise<void> {
    const startedAt = this.#clock.monotonic();
    let records = 0;
    try {
      for (let offset = this.replica.logStartOffset; offset < this.replica.logEndOffset;) {
        if (this.#state === "closed") return;
        const { parts, bytes } = this.replica.log.read(offset, {
          maxBytes: this.#loadBytes,
          upTo: this.replica.logEndOffset,
          atLeastOneBatch: true,
        });
        if (bytes === 0) break;
        for (const part of parts) {
          for (const batch of batchesOf(part)) {
            records += this.#replay(batch);
            offset = batch.nextOffset;
          }
        }
        if (offset < this.replica.logEndOffset) await this.#clock.sleep(0); // let others have a turn
      }
      if (this.#state === "closed") return;
      this.#state = "active";
      this.#coordinator.onLoaded(this.#clock.now());
      this.#schedule();
    } catch (error) {
      this.close();
      this.#log("error", "cannot load groups", {
        partition: this.#partition,
        error: String(error),
      });
      return;
    }
    if (records === 0) return;
    const tookMs = Math.round(this.#clock.monotonic() - startedAt);
    this.#log("info", "groups loaded", { partition: this.#partition, records, tookMs });
  }

  /** What was read and is not served. */
  get kept(): KeptInGroups {
    const { skippedRecords: records, others } = this.#coordinator.stored;
    const groups = new Map<string, number>();
    for (const type of others.values()) groups.set(type, (groups.get(type) ?? 0) + 1);
    return { records, groups, openTransactions: this.#pending.size };
  }

  get groupCount(): number {
    return this.#coordinator.groups.size;
  }

  /** What clients make the coordinator keep. */
  get bytes(): number {
    return this.#coordinator.bytes;
  }

  get offsetCount(): number {
    return this.#coordinator.stored.offsets.size;
  }

  /** Those that are coordinated here. */
  get groups(): Iterable<{ readonly state: GroupState; readonly size: number }> {
    return this.#coordinator.groups.values();
  }

  /** Stops deciding; all who wait for an answer are told to look elsewhere. */
  close(): void {
    this.#state = "closed";
    this.#timer?.cancel();
    for (const reply of [...this.#waiting]) reply.reject(new KafkaError("NOT_COORDINATOR"));
  }

  /** Throws what a client is told while this shard can't answer. */
  requireActive(): void {
    if (this.#state === "loading") throw new KafkaError("COORDINATOR_LOAD_IN_PROGRESS");
    if (this.#state === "closed") throw new KafkaError("NOT_COORDINATOR");
  }

  /**
   * Lets the coordinator decide and carries it out; resolves with the answer that it gives to
   * `reply`, or with `NO_ANSWER` when the signal says that the client has gone.
   */
  run<Response>(
    decide: (coordinator: GroupCoordinator, reply: Reply) => Outcome<Reply>,
    signal?: AbortSignal,
  ): Promise<Response | typeof NO_ANSWER> {
    this.requireActive();
    return new Promise((resolve, reject) => {
      const onGone = () => reply.resolve(NO_ANSWER);
      const done = () => {
        this.#waiting.delete(reply);
        signal?.removeEventListener("abort", onGone);
      };
      const reply: Reply = {
        resolve: (response) => (done(), resolve(response)),
        reject: (error) => (done(), reject(error)),
      };
      this.#waiting.add(reply);
      signal?.addEventListener("abort", onGone, { once: true });
      try {
        this.#carryOut(decide(this.#coordinator, reply));
        this.#schedule();
        if (signal?.aborted) onGone(); // it had gone before this was its turn, and no event will come
      } catch (error) {
        reply.reject(error as Error);
      }
    });
  }

  /** Topics are gone from the cluster: their offsets go too. */
  onTopicsDeleted(topics: ReadonlySet<string>): void {
    if (this.#state !== "active") return; // while it loads, offsets of topics that are gone expire later
    this.#carryOut(this.#coordinator.onTopicsDeleted(topics, this.#clock.now()));
    this.#schedule();
  }

  get #partition(): number {
    return this.replica.topicPartition.partition;
  }

  #replay(batch: BatchView): number {
    if (batch.isControl) return this.#endTransaction(batch);
    let count = 0;
    for (const record of recordsOf(batch, { maxDecompressedBytes: MAX_DECOMPRESSED_BYTES })) {
      if (record.key === null) continue;
      const owned = { ...record, key: record.key.slice(), value: record.value?.slice() ?? null };
      if (batch.isTransactional) {
        this.#pending.add(batch.producerId, owned);
        continue;
      }
      this.#pending.overwrite(owned.key);
      this.#coordinator.replay(owned.key, owned.value, owned);
      count++;
    }
    return count;
  }

  #endTransaction(batch: BatchView): number {
    const [marker] = recordsOf(batch, { maxDecompressedBytes: MAX_DECOMPRESSED_BYTES });
    if (marker === undefined) return 0; // emptied by a cleaning: all of the transaction is gone
    const isCommitted = decodeControlRecord(marker).type === "COMMIT";
    const records = this.#pending.end(batch.producerId, { isCommitted });
    for (const { key, value, offset, timestamp } of records) {
      this.#coordinator.replay(key, value, { offset, timestamp });
    }
    return records.length;
  }

  #carryOut(outcome: Outcome<Reply>): void {
    const { records, isAtomic, replies, events, limits } = outcome;
    for (const limit of limits) this.#onLimit(limit);
    for (const part of isAtomic ? [records] : partsOf(records)) {
      const refused = part.length === 0 ? undefined : this.#append(part);
      if (refused !== undefined) {
        for (const { to, response } of outcome.ifNotWritten(refused)) to.resolve(response);
        return;
      }
    }
    this.#say(events);
    if (replies.length === 0) return;
    const send = () => {
      for (const { to, response } of replies) to.resolve(response);
    };
    const committed = this.replica.whenCommitted(this.replica.logEndOffset);
    if (committed === undefined) return send();
    const refuse = (error: ErrorName) => {
      for (const { to } of replies) to.reject(new KafkaError(error));
    };
    // What is in the log may yet be committed; whoever waited asks again.
    const patience = this.#clock.after(
      this.#commitTimeoutMs,
      () => refuse(coordinatorError("REQUEST_TIMED_OUT")),
    );
    committed.then(send, () => refuse("NOT_COORDINATOR")).finally(() => patience.cancel());
  }

  /** Appends and replays; the name of what the client is to be told when the log refuses. */
  #append(records: Outcome<Reply>["records"]): ErrorName | undefined {
    const now = this.#clock.now();
    try {
      const stamped = records.map(({ key, value }) => ({ key, value, timestamp: now }));
      const batch = encodeBatch(stamped, { codec: this.#codec });
      this.#checkSize(batch);
      const { baseOffset } = this.replica.append(batch, { now, origin: "coordinator" });
      records.forEach(({ key, value }, index) =>
        this.#coordinator.replay(key, value, { offset: baseOffset + index, timestamp: now })
      );
      return undefined;
    } catch (error) {
      if (!(error instanceof KafkaError)) this.close();
      // A full disk is told of by its directory, and not for each commit that it refuses.
      if (!(error instanceof KafkaError && isDiskFull(error.cause))) {
        this.#log("warn", "cannot write to a group", {
          partition: this.#partition,
          error: error instanceof Error ? error.message : String(error),
        });
      }
      return coordinatorError(error instanceof KafkaError ? error.error : "KAFKA_STORAGE_ERROR");
    }
  }

  /** A group's record has all of its members in it: as Kafka's, it must fit into a batch. */
  #checkSize({ length }: Uint8Array): void {
    const { maxMessageBytes } = this.replica.log.settings;
    if (length <= maxMessageBytes) return;
    this.#onLimit("message.max.bytes");
    throw new KafkaError(
      "RECORD_LIST_TOO_LARGE",
      `${length} bytes are more than max.message.bytes=${maxMessageBytes}`,
    );
  }

  #schedule(): void {
    if (this.#state !== "active") return;
    const deadline = this.#coordinator.nextDeadline();
    if (deadline === this.#timerAt) return;
    this.#timer?.cancel();
    this.#timerAt = deadline;
    if (deadline === undefined) return;
    this.#timer = this.#clock.after(
      Math.max(0, deadline - this.#clock.now()),
      () => this.#onTimer(),
    );
  }

  /**
   * One deadline at a time, since the next may depend on what this one writes; but not all in one
   * turn.
   */
  #onTimer(): void {
    this.#timerAt = undefined;
    for (let count = 0; count < DEADLINES_A_TURN; count++) {
      const now = this.#clock.now();
      if (this.#state !== "active" || (this.#coordinator.nextDeadline() ?? Infinity) > now) break;
      this.#carryOut(this.#coordinator.onTimer(now));
    }
    this.#schedule();
  }

  #say(events: readonly GroupEvent[]): void {
    for (const { event, fields } of events) {
      this.#onEvent(event);
      this.#log("info", event, fields);
    }
  }
}

function* partsOf(records: Outcome<Reply>["records"]): Generator<Outcome<Reply>["records"]> {
  let from = 0, bytes = 0;
  for (const [index, { key, value }] of records.entries()) {
    bytes += key.length + (value?.length ?? 0);
    if (bytes < PART_BYTES) continue;
    yield records.slice(from, index + 1);
    from = index + 1;
    bytes = 0;
  }
  yield records.slice(from);
}

/**
 * What a client is told when the coordinator's own append fails: it is to look for the coordinator
 * again.
 */
function coordinatorError(error: ErrorName): ErrorName {
  switch (error) {
    case "UNKNOWN_TOPIC_OR_PARTITION":
    case "NOT_ENOUGH_REPLICAS":
    case "NOT_ENOUGH_REPLICAS_AFTER_APPEND":
    case "REQUEST_TIMED_OUT":
      return "COORDINATOR_NOT_AVAILABLE";
    case "NOT_LEADER_OR_FOLLOWER":
    case "KAFKA_STORAGE_ERROR":
      return "NOT_COORDINATOR";
    case "MESSAGE_TOO_LARGE":
    case "RECORD_LIST_TOO_LARGE":
    case "INVALID_FETCH_SIZE":
      return "UNKNOWN_SERVER_ERROR";
    default:
      return error;
  }
}
