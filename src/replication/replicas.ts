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
  type Uuid,
  ZERO_UUID,
} from "../base/mod.ts";
import { type BrokerConfig, TopicConfig } from "../config/mod.ts";
import type { LogDirectories, LogDirectory } from "../log/mod.ts";
import {
  directoryOf,
  hasReplica,
  isInSyncElsewhere,
  type MetadataDelta,
  type MetadataImage,
  type TopicImage,
} from "../metadata/mod.ts";
import { type Clock, isDiskFull, StorageError, type Timer } from "../platform/mod.ts";
import {
  type AlterPartitionRequest,
  type AlterPartitionResponse,
  type InputOf,
  KafkaError,
  RESOURCE,
} from "../protocol/mod.ts";
import { AlterPartitions } from "./alter_partitions.ts";
import { Fetchers } from "./fetcher/fetchers.ts";
import { tidyUp } from "./found_logs.ts";
import { LogMoves } from "./log_moves.ts";
import type { PartitionState } from "./partition_state.ts";
import type { ReplicaPeers } from "./peers.ts";
import { Repairs } from "./repair/repairs.ts";
import { Replica, type ReplicaSurroundings } from "./replica.ts";
import { ReplicationThrottle, type ThrottledSide } from "./throttle.ts";
import { Traffic } from "./traffic.ts";
import { type Waiting, WaitingPartitions } from "./waiting_partitions.ts";

/**
 * Told when this broker begins to lead a partition, when it ends, and when topics are gone from the
 * cluster.
 */
export interface ReplicasListener {
  led(replica: Replica): void;
  lost(partition: TopicPartition): void;
  deleted(topics: ReadonlySet<string>): void;
}

/** A partition, and the id of the directory that it is found in. */
export interface AssignedPartition {
  readonly topicId: TopicId;
  readonly partition: number;
  readonly directory: Uuid;
}

/** A partition that is assigned here and could not be opened. */
interface Unopened {
  readonly topicPartition: TopicPartition;
  readonly reason: KafkaError;
  /** It never was anywhere. */
  readonly isNew: boolean;
}

export interface ReplicasOptions {
  readonly nodeId: BrokerId;
  readonly directories: LogDirectories;
  readonly clock: Clock;
  /** The broker's settings as they are now: the defaults of the topics'. */
  readonly config: () => BrokerConfig;
  /** Whether the metadata is known to have deleted the topic; asked at the start only. */
  readonly isDeleted?: (id: TopicId) => boolean;
  /**
   * Has the metadata say in which directory a partition lies; resolves when it does. Default: no
   * one wants to know.
   */
  readonly assign?: (partition: AssignedPartition) => Promise<void>;
  /** The other brokers; default: there are none. */
  readonly peers?: ReplicaPeers;
  /** Asks the controller for other ISRs, as of version 3; default: nobody wants to know. */
  readonly alterPartition?: (
    request: AlterPartitionRequest,
  ) => Promise<InputOf<typeof AlterPartitionResponse>>;
  /** The epoch of this broker's registration; default: what the metadata has. */
  readonly brokerEpoch?: () => number;
  readonly log: LogEvent;
}

export class Replicas {
  readonly #options: ReplicasOptions;
  /** By topic, then by partition; with holes where a partition is not here. */
  readonly #topics = new Map<string, Replica[]>();
  readonly #listeners: ReplicasListener[] = [];
  /** Why what is assigned here could not be opened, by partition. */
  readonly #unopened = new Map<string, Unopened>();
  readonly moves: LogMoves;
  /** Of all partitions since the start, those included that are gone. */
  readonly traffic = new Traffic();
  /** What is copied of replicas that are not in sync. */
  readonly throttles: { readonly [Side in ThrottledSide]: ReplicationThrottle };
  readonly #waiting: WaitingPartitions;
  readonly #fetchers: Fetchers | undefined;
  readonly #alterPartitions: AlterPartitions | undefined;
  readonly #repairs: Repairs | undefined;
  readonly #surroundings: ReplicaSurroundings;
  #inSyncCheck: Timer | undefined;
  /** As of the last change. */
  #image: MetadataImage | undefined;

  constructor(options: ReplicasOptions) {
    this.#options = options;
    const { directories, clock, log, config } = options;
    this.#waiting = new WaitingPartitions(clock, ({ topic, partition }) => {
      this.get(topic, partition);
    });
    this.moves = new LogMoves({
      directories,
      clock,
      log,
      limits: () => ({
        atOnce: config().get("num.replica.alter.log.dirs.threads"),
        bytesPerSecond: config().get("replica.alter.log.dirs.io.max.bytes.per.second"),
      }),
      assign: async (replica, directory) => {
        const { topicId, topicPartition: { partition } } = replica;
        await options.assign?.({ topicId, partition, directory });
      },
    });
    const { nodeId, peers, alterPartition, brokerEpoch = () => this.#brokerEpoch } = options;
    const common = { nodeId, brokerEpoch, clock, log };
    this.throttles = {
      leader: new ReplicationThrottle("leader", config),
      follower: new ReplicationThrottle("follower", config),
    };
    const throttle = this.throttles.follower;
    const keepAside = (replica: Replica) => this.#keepAside(replica);
    const keepLogStarts = (replicas: readonly Replica[]) => this.#keepLogStarts(replicas);
    const making = { ...common, config, throttle, keepAside, keepLogStarts };
    this.#fetchers = peers && new Fetchers({ ...making, peers });
    this.#alterPartitions = alterPartition &&
      new AlterPartitions({ ...common, send: alterPartition });
    this.#repairs = peers && new Repairs({
      ...common,
      peers,
      directories,
      isAlive: (id) => this.#image?.brokers.get(id)?.fenced === false,
      onTried: (replica) => this.#follow(replica),
    });
    this.#surroundings = this.#surroundingsOfReplicas();
    directories.onFailure((directory, error) => this.#goOffline(directory, error));
    directories.onRoom(() => this.#openUnopened());
    directories.onDamaged(({ topicPartition: { topic, partition } }) => {
      const replica = this.#topics.get(topic)?.[partition];
      if (replica !== undefined) this.#repairs?.look(replica);
    });
  }

  #follow(replica: Replica): void {
    if (replica.isLeader || this.#repairs?.mustWait(replica)) return;
    this.#fetchers?.follow(replica);
  }

  get #brokerEpoch(): number {
    return this.#image?.brokers.get(this.#options.nodeId)?.brokerEpoch ?? -1;
  }

  #surroundingsOfReplicas(): ReplicaSurroundings {
    const { clock, config, directories } = this.#options;
    return {
      now: () => clock.monotonic(),
      maxLagMs: () => config().get("replica.lag.time.max.ms"),
      aliveEpochOf: (id) => {
        const broker = this.#image?.brokers.get(id);
        const isAlive = broker !== undefined && !broker.fenced && !broker.inControlledShutdown;
        return isAlive ? broker.brokerEpoch : undefined;
      },
      propose: (replica, proposal) => this.#alterPartitions?.propose(replica, proposal),
      onTruncated: ({ topicPartition }, offset, isNewStart) => {
        const copy = directories.futureOf(topicPartition)?.log;
        if (isNewStart) copy?.restartAt(offset);
        else copy?.truncateTo(offset);
      },
    };
  }

  get(topic: string, partition: number): Replica | undefined {
    const replica = this.#topics.get(topic)?.[partition];
    if (replica !== undefined || this.#waiting.size === 0) return replica;
    const waiting = this.#waiting.take({ topic, partition });
    if (waiting !== undefined) this.#addWaiting(waiting);
    return this.#topics.get(topic)?.[partition];
  }

  /** Why a partition that is assigned here can't be had; undefined for any other. */
  whyOffline(topic: string, partition: number): KafkaError | undefined {
    return this.get(topic, partition)?.offline ??
      this.#unopened.get(keyOf({ topic, partition }))?.reason;
  }

  get directories(): LogDirectories {
    return this.#options.directories;
  }

  /** Partitions by topic, with holes where a partition is not here. */
  topics(): Iterable<readonly [topic: string, replicas: readonly Replica[]]> {
    return this.#topics;
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
    this.#image = image;
    tidyUp(image, this.#options);
    for (const topic of image.topics.values()) {
      this.#onPartitions(image, topic, topic.partitions.keys(), { areNew: () => false });
    }
    this.#resumeMoves();
    this.#checkInSyncLater();
  }

  /** Twice within the time that a follower may lag, so that none stays much longer. */
  #checkInSyncLater(): void {
    const { clock, config, alterPartition } = this.#options;
    if (alterPartition === undefined) return;
    this.#inSyncCheck = clock.after(config().get("replica.lag.time.max.ms") / 2, () => {
      for (const replica of this.all()) replica.checkInSync();
      this.#checkInSyncLater();
    });
  }

  /** Takes on what changed: deletions first, since a name may have come back with another id. */
  apply(image: MetadataImage, delta: MetadataDelta): void {
    this.#image = image;
    this.#waiting.begin();
    const deleted = new Set<string>();
    this.#options.directories.deleteTogether(() => {
      for (const { before, after } of delta.topics.values()) {
        if (before === undefined || after !== undefined) continue;
        deleted.add(before.name);
        this.#dropTopic(before);
      }
    });
    if (deleted.size > 0) { for (const listener of this.#listeners) listener.deleted(deleted); }
    for (const { before, after, partitions } of delta.topics.values()) {
      if (after === undefined) continue;
      const areNew = (partition: number) => {
        const known = before?.partitions[partition];
        return known === undefined || !hasReplica(known, this.#options.nodeId);
      };
      this.#onPartitions(image, after, partitions, { areNew });
    }
    const isForAll = delta.configs.some(({ type }) => type === RESOURCE.broker);
    const topics = isForAll
      ? this.#topics.keys()
      : delta.configs.filter(({ type }) => type === RESOURCE.topic).map(({ name }) => name);
    for (const name of topics) this.#onConfigs(image, name);
    if (isForAll) this.#fetchers?.reconfigure();
    if (delta.brokers.size > 0) this.#repairs?.retry();
  }

  close(): void {
    this.#listeners.length = 0;
    this.#inSyncCheck?.cancel();
    this.#alterPartitions?.close();
    this.#repairs?.close();
    this.#fetchers?.close();
    this.#waiting.close();
    this.moves.close();
  }

  #onPartitions(
    image: MetadataImage,
    topic: TopicImage,
    partitions: Iterable<number>,
    { areNew }: { areNew: (partition: number) => boolean },
  ): void {
    let config: TopicConfig | undefined;
    for (const partition of partitions) {
      const state = topic.partitions[partition];
      const replica = this.#topics.get(topic.name)?.[partition];
      if (!hasReplica(state, this.#options.nodeId)) this.#drop({ topic: topic.name, partition });
      else if (replica !== undefined) this.#update(replica, state);
      else {
        const isNew = areNew(partition);
        const topicPartition = { topic: topic.name, partition };
        if (isNew || this.#isNowhere(topicPartition)) {
          if (this.#waiting.mustWait({ topicPartition, topicId: topic.id, isNew })) continue;
        }
        config ??= this.#configOf(image, topic.name);
        this.#add(topic, partition, { config, isNew });
      }
    }
  }

  /** Its log was not made yet when the node ended: there is no directory that it can be in. */
  #isNowhere(topicPartition: TopicPartition): boolean {
    const { directories } = this.#options;
    return !directories.hasOffline && directories.get(topicPartition) === undefined;
  }

  #addWaiting({ topicPartition, topicId, isNew }: Waiting): void {
    const image = this.#image!;
    const topic = image.topicByName(topicPartition.topic);
    const state = topic?.partitions[topicPartition.partition];
    if (topic?.id !== topicId || !state || !hasReplica(state, this.#options.nodeId)) return;
    const config = this.#configOf(image, topic.name);
    this.#add(topic, topicPartition.partition, { config, isNew });
  }

  #onConfigs(image: MetadataImage, topic: string): void {
    const replicas = this.#topics.get(topic) ?? [];
    if (replicas.length === 0) return;
    const config = this.#configOf(image, topic);
    for (const replica of replicas) {
      if (replica === undefined) continue;
      replica.onConfig(config);
      const future = this.#options.directories.futureOf(replica.topicPartition);
      if (future) future.log.config = config;
    }
  }

  #configOf(image: MetadataImage, topic: string): TopicConfig {
    return TopicConfig.from(
      image.configsOf({ type: RESOURCE.topic, name: topic }),
      this.#options.config(),
    );
  }

  #dropTopic(topic: TopicImage): void {
    for (const partition of topic.partitions.keys()) {
      const topicPartition = { topic: topic.name, partition };
      this.#waiting.take(topicPartition);
      const replica = this.get(topic.name, partition);
      if (replica?.topicId === topic.id) this.#drop(topicPartition);
      else if (replica === undefined) this.#dropUnopened(topicPartition);
    }
    if (!this.#topics.get(topic.name)?.some((replica) => replica !== undefined)) {
      this.#topics.delete(topic.name);
    }
  }

  /** Goes on with what was being moved when the last run ended. */
  #resumeMoves(): void {
    const { directories } = this.#options;
    for (const directory of directories.online()) {
      for (const future of [...directory.futures()]) {
        const { topic, partition } = future.topicPartition;
        const replica = this.get(topic, partition);
        if (replica === undefined && this.whyOffline(topic, partition) !== undefined) continue;
        if (replica?.topicId !== future.topicId || this.moves.targetOf(future.topicPartition)) {
          directory.deleteFuture(future.topicPartition);
          continue;
        }
        if (replica.log.settings.isCompacted) {
          // The original may have been cleaned since: tombstones would be copied without what they
          // have deleted, or the other way round.
          directory.deleteFuture(future.topicPartition);
        } else {
          // A crash may have taken from the original what the copy had on the device already.
          future.truncateTo(replica.logEndOffset);
          future.config = replica.log.config;
        }
        this.moves.begin(replica, directory);
      }
    }
  }

  #add(
    topic: TopicImage,
    partition: number,
    { config, isNew }: { config: TopicConfig; isNew: boolean },
  ): void {
    const { nodeId, log, directories, assign } = this.#options;
    const topicPartition = { topic: topic.name, partition };
    const name = keyOf(topicPartition);
    try {
      const state = topic.partitions[partition];
      const assigned = directoryOf(state, nodeId);
      const found = directories.get(topicPartition)?.topicId ?? topic.id;
      if (found !== topic.id && found !== ZERO_UUID) directories.delete(topicPartition);
      const isElsewhere = isInSyncElsewhere(state, nodeId);
      const placement = { assigned, isNew, isElsewhere };
      const opened = directories.create(topicPartition, topic.id, config, placement);
      this.#unopened.delete(name);
      const replica = new Replica({
        nodeId,
        log: opened,
        state,
        totals: this.traffic,
        surroundings: this.#surroundings,
      });
      const replicas = this.#topics.get(topic.name) ?? [];
      replicas[partition] = replica;
      this.#topics.set(topic.name, replicas);
      const directory = directories.directoryOf(topicPartition)!.directoryId;
      if (directory !== assigned) {
        assign?.({ topicId: topic.id, partition, directory }).catch((error) =>
          log("error", "cannot tell where a partition is", {
            partition: name,
            reason: error.message,
          })
        );
      }
      this.#repairs?.look(replica);
      if (replica.isLeader) this.#tellLed(replica);
      else this.#follow(replica);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const isTold = this.#unopened.get(name)?.reason.message === reason;
      if (error instanceof StorageError) {
        const told = new KafkaError("KAFKA_STORAGE_ERROR", reason, { cause: error });
        this.#unopened.set(name, { topicPartition, reason: told, isNew });
      } else if (error instanceof KafkaError && error.error === "KAFKA_STORAGE_ERROR") {
        this.#unopened.set(name, { topicPartition, reason: error, isNew });
      }
      if (!isTold) log("error", "cannot open a partition", { partition: name, error: reason });
    }
  }

  /** What did not fit on a full disk may fit now. */
  #openUnopened(): void {
    const unopened = [...this.#unopened.values()];
    for (const { topicPartition: { topic: name, partition }, reason, isNew } of unopened) {
      const topic = this.#image?.topicByName(name);
      if (!topic?.partitions[partition] || !isDiskFull(reason.cause)) continue;
      this.#add(topic, partition, { config: this.#configOf(this.#image!, name), isNew });
    }
  }

  #update(replica: Replica, state: PartitionState): void {
    const wasLeader = replica.isLeader;
    const before = replica.state;
    replica.onState(state);
    const isNewEpoch = before.leaderEpoch !== state.leaderEpoch;
    if (wasLeader && (!replica.isLeader || isNewEpoch)) this.#tellLost(replica.topicPartition);
    if (replica.isLeader) this.#fetchers?.stop(replica);
    else if (isNewEpoch) this.#follow(replica);
    if (replica.isLeader && (!wasLeader || isNewEpoch)) this.#tellLed(replica);
  }

  #drop(topicPartition: TopicPartition): void {
    const { topic, partition } = topicPartition;
    this.#waiting.take(topicPartition);
    this.#unopened.delete(keyOf(topicPartition));
    const replica = this.get(topic, partition);
    if (replica === undefined) return;
    this.#forget(replica, "it is deleted");
    this.#options.directories.delete(topicPartition);
  }

  /** Nobody finds the replica here any more, and who waits for it is told why. */
  #forget(replica: Replica, why: string): void {
    const { topicPartition } = replica;
    this.moves.cancel(topicPartition);
    this.#repairs?.forget(replica);
    this.#fetchers?.stop(replica);
    delete this.#topics.get(topicPartition.topic)![topicPartition.partition];
    const reason = `Cannot serve ${keyOf(topicPartition)}: ${why}`;
    replica.goOffline(new KafkaError("NOT_LEADER_OR_FOLLOWER", reason));
    this.#tellLost(topicPartition);
  }

  #keepLogStarts(replicas: readonly Replica[]): void {
    const { directories, log } = this.#options;
    const places = replicas.map(({ topicPartition }) => directories.directoryOf(topicPartition));
    for (const directory of new Set(places)) {
      try {
        directory?.checkpointNow();
      } catch (error) {
        if (!(error instanceof StorageError)) throw error;
        log("warn", "cannot write down where logs begin", { reason: error.message });
      }
    }
  }

  /**
   * A follower has what was committed, and its leader has not: the leader was elected though it
   * lacked some of it, or has lost it since. What is here may be the last copy, and nobody has said
   * that it may go: it is kept under another name, once, and the replica begins anew. False where
   * `unclean.leader.election.enable` says that it may.
   */
  #keepAside(replica: Replica): boolean {
    const { log, directories } = this.#options;
    const { topicPartition, highWatermark, logEndOffset } = replica;
    const directory = directories.directoryOf(topicPartition);
    const topic = this.#image?.topicByName(topicPartition.topic);
    if (directory === undefined || topic?.id !== replica.topicId) return false;
    if (replica.log.config.get("unclean.leader.election.enable")) return false;
    if (directory.hasSetAside(topicPartition)) return false;
    this.#forget(replica, "its leader lacks what was committed");
    const folder = directory.setAside(topicPartition);
    const fields = { partition: keyOf(topicPartition), folder, highWatermark, logEndOffset };
    log("error", "leader lacks what was committed: our copy is set aside", fields);
    const config = this.#configOf(this.#image!, topic.name);
    this.#add(topic, topicPartition.partition, { config, isNew: true });
    return true;
  }

  /** A partition that is deleted and could not be opened; a copy may be there of what it was. */
  #dropUnopened(topicPartition: TopicPartition): void {
    if (this.#unopened.delete(keyOf(topicPartition))) {
      this.#options.directories.delete(topicPartition);
    }
  }

  /** What lies in the directory is lost for now; everything else goes on. */
  #goOffline(directory: LogDirectory, cause: Error): void {
    const reason = new KafkaError("KAFKA_STORAGE_ERROR", cause.message, { cause });
    for (const replica of this.all()) {
      if (directory.get(replica.topicPartition) !== replica.log) continue;
      replica.goOffline(reason);
      this.#fetchers?.stop(replica);
      this.#tellLost(replica.topicPartition);
    }
    this.moves.onOffline(directory);
  }

  #tellLed(replica: Replica): void {
    for (const listener of this.#listeners) listener.led(replica);
  }

  #tellLost(partition: TopicPartition): void {
    for (const listener of this.#listeners) listener.lost(partition);
  }
}
