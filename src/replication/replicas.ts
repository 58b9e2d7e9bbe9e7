/**
 * All partitions on this broker's disks: follows the metadata image, so that what is assigned here
 * exists, what is led here is served, and what was deleted is gone.
 *
 * A topic deleted and made again under its name has another id: the old directory goes before the
 * new one comes, so that nobody reads the old records under the new topic (KIP-516).
 */
import {
  type BrokerId,
  keyOf,
  type LogEvent,
  type TopicId,
  type TopicPartition,
  ZERO_UUID,
} from "../base/mod.ts";
import { type BrokerConfig, TopicConfig } from "../config/mod.ts";
import type { LogDirectory, PartitionLog } from "../log/mod.ts";
import {
  hasReplica,
  type MetadataDelta,
  type MetadataImage,
  type TopicImage,
} from "../metadata/mod.ts";
import { StorageError } from "../platform/mod.ts";
import { KafkaError } from "../protocol/mod.ts";
import { type PartitionState, Replica } from "./replica.ts";

/** Lies beside the others and is the quorum's. */
const METADATA_TOPIC = "__cluster_metadata";

/** Kafka's numbers for what has settings. */
const TOPIC = 2;
const BROKER = 4;

/**
 * Told when this broker begins to lead a partition, when it ends, and when topics are gone from the
 * cluster.
 */
export interface ReplicasListener {
  led(replica: Replica): void;
  lost(partition: TopicPartition): void;
  deleted(topics: ReadonlySet<string>): void;
}

export interface ReplicasOptions {
  readonly nodeId: BrokerId;
  readonly directory: LogDirectory;
  /** The broker's settings as they are now: the defaults of the topics'. */
  readonly config: () => BrokerConfig;
  /** Whether the metadata is known to have deleted the topic; asked at the start only. */
  readonly isDeleted?: (id: TopicId) => boolean;
  readonly log: LogEvent;
}

export class Replicas {
  readonly #options: ReplicasOptions;
  /** By topic, then by partition; with holes where a partition is not here. */
  readonly #topics = new Map<string, Replica[]>();
  readonly #listeners: ReplicasListener[] = [];

  constructor(options: ReplicasOptions) {
    this.#options = options;
    options.directory.onFailure((error) => this.#goOffline(error));
  }

  get(topic: string, partition: number): Replica | undefined {
    return this.#topics.get(topic)?.[partition];
  }

  *all(): Generator<Replica> {
    for (const replicas of this.#topics.values()) {
      for (const replica of replicas) if (replica !== undefined) yield replica;
    }
  }

  /** Whoever listens is also told of what is led already. */
  onChange(listener: ReplicasListener): void {
    this.#listeners.push(listener);
    for (const replica of this.all()) if (replica.isLeader) listener.led(replica);
  }

  /**
   * Takes on the first image: all that is assigned here; what else lies on disk was deleted
   * meanwhile. Throws StorageError, before anything is touched, for records of which the metadata
   * has never heard.
   */
  start(image: MetadataImage): void {
    for (const log of this.#options.directory.partitions()) this.#checkIsKnown(image, log);
    for (const topic of image.topics.values()) {
      this.#onPartitions(image, topic, topic.partitions.keys());
    }
    this.#dropStrays();
  }

  /** Takes on what changed: deletions first, since a name may have come back with another id. */
  apply(image: MetadataImage, delta: MetadataDelta): void {
    const deleted = new Set<string>();
    for (const { before, after } of delta.topics.values()) {
      if (before === undefined || after !== undefined) continue;
      deleted.add(before.name);
      this.#dropTopic(before);
    }
    if (deleted.size > 0) { for (const listener of this.#listeners) listener.deleted(deleted); }
    for (const { after, partitions } of delta.topics.values()) {
      if (after !== undefined) this.#onPartitions(image, after, partitions);
    }
    const isForAll = delta.configs.some(({ type }) => type === BROKER);
    const topics = isForAll
      ? this.#topics.keys()
      : delta.configs.filter(({ type }) => type === TOPIC).map(({ name }) => name);
    for (const name of topics) this.#onConfigs(image, name);
  }

  close(): void {
    this.#listeners.length = 0;
  }

  #onPartitions(image: MetadataImage, topic: TopicImage, partitions: Iterable<number>): void {
    let config: TopicConfig | undefined;
    for (const partition of partitions) {
      const state = topic.partitions[partition];
      const replica = this.get(topic.name, partition);
      if (!hasReplica(state, this.#options.nodeId)) this.#drop({ topic: topic.name, partition });
      else if (replica !== undefined) this.#update(replica, state);
      else this.#add(topic, partition, config ??= this.#configOf(image, topic.name));
    }
  }

  #onConfigs(image: MetadataImage, topic: string): void {
    const replicas = this.#topics.get(topic) ?? [];
    if (replicas.length === 0) return;
    const config = this.#configOf(image, topic);
    for (const replica of replicas) replica?.onConfig(config);
  }

  #configOf(image: MetadataImage, topic: string): TopicConfig {
    return TopicConfig.from(image.configsOf({ type: TOPIC, name: topic }), this.#options.config());
  }

  #dropTopic(topic: TopicImage): void {
    for (const partition of topic.partitions.keys()) {
      const topicPartition = { topic: topic.name, partition };
      if (this.get(topic.name, partition)?.topicId === topic.id) this.#drop(topicPartition);
    }
    if (!this.#topics.get(topic.name)?.some((replica) => replica !== undefined)) {
      this.#topics.delete(topic.name);
    }
  }

  /** What can't be told apart from lost metadata is never cleaned away. */
  #checkIsKnown(
    image: MetadataImage,
    { topicPartition, topicId, sizeInBytes }: PartitionLog,
  ): void {
    const { topic, partition } = topicPartition;
    const assigned = image.topicByName(topic);
    const isAssigned = assigned?.partitions[partition] !== undefined &&
      (topicId === assigned.id || topicId === ZERO_UUID);
    if (isAssigned || topic === METADATA_TOPIC || sizeInBytes === 0) return;
    const { directory, isDeleted = () => false } = this.#options;
    if (isDeleted(topicId)) return;
    const folder = `${directory.path}/${keyOf(topicPartition)}`;
    const known = assigned === undefined ? "no such topic" : `${topic} with id ${assigned.id}`;
    throw new StorageError(
      `Cannot use ${folder}: by its partition.metadata it has records of ${topic} with id ${topicId}, and the ` +
        `metadata in ${METADATA_TOPIC}-0 knows ${known}. Restore what was changed, or move the folder away`,
      folder,
    );
  }

  #dropStrays(): void {
    const { directory, log } = this.#options;
    for (const { topicPartition } of [...directory.partitions()]) {
      const { topic, partition } = topicPartition;
      if (topic === METADATA_TOPIC || this.get(topic, partition) !== undefined) continue;
      log("info", "stray partition removed", { partition: keyOf(topicPartition) });
      directory.delete(topicPartition);
    }
  }

  #add(topic: TopicImage, partition: number, config: TopicConfig): void {
    const { nodeId, log } = this.#options;
    const topicPartition = { topic: topic.name, partition };
    try {
      const opened = this.#open(topicPartition, topic.id, config);
      const replica = new Replica({ nodeId, log: opened, state: topic.partitions[partition] });
      const replicas = this.#topics.get(topic.name) ?? [];
      replicas[partition] = replica;
      this.#topics.set(topic.name, replicas);
      if (replica.isLeader) this.#tellLed(replica);
    } catch (error) {
      log("error", "cannot open a partition", {
        partition: keyOf(topicPartition),
        error: error instanceof Error ? error.message : String(error),
      });
    }
  }

  #open(topicPartition: TopicPartition, id: TopicId, config: TopicConfig): PartitionLog {
    const { directory } = this.#options;
    const found = directory.get(topicPartition)?.topicId ?? id;
    if (found !== id && found !== ZERO_UUID) directory.delete(topicPartition);
    return directory.create(topicPartition, id, config);
  }

  #update(replica: Replica, state: PartitionState): void {
    const wasLeader = replica.isLeader;
    const before = replica.state;
    replica.onState(state);
    const isNewEpoch = before.leaderEpoch !== state.leaderEpoch;
    if (wasLeader && (!replica.isLeader || isNewEpoch)) this.#tellLost(replica.topicPartition);
    if (replica.isLeader && (!wasLeader || isNewEpoch)) this.#tellLed(replica);
  }

  #drop(topicPartition: TopicPartition): void {
    const { topic, partition } = topicPartition;
    const replica = this.get(topic, partition);
    if (replica === undefined) return;
    delete this.#topics.get(topic)![partition];
    replica.goOffline(
      new KafkaError(
        "NOT_LEADER_OR_FOLLOWER",
        `Cannot serve ${keyOf(topicPartition)}: it is deleted`,
      ),
    );
    this.#tellLost(topicPartition);
    this.#options.directory.delete(topicPartition);
  }

  #goOffline(cause: Error): void {
    const reason = new KafkaError("KAFKA_STORAGE_ERROR", cause.message, { cause });
    for (const replica of this.all()) {
      replica.goOffline(reason);
      this.#tellLost(replica.topicPartition);
    }
  }

  #tellLed(replica: Replica): void {
    for (const listener of this.#listeners) listener.led(replica);
  }

  #tellLost(partition: TopicPartition): void {
    for (const listener of this.#listeners) listener.lost(partition);
  }
}
