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
import type { LocalController } from "./local_controller.ts";

export interface DirectoryReportsOptions {
  readonly controller: LocalController;
  readonly clock: Clock;
  readonly timeoutMs: () => number;
  /** The node can't go on. */
  readonly fail: (error: Error) => void;
}

interface Batch {
  readonly assigned: AssignedPartition[];
  readonly lost: { id: Uuid; path: string }[];
  cordoned?: readonly Uuid[];
  readonly told: PromiseWithResolvers<void>;
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
    return batch.told.promise;
  }

  lose(directory: { id: Uuid; path: string }): void {
    const batch = this.#next();
    batch.lost.push(directory);
    batch.told.promise.catch(() => {}); // told to the node already
  }

  /** Those that get no new partitions, all of them each time. */
  cordon(ids: readonly Uuid[]): void {
    if (ids.join() === this.#cordoned) return;
    this.#cordoned = ids.join();
    const batch = this.#next();
    batch.cordoned = ids;
    batch.told.promise.catch(() => {}); // what it is about is this broker's own wish
  }

  /** Tells what there is now, without waiting for the turn to end. */
  async flush(): Promise<void> {
    const batch = this.#batch;
    if (batch === undefined) return;
    this.#batch = undefined;
    this.#timer?.cancel();
    try {
      if (batch.assigned.length > 0) {
        await this.#options.controller.assignReplicas(byDirectory(batch));
      }
      if (batch.lost.length > 0) await this.#tellLost(batch.lost);
      if (batch.cordoned) await this.#options.controller.cordonDirectories(batch.cordoned);
      batch.told.resolve();
    } catch (error) {
      batch.told.reject(error);
    }
  }

  close(): void {
    this.#timer?.cancel();
  }

  #next(): Batch {
    if (this.#batch === undefined) {
      this.#batch = { assigned: [], lost: [], told: Promise.withResolvers() };
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
      throw error;
    } finally {
      timer.cancel();
    }
  }
}

/** As the request has it: directories, topics, partitions. */
function byDirectory({ assigned }: Batch) {
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
