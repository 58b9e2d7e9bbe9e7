/**
 * Partitions on their way from one log directory to another (KIP-113), while they are read and
 * written as ever.
 *
 *     copied in slices ─▶ synced ─▶ the metadata names the new directory ─▶ the copy takes over
 *
 * The original is the partition until the copy takes over, in one turn of the event loop and
 * completed in it. A crash before that leaves both, and the copy goes on from where it was; after
 * it, the copy is the partition. The metadata names the new directory first, as in Kafka: should
 * the old one be missing at the next start, nobody takes what is in the new one for all there is.
 *
 * Slices are small and everyone else gets a turn between two of them; all moves together keep to
 * `replica.alter.log.dirs.io.max.bytes.per.second`.
 */
import { keyOf, type LogEvent, TokenBucket, type TopicPartition, type Uuid } from "../base/mod.ts";
import {
  copySlice,
  type LogDirectories,
  type LogDirectory,
  type PartitionLog,
} from "../log/mod.ts";
import type { Clock, Timer } from "../platform/mod.ts";
import type { Replica } from "./replica.ts";

const SLICE_BYTES = 1024 * 1024;
/** Nobody waits longer for his share without looking whether it is still wanted. */
const LONGEST_PAUSE_MS = 500;
/** So much may be left to copy in the one turn in which the copy takes over. */
const LAST_BYTES = 4 * 1024 * 1024;

export interface LogMovesOptions {
  readonly directories: LogDirectories;
  readonly clock: Clock;
  readonly log: LogEvent;
  readonly limits: () => { readonly atOnce: number; readonly bytesPerSecond: number };
  /** Has the metadata say in which directory the partition lies; resolves when it does. */
  readonly assign: (replica: Replica, directory: Uuid) => Promise<void>;
}

interface Move {
  readonly replica: Replica;
  readonly target: LogDirectory;
  readonly copy: PartitionLog;
  /** The metadata names the target already. */
  isAssigned: boolean;
  isOver: boolean;
}

export class LogMoves {
  readonly #options: LogMovesOptions;
  /** By partition, the oldest first. */
  readonly #moves = new Map<string, Move>();
  readonly #running = new Set<Move>();
  readonly #pauses = new Set<Timer>();
  /** What was copied and is not within the limit yet. Nothing is saved up. */
  readonly #copied: TokenBucket;
  #isClosed = false;

  constructor(options: LogMovesOptions) {
    this.#options = options;
    this.#copied = new TokenBucket(0, 0, options.clock.monotonic());
  }

  /** Where the partition is being moved to. */
  targetOf(topicPartition: TopicPartition): LogDirectory | undefined {
    return this.#moves.get(keyOf(topicPartition))?.target;
  }

  /** Begins to move a partition, or goes on with the copy that lies in the target already. */
  begin(replica: Replica, target: LogDirectory): void {
    const { directories, log } = this.#options;
    const { topicPartition } = replica;
    const copy = target.future(topicPartition) ?? directories.beginMove(replica.log, target);
    const move = { replica, target, copy, isAssigned: false, isOver: false };
    this.#moves.set(keyOf(topicPartition), move);
    replica.log.isHeld = true;
    const { path: to } = target;
    log("info", "partition is being moved", { partition: keyOf(topicPartition), to });
    this.#runNext();
  }

  /** Gives the move up, copy and all. Fine when there is none. */
  cancel(topicPartition: TopicPartition): void {
    const move = this.#moves.get(keyOf(topicPartition));
    if (move === undefined) return;
    this.#giveUp(move);
    this.#options.directories.deleteFuture(topicPartition);
  }

  /** The directory is lost: moves to it and from it are over, until the next start at least. */
  onOffline(directory: LogDirectory): void {
    for (const move of [...this.#moves.values()]) {
      const { target, replica } = move;
      if (target === directory || replica.offline !== undefined) this.#giveUp(move);
    }
  }

  /** Stops where it is; the next start goes on. */
  close(): void {
    this.#isClosed = true;
    for (const pause of this.#pauses) pause.cancel();
    for (const move of [...this.#moves.values()]) this.#end(move);
  }

  #end(move: Move): void {
    move.isOver = true;
    move.replica.log.isHeld = false;
    this.#moves.delete(keyOf(move.replica.topicPartition));
  }

  /** The original stays what it is, and the metadata has to say so again. */
  #giveUp(move: Move): void {
    this.#end(move);
    const { replica, isAssigned } = move;
    if (this.#isClosed || !isAssigned || replica.offline !== undefined) return;
    const source = this.#options.directories.directoryOf(replica.topicPartition);
    if (source === undefined) return;
    this.#options.assign(replica, source.directoryId).catch((error) => {
      const fields = { partition: keyOf(replica.topicPartition), reason: error.message };
      this.#options.log("error", "cannot tell where a partition is", fields);
    });
  }

  #runNext(): void {
    const { atOnce } = this.#options.limits();
    for (const move of this.#moves.values()) {
      if (this.#isClosed || this.#running.size >= atOnce) return;
      if (this.#running.has(move)) continue;
      this.#running.add(move);
      void this.#run(move).finally(() => {
        this.#running.delete(move);
        this.#runNext();
      });
    }
  }

  async #run(move: Move): Promise<void> {
    const { log } = this.#options;
    const partition = keyOf(move.replica.topicPartition);
    try {
      await this.#copyAll(move);
      if (move.isOver) return;
      move.isAssigned = true;
      await this.#options.assign(move.replica, move.target.directoryId);
      do await this.#copyAll(move); while (!move.isOver && !this.#takeOver(move));
    } catch (error) {
      if (move.isOver) return;
      const reason = (error as Error).message;
      log("error", "partition cannot be moved", { partition, to: move.target.path, reason });
      if (move.replica.offline === undefined) this.cancel(move.replica.topicPartition);
      else this.#giveUp(move);
    }
  }

  /** Until the copy is complete but for what is appended just now, and on the device. */
  async #copyAll(move: Move): Promise<void> {
    await this.#pause(move, 0);
    while (!move.isOver) {
      const { bytesPerSecond } = this.#options.limits();
      const bytes = copySlice(move.replica.log, move.copy, Math.min(SLICE_BYTES, bytesPerSecond));
      if (bytes === 0) return await move.copy.sync();
      await this.#pause(move, bytes);
    }
  }

  /** At least a turn of the event loop; longer when more was copied than is allowed. */
  async #pause(move: Move, bytes: number): Promise<void> {
    const { clock, limits } = this.#options;
    const owedMs = () => this.#copied.throttleMs(limits().bytesPerSecond, clock.monotonic());
    this.#copied.draw(bytes, limits().bytesPerSecond, clock.monotonic());
    do {
      const waitMs = Math.min(LONGEST_PAUSE_MS, owedMs());
      await new Promise<void>((resolve) => {
        const timer = clock.after(waitMs, () => (this.#pauses.delete(timer), resolve()));
        this.#pauses.add(timer);
      });
    } while (!move.isOver && owedMs() > 0);
  }

  /** False when too much was appended meanwhile. */
  #takeOver(move: Move): boolean {
    const { replica, target, copy } = move;
    let left = LAST_BYTES;
    for (let bytes = 1; bytes > 0 && left > 0; left -= bytes) {
      bytes = copySlice(replica.log, copy, SLICE_BYTES);
    }
    if (copy.logEndOffset < replica.logEndOffset) return false;
    const moved = this.#options.directories.finishMove(replica.log, target);
    replica.onMoved(moved);
    this.#end(move);
    const { path: to } = target;
    this.#options.log("info", "partition moved", { partition: keyOf(replica.topicPartition), to });
    return true;
  }
}
