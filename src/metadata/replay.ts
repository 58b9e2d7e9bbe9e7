/**
 * Replays records onto an image: the only road by which metadata changes, the same for a leader, a
 * follower and a restart. What a record touches is copied once a batch, the rest is shared with the
 * image before.
 */
import { assert, type TopicId, topicId } from "../base/mod.ts";
import {
  type ClientQuotaRecord,
  type ConfigRecord,
  type MetadataRecord,
  type PartitionChangeRecord,
  type PartitionRecord,
  RESOURCE,
  type TopicRecord,
  type UserScramCredentialRecord,
} from "../protocol/mod.ts";
import { configKey, configResourceOf, type MetadataDelta, type TopicDelta } from "./delta.ts";
import { type ClientQuotaImage, quotaKey } from "./client_quotas.ts";
import type { ImageParts, MetadataImage } from "./image.ts";
import { MapEdit } from "./map_edit.ts";
import { brokerFrom, changedBroker, controllerFrom } from "./nodes.ts";
import { changed, partitionFrom, type PartitionImage } from "./topics.ts";

/** A topic while a batch changes it: its partitions may be written to. */
interface TopicEdit {
  name: string;
  id: TopicId;
  partitions: PartitionImage[];
}

export class Replay {
  readonly #before: ImageParts;
  readonly #features;
  readonly #brokers;
  readonly #controllers;
  readonly #topics;
  readonly #topicIds;
  readonly #configs;
  readonly #quotas;
  readonly #acls;
  readonly #scram;
  readonly #tokens;
  #nextProducerId: number | undefined;
  #openTransaction: MetadataRecord[] | undefined;

  readonly #changedFeatures = new Set<string>();
  readonly #changedBrokers = new Set<number>();
  readonly #changedControllers = new Set<number>();
  readonly #changedConfigs = new Set<string>();
  /** Topics of which this batch has its own copy. */
  readonly #edits = new Map<TopicId, TopicEdit>();
  readonly #touched = new Map<TopicId, Set<number>>();

  constructor({ parts }: MetadataImage) {
    this.#before = parts;
    this.#features = new MapEdit(parts.features);
    this.#brokers = new MapEdit(parts.brokers);
    this.#controllers = new MapEdit(parts.controllers);
    this.#topics = new MapEdit(parts.topics);
    this.#topicIds = new MapEdit(parts.topicIds);
    this.#configs = new MapEdit(parts.configs);
    this.#quotas = new MapEdit(parts.clientQuotas);
    this.#acls = new MapEdit(parts.acls);
    this.#scram = new MapEdit(parts.scram);
    this.#tokens = new MapEdit(parts.delegationTokens);
    this.#nextProducerId = parts.nextProducerId;
    this.#openTransaction = parts.openTransaction?.slice();
  }

  /**
   * Within a metadata transaction records are only kept; its end applies them, its abort forgets
   * them.
   */
  apply(record: MetadataRecord): void {
    const open = this.#openTransaction;
    switch (record.type) {
      case "BeginTransactionRecord":
        assert(open === undefined, "a metadata transaction began within another");
        this.#openTransaction = [];
        return;
      case "EndTransactionRecord":
        assert(open !== undefined, "a metadata transaction ended that had not begun");
        this.#openTransaction = undefined;
        for (const kept of open) this.#replay(kept);
        return;
      case "AbortTransactionRecord":
        assert(open !== undefined, "a metadata transaction was aborted that had not begun");
        this.#openTransaction = undefined;
        return;
      default:
        if (open === undefined) this.#replay(record);
        else open.push(record);
    }
  }

  parts(): ImageParts {
    return {
      features: this.#features.current,
      brokers: this.#brokers.current,
      controllers: this.#controllers.current,
      topics: this.#topics.current,
      topicIds: this.#topicIds.current,
      configs: this.#configs.current,
      clientQuotas: this.#quotas.current,
      nextProducerId: this.#nextProducerId,
      acls: this.#acls.current,
      scram: this.#scram.current,
      delegationTokens: this.#tokens.current,
      openTransaction: this.#openTransaction,
    };
  }

  delta(): MetadataDelta {
    const topics = new Map<TopicId, TopicDelta>();
    for (const [id, touched] of this.#touched) {
      const before = this.#before.topics.get(id);
      const after = this.#topics.get(id);
      if (before === undefined && after === undefined) continue; // came and went
      const partitions = after === undefined
        ? before!.partitions.map((_, partition) => partition)
        : [...touched].sort((a, b) => a - b);
      topics.set(id, { before, after, partitions });
    }
    return {
      features: this.#changedFeatures,
      brokers: this.#changedBrokers,
      controllers: this.#changedControllers,
      topics,
      configs: [...this.#changedConfigs].map(configResourceOf),
      clientQuotas: this.#quotas.isChanged,
      producerIds: this.#nextProducerId !== this.#before.nextProducerId,
      acls: this.#acls.isChanged,
      scram: this.#scram.isChanged,
      delegationTokens: this.#tokens.isChanged,
    };
  }

  #replay(record: MetadataRecord): void {
    switch (record.type) {
      case "FeatureLevelRecord": {
        const { name, featureLevel } = record.value;
        this.#changedFeatures.add(name);
        return featureLevel === 0
          ? this.#features.delete(name)
          : this.#features.set(name, featureLevel);
      }
      case "RegisterBrokerRecord":
        this.#changedBrokers.add(record.value.brokerId);
        return this.#brokers.set(record.value.brokerId, brokerFrom(record.value));
      case "UnregisterBrokerRecord":
        this.#changedBrokers.add(record.value.brokerId);
        return this.#brokers.delete(record.value.brokerId);
      case "BrokerRegistrationChangeRecord":
        return this.#changeBroker(record.value);
      case "FenceBrokerRecord":
        return this.#changeBroker({
          brokerId: record.value.id,
          brokerEpoch: record.value.epoch,
          fenced: 1,
        });
      case "UnfenceBrokerRecord":
        return this.#changeBroker({
          brokerId: record.value.id,
          brokerEpoch: record.value.epoch,
          fenced: -1,
        });
      case "RegisterControllerRecord":
        this.#changedControllers.add(record.value.controllerId);
        return this.#controllers.set(record.value.controllerId, controllerFrom(record.value));
      case "TopicRecord":
        return this.#createTopic(record.value);
      case "PartitionRecord":
        return this.#setPartition(record.value);
      case "PartitionChangeRecord":
        return this.#changePartition(record.value);
      case "RemoveTopicRecord":
        return this.#removeTopic(topicId(record.value.topicId));
      case "ClearElrRecord":
        return this.#clearElr(record.value.topicName);
      case "ConfigRecord":
        return this.#setConfig(record.value);
      case "ClientQuotaRecord":
        return this.#setQuota(record.value);
      case "ProducerIdsRecord":
        this.#nextProducerId = record.value.nextProducerId;
        return;
      case "AccessControlEntryRecord":
        return this.#acls.set(record.value.id, record.value);
      case "RemoveAccessControlEntryRecord":
        return this.#acls.delete(record.value.id);
      case "UserScramCredentialRecord":
        return this.#scram.set(scramKey(record.value), owned(record.value));
      case "RemoveUserScramCredentialRecord":
        return this.#scram.delete(scramKey(record.value));
      case "DelegationTokenRecord":
        return this.#tokens.set(record.value.tokenId, record.value);
      case "RemoveDelegationTokenRecord":
        return this.#tokens.delete(record.value.tokenId);
      case "NoOpRecord":
      case "ZkMigrationStateRecord": // of a migration that Kafka 4 no longer knows
        return;
      case "BeginTransactionRecord":
      case "EndTransactionRecord":
      case "AbortTransactionRecord":
        assert(false, `${record.type} within a metadata transaction`);
    }
  }

  #changeBroker(change: Parameters<typeof changedBroker>[1]): void {
    const { brokerId } = change;
    this.#changedBrokers.add(brokerId);
    this.#brokers.set(brokerId, changedBroker(this.#brokers.get(brokerId), change));
  }

  #createTopic({ name, topicId: uuid }: TopicRecord): void {
    const id = topicId(uuid);
    assert(!this.#topicIds.current.has(name), `topic ${name} was created twice`);
    assert(!this.#topics.current.has(id), `topic id ${id} was given twice`);
    const edit: TopicEdit = { name, id, partitions: [] };
    this.#edits.set(id, edit);
    this.#touched.set(id, new Set());
    this.#topics.set(id, edit);
    this.#topicIds.set(name, id);
  }

  #setPartition(record: PartitionRecord): void {
    const { partitions } = this.#edit(topicId(record.topicId), record.partitionId);
    partitions[record.partitionId] = partitionFrom(record);
  }

  #changePartition(record: PartitionChangeRecord): void {
    const { partitionId } = record;
    const { name, partitions } = this.#edit(topicId(record.topicId), partitionId);
    const before = partitions[partitionId];
    assert(before !== undefined, `partition ${name}-${partitionId} changed and does not exist`);
    partitions[partitionId] = changed(before, record);
  }

  #removeTopic(id: TopicId): void {
    const topic = this.#topics.get(id);
    assert(topic !== undefined, `topic ${id} was removed and does not exist`);
    const config = configKey({ type: RESOURCE.topic, name: topic.name });
    this.#topics.delete(id);
    this.#topicIds.delete(topic.name);
    this.#configs.delete(config);
    this.#changedConfigs.delete(config);
    this.#edits.delete(id);
    if (!this.#touched.has(id)) this.#touched.set(id, new Set());
  }

  /** "" means every topic. Kafka counts this as no change of the partition: its epoch stays. */
  #clearElr(name: string): void {
    for (const topic of [...this.#topics.current.values()]) {
      if (name !== "" && topic.name !== name) continue;
      topic.partitions.forEach((partition, i) => {
        if (partition.eligibleLeaderReplicas.length + partition.lastKnownElr.length === 0) return;
        this.#edit(topic.id, i).partitions[i] = {
          ...partition,
          eligibleLeaderReplicas: [],
          lastKnownElr: [],
        };
      });
    }
  }

  #setConfig({ resourceType: type, resourceName, name, value }: ConfigRecord): void {
    const key = configKey({ type, name: resourceName });
    const settings = new Map(this.#configs.get(key));
    if (value === null) settings.delete(name);
    else settings.set(name, value);
    this.#changedConfigs.add(key);
    if (settings.size === 0) this.#configs.delete(key);
    else this.#configs.set(key, settings);
  }

  #setQuota({ entity, key, value, remove }: ClientQuotaRecord): void {
    const id = quotaKey(entity);
    const limits = new Map(this.#quotas.get(id)?.limits);
    if (remove) limits.delete(key);
    else limits.set(key, value);
    const quota: ClientQuotaImage = { entity, limits };
    if (limits.size === 0) this.#quotas.delete(id);
    else this.#quotas.set(id, quota);
  }

  /** This batch's own copy of a topic, with the partition noted as touched. */
  #edit(id: TopicId, partition: number): TopicEdit {
    let edit = this.#edits.get(id);
    if (edit === undefined) {
      const topic = this.#topics.get(id);
      assert(topic !== undefined, `a partition of topic ${id} changed, and there is no such topic`);
      edit = { name: topic.name, id, partitions: [...topic.partitions] };
      this.#edits.set(id, edit);
      this.#topics.set(id, edit);
    }
    let touched = this.#touched.get(id);
    if (touched === undefined) this.#touched.set(id, touched = new Set());
    touched.add(partition);
    return edit;
  }
}

const scramKey = (user: { mechanism: number; name: string }): string =>
  `${user.mechanism}:${user.name}`;

/** Byte strings decode to views of what was read; an image outlives that. */
const owned = (credential: UserScramCredentialRecord): UserScramCredentialRecord => ({
  ...credential,
  salt: credential.salt.slice(),
  storedKey: credential.storedKey.slice(),
  serverKey: credential.serverKey.slice(),
});
