/**
 * All that a cluster knows of itself, as of one offset of the metadata log. An image is a value:
 * applying records gives another one and leaves this as it was, sharing all that did not change. So
 * a request works on one state of the cluster from beginning to end, whatever commits meanwhile.
 */
import type { Offset, TopicId, Uuid } from "../base/mod.ts";
import type {
  AccessControlEntryRecord,
  DelegationTokenRecord,
  MetadataRecord,
  UserScramCredentialRecord,
} from "../protocol/mod.ts";
import type { ClientQuotaImage } from "./client_quotas.ts";
import { configKey, type ConfigResource, configResourceOf, type MetadataDelta } from "./delta.ts";
import { METADATA_VERSION, MINIMUM_METADATA_VERSION } from "./metadata_version.ts";
import type { BrokerImage, ControllerImage } from "./nodes.ts";
import { Replay } from "./replay.ts";
import { imageToRecords } from "./snapshot.ts";
import type { PartitionImage, TopicImage } from "./topics.ts";

/** The sections of an image. */
export interface ImageParts {
  /** Finalized levels by feature; a feature at level 0 is absent. */
  readonly features: ReadonlyMap<string, number>;
  readonly brokers: ReadonlyMap<number, BrokerImage>;
  readonly controllers: ReadonlyMap<number, ControllerImage>;
  readonly topics: ReadonlyMap<TopicId, TopicImage>;
  readonly topicIds: ReadonlyMap<string, TopicId>;
  /** Settings by {@link configKey}; a resource without settings is absent. */
  readonly configs: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** By an unambiguous text of the entity. */
  readonly clientQuotas: ReadonlyMap<string, ClientQuotaImage>;
  /** Where the next block of producer ids begins; undefined before the first was given out. */
  readonly nextProducerId: number | undefined;
  readonly acls: ReadonlyMap<Uuid, AccessControlEntryRecord>;
  /** By mechanism and user: `1:alice`. */
  readonly scram: ReadonlyMap<string, UserScramCredentialRecord>;
  /** By token id. */
  readonly delegationTokens: ReadonlyMap<string, DelegationTokenRecord>;
  /**
   * Records of a metadata transaction that has begun and not ended (KIP-868): they don't count yet.
   */
  readonly openTransaction: readonly MetadataRecord[] | undefined;
}

/** Where in the log an image stands. */
export interface ImagePosition {
  /** Of the last record in it; -1 before the first. */
  readonly offset: Offset;
  /** Leader epoch of that record. */
  readonly epoch: number;
}

const NO_CONFIGS: ReadonlyMap<string, string> = new Map();

export class MetadataImage implements ImagePosition {
  /** Nothing yet: what a new cluster's log is applied to. */
  static readonly empty = new MetadataImage({
    features: new Map(),
    brokers: new Map(),
    controllers: new Map(),
    topics: new Map(),
    topicIds: new Map(),
    configs: new Map(),
    clientQuotas: new Map(),
    nextProducerId: undefined,
    acls: new Map(),
    scram: new Map(),
    delegationTokens: new Map(),
    openTransaction: undefined,
  }, { offset: -1, epoch: 0 });

  readonly offset: Offset;
  readonly epoch: number;

  constructor(readonly parts: ImageParts, { offset, epoch }: ImagePosition) {
    this.offset = offset;
    this.epoch = epoch;
  }

  get features(): ReadonlyMap<string, number> {
    return this.parts.features;
  }
  get brokers(): ReadonlyMap<number, BrokerImage> {
    return this.parts.brokers;
  }
  get controllers(): ReadonlyMap<number, ControllerImage> {
    return this.parts.controllers;
  }
  /** All topics by id. */
  get topics(): ReadonlyMap<TopicId, TopicImage> {
    return this.parts.topics;
  }
  get clientQuotas(): ReadonlyMap<string, ClientQuotaImage> {
    return this.parts.clientQuotas;
  }
  get nextProducerId(): number {
    return this.parts.nextProducerId ?? 0;
  }
  get acls(): ReadonlyMap<Uuid, AccessControlEntryRecord> {
    return this.parts.acls;
  }
  get scram(): ReadonlyMap<string, UserScramCredentialRecord> {
    return this.parts.scram;
  }
  get delegationTokens(): ReadonlyMap<string, DelegationTokenRecord> {
    return this.parts.delegationTokens;
  }

  /** The level that decides in which versions records are written. */
  get metadataVersion(): number {
    return this.features.get(METADATA_VERSION) ?? MINIMUM_METADATA_VERSION;
  }

  topicNames(): IterableIterator<string> {
    return this.parts.topicIds.keys();
  }

  topicIdOf(name: string): TopicId | undefined {
    return this.parts.topicIds.get(name);
  }

  topicByName(name: string): TopicImage | undefined {
    const id = this.parts.topicIds.get(name);
    return id === undefined ? undefined : this.topics.get(id);
  }

  topicById(id: TopicId): TopicImage | undefined {
    return this.topics.get(id);
  }

  partition(topic: string, partition: number): PartitionImage | undefined {
    return this.topicByName(topic)?.partitions[partition];
  }

  /** What was set for a resource, without any default. */
  configsOf(resource: ConfigResource): ReadonlyMap<string, string> {
    return this.parts.configs.get(configKey(resource)) ?? NO_CONFIGS;
  }

  /** Resources that have settings. */
  configResources(): ConfigResource[] {
    return [...this.parts.configs.keys()].map(configResourceOf);
  }

  /**
   * The image after these records, `position` being that of the last of them, and what they
   * changed. A record that contradicts the image (a change to a partition that is not there) is an
   * `InvariantError`: to go on would be to differ from every other node.
   */
  apply(
    records: Iterable<MetadataRecord>,
    position: ImagePosition,
  ): { image: MetadataImage; delta: MetadataDelta } {
    const replay = new Replay(this);
    for (const record of records) replay.apply(record);
    return { image: new MetadataImage(replay.parts(), position), delta: replay.delta() };
  }

  /** The records that make this image out of the empty one, in the order of Kafka's snapshots. */
  toRecords(): MetadataRecord[] {
    return imageToRecords(this);
  }
}
