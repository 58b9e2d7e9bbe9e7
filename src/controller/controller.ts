/**
 * The controller of a cluster: decides what may change in the metadata. One method an operation;
 * each returns records and an answer and changes nothing. Whoever appends the records replays them
 * here at once, before the next decision and before they are committed, so that two creations of
 * one topic in a row cannot both succeed; the answer leaves when they are committed. Records that
 * are lost after all (this node leads no more) take this whole object with them: `reset` begins
 * again from the committed image.
 */
import type { Random } from "../platform/mod.ts";
import type { BrokerConfig, OnLimit } from "../config/mod.ts";
import type { Offset } from "../base/mod.ts";
import { type MetadataDelta, MetadataImage, metadataRecord } from "../metadata/mod.ts";
import {
  type AllocateProducerIdsRequest,
  type AllocateProducerIdsResponse,
  type AlterClientQuotasRequest,
  type AlterClientQuotasResponse,
  type AlterConfigsRequest,
  type AlterConfigsResponse,
  type AlterPartitionReassignmentsRequest,
  type AlterPartitionReassignmentsResponse,
  type AlterPartitionRequest,
  type AlterPartitionResponse,
  type AlterUserScramCredentialsRequest,
  type AlterUserScramCredentialsResponse,
  type AssignReplicasToDirsRequest,
  type AssignReplicasToDirsResponse,
  type BrokerHeartbeatRequest,
  type BrokerHeartbeatResponse,
  type BrokerRegistrationRequest,
  type BrokerRegistrationResponse,
  type ControllerRegistrationRequest,
  type ControllerRegistrationResponse,
  type CreatePartitionsRequest,
  type CreatePartitionsResponse,
  type CreateTopicsRequest,
  type CreateTopicsResponse,
  type DeleteTopicsRequest,
  type DeleteTopicsResponse,
  type ElectLeadersRequest,
  type ElectLeadersResponse,
  type IncrementalAlterConfigsRequest,
  type IncrementalAlterConfigsResponse,
  type MetadataRecord,
  RESOURCE,
  type UnregisterBrokerRequest,
  type UnregisterBrokerResponse,
  type UpdateFeaturesRequest,
} from "../protocol/mod.ts";
import { alterClientQuotas } from "./alter_client_quotas.ts";
import { alterConfigs, incrementalAlterConfigs } from "./alter_configs.ts";
import { alterPartition } from "./alter_partition.ts";
import { assignReplicas } from "./assign_replicas.ts";
import { bootstrapRecords, isNewCluster } from "./bootstrap.ts";
import {
  type BrokerLiveness,
  fence,
  heartbeat,
  registerBroker,
  registerController,
  unregisterBroker,
} from "./brokers.ts";
import { createPartitions } from "./create_partitions.ts";
import { createTopics } from "./create_topics.ts";
import type { Decision, DecisionContext } from "./decision.ts";
import { deleteTopics } from "./delete_topics.ts";
import { electLeaders } from "./elect_leaders.ts";
import { balanceLeaders, type ElectionRound, electLeaderless } from "./leader_balance.ts";
import { autoCreation } from "./internal_topics.ts";
import { type MutationQuota, UNLIMITED } from "./mutation_quota.ts";
import { allocateProducerIds } from "./producer_ids.ts";
import { alterUserScramCredentials } from "./scram_credentials.ts";
import { alterPartitionReassignments } from "./reassignments.ts";
import { isActive } from "./placement.ts";
import { BrokerSessions } from "./sessions.ts";
import { type FeaturesContext, type FeaturesDecision, updateFeatures } from "./update_features.ts";

export interface ControllerOptions {
  readonly clusterId: string;
  /** The node's own settings. */
  readonly config: BrokerConfig;
  readonly random: Random;
  /**
   * The broker in this very process: it is there as long as we are, and whatever was registered
   * under its id before it started is dead for certain.
   */
  readonly localBrokerId?: number;
  /** Up to where this process has applied what is committed, and with it the broker in it. */
  readonly appliedOffset?: () => Offset;
  /** Told of who comes to a limit. */
  readonly onLimit?: OnLimit;
}

export class Controller {
  #image = MetadataImage.empty;
  #config: BrokerConfig;
  readonly #sessions = new BrokerSessions();
  /** Where each broker's registration lies, of those since the last reset. */
  readonly #registrations = new Map<number, Offset>();
  /** Where it lies that a broker wants to go. */
  readonly #shutdowns = new Map<number, Offset>();

  constructor(private readonly options: ControllerOptions) {
    this.#config = options.config;
  }

  /** With all that was appended, committed or not. */
  get image(): MetadataImage {
    return this.#image;
  }

  /**
   * Begins from a committed image: at the start, and when this node becomes the leader. `silentSince`:
   * when brokers, of which that is known, were heard of last.
   */
  reset(image: MetadataImage, now: number, silentSince = new Map<number, number>()): void {
    this.#image = image;
    this.#registrations.clear();
    this.#shutdowns.clear();
    this.#configure();
    for (const { brokerId, fenced, inControlledShutdown } of image.brokers.values()) {
      // Who is fenced is nobody's business until it is heard of; the others get a session.
      if (fenced) this.#sessions.forget(brokerId);
      else this.#sessions.assume(brokerId, silentSince.get(brokerId) ?? now);
      if (inControlledShutdown) this.#shutdowns.set(brokerId, image.offset);
    }
  }

  /** Takes in records that were appended, `baseOffset` being that of the first. */
  replay(records: readonly MetadataRecord[], baseOffset: Offset, epoch: number): MetadataDelta {
    const offset = baseOffset + records.length - 1;
    const { image, delta } = this.#image.apply(records, { offset, epoch });
    this.#image = image;
    records.forEach((record, i) => this.#remember(record, baseOffset + i));
    if (delta.configs.some(({ type }) => type === RESOURCE.broker)) this.#configure();
    return delta;
  }

  #remember({ type, value }: MetadataRecord, offset: Offset): void {
    if (type === "RegisterBrokerRecord") this.#registrations.set(value.brokerId, offset);
    if (type !== "BrokerRegistrationChangeRecord" || value.inControlledShutdown === 0) return;
    this.#shutdowns.set(value.brokerId, offset);
  }

  /**
   * The first records of a cluster that has none; empty once it has.
   * @param formatted what the directory was formatted with, if it was
   */
  bootstrap(formatted?: readonly MetadataRecord[]): MetadataRecord[] {
    if (!isNewCluster(this.#image)) return [];
    return bootstrapRecords(this.#config, this.#image, formatted);
  }

  /**
   * The first records of a reign: a transaction that another one left open is taken back, and a
   * cluster that has not begun begins.
   */
  begin(formatted?: readonly MetadataRecord[]): MetadataRecord[] {
    const isOpen = this.#image.parts.openTransaction !== undefined;
    const reason = "a new controller took over";
    return [
      ...(isOpen ? [metadataRecord("AbortTransactionRecord", 0, { reason })] : []),
      ...this.bootstrap(formatted),
    ];
  }

  createTopics(
    request: CreateTopicsRequest,
    quota: MutationQuota = UNLIMITED,
  ): Decision<CreateTopicsResponse> {
    return createTopics(request, { ...this.#context, quota });
  }

  /** Topics that were asked for and do not exist: see {@link autoCreation}. */
  autoCreateTopics(
    names: readonly string[],
    quota: MutationQuota = UNLIMITED,
  ): Decision<CreateTopicsResponse> {
    return this.createTopics(autoCreation(names, this.#config, this.#image), quota);
  }

  deleteTopics(
    request: DeleteTopicsRequest,
    version: number,
    quota: MutationQuota = UNLIMITED,
  ): Decision<DeleteTopicsResponse> {
    return deleteTopics(request, version, { ...this.#context, quota });
  }

  createPartitions(
    request: CreatePartitionsRequest,
    quota: MutationQuota = UNLIMITED,
  ): Decision<CreatePartitionsResponse> {
    return createPartitions(request, { ...this.#context, quota });
  }

  incrementalAlterConfigs(
    request: IncrementalAlterConfigsRequest,
  ): Decision<IncrementalAlterConfigsResponse> {
    return incrementalAlterConfigs(request, this.#context);
  }

  alterConfigs(request: AlterConfigsRequest): Decision<AlterConfigsResponse> {
    return alterConfigs(request, this.#context);
  }

  /** @param isHost of a name that is no address: whether it stands for one. */
  alterClientQuotas(
    request: AlterClientQuotasRequest,
    isHost: (name: string) => boolean,
  ): Decision<AlterClientQuotasResponse> {
    return alterClientQuotas(request, this.#context, isHost);
  }

  alterUserScramCredentials(
    request: AlterUserScramCredentialsRequest,
  ): Decision<AlterUserScramCredentialsResponse> {
    return alterUserScramCredentials(request, this.#context);
  }

  /** @param quorum what the quorum says of itself, which is not in the image */
  updateFeatures(
    request: UpdateFeaturesRequest,
    version: number,
    quorum: Omit<FeaturesContext, keyof DecisionContext>,
  ): FeaturesDecision {
    return updateFeatures(request, version, { ...this.#context, ...quorum });
  }

  electLeaders(request: ElectLeadersRequest): Decision<ElectLeadersResponse> {
    return electLeaders(request, this.#context);
  }

  alterPartitionReassignments(
    request: AlterPartitionReassignmentsRequest,
  ): Decision<AlterPartitionReassignmentsResponse> {
    return alterPartitionReassignments(request, this.#context);
  }

  unregisterBroker(request: UnregisterBrokerRequest): Decision<UnregisterBrokerResponse> {
    return unregisterBroker(request, this.#context);
  }

  alterPartition(
    request: AlterPartitionRequest,
    version: number,
  ): Decision<AlterPartitionResponse> {
    return alterPartition(request, version, this.#context);
  }

  assignReplicas(request: AssignReplicasToDirsRequest): Decision<AssignReplicasToDirsResponse> {
    return assignReplicas(request, this.#context);
  }

  allocateProducerIds(request: AllocateProducerIdsRequest): Decision<AllocateProducerIdsResponse> {
    return allocateProducerIds(request, this.#context);
  }

  registerController(
    request: ControllerRegistrationRequest,
  ): Decision<ControllerRegistrationResponse> {
    return registerController(request, this.#context);
  }

  /**
   * @param nextOffset where the log ends now: a new incarnation's epoch
   * @param isLocal whether the broker in this process asks, which never waits out the session of
   * its own ghost; another process under its id is refused for as long as we are here
   */
  registerBroker(
    request: BrokerRegistrationRequest,
    { now, nextOffset, isLocal = false }: { now: number; nextOffset: Offset; isLocal?: boolean },
  ): Decision<BrokerRegistrationResponse> {
    const { clusterId } = this.options;
    const context = { ...this.#context, clusterId, nextOffset };
    const liveness = this.#livenessAt(now);
    const isHeardOf = (id: number) => !isLocal && liveness.isHeardOf(id);
    const decision = registerBroker(request, context, { ...liveness, isHeardOf });
    if (decision.response.errorCode === 0) this.#sessions.touch(request.brokerId, now);
    return decision;
  }

  /** Also notes that the broker was heard of, which is no part of the metadata. */
  heartbeat(request: BrokerHeartbeatRequest, now: number): Decision<BrokerHeartbeatResponse> {
    const { brokerId, currentMetadataOffset } = request;
    const decision = heartbeat(request, this.#context, this.#livenessAt(now));
    const { errorCode, shouldShutDown } = decision.response;
    if (shouldShutDown) this.#sessions.forget(brokerId);
    else if (errorCode === 0) this.#sessions.touch(brokerId, now, currentMetadataOffset);
    return decision;
  }

  /**
   * Fences one broker that was not heard of for its session timeout; call again until it returns
   * undefined.
   */
  fenceSilentBroker(now: number): { records: MetadataRecord[]; brokerId: number } | undefined {
    const liveness = this.#livenessAt(now);
    for (const { brokerId, fenced } of this.#image.brokers.values()) {
      if (fenced || liveness.isHeardOf(brokerId)) continue;
      return { records: fence(this.#context, brokerId), brokerId };
    }
    return undefined;
  }

  /** When the next broker's session is over, if it is not heard of until then. */
  nextSilenceAt(): number | undefined {
    const timeoutMs = this.#config.get("broker.session.timeout.ms");
    const ends = [...this.#image.brokers.values()]
      .filter(({ brokerId, fenced }) => !fenced && brokerId !== this.options.localBrokerId)
      .map(({ brokerId }) => (this.#sessions.lastContact(brokerId) ?? -Infinity) + timeoutMs);
    return ends.length === 0 ? undefined : Math.min(...ends);
  }

  /**
   * Fences a broker of which it is known that it is gone, before its session is over. Empty where
   * that changes nothing: it is fenced already, it is about to stop, or it lives another life.
   */
  fenceLost({ brokerId, brokerEpoch }: { brokerId: number; brokerEpoch: number }) {
    const broker = this.#image.brokers.get(brokerId);
    if (broker?.brokerEpoch !== brokerEpoch || !isActive(broker)) return [];
    this.#sessions.forget(brokerId);
    return fence(this.#context, brokerId);
  }

  /** Gives leadership back to the preferred replicas, in rounds. */
  balanceLeaders(): ElectionRound {
    return balanceLeaders(this.#context);
  }

  /** Elects where nobody leads, as far as settings allow it by now, in rounds. */
  electLeaderless(): ElectionRound {
    return electLeaderless(this.#context);
  }

  /** The settings that hold for controllers now. */
  get config(): BrokerConfig {
    return this.#config;
  }

  /**
   * The node's settings under those for the whole cluster; what is set for one broker only is that
   * broker's.
   */
  get #context(): DecisionContext {
    return {
      image: this.#image,
      config: this.#config,
      random: this.options.random,
      quota: UNLIMITED,
      limited: this.options.onLimit ?? (() => {}),
    };
  }

  #configure(): void {
    const cluster = this.#image.configsOf({ type: RESOURCE.broker, name: "" });
    this.#config = this.options.config.with({ cluster });
  }

  #livenessAt(now: number): BrokerLiveness {
    const timeoutMs = this.#config.get("broker.session.timeout.ms");
    const { localBrokerId, appliedOffset } = this.options;
    return {
      isHeardOf: (id) =>
        id === localBrokerId || now - (this.#sessions.lastContact(id) ?? -Infinity) < timeoutMs,
      isAssumed: (id) => id !== localBrokerId && !this.#sessions.wasHeardOf(id),
      metadataOffset: (id) =>
        id === localBrokerId && appliedOffset ? appliedOffset() : this.#sessions.metadataOffset(id),
      shutdownOffset: (id) => this.#shutdowns.get(id) ?? this.#image.offset,
      registrationOffset: (id) =>
        this.#registrations.get(id) ?? this.#image.brokers.get(id)!.brokerEpoch,
    };
  }
}
