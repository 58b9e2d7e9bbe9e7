/**
 * All groups that this broker coordinates: a shard for each partition of `__consumer_offsets` that
 * it leads. A group belongs to partition `javaStringHash(groupId) mod n`, forever, which is why
 * that topic must never grow.
 */
import { javaStringHash } from "../bytes/mod.ts";
import type { LogEvent } from "../base/mod.ts";
import type { OnLimit } from "../config/mod.ts";
import type { GroupCoordinator, GroupRoom, Outcome } from "../coordinator/group/mod.ts";
import type { Clock } from "../platform/mod.ts";
import { KafkaError } from "../protocol/mod.ts";
import type { Replica } from "../replication/mod.ts";
import type { NO_ANSWER } from "./api.ts";
import { GroupShard, type GroupShardOptions, type Reply } from "./group_shard.ts";
import type { KeptRecords } from "./kept_records.ts";

export const OFFSETS_TOPIC = "__consumer_offsets";

export interface GroupsOptions {
  readonly clock: Clock;
  readonly log: LogEvent;
  readonly newCoordinator: (room: GroupRoom) => GroupCoordinator<Reply>;
  /** How much all of them may keep. */
  readonly limits: () => { readonly groups: number; readonly bytes: number };
  /** Tells of records that are not served. */
  readonly kept: KeptRecords;
  /** How a partition's records are read and written. */
  readonly storage: () => Pick<GroupShardOptions, "codec" | "loadBytes" | "commitTimeoutMs">;
  /** How many partitions `__consumer_offsets` has; undefined as long as it isn't there. */
  readonly partitionCount: () => number | undefined;
  /** Makes `__consumer_offsets`; resolves once this broker knows of it. */
  readonly createTopic: () => Promise<void>;
  /** Told of all that happens to groups. */
  readonly onEvent?: (event: string) => void;
  readonly onLimit?: OnLimit;
}

/** How many there are, over all shards. */
export interface GroupFigures {
  readonly groups: number;
  readonly members: number;
  readonly offsets: number;
  /** Groups by state. */
  readonly states: ReadonlyMap<string, number>;
}

export class Groups {
  readonly #options: GroupsOptions;
  readonly #shards = new Map<number, GroupShard>();
  readonly #loading = new Set<GroupShard>();
  #loaded: GroupShard[] = [];
  #creating: Promise<void> | undefined;
  readonly #room: GroupRoom = {
    groups: () => this.#options.limits().groups - this.count,
    bytes: () => this.#options.limits().bytes - this.bytes,
  };

  constructor(options: GroupsOptions) {
    this.#options = options;
  }

  /**
   * The partition that holds a group. Throws COORDINATOR_NOT_AVAILABLE before the topic is there.
   */
  partitionFor(groupId: string): number {
    const count = this.#options.partitionCount();
    if (count === undefined) throw new KafkaError("COORDINATOR_NOT_AVAILABLE");
    const hash = javaStringHash(groupId);
    return (hash === -(2 ** 31) ? 0 : Math.abs(hash)) % count;
  }

  /**
   * Makes `__consumer_offsets` when it is missing; everyone who asks meanwhile waits for the same
   * creation.
   */
  async ensureTopic(): Promise<void> {
    if (this.#options.partitionCount() !== undefined) return;
    this.#creating ??= this.#options.createTopic().finally(() => this.#creating = undefined);
    await this.#creating;
  }

  /** This broker leads a partition of the topic: reads it and serves its groups. */
  onLed(replica: Replica): void {
    const { partition } = replica.topicPartition;
    this.#shards.get(partition)?.close();
    const { clock, log, newCoordinator, storage, onEvent, onLimit } = this.#options;
    const coordinator = newCoordinator(this.#room);
    const shard = new GroupShard({
      replica,
      coordinator,
      clock,
      log,
      onEvent,
      onLimit,
      ...storage(),
    });
    this.#shards.set(partition, shard);
    this.#loading.add(shard);
    void shard.load().then(() => this.#onLoaded(shard));
  }

  /**
   * Partitions come many at once; what is to be told of all of them is told when the last is in.
   */
  #onLoaded(shard: GroupShard): void {
    this.#loading.delete(shard);
    this.#loaded.push(shard);
    if (this.#loading.size > 0) return;
    this.#options.kept.onGroupsLoaded(OFFSETS_TOPIC, this.#loaded.map(({ kept }) => kept));
    this.#loaded = [];
  }

  /** The leadership is lost, or the partition is gone. */
  onLost(partition: number): void {
    this.#shards.get(partition)?.close();
    this.#shards.delete(partition);
  }

  /** Topics are gone from the cluster: what groups have read of them is forgotten. */
  onTopicsDeleted(topics: ReadonlySet<string>): void {
    for (const shard of this.#shards.values()) shard.onTopicsDeleted(topics);
  }

  /** Lets the coordinator of a group decide; resolves with its answer once that is committed. */
  run<Response>(
    groupId: string,
    decide: (coordinator: GroupCoordinator, reply: Reply) => Outcome<Reply>,
    signal?: AbortSignal,
  ): Promise<Response | typeof NO_ANSWER> {
    return this.#shardOf(groupId).run<Response>(decide, signal);
  }

  /** Asks every shard, for what concerns all groups. */
  runAll<Response>(
    decide: (coordinator: GroupCoordinator, reply: Reply) => Outcome<Reply>,
  ): Promise<Response[]> {
    const shards = [...this.#shards.values()];
    return Promise.all(shards.map((shard) => shard.run<Response>(decide) as Promise<Response>));
  }

  /** All that there are. */
  get count(): number {
    let count = 0;
    for (const shard of this.#shards.values()) count += shard.groupCount;
    return count;
  }

  /** What clients make their coordinators keep. */
  get bytes(): number {
    let bytes = 0;
    for (const shard of this.#shards.values()) bytes += shard.bytes;
    return bytes;
  }

  figures(): GroupFigures {
    let members = 0, offsets = 0;
    const states = new Map<string, number>();
    for (const { groups, offsetCount } of this.#shards.values()) {
      offsets += offsetCount;
      for (const { state, size } of groups) {
        members += size;
        states.set(state, (states.get(state) ?? 0) + 1);
      }
    }
    return { groups: this.count, members, offsets, states };
  }

  close(): void {
    for (const shard of this.#shards.values()) shard.close();
    this.#shards.clear();
  }

  #shardOf(groupId: string): GroupShard {
    const shard = this.#shards.get(this.partitionFor(groupId));
    if (shard === undefined) throw new KafkaError("NOT_COORDINATOR");
    return shard;
  }
}
