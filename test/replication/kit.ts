/**
 * A broker's partitions in two log directories, on a disk in memory, under metadata that the test
 * holds: it outlives every crash.
 */
import { brokerId, type TopicId, topicId } from "../../src/base/mod.ts";
import { randomUuid } from "../../src/bytes/mod.ts";
import { BrokerConfig } from "../../src/config/mod.ts";
import {
  type LogDirectories,
  type LogDirectory,
  openLogDirectories,
  type PartitionLog,
} from "../../src/log/mod.ts";
import { MetadataImage, metadataRecord, UNASSIGNED } from "../../src/metadata/mod.ts";
import { MemoryDisk, SeededRandom, SimulatedClock } from "../../src/platform/memory/mod.ts";
import type { MetadataRecord } from "../../src/protocol/mod.ts";
import { type Replica, Replicas } from "../../src/replication/mod.ts";
import { batch, NOW, readAll } from "../log/kit.ts";

export const NODE = brokerId(1);
export const PATHS = ["/one", "/two"] as const;
/** Small enough that a few records fill some of them. */
export const SEGMENT_BYTES = 1024 * 1024;

export class TwoDirectories {
  readonly clock = new SimulatedClock(NOW);
  readonly disk: MemoryDisk;
  readonly random: SeededRandom;
  image = MetadataImage.empty;
  config: BrokerConfig;
  directories!: LogDirectories;
  replicas!: Replicas;
  /** When the broker hears that the metadata says where a partition is; at once if undefined. */
  assigned: (() => Promise<void>) | undefined;
  /** `log.dirs` of the next start. */
  paths: readonly string[] = PATHS;
  /** What the log said above debug: event and partition. */
  readonly lines: string[] = [];
  deleted = new Set<TopicId>();

  constructor({ seed = 1, settings = {} as Record<string, string> } = {}) {
    this.disk = new MemoryDisk({ seed, clock: this.clock });
    this.random = new SeededRandom(seed);
    this.config = BrokerConfig.from(
      new Map(Object.entries({ "log.segment.bytes": `${SEGMENT_BYTES}`, ...settings })),
    );
  }

  /** Opens what is there and takes on the metadata, as at the start of a node. */
  async open(): Promise<void> {
    const { disk, clock, random, paths } = this;
    this.directories = await openLogDirectories({
      disk,
      clock,
      random,
      paths,
      nodeId: NODE,
      brokerConfig: this.config,
      log: this.#log,
    });
    this.replicas = new Replicas({
      nodeId: NODE,
      directories: this.directories,
      clock,
      config: () => this.config,
      isDeleted: (id) => this.deleted.has(id),
      assign: ({ topicId, partition, directory }) => {
        const change = { topicId, partitionId: partition, directories: [directory] };
        this.apply([metadataRecord("PartitionChangeRecord", 2, change)]);
        return this.assigned?.() ?? Promise.resolve();
      },
      log: this.#log,
    });
    this.replicas.start(this.image);
  }

  readonly #log = (level: string, event: string, fields: Record<string, unknown> = {}) => {
    if (level !== "debug") this.lines.push(`${event} ${fields.partition ?? fields.path ?? ""}`);
  };

  /** Commits; a broker that is open follows. */
  apply(records: MetadataRecord[]): void {
    const position = { offset: this.image.offset + records.length, epoch: 1 };
    const { image, delta } = this.image.apply(records, position);
    this.image = image;
    this.replicas?.apply(image, delta);
  }

  createTopic(name: string, partitions = 1): TopicId {
    const id = topicId(randomUuid(this.random));
    this.apply([
      metadataRecord("TopicRecord", 0, { name, topicId: id }),
      ...Array.from(
        { length: partitions },
        (_, partitionId) =>
          metadataRecord("PartitionRecord", 2, {
            partitionId,
            topicId: id,
            replicas: [NODE],
            isr: [NODE],
            leader: NODE,
            leaderEpoch: 0,
            partitionEpoch: 0,
            directories: [UNASSIGNED],
          }),
      ),
    ]);
    return id;
  }

  /** What a restart does to the leader's epoch. */
  beginEpoch(): void {
    const changes = [...this.image.topics.values()].flatMap(({ id, partitions }) =>
      partitions.map((_, partitionId) =>
        metadataRecord("PartitionChangeRecord", 2, { topicId: id, partitionId, leader: NODE })
      )
    );
    if (changes.length > 0) this.apply(changes);
  }

  removeTopic(name: string): void {
    const id = this.image.topicIdOf(name)!;
    this.deleted.add(id);
    this.apply([metadataRecord("RemoveTopicRecord", 0, { topicId: id })]);
  }

  replica(topic: string, partition = 0): Replica {
    return this.replicas.get(topic, partition)!;
  }

  directory(path: string): LogDirectory {
    return this.directories.states().find((state) => state.path === path)!.directory!;
  }

  /** The path of the directory that has the partition. */
  placeOf(topic: string, partition = 0): string | undefined {
    return this.directories.directoryOf({ topic, partition })?.path;
  }

  append(topic: string, value: string, partition = 0): number {
    return this.replica(topic, partition).append(batch([value]), {
      now: this.clock.now(),
      origin: "client",
    }).lastOffset;
  }

  /** Appends and waits until it is committed. */
  async commit(topic: string, value: string, partition = 0): Promise<void> {
    const last = this.append(topic, value, partition);
    await this.replica(topic, partition).whenCommitted(last + 1);
  }

  /** Begins to move a partition into a directory. */
  move(topic: string, path: string, partition = 0): void {
    this.replicas.moves.begin(this.replica(topic, partition), this.directory(path));
  }

  /** Lets time pass, and whoever waits go on. */
  async pass(ms: number): Promise<void> {
    for (let i = 0; i < ms; i++) {
      this.clock.advance(1);
      for (let turn = 0; turn < 10; turn++) await undefined;
    }
  }

  /** Until the partition is in the directory. */
  async untilAt(topic: string, path: string): Promise<void> {
    for (let i = 0; i < 1000 && this.placeOf(topic) !== path; i++) await this.pass(1);
    if (this.placeOf(topic) !== path) throw new Error(`${topic} never came to ${path}`);
  }

  /** A proper stop. */
  async close(): Promise<void> {
    this.replicas.close();
    await this.directories.close();
  }
}

export const valuesOf = (log: PartitionLog): string[] => readAll(log).map(({ value }) => value);
