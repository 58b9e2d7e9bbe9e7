/**
 * What this broker tells the controller of its log directories (KIP-858): in which of them its
 * partitions lie, which have failed, and which get no new ones. What comes up in one turn of the
 * event loop is told together, and after it, since it may come up in the middle of taking in a
 * commit; places before failures, so that a partition is lost with the directory it has just been
 * made in.
 *
 * A controller that can't be told that a directory is lost goes on sending clients here, so after
 * `log.dir.failure.timeout.ms` the node stops instead.
 */
import type { Uuid } from "../base/mod.ts";
import { type Clock, StorageError, type Timer } from "../platform/mod.ts";
import type { AssignedPartition } from "../replication/mod.ts";
import type { BrokerLifecycle } from "./broker_lifecycle.ts";

export interface DirectoryReportsOptions {
  readonly controller: Pick<
    BrokerLifecycle,
    "assignReplicas" | "loseDirectories" | "cordonDirectories"
  >;
  readonly clock: Clock;
  readonly timeoutMs: () => number;
  /** The node can't go on. */
  readonly fail: (error: Error) => void;
}

interface Batch {
  readonly assigned: AssignedPartition[];
  readonly lost: { id: Uuid; path: string }[];
  cordoned?: readonly Uuid[];
  /** Settled with what the controller says to `assigned`. */
  readonly placed: PromiseWithResolvers<void>;
}

export class DirectoryReports {
  readonly #options: DirectoryReportsOptions;
  #batch: Batch | undefined;
  #timer: Timer | undefined;
  /** As it was told last. */
  #cordoned = "";

  constructor(options: DirectoryReportsOptions) {
    this.#options = options;
  }

  /** Resolves when the metadata says so. */
  assign(partition: AssignedPartition): Promise<void> {
    const batch = this.#next();
    batch.assigned.push(partition);
    return batch.placed.promise;
  }

  lose(directory: { id: Uuid; path: string }): void {
    this.#next().lost.push(directory);
  }

  /** Those that get no new partitions, all of them each time. */
  cordon(ids: readonly Uuid[]): void {
    if (ids.join() === this.#cordoned) return;
    this.#cordoned = ids.join();
    this.#next().cordoned = ids;
  }

  /** Tells what there is now, without waiting for the turn to end. */
  async flush(): Promise<void> {
    const batch = this.#batch;
    if (batch === undefined) return;
    this.#batch = undefined;
    this.#timer?.cancel();
    const { controller } = this.#options;
    const { assigned, placed, lost, cordoned } = batch;
    // The controller decides on each at once, on top of the one before: a loss is not kept back by
    // places that it can't take, or is slow to commit.
    const telling: Promise<void>[] = [];
    if (assigned.length > 0) {
      const isKnown = controller.assignReplicas(byDirectory(assigned));
      telling.push(isKnown.then(placed.resolve, placed.reject));
    }
    if (lost.length > 0) telling.push(this.#tellLost(lost));
    // What this is about is the broker's own wish, and no one waits for it.
    if (cordoned) telling.push(controller.cordonDirectories(cordoned).catch(() => {}));
    await Promise.all(telling);
  }

  close(): void {
    this.#timer?.cancel();
  }

  #next(): Batch {
    if (this.#batch === undefined) {
      this.#batch = { assigned: [], lost: [], placed: Promise.withResolvers() };
      this.#timer = this.#options.clock.after(0, () => void this.flush());
    }
    return this.#batch;
  }

  async #tellLost(lost: Batch["lost"]): Promise<void> {
    const { controller, clock, timeoutMs, fail } = this.#options;
    const paths = lost.map(({ path }) => path).join(", ");
    const late = Promise.withResolvers<never>();
    const timer = clock.after(timeoutMs(), () =>
      late.reject(
        new StorageError(
          `Cannot go on without ${paths}: the controller could not be told within ${timeoutMs()} ms`,
          lost[0].path,
        ),
      ));
    try {
      const ids = lost.map(({ id }) => id);
      await Promise.race([controller.loseDirectories(ids), late.promise]);
    } catch (error) {
      fail(error as Error);
    } finally {
      timer.cancel();
    }
  }
}

/** As the request has it: directories, topics, partitions. */
function byDirectory(assigned: readonly AssignedPartition[]) {
  const directories = new Map<Uuid, Map<string, number[]>>();
  for (const { directory, topicId, partition } of assigned) {
    const topics = directories.get(directory) ?? new Map<string, number[]>();
    directories.set(directory, topics.set(topicId, [...topics.get(topicId) ?? [], partition]));
  }
  return [...directories].map(([id, topics]) => ({
    id,
    topics: [...topics].map(([topicId, partitions]) => ({
      topicId,
      partitions: partitions.map((partitionIndex) => ({ partitionIndex })),
    })),
  }));
}
