/**
 * One partition of an internal topic that this broker leads, and the coordinator whose state it
 * holds. The same road for every kind of coordinator.
 *
 *     load ──► active ──► closed   the leadership is lost, or goes to another epoch
 *       └────────┴──────► failed   memory and log may differ, or the log can't be read: who runs it
 *                                  loads another
 *
 * It is good for one leader epoch. What it knows is the log as this leader took it over and what it
 * has appended since; in the next epoch somebody else may have written between, so a shard that
 * this broker led before is read again even when the same broker leads on. Nothing is decided or
 * written outside of its epoch (`partition_writer.ts`).
 *
 * The coordinator decides and changes nothing; its records are appended, and in the same turn
 * replayed, so that the next decision builds on them. The replies leave when everything that was
 * appended before them is committed, that is, in the log of all in-sync replicas: an answer without
 * records of its own may still have been drawn from state whose records are not committed yet. If
 * the append is refused nothing has changed, and the coordinator says what to answer instead. What
 * was appended and not committed when the leadership is lost is nobody's truth: who asked is told
 * to look for the coordinator, and the next leader's log says what became of it.
 */
import type { LogEvent } from "../../base/mod.ts";
import type { OnLimit } from "../../config/mod.ts";
import type {
  CoordinatorEvent,
  CoordinatorRecord,
  Outcome,
  StateMachine,
} from "../../coordinator/mod.ts";
import { type Clock, isDiskFull, type Timer } from "../../platform/mod.ts";
import { type ErrorName, KafkaError } from "../../protocol/mod.ts";
import type { BatchView, Codec } from "../../records/mod.ts";
import type { Replica } from "../../replication/mod.ts";
import type { NO_ANSWER } from "../api.ts";
import { coordinatorError } from "./errors.ts";
import { readPartition, type ReadReplica } from "./partition_reader.ts";
import { PartitionWriter, partsOf, type WrittenReplica } from "./partition_writer.ts";
import { type Reply, WaitingReplies } from "./waiting_replies.ts";

/** A coordinator, and how it takes in what it finds in the log. */
export interface LoadedMachine extends StateMachine<Reply> {
  /** Takes in a batch while the partition is read; returns how many records counted. */
  load(batch: BatchView): number;
}

/** The partition, as far as a shard uses it. */
export type ShardReplica = ReadReplica & WrittenReplica & Pick<Replica, "whenCommitted">;

/** How a coordinator's partition is read and written. */
export interface ShardStorage {
  /** What records are packed with. */
  readonly codec: Codec;
  /** How much is read at once when the partition is loaded. */
  readonly loadBytes: number;
  /** How long answers wait for what they tell to be committed. */
  readonly commitTimeoutMs: number;
}

export interface ShardOptions<Machine extends LoadedMachine> extends ShardStorage {
  readonly replica: ShardReplica;
  readonly machine: Machine;
  readonly clock: Clock;
  readonly log: LogEvent;
  /** What it coordinates, for the lines of the log: `groups`. */
  readonly what: string;
  /** Told of all that happens. */
  readonly onEvent?: (event: string) => void;
  readonly onLimit?: OnLimit;
  /** Called once when it has failed, while this broker leads on. */
  readonly onFailed?: () => void;
}

const DEADLINES_A_TURN = 100;

export class CoordinatorShard<Machine extends LoadedMachine> {
  readonly machine: Machine;
  readonly #options: ShardOptions<Machine>;
  readonly #writer: PartitionWriter;
  readonly #waiting: WaitingReplies;
  #state: "loading" | "active" | "closed" = "loading";
  #timer: Timer | undefined;
  #timerAt: number | undefined;
  /** Why the last append was refused; told once. */
  #refusedFor: string | undefined;

  constructor(options: ShardOptions<Machine>) {
    this.#options = options;
    this.machine = options.machine;
    this.#writer = new PartitionWriter(options.replica, options.codec);
    this.#waiting = new WaitingReplies(options.clock);
  }

  /** Reads the partition from its beginning; the shard is active afterwards, or closed. */
  async load(): Promise<void> {
    const { replica, machine, clock, log, loadBytes, what } = this.#options;
    const startedAt = clock.monotonic();
    let records: number | undefined;
    try {
      records = await readPartition({
        replica,
        clock,
        bytesAtOnce: loadBytes,
        isWanted: () => this.#state === "loading" && this.#writer.isCurrent,
        onBatch: (batch) => machine.load(batch),
      });
      if (records === undefined || this.#state === "closed") return;
      this.#state = "active";
      machine.onLoaded(clock.now());
      this.#schedule();
    } catch (error) {
      log("error", `cannot load ${what}`, { partition: this.partition, error: String(error) });
      return this.#fail();
    }
    if (records === 0) return;
    const tookMs = Math.round(clock.monotonic() - startedAt);
    log("info", `${what} loaded`, { partition: this.partition, records, tookMs });
  }

  get partition(): number {
    return this.#options.replica.topicPartition.partition;
  }

  get isClosed(): boolean {
    return this.#state === "closed";
  }

  /** Stops deciding; all who wait for an answer are told to look elsewhere. */
  close(): void {
    this.#state = "closed";
    this.#timer?.cancel();
    this.#waiting.refuseAll("NOT_COORDINATOR");
  }

  #fail(): void {
    if (this.#state === "closed") return;
    this.close();
    this.#options.onFailed?.();
  }

  /** Throws what a client is told while this shard can't answer. */
  requireActive(): void {
    if (this.#state === "closed" || !this.#writer.isCurrent) {
      throw new KafkaError("NOT_COORDINATOR");
    }
    if (this.#state === "loading") throw new KafkaError("COORDINATOR_LOAD_IN_PROGRESS");
  }

  /**
   * Lets the coordinator decide and carries it out; resolves with the answer that it gives to
   * `reply`, or with `NO_ANSWER` when the signal says that the client has gone.
   */
  run<Response>(
    decide: (machine: Machine, reply: Reply) => Outcome<Reply>,
    signal?: AbortSignal,
  ): Promise<Response | typeof NO_ANSWER> {
    this.requireActive();
    return this.#waiting.wait<Response>((reply) => {
      this.#carryOut(decide(this.machine, reply));
      this.#schedule();
    }, signal);
  }

  /** Decides for nobody: something has happened. Nothing comes of it while the shard loads. */
  tell(decide: (machine: Machine) => Outcome<Reply>): void {
    if (this.#state !== "active" || !this.#writer.isCurrent) return;
    this.#carryOut(decide(this.machine));
    this.#schedule();
  }

  #carryOut(outcome: Outcome<Reply>): void {
    const { records, isAtomic, replies, events, limits } = outcome;
    for (const limit of limits) this.#options.onLimit?.(limit);
    for (const part of isAtomic ? [records] : partsOf(records)) {
      const refused = part.length === 0 ? undefined : this.#append(part);
      if (refused === undefined) continue;
      for (const { to, response } of outcome.ifNotWritten(refused)) to.resolve(response);
      return;
    }
    this.#say(events);
    if (replies.length === 0) return;
    const send = () => {
      for (const { to, response } of replies) to.resolve(response);
    };
    const refuse = (error: ErrorName) => () => {
      for (const { to } of replies) to.reject(new KafkaError(error));
    };
    const { replica, commitTimeoutMs } = this.#options;
    const committed = replica.whenCommitted(replica.logEndOffset);
    if (committed === undefined) return send();
    // What is in the log may yet be committed; whoever waited asks again.
    this.#waiting.afterwards(committed, commitTimeoutMs, {
      then: send,
      late: refuse(coordinatorError("REQUEST_TIMED_OUT")),
      refused: refuse("NOT_COORDINATOR"),
    });
  }

  /** Appends and replays; the name of what the client is to be told when the log refuses. */
  #append(records: readonly CoordinatorRecord[]): ErrorName | undefined {
    const now = this.#options.clock.now();
    let baseOffset: number;
    try {
      baseOffset = this.#writer.append(records, now).baseOffset;
    } catch (error) {
      return this.#refused(error);
    }
    this.#refusedFor = undefined;
    try {
      for (const [index, { key, value }] of records.entries()) {
        this.machine.replay(key, value, { offset: baseOffset + index, timestamp: now });
      }
      return undefined;
    } catch (error) {
      this.#fail(); // the log has what memory has not
      throw error;
    }
  }

  #refused(error: unknown): ErrorName {
    const { log, what, onLimit } = this.#options;
    const known = error instanceof KafkaError ? error : undefined;
    if (known?.limit !== undefined) onLimit?.(known.limit);
    const reason = error instanceof Error ? error.message : String(error);
    // A full disk is told of by its directory; all else once, and not for each that it refuses.
    if (!isDiskFull(known?.cause) && reason !== this.#refusedFor) {
      log("warn", `cannot write ${what}`, { partition: this.partition, error: reason });
    }
    this.#refusedFor = reason;
    if (known === undefined) this.#fail(); // what the disk has of it nobody can tell
    return coordinatorError(known?.error ?? "KAFKA_STORAGE_ERROR");
  }

  #schedule(): void {
    if (this.#state !== "active") return;
    const deadline = this.machine.nextDeadline();
    if (deadline === this.#timerAt) return;
    this.#timer?.cancel();
    this.#timerAt = deadline;
    if (deadline === undefined) return;
    const { clock } = this.#options;
    this.#timer = clock.after(Math.max(0, deadline - clock.now()), () => this.#onTimer());
  }

  /**
   * One deadline at a time, since the next may depend on what this one writes; but not all in one
   * turn.
   */
  #onTimer(): void {
    this.#timerAt = undefined;
    for (let count = 0; count < DEADLINES_A_TURN; count++) {
      const now = this.#options.clock.now();
      if (this.#state !== "active" || !this.#writer.isCurrent) return;
      if ((this.machine.nextDeadline() ?? Infinity) > now) break;
      this.#carryOut(this.machine.onTimer(now));
    }
    this.#schedule();
  }

  #say(events: readonly CoordinatorEvent[]): void {
    for (const { event, fields } of events) {
      this.#options.onEvent?.(event);
      this.#options.log("info", event, fields);
    }
  }
}
