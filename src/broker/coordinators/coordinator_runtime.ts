/**
 * All coordinators of one kind on this broker: a shard for each partition of their topic that it
 * leads. A key belongs to partition `javaStringHash(key) mod n`, forever, which is why such a topic
 * must never grow. `replication` says when a leadership begins and ends; an end comes before the
 * next beginning, also when the same broker goes on in another epoch.
 */
import { javaStringHash } from "../../bytes/mod.ts";
import type { Outcome } from "../../coordinator/mod.ts";
import type { Clock, Timer } from "../../platform/mod.ts";
import { KafkaError } from "../../protocol/mod.ts";
import type { NO_ANSWER } from "../api.ts";
import type { CoordinatorShard, LoadedMachine, ShardReplica } from "./coordinator_shard.ts";
import type { Reply } from "./waiting_replies.ts";

export interface RuntimeOptions<Machine extends LoadedMachine> {
  readonly clock: Clock;
  /** A shard for a partition that this broker begins to lead; not loaded yet. */
  readonly newShard: (replica: ShardReplica, onFailed: () => void) => CoordinatorShard<Machine>;
  /** How many partitions the topic has; undefined as long as it isn't there. */
  readonly partitionCount: () => number | undefined;
  /** Makes the topic; resolves once this broker knows of it. */
  readonly createTopic: () => Promise<void>;
  /** Told of all that were loaded together: partitions come many at once. */
  readonly onLoaded?: (shards: readonly CoordinatorShard<Machine>[]) => void;
}

/** A shard that failed is loaded again: after so long, and twice as long if it fails again. */
const FIRST_RELOAD_MS = 1000;
const LAST_RELOAD_MS = 60_000;

interface Led<Machine extends LoadedMachine> {
  shard: CoordinatorShard<Machine>;
  reload: Timer | undefined;
  reloadMs: number;
}

export class CoordinatorRuntime<Machine extends LoadedMachine> {
  readonly #options: RuntimeOptions<Machine>;
  readonly #led = new Map<number, Led<Machine>>();
  readonly #loading = new Set<CoordinatorShard<Machine>>();
  #loaded: CoordinatorShard<Machine>[] = [];
  #creating: Promise<void> | undefined;
  #isClosed = false;

  constructor(options: RuntimeOptions<Machine>) {
    this.#options = options;
  }

  /** The partition that holds a key. Throws COORDINATOR_NOT_AVAILABLE before the topic is there. */
  partitionFor(key: string): number {
    const count = this.#options.partitionCount();
    if (count === undefined) throw new KafkaError("COORDINATOR_NOT_AVAILABLE");
    const hash = javaStringHash(key);
    return (hash === -(2 ** 31) ? 0 : Math.abs(hash)) % count;
  }

  /** Makes the topic when it is missing; all who ask meanwhile wait for the same creation. */
  async ensureTopic(): Promise<void> {
    if (this.#options.partitionCount() !== undefined) return;
    this.#creating ??= this.#options.createTopic().finally(() => this.#creating = undefined);
    await this.#creating;
  }

  /** This broker leads a partition of the topic, in an epoch that is new: reads it and serves it. */
  onLed(replica: ShardReplica): void {
    if (this.#isClosed) return;
    const { partition } = replica.topicPartition;
    this.onLost(partition);
    this.#load(replica, FIRST_RELOAD_MS);
  }

  #load(replica: ShardReplica, reloadMs: number): void {
    const { partition } = replica.topicPartition;
    const shard = this.#options.newShard(replica, () => this.#onFailed(shard, replica));
    this.#led.set(partition, { shard, reload: undefined, reloadMs });
    this.#loading.add(shard);
    void shard.load().then(() => this.#onLoaded(shard));
  }

  #onLoaded(shard: CoordinatorShard<Machine>): void {
    this.#loading.delete(shard);
    if (!shard.isClosed) this.#loaded.push(shard);
    if (this.#loading.size > 0) return;
    this.#options.onLoaded?.(this.#loaded);
    this.#loaded = [];
  }

  /** Nobody else will lead it for that: it is read again, later. */
  #onFailed(shard: CoordinatorShard<Machine>, replica: ShardReplica): void {
    const led = this.#led.get(shard.partition);
    if (led?.shard !== shard) return;
    const { reloadMs } = led;
    led.reload = this.#options.clock.after(
      reloadMs,
      () => this.#load(replica, Math.min(2 * reloadMs, LAST_RELOAD_MS)),
    );
  }

  /** The leadership is lost, or the partition is gone. */
  onLost(partition: number): void {
    const led = this.#led.get(partition);
    this.#led.delete(partition);
    led?.reload?.cancel();
    led?.shard.close();
  }

  /**
   * Lets the coordinator of a key decide; resolves with its answer once that is committed. Throws
   * what the client is told where there is none.
   */
  run<Response>(
    key: string,
    decide: (machine: Machine, reply: Reply) => Outcome<Reply>,
    signal?: AbortSignal,
  ): Promise<Response | typeof NO_ANSWER> {
    if (this.#isClosed) throw new KafkaError("COORDINATOR_NOT_AVAILABLE");
    const led = this.#led.get(this.partitionFor(key));
    if (led === undefined) throw new KafkaError("NOT_COORDINATOR");
    return led.shard.run<Response>(decide, signal);
  }

  /**
   * Asks every shard, for what concerns all of them; one that is not led any more has nothing to
   * say. Rejects with COORDINATOR_LOAD_IN_PROGRESS as long as one is being read.
   */
  async runAll<Response>(
    decide: (machine: Machine, reply: Reply) => Outcome<Reply>,
  ): Promise<Response[]> {
    if (this.#isClosed) throw new KafkaError("COORDINATOR_NOT_AVAILABLE");
    const asked = this.shards().map(async (shard) => {
      try {
        return [await shard.run<Response>(decide) as Response];
      } catch (error) {
        if (error instanceof KafkaError && error.error === "NOT_COORDINATOR") return [];
        throw error;
      }
    });
    return (await Promise.all(asked)).flat();
  }

  /** Also those that are being loaded, and those that failed. */
  shards(): CoordinatorShard<Machine>[] {
    return [...this.#led.values()].map(({ shard }) => shard);
  }

  /** All who wait are told to look elsewhere. */
  close(): void {
    this.#isClosed = true;
    for (const partition of [...this.#led.keys()]) this.onLost(partition);
  }
}
